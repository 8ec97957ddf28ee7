"""When a fault fires: always, sometimes, at some requests, for a while, in the middle of a walk."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from paylab.messages import Request

if TYPE_CHECKING:
    from paylab.world import World


@dataclass(frozen=True)
class Asked:
    """A request as a fault sees it; `count` numbers the source's requests from 1.

    `world` is the account that is asked, for faults that are of the account itself.
    """

    request: Request
    source: str | None
    at: datetime
    count: int
    world: "World | None" = None


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


def in_mid_walk() -> When:
    """Fire at every page of a list but the first."""
    return lambda asked, rng: asked.request.params.get("page", "1") != "1"


def in_bursts(lasting: timedelta, every: timedelta, since: datetime) -> When:
    """Fire for a while at the beginning of each period, counted from an instant."""
    return lambda asked, rng: (asked.at - since) % every < lasting
