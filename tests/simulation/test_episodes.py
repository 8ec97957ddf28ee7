"""Everything at random, held to a plain model of what a merchant must have been told."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from paywatch.health import Health
from tests.cores import free_cores
from tests.proofs import Proof, seeds
from tests.simulation.episode import Tally, play
from tests.simulation.showing import SHOWN

# An episode has about a thousand I/O steps and five thousand reads of the clock; things happen
# at either.
FEW, MANY = 20, 1_540
SEED = 1


def check(proof: Proof, tallies: Iterable[Tally]) -> tuple[int, int]:
    """Hold the episodes to the model; return how many I/O steps and reads of the clock they had."""
    all_ = list(tallies)
    bad = [tally for tally in all_ if tally.wrong]
    io, clock = (sum(getattr(tally, name) for tally in all_) for name in ("io", "clock"))

    def summed(name: str) -> str:
        return f"{sum(getattr(tally, name) for tally in all_):,}"

    proof(
        "random I/O steps against the model",
        cases=io,
        violations=len(bad),
        seed=f"{all_[0].seed}-{all_[-1].seed}",
        figures=f"{io:,} I/O steps and {clock:,} reads of the clock, {io + clock:,} in all, and at "
        f"any something may happen, in {len(all_):,} episodes: {summed('polls')} polls, "
        f"{summed('due')} of them undisturbed; {summed('reconciles')} reconciles asked for, "
        f"{summed('overlaps')} pairs of runs at once; {summed('events')} events told, "
        f"{summed('repeats')} of them repeats; {summed('faults')} faults, {summed('deaths')} of "
        "them deaths",
    )
    shown = ["\n  ".join([tally.command, *tally.wrong[:SHOWN]]) for tally in bad[:SHOWN]]
    assert not bad, "\n".join(shown)
    return io, clock


def test_nothing_is_lost_or_invented_in_random_episodes(proof: Proof) -> None:
    io, _ = check(proof, map(play, seeds(FEW, SEED)))
    assert io > 20_000


@pytest.mark.soak
@pytest.mark.takes(7)
def test_nothing_is_lost_or_invented_in_ten_million_steps_and_reads_of_the_clock(
    proof: Proof,
) -> None:
    with ProcessPoolExecutor(free_cores(), get_context("spawn")) as pool:
        tallies = list(pool.map(play, seeds(MANY, SEED), chunksize=10))
    io, clock = check(proof, tallies)
    assert io >= 1_500_000
    assert io + clock >= 10_000_000


def test_who_leaves_a_provider_alone_that_has_not_failed_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Health, "rests", lambda health, now: now.minute % 3 > 0)
    wrong = play(SEED).wrong
    assert any("nothing disturbed the poll" in each for each in wrong)
    assert any("was told late" in each for each in wrong)
