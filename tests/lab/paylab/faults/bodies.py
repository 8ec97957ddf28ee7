"""Bodies that come late, broken or too big, or that are not what they say."""

import gzip
import random
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from paylab.faults.fault import DAY, Fault, Leaves, dated, within
from paylab.faults.whens import Asked
from paylab.messages import Damage, Response

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Slow(Fault):
    """The answer comes after `seconds`: a real pause on the server, the clock's in process."""

    leaves = Leaves.LATE

    seconds: float = within(30.0, 0, DAY)

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
            headers = {**dated(response), "Content-Type": "text/html; charset=UTF-8"}
            return replace(response, status=200, body=page, headers=headers, rows=())
        if form == "content_type":
            headers = {**response.headers, "Content-Type": "text/plain"}
            return replace(response, headers=headers, rows=())
        half = response.body[: rng.randrange(1, max(2, len(response.body) - 1))]
        return replace(response, body=half, rows=())


@dataclass(frozen=True, kw_only=True)
class Dripping(Fault):
    """The body comes in pieces, with a pause of `seconds` before each: never silent for long."""

    leaves = Leaves.LATE

    pieces: int = within(10, 1, 10_000)
    seconds: float = within(3.0, 0, DAY)

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Let it drip."""
        damage = replace(response.damage or Damage(), drips=self.pieces, pause=self.seconds)
        return replace(response, damage=damage)


@dataclass(frozen=True, kw_only=True)
class Oversized(Fault):
    """A true answer with a field of so many megabytes in it."""

    megabytes: int = within(9, 0, 256)

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Fill up."""
        if not response.body.endswith(b"}"):
            return response
        filled = [response.body[:-1], b',"filling":"', _filling(self.megabytes), b'"}']
        return replace(response, body=b"".join(filled))


@dataclass(frozen=True, kw_only=True)
class Bomb(Fault):
    """A small body of gzip that unpacks to so many megabytes."""

    megabytes: int = within(64, 0, 256)

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Pack."""
        headers = {**response.headers, "Content-Encoding": "gzip"}
        return replace(response, body=_packed(self.megabytes), headers=headers)


@cache
def _filling(megabytes: int) -> bytes:
    return b"x" * (megabytes * MEGABYTE)


@cache
def _packed(megabytes: int) -> bytes:
    return gzip.compress(b'{"filling":"' + _filling(megabytes) + b'"}', 1, mtime=0)
