"""Two busy sources in one run: what strikes the one leaves the other's part of that run whole.

`.venv/bin/python -m tests.simulation.isolation onepay,compago/onepay 22:GONE` runs one case alone:
both are polled, in this order, and it is OnePay that the fault strikes.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cache

from tests.gates import REQUEST, TABLE, Fault
from tests.simulation.plots import SOURCES, TOGETHER
from tests.simulation.replaying import Unplayable, command, one_of, replay
from tests.simulation.stage import Stage, Strike, fits
from tests.simulation.verdict import findings, told, told_at_once

Told = Set[tuple[str, str]]
ORDERS = (SOURCES, SOURCES[::-1])
# What a source shares with no other. A late answer is left out: in these runs, unlike in those of a
# deployed function, one source is polled after the other, on one clock.
ITS_OWN = TABLE | {REQUEST, "publish", "secret"}
KINDS = (Fault.ERROR_BEFORE, Fault.ERROR_AFTER, Fault.REFUSED, Fault.UNANSWERED, Fault.GONE)


@dataclass(frozen=True)
class Beside:
    """The sources in the order of their polls, the one that is struck, and by what."""

    order: tuple[str, ...]
    struck: str
    strike: Strike | None = None

    def __str__(self) -> str:
        return f"{','.join(self.order)}/{self.struck} {self.strike or ''}".strip()

    @property
    def command(self) -> str:
        return command("tests.simulation.isolation", self)

    def play(self) -> Stage:
        """Run both with the fault."""
        stage = TOGETHER.begin(self.struck, self.order)
        stage.tick(*([self.strike] if self.strike else []))
        return stage

    def findings(self) -> list[str]:
        """Return what the other source lacks in this run, and what does not hold after it."""
        try:
            return self.judged()
        except Exception:
            return [traceback.format_exc()]

    def judged(self) -> list[str]:
        """Do the same, and raise what is raised: Unplayable where the fault never struck."""
        stage = self.play()
        other = next(source for source in self.order if source != self.struck)
        at_once, in_the_end, reported = undisturbed(self.order, other)
        lacking = at_once - _of(other, told_at_once(stage))
        wrong = [f"not told at once: {each}" for each in sorted(lacking)]
        if (reports := reports_of(stage, other)) != reported:
            wrong.append(f"{other} reports {reports}, and {reported} where nothing fails")
        for _ in range(TOGETHER.polls):
            stage.tick()
        found = findings(stage, in_the_end, most_duplicates=stage.repeats)
        return [*wrong, *stage.wrong, *found]


@cache
def undisturbed(order: tuple[str, ...], source: str) -> tuple[Told, Told, list[str]]:
    """Return what a source tells in the run, what both tell in the end, and what it reports."""
    stage = Beside(order, source).play()
    at_once, reported = _of(source, told_at_once(stage)), reports_of(stage, source)
    for _ in range(TOGETHER.polls):
        stage.tick()
    return at_once, frozenset(told(stage)), reported


def _of(source: str, events: Told) -> Told:
    return {each for each in events if each[0].startswith(f"{source}/")}


def reports_of(stage: Stage, source: str) -> list[str]:
    """Return what the run reported of a source, if it came to it; the baseline was before it."""
    last = [report for each, report in stage.polling.journal.reports if each.short == source][1:]
    return [
        f"{r.outcome}, sealed: {r.sealed}, {r.opened} opened, {r.changed} changed, "
        f"{r.published} published, {r.outbox_left} left"
        for r in last
    ]


def own_steps(order: tuple[str, ...], source: str) -> list[tuple[int, str]]:
    """Return the numbers and names of a source's own steps: it ends as it gives its lease back."""
    steps = Beside(order, source).play().steps
    first, second = (n for n, name in enumerate(steps, 1) if name == "finish")
    mine = range(1, first + 1) if order[0] == source else range(first + 1, second + 1)
    return [(number, steps[number - 1]) for number in mine if steps[number - 1] in ITS_OWN]


def beside(order: tuple[str, ...], struck: str) -> list[Beside]:
    """Return every fault at every step that is the struck source's own."""
    return [
        Beside(order, struck, Strike(number, fault))
        for number, name in own_steps(order, struck)
        for fault in KINDS
        if fits(fault, name)
    ]


def again(said: Sequence[str]) -> list[str]:
    """Return what does not hold after the case that a command line says; raise Unplayable."""
    if len(said) != 2:
        raise Unplayable("which case? Say it as in onepay,compago/onepay 22:GONE")
    place, _, struck = said[0].partition("/")
    one_of("order", place, [",".join(each) for each in ORDERS])
    order, strike = tuple(place.split(",")), Strike.parse(said[1])
    beside = Beside(order, one_of("source", struck, order), strike)
    if strike.step not in [step for step, _ in own_steps(order, struck)]:
        raise Unplayable(f"step {strike.step} is none of {struck}'s own")
    one_of("fault of one source alone", strike.fault.name, [kind.name for kind in KINDS])
    return beside.judged()


if __name__ == "__main__":
    sys.exit(replay(again))
