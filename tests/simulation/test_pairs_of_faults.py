"""A fault that strikes the run that recovers from a fault, at any step of both, loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.gates import EFFECTS, REQUEST, Fault
from tests.proofs import Proof
from tests.simulation.cases import Case, seconds, singles
from tests.simulation.showing import SHOWN, Played, broken, broken_on_all_cores
from tests.simulation.stage import FAULTS, Strike, strikes

# One move of one of two payments; every pair of faults in about four minutes on two cores.
PLOT, SOURCE = "small", "compago"
WRITES = EFFECTS - {REQUEST}
AFTER = (Fault.DEATH_AFTER, Fault.ERROR_AFTER)


def check(
    proof: Proof,
    firsts: Sequence[Case],
    wanted: Callable[[list[str]], list[Strike]],
    play: Callable[[Sequence[Played]], list[str]],
) -> None:
    """Play every first fault with every wanted second one."""
    pairs = [pair for first in firsts for pair in seconds(first, wanted)]
    found = play(pairs)
    proof(
        f"two faults: {PLOT} at {SOURCE}",
        cases=len(pairs),
        violations=len(found),
        figures=f"{len(firsts)} first faults, each with {len(pairs) / len(firsts):.0f} second ones "
        "in the run that recovers",
    )
    assert not found, "\n".join(found[:SHOWN])
    assert {pair.strikes[0] for pair in pairs} == {first.strikes[0] for first in firsts}


def at_writes(steps: list[str]) -> list[Strike]:
    """Return a death and an error after each write."""
    return [strike for strike in strikes(steps, AFTER) if steps[strike.step - 1] in WRITES]


def test_two_faults_after_any_two_writes_lose_nothing(proof: Proof) -> None:
    steps = Case(PLOT, SOURCE).play().steps
    firsts = [Case(PLOT, SOURCE, (strike,)) for strike in at_writes(steps)]
    check(proof, firsts, at_writes, broken)


@pytest.mark.soak
@pytest.mark.takes(7)
def test_any_two_faults_at_any_two_steps_lose_nothing(proof: Proof) -> None:
    firsts = singles(PLOT, SOURCE)
    assert {first.strikes[0].fault for first in firsts} == set(FAULTS)
    check(proof, firsts, strikes, broken_on_all_cores)
