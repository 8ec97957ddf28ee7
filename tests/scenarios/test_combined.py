"""Two to four faults out of all, at times and in forms that a seed picks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

import pytest

from paylab.combining import combined
from paylab.play import main
from tests.cores import free_cores
from tests.proofs import Proof
from tests.scenarios.playing import Playing, play

SAMPLE = range(10)
RUNS = 1_000
CHUNK = 25
# Whether the others are read as if all were well takes a second run: of every so many.
HELD = 8


@dataclass
class Outcome:
    """What some combined runs came to."""

    owed: int = 0
    events: int = 0
    requests: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Take in what others came to."""
        self.owed += other.owed
        self.events += other.events
        self.requests += other.requests
        self.fired += other.fired
        self.failed += other.failed


def run(seeds: Iterable[int]) -> Outcome:
    """Play the combinations of these seeds."""
    outcome = Outcome()
    for seed in seeds:
        scenario = combined(seed)
        played = play(scenario) if seed % HELD == 0 else Playing(scenario).play()
        failed = [str(played)] if played.findings else []
        fired = Counter(played.fired)
        outcome.add(Outcome(played.owed, played.events, played.requests, fired, failed))
    return outcome


def check(outcome: Outcome, seeds: range, proof: Proof) -> None:
    """State it, and hold that nothing failed."""
    proof(
        "combined faults",
        cases=len(seeds),
        violations=len(outcome.failed),
        seed=f"{seeds.start}-{seeds.stop - 1}",
        figures=f"runs of two to four faults of {len(outcome.fired)} kinds, which fired "
        f"{outcome.fired.total():,} times in {outcome.requests:,} requests; {outcome.events:,} "
        f"events, {outcome.owed:,} of them owed: nothing lost, invented or out of order, and no "
        "other source held up",
    )
    assert not outcome.failed, "\n\n".join(outcome.failed)
    assert outcome.owed > 10 * len(seeds)


def test_faults_that_come_together_lose_invent_and_hold_up_nothing(proof: Proof) -> None:
    check(run(SAMPLE), SAMPLE, proof)


@pytest.mark.soak
@pytest.mark.takes(4)
def test_thousands_of_combinations(proof: Proof) -> None:
    chunks = [range(start, start + CHUNK) for start in range(0, RUNS, CHUNK)]
    outcome = Outcome()
    with ProcessPoolExecutor(free_cores(), mp_context=get_context("spawn")) as workers:
        for each in workers.map(run, chunks):
            outcome.add(each)
    check(outcome, range(RUNS), proof)


def test_a_combination_is_played_again_by_its_seed(capsys: pytest.CaptureFixture[str]) -> None:
    played = Playing(combined(3)).play()
    assert played.scenario.replay == ".venv/bin/python -m paylab.play --combined --seed 3"
    assert main(["--combined", "--seed", "3"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"digest {played.digest}"
