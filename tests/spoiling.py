"""Stored sections, spoilt leaf by leaf, in a copy of everything that a polling has."""

from __future__ import annotations

import copyreg
import json
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from datetime import timedelta
from threading import Lock, RLock
from typing import Any, NamedTuple

from paylab import Lab
from paywatch.domain.payments import Source
from paywatch.memory import MemoryPayments
from tests.polling import Polling

# A lock is copied as one that nobody holds.
copyreg.pickle(type(Lock()), lambda lock: (Lock, ()))
copyreg.pickle(type(RLock()), lambda lock: (RLock, ()))

Path = tuple[str | int, ...]
# What may stand where something else belongs.
WRONG: tuple[Any, ...] = (None, "", "x", -1, 0, 1e9, [], {}, True, "x" * 100_000, [["x"]])


class Spoil(NamedTuple):
    """One value of one section of a control item, replaced by another."""

    item: Source
    kind: str
    section: str
    path: Path
    wrong: Any

    def __str__(self) -> str:
        place = "/".join(map(str, (self.section, *self.path)))
        return f"{self.item.short} {place}: {json.dumps(self.wrong):.20}"


def fork(polling: Polling) -> Polling:
    """Return a process of its own over a copy of the world, the clock and everything stored."""
    assert isinstance(polling.payments, MemoryPayments)
    polling.restart()
    # Records do not change; the provider's server is made anew over the copy of its world.
    records = [r for each in polling.payments._buckets.values() for r in each.values()]
    copy = deepcopy(polling, {id(each): each for each in (*records, polling.lab)})
    for world in copy.worlds.values():
        world._listings.clear()
    copy.lab = Lab(copy.clock, copy.worlds.values(), seed=copy.seed)
    return copy


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """Give the place of each value in a section, those that hold others too."""
    if path:
        yield path
    inside: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value)
    for key, each in inside:
        yield from leaves(each, (*path, key))


def at(value: Any, path: Path) -> Any:
    """Return what stands at a place; None if there is no such place."""
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def spoils(polling: Polling, item: Source, kind: str) -> list[Spoil]:
    """Return every way to spoil one value of a control item: each leaf by each wrong value."""
    found = []
    for section, text in sorted(polling.controls.peek(item, kind).memory.items()):
        stored = json.loads(text)
        for path in leaves(stored):
            before = at(stored, path)
            found += [
                Spoil(item, kind, section, path, wrong)
                for wrong in WRONG
                if json.dumps(wrong) != json.dumps(before)
            ]
    return found


def spoil(polling: Polling, how: Spoil) -> None:
    """Store a section with one value replaced, as a hand would."""
    memory: Mapping[str, str] = polling.controls.peek(how.item, how.kind).memory
    section = json.loads(memory[how.section])
    place = at(section, how.path[:-1])
    place[how.path[-1]] = how.wrong
    now = polling.clock.now()
    control = polling.controls.acquire(how.item, how.kind, now, now + timedelta(seconds=1))
    assert control is not None
    polling.controls.finish(control.lease, {}, {how.section: json.dumps(section)})
