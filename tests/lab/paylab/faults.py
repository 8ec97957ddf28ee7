"""What goes wrong between a provider and its reader: small named objects that combine.

A fault says for each request whether it fires, and then changes or replaces the answer. When it
fires is a `When` of its own, so that every fault can be always, sometimes, at the n-th request,
or for a while.
"""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Literal

from paylab.messages import Damage, Request, Response


@dataclass(frozen=True)
class Asked:
    """A request as a fault sees it; `count` numbers the source's requests from 1."""

    request: Request
    source: str | None
    at: datetime
    count: int


When = Callable[[Asked, random.Random], bool]


def always() -> When:
    """Fire at every request."""
    return lambda asked, rng: True


def sometimes(probability: float) -> When:
    """Fire with a probability, by the fault's own seeded dice."""
    return lambda asked, rng: rng.random() < probability


def at_requests(*counts: int) -> When:
    """Fire at the source's n-th requests, counted from 1."""
    return lambda asked, rng: asked.count in counts


def between(start: datetime, end: datetime) -> When:
    """Fire from one instant of the lab's clock until just before another."""
    return lambda asked, rng: start <= asked.at < end


def both(*conditions: When) -> When:
    """Fire where every condition would; each is asked each time, so that its dice stay in step."""

    def fires(asked: Asked, rng: random.Random) -> bool:
        answers = [condition(asked, rng) for condition in conditions]
        return all(answers)

    return fires


def where(text: str) -> When:
    """Fire where the request's path and query contain a text."""
    return lambda asked, rng: text in asked.request.target


@dataclass(frozen=True, kw_only=True)
class Fault(ABC):
    """Something that goes wrong at one source (`compago/default`), or at all."""

    when: When
    source: str | None = None

    @property
    def name(self) -> str:
        """Return the name under which the request log shows the fault."""
        return type(self).__name__

    def fires(self, asked: Asked, rng: random.Random) -> bool:
        """Say whether this request is hit."""
        return self.source in (None, asked.source) and self.when(asked, rng)

    @abstractmethod
    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Return what is sent instead of the answer."""


@dataclass(frozen=True, kw_only=True)
class TooManyRequests(Fault):
    """429; `retry_after` in seconds is stated as a number, as an HTTP date, or not at all."""

    retry_after: int = 2
    form: Literal["seconds", "date", "none"] = "seconds"

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Refuse."""
        headers = {**_date(response), "Content-Type": "application/json"}
        if self.form == "seconds":
            headers["Retry-After"] = str(self.retry_after)
        elif self.form == "date":
            later = asked.at + timedelta(seconds=self.retry_after)
            headers["Retry-After"] = format_datetime(later, usegmt=True)
        return Response(429, b'{"message":"Too Many Attempts."}', headers)


@dataclass(frozen=True, kw_only=True)
class ServerError(Fault):
    """One of some 5xx answers, as a page of the machine in front of the provider."""

    statuses: tuple[int, ...] = (500, 502, 503)

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Fail."""
        status = rng.choice(self.statuses)
        body = f"<html><body><h1>{status}</h1></body></html>".encode()
        return Response(status, body, {**_date(response), "Content-Type": "text/html"})


@dataclass(frozen=True, kw_only=True)
class Frozen(Fault):
    """The same answer again to the same question, as of a copy that is no longer brought up."""

    kept: dict[str, Response] = field(default_factory=dict, compare=False, repr=False)

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Answer as the first time; only the machine's own date goes on."""
        first = self.kept.setdefault(f"{asked.source} {asked.request.target}", response)
        return replace(first, headers={**first.headers, **_date(response)})


@dataclass(frozen=True, kw_only=True)
class Slow(Fault):
    """The answer comes after `seconds`: a real pause on the server, the clock's in process."""

    seconds: float = 30.0

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Delay."""
        damage = response.damage or Damage()
        return replace(response, damage=replace(damage, delay=damage.delay + self.seconds))


@dataclass(frozen=True, kw_only=True)
class CutOff(Fault):
    """The connection breaks in the middle of the body."""

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Cut somewhere before the last byte."""
        cut = rng.randrange(len(response.body)) if response.body else 0
        return replace(response, damage=replace(response.damage or Damage(), cut_after=cut))


@dataclass(frozen=True, kw_only=True)
class Malformed(Fault):
    """A 200 that is not what it says: half a JSON text, a page of HTML, another content type."""

    forms: tuple[Literal["truncated", "html", "content_type"], ...] = (
        "truncated",
        "html",
        "content_type",
    )

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Spoil."""
        form = rng.choice(self.forms)
        if form == "html":
            page = b"<!doctype html><title>Mantenimiento</title><p>Volvemos pronto"
            headers = {**_date(response), "Content-Type": "text/html; charset=UTF-8"}
            return replace(response, status=200, body=page, headers=headers, rows=())
        if form == "content_type":
            headers = {**response.headers, "Content-Type": "text/plain"}
            return replace(response, headers=headers, rows=())
        half = response.body[: rng.randrange(1, max(2, len(response.body) - 1))]
        return replace(response, body=half, rows=())


def _date(response: Response) -> dict[str, str]:
    return {"Date": response.headers["Date"]} if "Date" in response.headers else {}
