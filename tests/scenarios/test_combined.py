"""Two to four faults out of all, at times and in forms that a seed picks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context

import pytest

from paylab.combining import combined
from paylab.play import main
from paylab.played import Played
from paylab.scenario import FAULTS
from tests.cores import free_cores
from tests.proofs import Proof, seeds
from tests.scenarios.playing import Playing, play

SAMPLE = 10
RUNS = 600
CHUNK = 25
# In so many of a hundred runs, where there are many, faults of two kinds or more have to happen:
# some of them are picked for times and places where nothing is asked.
TOGETHER = 60


@dataclass
class Outcome:
    """What some combined runs came to.

    In `together` of them two kinds of fault fired or more; `alone` had a source that no fault hit,
    and were played a second time without any.
    """

    owed: int = 0
    events: int = 0
    requests: int = 0
    together: int = 0
    alone: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Take in what others came to."""
        self.owed += other.owed
        self.events += other.events
        self.requests += other.requests
        self.together += other.together
        self.alone += other.alone
        self.fired += other.fired
        self.failed += other.failed


def run(seeds: Iterable[int]) -> Outcome:
    """Play the combinations of these seeds."""
    outcome = Outcome()
    for seed in seeds:
        played = play(combined(seed))
        astray = list(unlike(played))
        outcome.add(
            Outcome(
                owed=played.owed,
                events=played.events,
                requests=played.requests,
                together=len(played.fired) > 1,
                alone=bool(played.calm),
                fired=Counter(played.fired),
                failed=["\n".join([str(played), *astray])] if played.findings or astray else [],
            )
        )
    return outcome


def unlike(played: Played) -> Iterator[str]:
    """Say what came otherwise than it was picked, whatever the seed."""
    spells = played.scenario.spells
    if strays := played.fired.keys() - {FAULTS[spell.fault].__name__ for spell in spells}:
        yield f"fired, and not picked: {strays}"
    spared = {each.source for each in played.scenario.accounts} - {each.source for each in spells}
    if played.calm.keys() != spared:
        yield f"no fault was to hit {spared}, and calm were {played.calm.keys()}"


def check(outcome: Outcome, chosen: range, proof: Proof) -> None:
    """State it, and hold that nothing failed."""
    proof(
        "combined faults",
        cases=len(chosen),
        violations=len(outcome.failed),
        seed=f"{chosen.start}-{chosen.stop - 1}",
        figures=f"runs of two to four faults of {len(outcome.fired)} kinds, which fired "
        f"{outcome.fired.total():,} times in {outcome.requests:,} requests, two kinds or more in "
        f"{outcome.together:,} runs; {outcome.events:,} events, {outcome.owed:,} of them owed: "
        f"nothing lost, invented or out of order; the {outcome.alone:,} runs with a source that no "
        "fault hit were played again without any, and it was read and told of in the same way",
    )
    assert not outcome.failed, "\n\n".join(outcome.failed)
    assert outcome.owed


def test_faults_that_come_together_lose_invent_and_hold_up_nothing(proof: Proof) -> None:
    chosen = seeds(SAMPLE)
    check(run(chosen), chosen, proof)


@pytest.mark.soak
@pytest.mark.takes(3)
def test_six_hundred_combinations(proof: Proof) -> None:
    chosen = seeds(RUNS)
    chunks = [chosen[start : start + CHUNK] for start in range(0, RUNS, CHUNK)]
    outcome = Outcome()
    with ProcessPoolExecutor(free_cores(), mp_context=get_context("spawn")) as workers:
        for each in workers.map(run, chunks):
            outcome.add(each)
    check(outcome, chosen, proof)
    assert outcome.owed > 10 * RUNS
    assert 100 * outcome.together >= TOGETHER * RUNS
    assert outcome.alone
    kinds = {fault.__name__ for fault in FAULTS.values()}
    assert kinds <= outcome.fired.keys(), f"never happened: {kinds - outcome.fired.keys()}"


def test_a_combination_is_played_again_by_its_seed(capsys: pytest.CaptureFixture[str]) -> None:
    played = Playing(combined(3)).play()
    assert played.scenario.replay == ".venv/bin/python -m paylab.play --combined --seed 3"
    assert main(["--combined", "--seed", "3"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"digest {played.digest}"


def test_a_fault_that_nobody_picked_is_found_and_so_is_a_source_that_is_not_calm() -> None:
    scenario = combined(4)
    (struck,) = {spell.source for spell in scenario.spells}
    (spared,) = {account.source for account in scenario.accounts} - {struck}
    picked = {"Frozen": 3, "OutOfOrder": 1}
    as_picked = Played(scenario, [], "", 0, 0, 0, {spared: ""}, picked)
    assert list(unlike(as_picked)) == []
    assert list(unlike(replace(as_picked, fired={}))) == []
    (wrong,) = unlike(replace(as_picked, fired={**picked, "Bomb": 1}))
    assert wrong == "fired, and not picked: {'Bomb'}"
    for calm in ({}, {struck: ""}, {struck: "", spared: ""}):
        (wrong,) = unlike(replace(as_picked, calm=calm))
        assert wrong.startswith(f"no fault was to hit {{'{spared}'}}, and calm were")
