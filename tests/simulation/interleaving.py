"""Two runs at once, of which one goes on at a time: who does, and for how many steps, is written.

`python -m tests.simulation.interleaving small/compago/poll 'A:17 B:9:57 A B'` plays one schedule
alone: A begins and stops before its 18th step, 57 seconds later B begins, and so on. With `moves`
after the action, a payment moves as B begins for the first time.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from threading import Semaphore, Thread

from paywatch.invocation import Invocation
from tests.gates import Gate
from tests.polling import Polling
from tests.simulation.plots import PLOTS
from tests.simulation.stage import SECONDS, Stage
from tests.simulation.verdict import findings

# Steps enough for any run to end, and seconds in which any does.
WHOLE = 1_000_000
HANGS = 60
# After so long a pause one is in the last seconds of one's run; another may hold the lease.
EXPIRED = 57.0


@dataclass(frozen=True)
class Turn:
    """Who goes on, for how many steps, after how many seconds; as text `B:9:57`."""

    who: str
    steps: int = WHOLE
    after: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Turn:
        who, *rest = text.split(":")
        return cls(who, int(rest[0] if rest else WHOLE), float(rest[1] if rest[1:] else 0))

    def __str__(self) -> str:
        return f"{self.who}:{self.steps}:{self.after:g}"


@dataclass
class Stepping:
    """Hands the right to go on from one thread to the other, by the turns."""

    turns: Sequence[Turn]
    wait: Callable[[float], object]
    begins: dict[str, Callable[[], None]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._coming = list(reversed(self.turns))
        self._go = {"A": Semaphore(0), "B": Semaphore(0)}
        self._ended = {"A": False, "B": False}
        self._now = "A"
        self._left = 0

    def run(self, works: dict[str, Callable[[], object]]) -> None:
        """Run both, each in a thread, until both have ended."""
        threads = [Thread(target=self._live, args=(w, works[w]), daemon=True) for w in works]
        for thread in threads:
            thread.start()
        self._next()
        self._go[self._now].release()
        for thread in threads:
            thread.join(HANGS)
            if thread.is_alive():
                raise AssertionError("two runs wait for each other")

    def step(self, who: str) -> None:
        """Wait, where it is not one's turn any more; called before every step."""
        if self._left <= 0:
            self._next()
            if self._now != who:
                self._go[self._now].release()
                self._await(who)
        self._left -= 1

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
            self.wait(turn.after)
        self.begins.pop(turn.who, lambda: None)()


@dataclass(frozen=True)
class Duet:
    """A plot that is run by A, and by B as a poll or a reconcile, at the same time."""

    plot: str
    source: str
    action: str
    moves: bool
    turns: tuple[Turn, ...]

    def __str__(self) -> str:
        moves = "/moves" if self.moves else ""
        turns = " ".join(map(str, self.turns))
        return f"{self.plot}/{self.source}/{self.action}{moves} '{turns}'"

    @property
    def command(self) -> str:
        return f"python -m tests.simulation.interleaving {self}"

    def play(self) -> tuple[Stage, Stepping, dict[str, Gate]]:
        """Run both; return the stage, what happened, and both gates, which have counted."""
        stage = PLOTS[self.plot].begin(self.source)
        stage.gate.open()
        second, other = stage.another()
        gates = {"A": stage.gate, "B": other}
        stepping = Stepping(self.turns, stage.polling.clock.advance)
        if self.moves:
            stepping.begins["B"] = lambda: _move_on(stage)
        for who, gate in gates.items():
            gate.before = _stepper(stepping, who)
        start = stage.polling.clock.now()
        sources = stage.polling.sources

        def runs(polling: Polling, action: str) -> Callable[[], object]:
            invocation = Invocation(action, sources, False)
            return lambda: polling.run(SECONDS, invocation)

        stepping.run({"A": runs(stage.polling, "poll"), "B": runs(second, self.action)})
        stage.polling.note(start, not stepping.faults)
        stage.polling.clock.set(max(stage.polling.clock.now(), start + stage.polling.every))
        return stage, stepping, gates

    def findings(self) -> list[str]:
        """Return what does not hold after it, and after the polls that make good."""
        stage, stepping, _ = self.play()
        try:
            for _ in range(PLOTS[self.plot].polls):
                stage.tick()
            wrong = findings(stage, alert=PLOTS[self.plot].alerts.get(self.source))
        except Exception:
            wrong = [traceback.format_exc()]
        return [*stepping.faults, *wrong]


def _stepper(stepping: Stepping, who: str) -> Callable[[int, str], None]:
    return lambda number, name: stepping.step(who)


def _move_on(stage: Stage) -> None:
    """Let the payment that A may just have read move on."""
    onward = {"PENDING": "CONFIRMED", "created": "processing", "processing": "failed"}
    for payment in stage.world.payments():
        if payment.status in onward:
            stage.world.move(payment.id, onward[payment.status])


def one_pause(plot: str, source: str, action: str, moves: bool, after: float) -> list[Duet]:
    """Return all ways in which A pauses once, B runs wholly or in part, and A goes on."""

    def duet(*turns: Turn) -> Duet:
        return Duet(plot, source, action, moves, turns)

    _, _, gates = duet(Turn("A")).play()
    found = []
    for stop in range(len(gates["A"].calls) + 1):
        whole = duet(Turn("A", stop), Turn("B", WHOLE, after))
        steps = len(whole.play()[2]["B"].calls)
        found.append(whole)
        for until in range(1, steps):
            found.append(duet(Turn("A", stop), Turn("B", until, after), Turn("A")))
    return found


def by_chance(plot: str, source: str, action: str, moves: bool, seed: int) -> Duet:
    """Return a schedule of many turns, some of which come late."""
    random = Random(f"{plot}/{source}/{action}/{moves}/{seed}")
    turns = []
    for number in range(random.randrange(2, 40)):
        after = random.choice((1.0, 10.0, 31.0, EXPIRED)) if random.random() < 0.1 else 0.0
        turns.append(Turn("AB"[number % 2], 1 + int(random.expovariate(0.1)), after))
    return Duet(plot, source, action, moves, tuple(turns))


def main() -> int:
    """Play one schedule and print what does not hold."""
    place, schedule = sys.argv[1:]
    plot, source, action, *moves = place.split("/")
    turns = tuple(map(Turn.parse, schedule.split()))
    wrong = Duet(plot, source, action, bool(moves), turns).findings()
    print("\n".join(wrong or ["everything holds"]))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
