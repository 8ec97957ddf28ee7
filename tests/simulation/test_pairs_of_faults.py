"""Two faults lose nothing: one in a run and one in the run that recovers, or both in one run.

In two runs every fault is paired with every other in one small plot, at one source. In one run it
is every two that strike calls, in that plot, at both sources. In four larger plots, at both
sources, it is every two that strike writes, in two runs, but answers that come late. Left out are
pairs at reads there, and three faults. A fault that was chosen and never struck is a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.gates import CLOCK, EFFECTS, REQUEST, Fault
from tests.proofs import Proof
from tests.simulation.cases import Case, in_the_same_run, seconds, singles
from tests.simulation.plots import SOURCES
from tests.simulation.showing import SHOWN, Played, broken, broken_on_all_cores
from tests.simulation.stage import FAULTS, Strike, strikes

# One move of one of two payments.
PLOT, SOURCE = "small", "compago"
LARGER = [(plot, source) for plot in ("busy", "outbox", "reconcile", "alert") for source in SOURCES]
WRITES = EFFECTS - {REQUEST}
AFTER = (Fault.DEATH_AFTER, Fault.ERROR_AFTER)
Wanted = Callable[[list[str]], list[Strike]]
Play = Callable[[Sequence[Played]], list[str]]


def after_writes(steps: list[str]) -> list[Strike]:
    """Return a death and an error after each write."""
    return [strike for strike in strikes(steps, AFTER) if steps[strike.step - 1] in WRITES]


def at_writes(steps: list[str]) -> list[Strike]:
    """Return every fault at every write, but an answer that comes late."""
    kinds = [fault for fault in FAULTS if fault is not Fault.LATE]
    return [strike for strike in strikes(steps, kinds) if steps[strike.step - 1] in WRITES]


def at_calls(steps: list[str]) -> list[Strike]:
    """Return every fault at every step that is no read of the clock."""
    return [strike for strike in strikes(steps) if steps[strike.step - 1] not in CLOCK]


def survived_at_calls(steps: list[str]) -> list[Strike]:
    """Return those of them that the process lives on after."""
    return [strike for strike in at_calls(steps) if strike.fault is not Fault.DEATH_AFTER]


def check(
    proof: Proof, name: str, firsts: Sequence[Case], pairs: Sequence[Case], play: Play
) -> None:
    """Play the pairs of the first faults with second ones, and hold each to the invariants."""
    found = play(pairs)
    proof(
        f"two faults, {name}: {firsts[0].plot} at {firsts[0].source}",
        cases=len(pairs),
        violations=len(found),
        figures=f"{len(firsts)} first faults, each with {len(pairs) / len(firsts):.0f} second ones",
    )
    assert not found, "\n".join(found[:SHOWN])
    assert len({str(pair) for pair in pairs}) == len(pairs) > len(firsts)


def in_two_runs(
    proof: Proof, where: str, plot: str, source: str, wanted: Wanted, play: Play
) -> None:
    """Pair the wanted faults of a run with those of the run after it, which recovers."""
    firsts = singles(plot, source, wanted)
    pairs = [pair for first in firsts for pair in seconds(first, wanted)]
    check(proof, f"in two runs, {where}", firsts, pairs, play)
    assert {pair.runs[0] for pair in pairs} == {first.runs[0] for first in firsts}


def test_two_faults_after_any_two_writes_of_a_small_plot_lose_nothing(proof: Proof) -> None:
    in_two_runs(proof, "after writes", PLOT, SOURCE, after_writes, broken)


@pytest.mark.soak
@pytest.mark.takes(12)
def test_any_two_faults_at_any_two_steps_of_a_small_plot_lose_nothing(proof: Proof) -> None:
    assert {first.runs[0][0].fault for first in singles(PLOT, SOURCE)} == set(FAULTS)
    in_two_runs(proof, "at any steps", PLOT, SOURCE, strikes, broken_on_all_cores)


@pytest.mark.soak
@pytest.mark.parametrize("source", SOURCES)
def test_any_two_faults_at_any_two_calls_of_one_run_lose_nothing(source: str, proof: Proof) -> None:
    """Reads of the clock are left out; a call has one fault at most, and one that fails because of
    the first fault has none behind its effect, for it has none.
    """
    firsts = singles(PLOT, source, survived_at_calls)
    pairs = [pair for first in firsts for pair in in_the_same_run(first, at_calls)]
    check(proof, "in one run, at any calls", firsts, pairs, broken)


@pytest.mark.soak
@pytest.mark.parametrize(("plot", "source"), LARGER)
def test_any_two_faults_at_any_two_writes_lose_nothing(
    plot: str, source: str, proof: Proof
) -> None:
    in_two_runs(proof, "at writes", plot, source, at_writes, broken)
