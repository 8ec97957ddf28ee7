"""The general proofs, bounded: each ends with the first case that finds something.

They play the cases of the proofs themselves, in their order. Run by node id over copies of the
package; by its name this file is none that pytest finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain, islice

from paylab.combining import combined
from paylab.world import Order
from tests.discovery import test_moving_lists as lists
from tests.gates import CLOCK
from tests.planted.witness import CASE
from tests.scenarios.playing import Playing
from tests.simulation import episode
from tests.simulation.cases import Case, singles
from tests.simulation.replaying import command
from tests.simulation.schedules import at_each_write, late_by_chance
from tests.simulation.showing import Played

FAULTS = (("outbox", "compago"), ("alert", "compago"), ("busy", "onepay"))
EVERY, SCHEDULES = 10, 60
EPISODES = range(1, 31)
COMBINATIONS = range(20)
LISTS: tuple[tuple[str, Order, bool], ...] = (
    ("onepay", "newest_first", True),
    ("compago", "newest_first", False),
)
EXAMPLES = 8

Note = Callable[[str, object], None]


@dataclass(frozen=True)
class Episode:
    """A random episode, as a case."""

    seed: int

    @property
    def command(self) -> str:
        return command("tests.simulation.episode", self.seed)

    def findings(self) -> list[str]:
        """Play it, and return what does not hold."""
        return episode.play(self.seed).wrong


@dataclass(frozen=True)
class Combination:
    """Faults of a provider that come together, as a case."""

    seed: int

    @property
    def command(self) -> str:
        return combined(self.seed).replay

    def findings(self) -> list[str]:
        """Play it, and return what does not hold."""
        return [*Playing(combined(self.seed)).play().findings]


def play(cases: Iterable[Played], note: Note) -> None:
    """Play cases until one finds something, and note the how many-th it was."""
    for number, case in enumerate(cases, 1):
        if found := case.findings():
            note(CASE, number)
            raise AssertionError("\n".join([case.command, *found]))


def struck() -> Iterable[Case]:
    """Return some plots with every fault at every call."""
    for plot, source in FAULTS:
        steps = Case(plot, source).play().steps
        yield from (
            case for case in singles(plot, source) if steps[case.runs[0][0].step - 1] not in CLOCK
        )


def test_one_fault(record_property: Note) -> None:
    play(struck(), record_property)


def test_two_runs_at_once(record_property: Note) -> None:
    chosen = islice(at_each_write(), 0, None, EVERY)
    play(chain(chosen, map(late_by_chance, range(SCHEDULES))), record_property)


def test_random_episodes(record_property: Note) -> None:
    play(map(Episode, EPISODES), record_property)


def test_combined_faults(record_property: Note) -> None:
    play(map(Combination, COMBINATIONS), record_property)


def test_moving_lists(record_property: Note) -> None:
    lists.counted.clear()
    try:
        for source, order, by_id in LISTS:
            lists.check(source, order, by_id, EXAMPLES)
    except BaseException:
        record_property(CASE, lists.counted["runs"] + 1)
        raise
