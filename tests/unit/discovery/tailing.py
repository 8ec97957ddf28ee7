"""Tails of lists in one order or another."""

from __future__ import annotations

import json
from collections.abc import Callable

from paywatch.discovery.reader import Observation
from paywatch.discovery.tail import Tail
from paywatch.domain.payments import Payment
from tests.examples import WATCH, at, payment
from tests.unit.discovery.shelf import COMPAGO_CAN, Shelf, always, ids_of


def born(number: int, seconds: float, word: str = "paid") -> Payment:
    return payment(f"p{number:04}", word, created_at=at(seconds))


def many(first: int, count: int, start: float, step: float = 1.0) -> list[Payment]:
    """Return payments, oldest first, born one `step` of seconds after the other."""
    return [born(first + n, start + n * step) for n in range(count)]


def read(
    shelf: Shelf,
    tail: Tail | None = None,
    may_go_on: Callable[[], bool] = always,
    *,
    requests: int = 600,
) -> tuple[Tail, list[str]]:
    """Read a tail; return it as the next run would load it, and the ids that it tells of."""
    tail = tail or Tail()
    into: list[Observation] = []
    tail.read(shelf.reader(requests=requests), WATCH, may_go_on, into)
    return Tail.load(json.loads(json.dumps(tail.store()))), ids_of(into)


ASKED, NEWEST, OLDEST = "asked for", "observed newest first", "observed oldest first"


def shelf_of(order: str, rows: list[Payment]) -> Shelf:
    if order == ASKED:
        return Shelf(rows)
    return Shelf(rows[::-1] if order == NEWEST else rows, abilities=COMPAGO_CAN)
