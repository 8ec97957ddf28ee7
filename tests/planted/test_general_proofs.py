"""The general proofs can fail: they catch bugs of state and of order, though they know of none.

Such a bug shows where a fault, another run or a moving list meets it. So besides the test that the
patch names, the general proofs are run over the planted copy, bounded, until a case of one fails.
What none of them catches is listed, with the reason, and tried again: a part of it in every run, by
the seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cores import free_cores
from tests.planted.general import (
    BY_NONE,
    GENERAL,
    OF_STATE,
    SHARES,
    catches,
    caught_at,
    share,
)
from tests.planted.planting import Bug, bugs, copy_of_package, plant
from tests.planted.trial import Trial, run_tests, why_no_trial
from tests.proofs import Proof, seed_offset

BUGS = {bug.name: bug for bug in bugs()}
LONGEST = 600
TESTS = [*GENERAL.values()]


def tried(bug: Bug, beside: Path) -> Trial:
    """Plant a bug into a copy of the package, and run general proofs over that till one catches it.

    Where one fails that catches nothing, all are run.
    """
    beside.mkdir()
    plant(bug, copy_of_package(beside))
    trial = run_tests(beside, TESTS, longest=LONGEST)
    if trial.code == 1 and not caught_at(trial):
        trial = run_tests(beside, TESTS, "--maxfail=0", longest=LONGEST)
    return trial


def why_listed_wrongly(name: str, trial: Trial) -> str:
    """Return why a bug is not where it belongs in the lists; nothing if it is."""
    if why := why_no_trial(trial):
        return why
    caught = caught_at(trial)
    if name in OF_STATE:
        return "" if caught else "no general proof catches it: move it to BY_NONE, and say why"
    if caught:
        return f"caught now, by {' and '.join(caught)}: move it to OF_STATE"
    return f"what fails is no case: {trial.output[-200:]}" if trial.code else ""


def table(caught: Mapping[str, Mapping[str, int]]) -> str:
    """Lay out by which case of which proof each bug is caught; of one that none catches, why."""
    rows = [("bug", "case", "caught by")]
    for name, proofs in caught.items():
        by, case = next(iter(proofs.items()), (f"none: {BY_NONE.get(name, 'unknown')}", ""))
        rows.append((name, str(case), by))
    width = max(len(name) for name, _, _ in rows)
    return "\n".join(f"{name.ljust(width)}  {case.rjust(4)}  {by}" for name, case, by in rows)


@pytest.mark.soak
@pytest.mark.takes(6)
def test_general_proofs_catch_just_the_bugs_of_state_that_are_said(
    tmp_path: Path, proof: Proof
) -> None:
    none = share(seed_offset())
    names = [*OF_STATE, *none]
    with ThreadPoolExecutor(free_cores()) as pool:
        trials = list(pool.map(lambda name: tried(BUGS[name], tmp_path / name), names))
    ran = dict(zip(names, trials, strict=True))
    caught = {name: caught_at(trial) for name, trial in ran.items()}
    wrong = {name: why_listed_wrongly(name, trial) for name, trial in ran.items()}
    wrong = {name: why for name, why in wrong.items() if why}
    proof(
        "bugs of state, caught or not as is said",
        cases=len(names),
        violations=len(wrong),
        seed=seed_offset(),
        figures=f"{sum(map(bool, caught.values()))} are caught, by the first case that fails of "
        f"{len(GENERAL)} proofs, bounded; of {len(BY_NONE)} that none of these catches, a run "
        f"tries one in {SHARES}, by its seed: {len(none)} in this one\n{table(caught)}",
    )
    assert wrong == {}


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


def test_every_bug_of_state_is_planted_and_is_in_one_of_the_lists() -> None:
    listed = [*OF_STATE, *BY_NONE]
    assert len(listed) == len({*listed}) == 35
    assert {*listed} <= BUGS.keys()


def test_as_many_seeds_as_there_are_shares_try_all_that_none_catches() -> None:
    assert sorted(name for seed in range(SHARES) for name in share(seed)) == sorted(BY_NONE)


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


def test_a_bug_in_the_wrong_list_is_told() -> None:
    def ran(code: int, failed: Sequence[Mapping[str, object]] = ()) -> Trial:
        return Trial(code, Path("/copy"), ["/copy/paywatch/poll.py"], failed, "", 0.0)

    missed, none = OF_STATE[0], next(iter(BY_NONE))
    first = next(iter(GENERAL))
    assert why_listed_wrongly(missed, ran(1, [FAILURE])) == ""
    assert why_listed_wrongly(none, ran(0)) == ""
    assert "move it to BY_NONE" in why_listed_wrongly(missed, ran(0))
    assert f"by {first}: move it to OF_STATE" in why_listed_wrongly(none, ran(1, [FAILURE]))
    assert "no case" in why_listed_wrongly(none, ran(1, [{**FAILURE, "case": 0}]))
    assert "pytest ended with 2" in why_listed_wrongly(none, ran(2))
