"""A plot with one fault or two, run and held to the invariants.

`python -m tests.simulation.cases busy/compago 17:LATE 9:ERROR_AFTER` runs one case alone: the first
fault strikes the plot's run, the second one the run that recovers from it.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from tests.simulation.plots import PLOTS
from tests.simulation.stage import Stage, Strike, strikes
from tests.simulation.verdict import findings, told


@dataclass(frozen=True)
class Case:
    """A plot at a source, and what strikes it, run by run."""

    plot: str
    source: str
    strikes: tuple[Strike, ...] = ()

    def __str__(self) -> str:
        return " ".join([f"{self.plot}/{self.source}", *map(str, self.strikes)])

    @property
    def command(self) -> str:
        return f"python -m tests.simulation.cases {self}"

    def play(self) -> Stage:
        """Run the plot with its faults, and nothing after the last run that is struck."""
        plot = PLOTS[self.plot]
        stage = plot.begin(self.source)
        for number, strike in enumerate(self.strikes or (None,)):
            stage.tick(strike, action="poll" if number else plot.action)
        return stage

    def recover(self, stage: Stage) -> None:
        """Poll as often as it may take until all is well; a request of an operator is repeated."""
        plot = PLOTS[self.plot]
        for number in range(plot.polls):
            stage.tick(action="poll" if number else plot.action)

    def findings(self) -> list[str]:
        """Return what does not hold after it."""
        try:
            stage = self.play()
            self.recover(stage)
            alert = PLOTS[self.plot].alerts.get(self.source)
            return findings(stage, undisturbed(self.plot, self.source), alert)
        except Exception:
            return [traceback.format_exc()]


@cache
def undisturbed(plot: str, source: str) -> frozenset[tuple[str, str]]:
    """Return what is told in a plot in which nothing fails."""
    case = Case(plot, source)
    stage = case.play()
    case.recover(stage)
    return frozenset(told(stage))


def singles(plot: str, source: str) -> list[Case]:
    """Return a plot with every fault at every step of its run."""
    steps = Case(plot, source).play().steps
    return [Case(plot, source, (strike,)) for strike in strikes(steps)]


def seconds(first: Case, wanted: Callable[[list[str]], list[Strike]] = strikes) -> list[Case]:
    """Return a case of one fault with the wanted second ones at the steps of the run after it."""
    stage = first.play()
    stage.tick()
    return [Case(first.plot, first.source, (*first.strikes, s)) for s in wanted(stage.steps)]


def main() -> int:
    """Run one case and print what does not hold."""
    name, *faults = sys.argv[1:]
    plot, _, source = name.partition("/")
    wrong = Case(plot, source, tuple(map(Strike.parse, faults))).findings()
    print("\n".join(wrong or ["everything holds"]))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
