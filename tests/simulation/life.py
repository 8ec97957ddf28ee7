"""Payments that open, move, settle, vanish and expire, by chance, at any moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from paylab import LabPayment, World

HOUR = timedelta(hours=1)
# Where a payment may go; none goes back.
MOVES: Mapping[str, Mapping[str, Sequence[str]]] = {
    "compago": {"PENDING": ("CONFIRMED", "CONFIRMED", "CANCELLED")},
    "onepay": {
        "created": ("processing", "paid", "failed"),
        "processing": ("paid", "paid", "failed"),
        "paid": ("refunded", "disputed"),
    },
}
OPEN = ("PENDING", "created", "processing")


class Life:
    """What happens to a world's payments; `per_minute` is how much, about."""

    def __init__(self, world: World, random: Random, per_minute: float = 1.0) -> None:
        self._world = world
        self._random = random
        self._per_minute = per_minute
        self._moves = MOVES[world.provider]
        self._first = next(iter(self._moves))
        self._live: list[LabPayment] = []
        self._moved: set[str] = set()

    def begin(self) -> None:
        """Let there be some payments from before the watch."""
        now = self._world.clock.now()
        words = [*self._moves, *(word for ways in self._moves.values() for word in ways)]
        for number in range(self._random.randrange(1, 7)):
            word = self._random.choice(words)
            self._add(word, now, created_at=now - HOUR * (number + 1))

    def go_on(self) -> None:
        """Let something happen within the next minute, as often as not."""
        random, now = self._random, self._world.clock.now()
        now = max(now, self._world.served_until or now)
        self._moved.clear()
        while random.random() < self._per_minute / (1 + self._per_minute):
            at = now + timedelta(seconds=random.uniform(0.01, 59.9))
            choice = random.random()
            if choice < 0.35 or not self._live:
                word = self._first if choice < 0.25 else random.choice([*self._moves])
                self._add(word, at)
            elif choice < 0.4:
                self._world.remove(self._take().id, at=at)
            else:
                self._move(at)

    def rest(self) -> None:
        """Let nothing more happen by itself."""
        self._world.rest()

    def _move(self, at: datetime) -> None:
        payment = self._random.choice(self._live)
        ways = self._moves.get(payment.status, ())
        if payment.id in self._moved:
            return
        self._moved.add(payment.id)
        if ways:
            self._world.move(payment.id, self._random.choice(ways), at=at)
        else:
            self._live.remove(payment)

    def _take(self) -> LabPayment:
        return self._live.pop(self._random.randrange(len(self._live)))

    def _add(self, word: str, at: datetime, **particulars: Any) -> None:
        if self._world.provider == "compago":
            minutes = self._random.choice((3, 10, 60, 60, 3000))
            particulars["expires_at"] = at + timedelta(minutes=minutes)
        self._live.append(self._world.add(word, at=at, **particulars))
