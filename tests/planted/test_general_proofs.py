"""The general proofs can fail: they catch bugs of state and of order, though they know of none.

Such a bug shows where a fault, another run or a moving list meets it. So besides the test that the
patch names, the general proofs are run over the planted copy, bounded, each until a case fails.
What none of them catches is listed, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cores import free_cores
from tests.planted.general import BY_NONE, GENERAL, OF_STATE, catches, caught_at
from tests.planted.planting import Bug, bugs, copy_of_package, plant
from tests.planted.trial import Trial, run_tests, why_no_trial
from tests.proofs import Proof

BUGS = {bug.name: bug for bug in bugs()}
LONGEST = 600
TESTS = [*GENERAL.values()]


def tried(bug: Bug, beside: Path) -> Trial:
    """Plant a bug into a copy of the package, and run all general proofs over that."""
    beside.mkdir()
    plant(bug, copy_of_package(beside))
    return run_tests(beside, TESTS, "--maxfail=0", longest=LONGEST)


def table(caught: Mapping[str, Mapping[str, int]]) -> str:
    """Lay out at which case the general proofs catch each bug, and of the rest why none does."""
    rows = [("bug", *GENERAL)]
    rows += [(name, *(str(by.get(p, "")) for p in GENERAL)) for name, by in caught.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, *(f"by none: {name}: {why}" for name, why in BY_NONE.items())])


@pytest.mark.soak
@pytest.mark.takes(3)
def test_bugs_of_state_are_caught_by_general_proofs(tmp_path: Path, proof: Proof) -> None:
    with ThreadPoolExecutor(free_cores()) as pool:
        trials = list(pool.map(lambda name: tried(BUGS[name], tmp_path / name), OF_STATE))
    ran = dict(zip(OF_STATE, trials, strict=True))
    caught = {name: caught_at(trial) for name, trial in ran.items()}
    missed = {name: why_no_trial(ran[name]) for name, proofs in caught.items() if not proofs}
    proof(
        "bugs of state that general proofs catch",
        cases=len(caught),
        violations=len(missed),
        figures=f"{sum(len(proofs) > 1 for proofs in caught.values())} by more than one of "
        f"{len(GENERAL)}, bounded; a number is that of the first case that fails, a blank "
        f"that all hold; {len(BY_NONE)} more that none of them caught are listed\n{table(caught)}",
    )
    assert missed == {}


@pytest.mark.soak
@pytest.mark.takes(0.5)
def test_without_any_bug_the_general_proofs_pass(tmp_path: Path) -> None:
    copy_of_package(tmp_path)
    trial = run_tests(tmp_path, TESTS, "--maxfail=0", longest=LONGEST)
    assert trial.code == 0, trial.output
    assert (why_no_trial(trial), caught_at(trial)) == ("", {})


def test_the_general_proofs_are_there(tmp_path: Path) -> None:
    copy_of_package(tmp_path)
    trial = run_tests(tmp_path, TESTS, "--collect-only")
    assert trial.code == 0, trial.output
    assert [test for test in TESTS if test not in trial.output.splitlines()] == []


def test_every_bug_of_state_is_planted_and_is_either_caught_or_said_why_not() -> None:
    assert len({*OF_STATE, *BY_NONE}) >= 30
    assert not {*OF_STATE} & BY_NONE.keys()
    assert {*OF_STATE, *BY_NONE} <= BUGS.keys()


# --- The judge can say no -------------------------------------------------------------------------

FAILURE = {
    "test": TESTS[0],
    "when": "call",
    "raised": "AssertionError",
    "judged": True,
    "case": 7,
    "text": "E   AssertionError: p1 is paid and not stored",
}


def test_a_proof_with_a_case_that_fails_catches_the_bug() -> None:
    assert catches(FAILURE)


@pytest.mark.parametrize(
    "other",
    [
        {"when": "setup"},
        {"judged": False},
        {"case": 0},
        {"text": "E   AssertionError: python -m x\nE       TypeError: no such argument"},
        {"text": "Traceback:\n  KeyError\n"},
    ],
)
def test_whatever_else_fails_in_a_proof_catches_nothing(other: dict[str, object]) -> None:
    assert not catches({**FAILURE, **other})


def test_a_bug_is_caught_by_the_proofs_of_which_a_test_catches_it() -> None:
    here = Path("/copy")
    failed = [FAILURE, {**FAILURE, "test": GENERAL["lists"], "judged": False}]
    seen = Trial(1, here, ["/copy/paywatch/poll.py"], failed, "", 0.0)
    assert caught_at(seen) == {next(iter(GENERAL)): 7}
    assert caught_at(Trial(1, here, ["/else/poll.py"], failed, "", 0.0)) == {}
