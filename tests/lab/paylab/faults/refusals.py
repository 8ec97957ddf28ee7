"""No answer at all: too many requests, a failure, a key that is refused, another place to ask."""

import random
import re
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from typing import Literal

from paylab import wire
from paylab.faults.fault import YEAR, Fault, WrongFault, dated, within
from paylab.faults.whens import Asked
from paylab.messages import Response


@dataclass(frozen=True, kw_only=True)
class TooManyRequests(Fault):
    """429; `retry_after` in seconds is stated as a number, as an HTTP date, or not at all."""

    retry_after: int = within(2, 0, YEAR)
    form: Literal["seconds", "date", "none"] = "seconds"

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Refuse."""
        headers = {**dated(response), "Content-Type": "application/json"}
        if self.form == "seconds":
            headers["Retry-After"] = str(self.retry_after)
        elif self.form == "date":
            later = asked.at + timedelta(seconds=self.retry_after)
            headers["Retry-After"] = format_datetime(later, usegmt=True)
        return Response(429, b'{"message":"Too Many Attempts."}', headers)


@dataclass(frozen=True, kw_only=True)
class ServerError(Fault):
    """One of some 5xx answers (or 4xx), as a page of the machine in front of the provider."""

    statuses: tuple[int, ...] = within((500, 502, 503), 400, 599)

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Fail."""
        status = rng.choice(self.statuses)
        body = f"<html><body><h1>{status}</h1></body></html>".encode()
        return Response(status, body, {**dated(response), "Content-Type": "text/html"})


@dataclass(frozen=True, kw_only=True)
class Unauthorized(Fault):
    """401 although the key is right, as when the machines that know it are restarted."""

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Refuse."""
        answer = wire.answer(401, wire.text({"message": "Unauthenticated."}))
        return Response(401, answer.body, {**dated(response), **answer.headers})


@dataclass(frozen=True, kw_only=True)
class RedirectedAway(Fault):
    """A redirect to another origin: whoever follows it takes the key there."""

    statuses: tuple[int, ...] = within((301, 302, 303, 307, 308), 300, 399)
    location: str = "https://elsewhere.invalid/taken"

    def __post_init__(self) -> None:
        """Refuse what no header can carry, too."""
        super().__post_init__()
        if not re.fullmatch(r"[!-~]{1,2000}", self.location):
            raise WrongFault(f"location = {self.location!r} is no address of printable ASCII")

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Send away."""
        headers = {**dated(response), "Location": self.location}
        return Response(rng.choice(self.statuses), b"", headers)
