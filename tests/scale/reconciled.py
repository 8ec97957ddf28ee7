"""A synthetic Compago whose everything is read twice, by runs that die and others cut short."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from random import Random

from paywatch.providers.http import Transport
from tests.gates import Gate, Killed, gate
from tests.polling import Polling
from tests.scale.synthetic import Counted, Synthetic

LATENCY = 0.5
PAGE = 500
# Of the payments, the share that is still listed when everything is read a second time.
LISTED = 0.2
# How often each of these steps is taken in a run, at most; some of them once for each row.
STEPS = {
    "request": 8, "fetch": 8, "monotonic": 8, "watched": 64, "mark": 2, "keep": 1, "publish": 1,
    "acknowledge": 2, "acquire": 1, "peek": 1, "secret": 1, "finish": 1,
}  # fmt: skip
FOR_EACH_ROW = ("save", "now")
# A run that has come here without such a step dies here.
LAST = "finish"


class Death:
    """Ends the process before or after the nth step of some name: nothing passes the gate then."""

    def __init__(self, one: Gate, random: Random, rows: int) -> None:
        self._gate = one
        self.name = random.choice([*STEPS, *FOR_EACH_ROW])
        self._left = random.randint(1, STEPS.get(self.name, rows))
        if random.random() < 0.5:
            one.before = self._strike
        else:
            one.after = self._strike

    def _strike(self, number: int, name: str) -> None:
        self._left -= name == self.name
        if self._left == 0 or name == LAST:
            self.name, self._gate.dead = name, True
            raise Killed(name)


class Reconciled(Polling):
    """A polling of a synthetic Compago, all of whose I/O passes one gate.

    At each death in the baseline `gone` of the newest payments vanish, so that all rows move up,
    and `moves` of the others are cancelled, every second of them without a word of when; `expected`
    is what is to be told of each: (previous status, status), or None.
    """

    def __init__(self, size: int, kills: int, seed: int, gone: int, moves: int) -> None:
        super().__init__(["compago"], pace=1000.0, budget=100_000, seed=seed)
        self.provider = Synthetic(size, self.clock, LATENCY)
        self.counted = Counted(self.provider)
        self.payments = self.counted
        self.gate = gate(self)
        self.expected: dict[int, tuple[str | None, str] | None] = {}
        self.deaths: Counter[str] = Counter()
        self.peak = self.measured = self.most_stored = 0
        self._random = Random(seed)
        self._gone, self._moves = gone, moves
        self._first = gone * 2 * kills + PAGE
        self._pages = max(4, size // PAGE // max(1, kills))
        self._most = 60 * kills

    def carrier(self) -> Transport:
        return self.provider

    def read_all(self, kills: int, *, moving: bool) -> int:
        """Run until a reading of everything has come to its end; return how often one died."""
        before, died = self._completed(), 0
        while self._completed() == before or self._under_way():
            assert len(self.ticks) < self._most, "the reconcile comes to no end"
            action = "poll" if self._under_way() else "reconcile"
            if not self.run_once(action, mortal=died < kills and len(self.ticks) % 3 > 0):
                died += 1
                self.provider.gone += self._gone
                if moving:
                    self._move()
        return died

    def run_once(self, action: str, *, mortal: bool = False) -> bool:
        """Run in a process and some of the time, or until it dies; return whether it lived."""
        seconds = 2.0 + LATENCY * self._random.uniform(4, self._pages + 8)
        measured = len(self.ticks) % 8 == 4
        death = Death(self.gate, self._random, PAGE * self._pages // 4) if mortal else None
        if measured:
            tracemalloc.start()
        try:
            self.tick(seconds=seconds, action=action)
            return True
        except Killed:
            assert death is not None
            self.deaths[death.name] += 1
            return False
        finally:
            if measured:
                self.peak = max(self.peak, tracemalloc.get_traced_memory()[1])
                self.measured += 1
                tracemalloc.stop()
            self.gate.open()
            self.restart()
            stored = self.controls.peek(self.sources[0], "poll").memory.values()
            self.most_stored = max(self.most_stored, sum(map(len, stored)))

    def archive(self) -> None:
        """Let the oldest payments be listed no more."""
        self.provider.last = int(self.provider.size * LISTED)

    def _move(self) -> None:
        """Let payments be cancelled, those that were read where they are read again."""
        for turn in range(self._moves):
            far = self.provider.size if turn % 2 else int(self.provider.size * LISTED)
            number = self._random.randrange(self._first, far)
            known, dated = self.counted.writes[number] > 0, turn % 4 < 2
            if number in self.expected or (known and number >= self.provider.size * LISTED):
                continue
            self.provider.move(number, dated=dated)
            if known:
                self.expected[number] = ("paid", "cancelled")
            else:
                self.expected[number] = (None, "cancelled") if dated else None

    def _completed(self) -> object:
        return (self.memory("reconcile") or {}).get("completed")

    def _under_way(self) -> bool:
        return "current" in (self.memory("reconcile") or {})
