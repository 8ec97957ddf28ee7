"""Two runs of one source at once: which steps of whom come when is written.

`.venv/bin/python -m tests.simulation.interleaving small/compago/poll 'A:17 B:9:57 A B'` plays one
schedule alone: A, a poll, begins and stops before its 18th step, 57 seconds later B begins, and so
on. With `moves` after B's action, payments move as the second of them begins.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from paywatch.invocation import Invocation
from tests.gates import Gate
from tests.polling import Polling
from tests.simulation.plots import PLOTS, SOURCES, Plot
from tests.simulation.prepared import prepared, state_of
from tests.simulation.replaying import Unplayable, command, one_of, replay
from tests.simulation.stage import SECONDS, Stage
from tests.simulation.stepping import OTHER, Pause, Stepping, Turn
from tests.simulation.verdict import findings
from tests.simulation.weaving import Deed, Journal, Weave

ACTIONS = ("poll", "reconcile")


@dataclass(frozen=True)
class Place:
    """What two runs are about: the plot, its source, what B is asked for, whether payments move."""

    plot: str
    source: str
    action: str
    moves: bool

    def __str__(self) -> str:
        moves = "/moves" if self.moves else ""
        return f"{self.plot}/{self.source}/{self.action}{moves}"


@dataclass(frozen=True)
class Played:
    """What two runs have left: the stage, both gates, which have counted, and what was noted."""

    stage: Stage
    stepping: Stepping
    gates: dict[str, Gate]
    journal: Journal


@dataclass(frozen=True)
class Performance:
    """What did not hold after two runs, and how they lay to each other.

    `pauses` are those in which the other ran wholly, `repeats` how many messages were sent twice.
    `trace` is the same for two schedules only if they came to the same steps in the same order,
    `state` only if they left the same behind.
    """

    findings: list[str]
    weave: Weave
    late: list[Deed]
    pauses: list[Pause]
    repeats: int
    trace: bytes
    state: bytes


@dataclass(frozen=True)
class Duet:
    """A plot that is run by A, and by B as a poll or a reconcile, at the same time."""

    place: Place
    turns: tuple[Turn, ...]

    def __str__(self) -> str:
        return f"{self.place} '{' '.join(map(str, self.turns))}'"

    @property
    def command(self) -> str:
        return command("tests.simulation.interleaving", self)

    def play(self) -> Played:
        """Run both, as processes that begin with it."""
        stage = prepared(self.place.plot, self.place.source)
        second, other = stage.another()
        gates, journal = {"A": stage.gate, "B": other}, Journal()
        journal.watch(stage.polling, "A")
        journal.watch(second, "B")
        stepping = Stepping(self.turns, stage.polling.clock.advance)
        if self.place.moves:
            stepping.begins[OTHER[self.turns[0].who]] = lambda: _move_on(stage)
        for who, gate in gates.items():
            gate.before = _stepper(stepping, who)
        start = stage.polling.clock.now()
        sources = stage.polling.sources

        def runs(polling: Polling, action: str) -> Callable[[], object]:
            invocation = Invocation(action, sources, False)
            return lambda: polling.run(SECONDS, invocation)

        stepping.run({"A": runs(stage.polling, "poll"), "B": runs(second, self.place.action)})
        stage.polling.note(start, not stepping.faults)
        stage.polling.clock.set(max(stage.polling.clock.now(), start + stage.polling.every))
        return Played(stage, stepping, gates, journal)

    def perform(self) -> Performance:
        """Run both and the polls that make good; return what does not hold, and how they lay."""
        played = self.play()
        stage, journal = played.stage, played.journal
        late, busy = list(journal.late()), any(each == "busy" for each in _outcomes(stage))
        weave = journal.weave(busy)
        state = _digest(f"{self.place.plot}/{self.place.source}".encode() + state_of(stage))
        repeats = journal.repeats()
        if state not in _found:
            _found[state] = _afterwards(PLOTS[self.place.plot], stage, repeats.total())
        stepping = played.stepping
        trace = _digest(f"{self.place} {' '.join(stepping.trace)}".encode())
        found = [*stepping.faults, *journal.sent_in_vain(), *_found[state]]
        return Performance(found, weave, late, stepping.pauses, repeats.total(), trace, state)

    def findings(self) -> list[str]:
        """Return what does not hold after it, and after the polls that make good."""
        return self.perform().findings


# What did not hold after each state that two runs have left: polls that begin in the same state do
# the same, and most schedules leave a state that another has left before.
_found: dict[bytes, list[str]] = {}


def _afterwards(plot: Plot, stage: Stage, repeats: int) -> list[str]:
    """Let a new process poll until all is well; return what does not hold.

    What came twice by then, so many messages, is judged by the journal; nothing else may.
    """
    stage.polling.restart()
    try:
        # Who stood still while a page was read leaves a sweep with a hole in it. The next poll ends
        # that one, and only behind two that are whole is anything judged to be overdue.
        for _ in range(plot.polls + bool(plot.alerts)):
            stage.tick()
        alert = plot.alerts.get(stage.source)
        return findings(stage, alert=alert, most_duplicates=repeats)
    except Exception:
        return [traceback.format_exc()]


def _outcomes(stage: Stage) -> list[object]:
    """Return what the runs so far reported of their source."""
    polled = [report["sources"].get(stage.source) for report in stage.polling.reports]
    return [each["outcome"] for each in polled if each]


def _digest(text: bytes) -> bytes:
    return blake2b(text, digest_size=8).digest()


def _stepper(stepping: Stepping, who: str) -> Callable[[int, str], None]:
    return lambda number, name: stepping.step(who)


def _move_on(stage: Stage) -> None:
    """Let payments move on, also the one that the first of two may just have read."""
    onward = {"PENDING": "CONFIRMED", "created": "processing", "processing": "failed"}
    for payment in stage.world.payments():
        if payment.status in onward:
            stage.world.move(payment.id, onward[payment.status])


def again(said: Sequence[str]) -> list[str]:
    """Play the schedule that a command line says, and print how the runs lay to each other.

    Return what does not hold; raise Unplayable.
    """
    if len(said) != 2 or len(words := said[0].split("/")) < 3 or words[3:] not in ([], ["moves"]):
        raise Unplayable("which schedule? Say it as in small/compago/poll/moves 'A:17 B:9:57 A B'")
    plot, source, action = words[:3]
    one_of("plot", plot, list(PLOTS))
    one_of("source", source, SOURCES)
    one_of("action", action, ACTIONS)
    turns = tuple(map(Turn.parse, said[1].split()))
    if not turns:
        raise Unplayable("the schedule says nobody's turn")
    performance = Duet(Place(plot, source, action, bool(words[3:])), turns).perform()
    print(performance.weave)
    return performance.findings


if __name__ == "__main__":
    sys.exit(replay(again))
