"""Lists of open payments, and sweeps of them in one go."""

from __future__ import annotations

from paywatch.discovery.reader import Observation
from paywatch.discovery.sweep import Sweep
from paywatch.domain.payments import Payment
from tests.examples import WATCH, at, payment
from tests.unit.discovery.shelf import COMPAGO_CAN, Shelf, always, ids_of, never


def rows(count: int, word: str = "created", first: int = 0) -> list[Payment]:
    """Return payments, oldest first: p000, p001 and so on."""
    return [
        payment(f"p{n:03}", word, created_at=at(-9000 + n)) for n in range(first, first + count)
    ]


def begin(word: str = "created", guess: int = 1) -> Sweep:
    return Sweep.start([word], {word: guess}, WATCH, epoch=1)


def read_all(shelf: Shelf, sweep: Sweep | None = None) -> tuple[Sweep, list[str]]:
    """Walk a sweep to its end in one go; return it and the ids in the order of reading."""
    sweep = sweep or begin()
    into: list[Observation] = []
    sweep.read(shelf.reader(), always, never, into)
    return sweep, ids_of(into)


def forward(count: int) -> Shelf:
    """Return a list that knows no order, 500 a page."""
    return Shelf(rows(count, "PENDING"), abilities=COMPAGO_CAN)
