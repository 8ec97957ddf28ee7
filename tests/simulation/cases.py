"""A plot with one fault or two, run and held to the invariants.

`.venv/bin/python -m tests.simulation.cases busy/compago 18:LATE 5:ERROR_AFTER` runs one case alone:
the first fault strikes the plot's run, the second one the run that recovers from it; those of one
run are joined, as in `18:LATE+38:ERROR_AFTER`.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from paywatch.domain.payments import timestamp
from tests.gates import Fault
from tests.simulation.plots import PLOTS, SOURCES
from tests.simulation.replaying import Unplayable, command, one_of, replay
from tests.simulation.stage import OF_PUBLISH, Stage, Strike, strikes
from tests.simulation.verdict import findings, told, told_at_once

A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Case:
    """A plot at a source, and what strikes it, run by run."""

    plot: str
    source: str
    runs: tuple[tuple[Strike, ...], ...] = ((),)

    def __str__(self) -> str:
        struck = ["+".join(map(str, run)) for run in self.runs if run]
        return " ".join([f"{self.plot}/{self.source}", *struck])

    @property
    def command(self) -> str:
        return command("tests.simulation.cases", self)

    def play(self) -> Stage:
        """Run the plot with its faults, and nothing after the last run that is struck."""
        plot = PLOTS[self.plot]
        stage = plot.begin(self.source)
        for number, run in enumerate(self.runs):
            stage.tick(*run, action="poll" if number else plot.action)
        return stage

    def recover(self, stage: Stage) -> None:
        """Poll as often as it may take until all is well; nobody asks again for anything."""
        for _ in range(PLOTS[self.plot].polls):
            stage.tick()

    def findings(self) -> list[str]:
        """Return what does not hold after it; a fault that never struck is among that."""
        try:
            return self.judged()
        except Exception:
            return [traceback.format_exc()]

    def judged(self) -> list[str]:
        """Do the same, and raise what is raised: Unplayable where a fault never struck."""
        stage = self.play()
        if [[strike.fault in OF_PUBLISH for strike in run] for run in self.runs] == [[True]]:
            self._hold_up_one(stage)
        asked_in_vain = PLOTS[self.plot].action == "reconcile" and not self._is_noted(stage)
        self.recover(stage)
        if asked_in_vain:
            self._ask_the_day_after(stage)
        alert = PLOTS[self.plot].alerts.get(self.source)
        expected = undisturbed(self.plot, self.source)
        found = findings(stage, expected, alert, most_duplicates=stage.repeats)
        return [*stage.wrong, *found]

    def _hold_up_one(self, stage: Stage) -> None:
        """One message that is not taken holds up its own payment, and no other in this run."""
        missing = undisturbed_at_once(self.plot, self.source) - told_at_once(stage)
        held_up = {event_id.rpartition("/")[0] for event_id, _ in missing}
        # What was published without an answer may have had no later version to hold up.
        least = int(self.runs[0][0].fault is Fault.REFUSED)
        if not least <= len(held_up) <= 1:
            stage.wrong.append(f"held up: {sorted(held_up)}")

    def _is_noted(self, stage: Stage) -> bool:
        """Whether what the plot's run was asked for is stored, as wanted, begun or done."""
        asked = timestamp(stage.polling.ticks[-len(self.runs)].start)
        noted = stage.bare.memory("reconcile", self.source)
        begun = [noted[each]["began"] for each in ("current", "completed") if each in noted]
        return "wanted" in noted or max(begun, default="") >= asked

    def _ask_the_day_after(self, stage: Stage) -> None:
        """Let the schedule ask again, a day later.

        A run notes what it is asked for once it holds the lease, before any request: only one that
        failed until then, and that loudly, may have been asked in vain.
        """
        noting = Case(self.plot, self.source).play().steps.index("keep") + 1
        failed = not stage.polling.ticks[-len(self.runs) - PLOTS[self.plot].polls].finished
        if not failed or self.runs[0][0].step > noting:
            stage.wrong.append("what was asked for is not noted")
        stage.polling.clock.advance(A_DAY.total_seconds())
        stage.tick(action=PLOTS[self.plot].action)
        self.recover(stage)


@cache
def undisturbed(plot: str, source: str) -> frozenset[tuple[str, str]]:
    """Return what is told in a plot in which nothing fails."""
    case = Case(plot, source)
    stage = case.play()
    case.recover(stage)
    return frozenset(told(stage))


@cache
def undisturbed_at_once(plot: str, source: str) -> frozenset[tuple[str, str]]:
    """Return what of it is told by the plot's run."""
    return frozenset(told_at_once(Case(plot, source).play()))


def singles(
    plot: str, source: str, wanted: Callable[[list[str]], list[Strike]] = strikes
) -> list[Case]:
    """Return a plot with every wanted fault (every one) at the steps of its run."""
    stage = Case(plot, source).play()
    return [Case(plot, source, ((strike,),)) for strike in _left(stage, wanted)]


def seconds(first: Case, wanted: Callable[[list[str]], list[Strike]] = strikes) -> list[Case]:
    """Return a case of one fault with the wanted second ones at the steps of the run after it."""
    stage = first.play()
    stage.tick()
    return [Case(first.plot, first.source, (*first.runs, (s,))) for s in _left(stage, wanted)]


def in_the_same_run(
    first: Case, wanted: Callable[[list[str]], list[Strike]] = strikes
) -> list[Case]:
    """Return it with the wanted second ones at the later steps of the run that the first struck.

    A request to a provider that the first one has taken away is struck already, and a call that
    fails because of the first one has no effect behind which another could come.
    """
    (run,) = first.runs
    later = [s for s in _left(first.play(), wanted) if s.step > run[-1].step]
    return [Case(first.plot, first.source, ((*run, s),)) for s in later]


def _left(stage: Stage, wanted: Callable[[list[str]], list[Strike]]) -> list[Strike]:
    """Return the wanted faults for which a stage's last run has left room."""
    return [strike for strike in wanted(stage.steps) if stage.leaves(strike)]


def again(said: Sequence[str]) -> list[str]:
    """Return what does not hold after the case that a command line says; raise Unplayable."""
    if not said:
        raise Unplayable("which case? Say a plot and its source, as in busy/compago 18:LATE")
    plot, _, source = said[0].partition("/")
    struck = tuple(tuple(map(Strike.parse, run.split("+"))) for run in said[1:]) or ((),)
    case = Case(one_of("plot", plot, list(PLOTS)), one_of("source", source, SOURCES), struck)
    return case.judged()


if __name__ == "__main__":
    sys.exit(replay(again))
