"""Everything at random, held to a plain model of what a merchant must have been told."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from tests.cores import free_cores
from tests.proofs import Proof
from tests.simulation.episode import Tally, play
from tests.simulation.showing import SHOWN

# An episode has about five thousand steps, four in five of which are reads of the clock.
FEW, MANY = 30, 2_100
SEED = 1


def check(proof: Proof, tallies: Iterable[Tally]) -> int:
    """Hold the episodes to the model; return how many steps they had."""
    all_ = list(tallies)
    bad = [tally for tally in all_ if tally.wrong]
    steps = sum(tally.steps for tally in all_)

    def summed(name: str) -> str:
        return f"{sum(getattr(tally, name) for tally in all_):,}"

    proof(
        "random episodes against the model",
        cases=len(all_),
        violations=len(bad),
        seed=f"{all_[0].seed}-{all_[-1].seed}",
        figures=f"{steps:,} I/O steps, {summed('clock')} of them reads of the clock; "
        f"{summed('polls')} polls, {summed('events')} events told, {summed('faults')} faults, "
        f"{summed('deaths')} deaths, {summed('overlaps')} pairs of runs at once",
    )
    shown = ["\n  ".join([tally.command, *tally.wrong[:SHOWN]]) for tally in bad[:SHOWN]]
    assert not bad, "\n".join(shown)
    return steps


def test_nothing_is_lost_or_invented_in_random_episodes(proof: Proof) -> None:
    assert check(proof, map(play, range(SEED, SEED + FEW))) > 100_000


@pytest.mark.soak
@pytest.mark.takes(6)
def test_nothing_is_lost_or_invented_in_ten_million_steps(proof: Proof) -> None:
    with ProcessPoolExecutor(free_cores(), get_context("spawn")) as pool:
        tallies = list(pool.map(play, range(SEED, SEED + MANY), chunksize=10))
    assert check(proof, tallies) >= 10_000_000
