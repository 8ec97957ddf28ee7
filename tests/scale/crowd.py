"""A crowd of open payments of which a steady share moves, and as many come as leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random

from paylab import LabPayment, World

HOUR = timedelta(hours=1)

# Where an open payment goes, and how often of a hundred times.
MOVES: Mapping[str, Mapping[str, Sequence[tuple[str, int]]]] = {
    "compago": {"PENDING": (("CONFIRMED", 80), ("CANCELLED", 20))},
    "onepay": {
        "created": (("processing", 30), ("paid", 50), ("failed", 20)),
        "processing": (("paid", 80), ("failed", 20)),
    },
}
# Of a thousand payments that are paid at OnePay, so many are refunded or disputed soon after.
REGRETTED = 20


class Crowd:
    """The open payments of a world; `minute` lets a minute's share of them move and be replaced.

    `moving` is the share that moves in a minute. Moves come at random seconds of the minute.
    """

    def __init__(self, world: World, open_payments: int, moving: float, seed: int = 1) -> None:
        self._world = world
        self._moves = MOVES[world.provider]
        self._random = Random(f"{seed}/{world.source}/crowd")
        self._share = 0.0
        self._due = 0.0
        self._regrets: list[tuple[datetime, str]] = []
        self._before = world.started - HOUR
        first = next(iter(self._moves))
        born = [self._random.randrange(1, 20 * 86_400) for _ in range(open_payments)]
        self._open = [
            self._add(first, self._before - timedelta(seconds=seconds)) for seconds in born
        ]
        self.quicken(moving)

    def quicken(self, moving: float) -> None:
        """Let another share move from now on; with none, settled ones stay as they are too."""
        self._share = len(self._open) * moving

    def counts(self) -> Counter[str]:
        """Return how many open payments each word has once the minute is over."""
        return Counter(word for _, word in self._open)

    def minute(self) -> None:
        """Schedule what happens within the next minute."""
        now = max(self._world.clock.now(), self._world.served_until or self._world.started)
        self._due += self._share
        count, self._due = int(self._due), self._due % 1
        seconds = sorted(self._random.uniform(0.5, 59.5) for _ in range(count))
        for second in seconds:
            self._move(now + timedelta(seconds=second))
        while count and self._regrets and self._regrets[0][0] < now + timedelta(seconds=60):
            at, payment_id = heappop(self._regrets)
            word = self._random.choice(("refunded", "disputed"))
            self._world.move(payment_id, word, at=max(at, now))

    def _move(self, at: datetime) -> None:
        number = self._random.randrange(len(self._open))
        payment, status = self._open[number]
        words, weights = zip(*self._moves[status], strict=True)
        word = self._random.choices(words, weights)[0]
        self._world.move(payment.id, word, at=at)
        if word in self._moves:
            self._open[number] = (payment, word)
            return
        born = at + timedelta(seconds=self._random.uniform(0, 30))
        self._open[number] = self._add(next(iter(self._moves)), born)
        if self._world.provider == "onepay" and word == "paid" and self._chance(REGRETTED):
            later = at + timedelta(seconds=self._random.uniform(600, 7200))
            heappush(self._regrets, (later, payment.id))

    def _add(self, word: str, at: datetime) -> tuple[LabPayment, str]:
        past = at < self._world.started
        made = self._world.add(
            word,
            at=self._world.started if past else at,
            created_at=at.replace(microsecond=0),
            expires_at=None if self._world.provider == "onepay" else at + 48 * HOUR,
        )
        return made, word

    def _chance(self, of_a_thousand: int) -> bool:
        return self._random.random() * 1000 < of_a_thousand
