"""When a run is struck: at a call to AWS, at a request to a provider, or at any moment."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

# About what a run that records and publishes takes, in calls, in requests and in seconds of work.
CALLS, REQUESTS, SECONDS = 30, 8, 0.3
PUBLICATIONS, WRITES = 2, 16


@dataclass(frozen=True)
class Moment:
    """A moment in a run, and what it is called in a tally.

    It is that of the run's `call` to AWS (counting those to `operation` alone, if it is given),
    before its effect or when it is `answered`; or that of a `request` to the lab; or it comes
    `seconds` after the run's first call.
    """

    kind: str
    call: int = 0
    operation: str | None = None
    answered: bool = False
    request: int = 0
    seconds: float = 0.0


WHERE = ("before its effect", "after its effect")
# What is stored is not published yet; what is published is not acknowledged yet.
PUBLISHED = "a publication"
# An alert that is stored is not told yet; what was told is not noted yet.
TOLD = "an alert's publication"
REQUESTED = "a request to a provider"
ANY = "any moment"
KINDS = (
    *(f"{what}, {where}" for what in (PUBLISHED, TOLD, "a write", "a call") for where in WHERE),
    REQUESTED,
    ANY,
)

# Before anything is written, or even known of the stack's keys.
FIRST = Moment("the first call of all", 1)


def any_moment(dice: Random) -> Moment:
    """Choose a moment: most of them at a call to AWS, where something may be left behind."""
    kind = dice.choices(("call", "request", "time"), (9, 1, 2))[0]
    if kind == "request":
        return Moment(REQUESTED, request=dice.randint(1, REQUESTS))
    if kind == "time":
        return Moment(ANY, seconds=dice.uniform(0.01, SECONDS))
    return any_call(dice)


def of_an_alert(dice: Random) -> Moment:
    """Choose when an alert is told."""
    answered = dice.random() < 0.5
    return Moment(f"{TOLD}, {WHERE[answered]}", 1, "Publish", answered)


def any_call(dice: Random) -> Moment:
    """Choose a call to AWS, more often than not one that writes or publishes."""
    answered = dice.random() < 0.6
    where = WHERE[answered]
    kind = dice.choice(("publication", "write", "call"))
    if kind == "publication":
        number = dice.choices(range(1, PUBLICATIONS + 1), (3, 1))[0]
        return Moment(f"{PUBLISHED}, {where}", number, "PublishBatch", answered)
    if kind == "write":
        return Moment(f"a write, {where}", dice.randint(1, WRITES), "UpdateItem", answered)
    return Moment(f"a call, {where}", dice.randint(1, CALLS), None, answered)
