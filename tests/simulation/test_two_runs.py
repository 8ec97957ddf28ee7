"""Two runs at once, woven into each other at chosen steps and at any, lose and invent nothing.

One holds the lease and the other waits or is turned away; or the holder stood still until its
lease was over, another polled, and it wakes up and writes. In half of them payments move on
meanwhile, so that what the first run has read is old when it is written. Most schedules are chosen
so that both have their effects in turns; how many do is counted from what their ports were asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pytest

from tests.proofs import Proof, seed_offset
from tests.simulation.interleaving import Duet
from tests.simulation.schedules import (
    PLACES,
    at_each_write,
    by_chance,
    in_all_ways,
    late_by_chance,
)
from tests.simulation.showing import SHOWN, on_all_cores
from tests.simulation.tally import Tally, summed, tallied
from tests.simulation.weaving import WRITES, Weave

AT_LEAST = 100_000
# More than what is lacking: some schedules come to the same steps as another.
LATE, ANY = 80_000, 4_000
WOVEN = 60_000


def some(schedule: Callable[[int], Duet], count: int) -> list[Duet]:
    """Return so many schedules by chance, at all places in turn."""
    first = seed_offset() * len(PLACES)
    return [schedule(first + number) for number in range(count)]


def check(
    proof: Proof, chosen: Sequence[Duet], random: Sequence[Duet], tallies: Iterable[Tally]
) -> Tally:
    tally = summed(tallies)
    last = seed_offset() + max(len(random) - 1, 0) // len(PLACES)
    proof(
        "two runs at once",
        cases=tally.played,
        violations=len(tally.broken),
        seed=f"{seed_offset()}-{last}",
        figures=f"{len(chosen):,} schedules with one pause at a chosen step and {len(random):,} by "
        f"chance, for {len(PLACES)} pairs of runs; {len(tally.traces):,} came to different steps, "
        f"and they left {len(tally.states):,} different states behind; how the two runs lay:\n"
        + tally.table(),
    )
    assert not tally.broken, "\n".join(tally.broken[:SHOWN])
    return tally


def met(tally: Tally) -> set[str]:
    """Return which kinds of late writes were met."""
    return {name for name, _ in tally.late}


def test_two_runs_at_once_lose_nothing(proof: Proof) -> None:
    chosen, random = list(at_each_write())[::10], [*some(late_by_chance, 80), *some(by_chance, 30)]
    tally = check(proof, chosen, random, [tallied([*chosen, *random])])
    assert tally.weaves[Weave.WOVEN] > tally.played / 3
    assert met(tally) >= WRITES - {"keep"}


@pytest.mark.soak
@pytest.mark.takes(17)
def test_two_runs_lose_nothing_in_a_hundred_thousand_schedules(proof: Proof) -> None:
    chosen = [*at_each_write(), *in_all_ways()]
    random = [*some(late_by_chance, LATE), *some(by_chance, ANY)]
    tally = check(proof, chosen, random, on_all_cores(tallied, [*chosen, *random]))
    assert len(tally.traces) >= AT_LEAST
    assert tally.weaves[Weave.WOVEN] >= WOVEN
    assert met(tally) == WRITES
