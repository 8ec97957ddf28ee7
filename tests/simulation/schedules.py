"""Which schedules of two runs at once are worth playing: those that weave them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from random import Random

from tests.simulation.interleaving import Duet, Place
from tests.simulation.stepping import OTHER, WHOLE, Pause, Turn
from tests.simulation.weaving import WRITES

# After so long a pause one is in the last seconds of one's run; another may hold the lease.
EXPIRED = 57.0
LONGER = (EXPIRED, 58.5, 90.0)
# One that stands still for no time has its lease yet, if it has taken it and not given it back.
PAUSES = (0.0, EXPIRED)
# What is not conditional on the lease: a late one may have its effect.
UNBOUND = WRITES - {"mark", "keep", "finish"}

PLACES = [
    Place(plot, source, action, moves)
    for plot in ("small", "busy", "outbox", "alert")
    for source in ("compago", "onepay")
    for action in ("poll", "reconcile")
    for moves in (False, True)
    if not (plot == "alert" and moves)
]


@cache
def steps(place: Place, who: str) -> Sequence[str]:
    """Return the steps of one of two where nobody disturbs it."""
    return tuple(Duet(place, (Turn(who),)).play().gates[who].calls)


def stops(place: Place, who: str, names: frozenset[str]) -> list[int]:
    """Return after how many steps one is right before a step of these names."""
    return [number for number, name in enumerate(steps(place, who)) if name in names]


def pauses() -> set[tuple[Place, Pause]]:
    """Return every pause that either of two may make, before every one of its steps."""
    return {
        (place, Pause(who, taken, seconds))
        for place in PLACES
        for who in OTHER
        for taken in range(len(steps(place, who)))
        for seconds in PAUSES
    }


def at_each_step() -> Iterator[Duet]:
    """Give those where one stops right before any one of its steps, the other runs wholly, and the
    first goes on.
    """
    for place in PLACES:
        for first, second in OTHER.items():
            for stop in range(len(steps(place, first))):
                for seconds in PAUSES:
                    yield Duet(place, (Turn(first, stop), Turn(second, WHOLE, seconds)))


def at_each_write() -> Iterator[Duet]:
    """Give those where one sleeps right before a write or a message, and the other runs wholly."""
    for place in PLACES:
        for first, second in OTHER.items():
            for stop in stops(place, first, WRITES):
                yield Duet(place, (Turn(first, stop), Turn(second, WHOLE, EXPIRED)))


def in_all_ways() -> Iterator[Duet]:
    """Give those where one sleeps right before what is not bound to the lease, the other runs up to
    any one of its steps, and the first goes on to its end.
    """
    for place in PLACES:
        for first, second in OTHER.items():
            for stop in stops(place, first, UNBOUND):
                for until in range(1, len(steps(place, second))):
                    turns = (Turn(first, stop), Turn(second, until, EXPIRED), Turn(first))
                    yield Duet(place, turns)


def late_by_chance(number: int) -> Duet:
    """Return one in which a holder of the lease sleeps too long, and both go on by turns.

    In three of four the other has the lease by then, and has not yet done what the first is about
    to do; in the fourth it may be anywhere.
    """
    place = PLACES[number % len(PLACES)]
    random = Random(f"late/{place}/{number // len(PLACES)}")
    first = random.choice("AB")
    second, theirs = OTHER[first], steps(place, OTHER[first])
    name = random.choice(sorted(UNBOUND.intersection(steps(place, first))))
    stop = random.choice(stops(place, first, frozenset({name})))
    until = random.randrange(1, len(theirs))
    if random.random() < 0.75:
        same = theirs.index(name) if name in theirs else len(theirs)
        until = random.randrange(theirs.index("acquire") + 1, same + 1)
    turns = [Turn(first, stop), Turn(second, until, random.choice(LONGER))]
    for _ in range(random.randrange(1, 4)):
        turns.append(Turn(first, 1 + int(random.expovariate(0.15))))
        turns.append(Turn(second, 1 + int(random.expovariate(0.05))))
    return Duet(place, tuple(turns))


def by_chance(number: int) -> Duet:
    """Return one of many turns, some of which come late."""
    place = PLACES[number % len(PLACES)]
    random = Random(f"any/{place}/{number // len(PLACES)}")
    turns = []
    for turn in range(random.randrange(2, 40)):
        after = random.choice((1.0, 10.0, 31.0, EXPIRED)) if random.random() < 0.1 else 0.0
        turns.append(Turn("AB"[turn % 2], 1 + int(random.expovariate(0.1)), after))
    return Duet(place, tuple(turns))
