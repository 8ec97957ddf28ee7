"""Two threads of which one goes on at a time: who does, and for how many steps, is written."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import NamedTuple

from tests.simulation.replaying import Unplayable

# Steps enough for any run to end, and seconds in which any does.
WHOLE = 1_000_000
HANGS = 60
OTHER = {"A": "B", "B": "A"}
TURN = re.compile(r"([AB])(?::([0-9]{1,9})(?::([0-9]{1,6}(?:\.[0-9]+)?))?)?", re.ASCII)


@dataclass(frozen=True)
class Turn:
    """Who goes on, for how many steps, after how many seconds; as text `B:9:57`."""

    who: str
    steps: int = WHOLE
    after: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Turn:
        found = TURN.fullmatch(text)
        if found is None:
            raise Unplayable(
                f"{text!r} is no turn: A or B, its steps and seconds before, as B:9:57"
            )
        who, steps, after = found.groups()
        return cls(who, int(steps or WHOLE), float(after or 0))

    def __str__(self) -> str:
        return f"{self.who}:{self.steps}:{self.after:g}"


class Pause(NamedTuple):
    """Who stood still after so many steps while the other ran from its first step to its end.

    `seconds` went by besides those that the other's own steps took.
    """

    who: str
    steps: int
    seconds: float


@dataclass
class Stepping:
    """Hands the right to go on from one thread to the other, by the turns.

    `trace` says afterwards what really happened: who took each step, and each pause; `pauses` are
    those in which the other ran wholly.
    """

    turns: Sequence[Turn]
    wait: Callable[[float], object]
    begins: dict[str, Callable[[], None]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._coming = list(reversed(self.turns))
        self._go = {"A": Lock(), "B": Lock()}
        for lock in self._go.values():
            lock.acquire()
        self._ended = {"A": False, "B": False}
        self._taken = {"A": 0, "B": 0}
        self._waited = 0.0
        self._now = "A"
        self._left = 0

    def run(self, works: dict[str, Callable[[], object]]) -> None:
        """Run A in this thread and B in another, until both have ended."""
        other = Thread(target=self._live, args=("B", works["B"]), daemon=True)
        other.start()
        self._next()
        self._go[self._now].release()
        self._live("A", works["A"])
        other.join(HANGS)
        if other.is_alive():
            raise AssertionError("two runs wait for each other")

    def step(self, who: str) -> None:
        """Wait, where it is not one's turn any more; called before every step."""
        if self._left <= 0:
            waited = self._waited
            self._next()
            if self._now != who:
                self._stand_still(who, waited)
        self._left -= 1
        self._taken[who] += 1
        self.trace.append(who)

    def _live(self, who: str, work: Callable[[], object]) -> None:
        self._await(who)
        try:
            work()
        except Exception:
            self.faults.append(f"{who}: {traceback.format_exc()}")
        self._ended[who] = True
        if not all(self._ended.values()):
            self._next()
            self._go[self._now].release()

    def _stand_still(self, who: str, waited: float) -> None:
        """Let the other go on; note it if that one had not begun, and ends meanwhile."""
        other = self._now
        had_begun = self._taken[other] > 0
        self._go[other].release()
        self._await(who)
        if not had_begun and self._taken[other] and self._ended[other]:
            self.pauses.append(Pause(who, self._taken[who], self._waited - waited))

    def _await(self, who: str) -> None:
        if not self._go[who].acquire(timeout=HANGS):
            raise AssertionError("two runs wait for each other")

    def _next(self) -> None:
        """Find out whose turn it is; those of a run that has ended are left out."""
        while self._coming:
            turn = self._coming.pop()
            if not self._ended[turn.who]:
                break
        else:
            turn = Turn("A" if self._ended["B"] else "B")
        self._now, self._left = turn.who, turn.steps
        if turn.after:
            self.trace.append(f"+{turn.after:g}")
            self.wait(turn.after)
            self._waited += turn.after
        self.begins.pop(turn.who, lambda: None)()
