"""The tests are tested: every bug that is planted into paywatch is caught by a test of the suite.

Each bug in `bugs/` is a patch of paywatch's own code, small and of the kind that people make. It is
applied to a copy of the package, and the test that it names is run over the copy, in a process of
its own: it has to fail by its own judgement, and to pass over a copy without the bug.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import pytest
from hypothesis.errors import FlakyFailure

from paywatch.errors import OutOfTime
from tests.cores import free_cores
from tests.planted.planting import Bug, Misplanted, bugs, copy_of_package, plant, read
from tests.planted.trial import Trial, names, run_tests, why_not_caught
from tests.planted.witness import CALLS, POLLS, is_judgement
from tests.proofs import Proof

BUGS = {bug.name: bug for bug in bugs()}
# Those that are caught within a second or two run whenever the tests do.
QUICK = ("acknowledged-before-published", "older-evidence-is-believed", "tail-stops-at-a-known-id")
LONGEST_CONTROL = 900


def tried(bug: Bug, beside: Path) -> Trial:
    """Plant a bug into a copy of the package, and run its test over that."""
    beside.mkdir()
    plant(bug, copy_of_package(beside))
    return run_tests(beside, [bug.caught_by])


def caught_by(chosen: Sequence[Bug]) -> list[str]:
    return sorted({bug.caught_by for bug in chosen})


def table(trials: Sequence[tuple[Bug, Trial]]) -> str:
    """Lay out by which test each bug is caught, and how much that had done till it failed.

    Calls are those to the world outside: to ports in memory, to AWS, to a provider. Of a rule that
    needs none there is nothing to count.
    """
    rows = [("bug", "calls", "polls", "caught by")]
    for bug, trial in trials:
        failure = trial.failed[0] if trial.failed else {CALLS: "-", POLLS: "-"}
        test = bug.caught_by.removeprefix("tests/").partition("[")[0]
        rows.append((bug.name, str(failure[CALLS] or ""), str(failure[POLLS] or ""), test))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        f"{name.ljust(widths[0])}  {calls.rjust(widths[1])}  {polls.rjust(widths[2])}  {test}"
        for name, calls, polls, test in rows
    )


def test_every_bug_can_be_planted_and_is_a_program(tmp_path: Path) -> None:
    assert len(BUGS) >= 25
    assert len({bug.what for bug in BUGS.values()}) == len(BUGS)
    for bug in BUGS.values():
        beside = tmp_path / bug.name
        beside.mkdir()
        package = copy_of_package(beside)
        plant(bug, package)
        for edit in bug.edits:
            compile((package / edit.module).read_text(), edit.module, "exec")


def test_every_test_that_catches_a_bug_is_there(tmp_path: Path) -> None:
    copy_of_package(tmp_path)
    wanted = caught_by([*BUGS.values()])
    trial = run_tests(tmp_path, wanted, "--collect-only")
    found = trial.output.splitlines()
    assert trial.code == 0, trial.output
    assert [test for test in wanted if not any(names(test, line) for line in found)] == []


@pytest.mark.parametrize("name", QUICK)
def test_a_bug_that_is_planted_is_caught(name: str, tmp_path: Path) -> None:
    trial = tried(BUGS[name], tmp_path / name)
    assert why_not_caught(BUGS[name], trial) == "", trial.output


def test_without_a_bug_the_same_tests_pass(tmp_path: Path) -> None:
    copy_of_package(tmp_path)
    trial = run_tests(tmp_path, caught_by([BUGS[name] for name in QUICK]))
    assert trial.code == 0, trial.output
    assert why_not_caught(BUGS[QUICK[0]], trial) == "the test passes all the same"


@pytest.mark.soak
@pytest.mark.takes(7)
def test_every_bug_that_is_planted_is_caught(tmp_path: Path, proof: Proof) -> None:
    with ThreadPoolExecutor(free_cores()) as pool:
        trials = list(pool.map(lambda bug: tried(bug, tmp_path / bug.name), BUGS.values()))
    judged = list(zip(BUGS.values(), trials, strict=True))
    missed = {bug.name: why_not_caught(bug, trial) for bug, trial in judged}
    missed = {name: why for name, why in missed.items() if why}
    calls = sorted(trial.failed[0][CALLS] for trial in trials if trial.failed)
    outside = [count for count in calls if count]
    proof(
        "planted bugs that are caught",
        cases=len(trials),
        violations=len(missed),
        figures="a step till it is caught is a call that its test makes to a port, to AWS or to a "
        f"provider, or a poll; {len(calls) - len(outside)} are caught by a rule that makes no call "
        f"(blank), half of the others within {median(outside):.0f} calls, all within "
        f"{max(outside)}\n{table(judged)}",
    )
    assert missed == {}


@pytest.mark.soak
def test_without_any_bug_all_the_same_tests_pass(tmp_path: Path, proof: Proof) -> None:
    copy_of_package(tmp_path)
    tests = caught_by([*BUGS.values()])
    trial = run_tests(tmp_path, tests, longest=LONGEST_CONTROL)
    proof(
        "tests that catch a bug pass without it",
        cases=len(tests),
        violations=len(trial.failed),
    )
    assert trial.code == 0, trial.output
    assert all(Path(file).is_relative_to(tmp_path) for file in trial.files)


# --- The judge can say no -------------------------------------------------------------------------

BUG = Bug("b", "It is wrong.", "tests/x.py::test_it", ())
HERE = Path("/copy")
FAILURE = {
    "test": "tests/x.py::test_it[1]",
    "when": "call",
    "raised": "AssertionError",
    "judged": True,
}


def trial(
    code: int = 1, file: str = "/copy/paywatch/poll.py", times: int = 1, **other: object
) -> Trial:
    failed = [{**FAILURE, **other}] * times if code == 1 else []
    return Trial(code, HERE, [file], failed, "", 0.0)


def test_a_test_that_fails_catches_its_bug() -> None:
    assert why_not_caught(BUG, trial()) == ""


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (trial(0), "passes all the same"),
        (trial(2), "pytest ended with 2"),
        (trial(4), "pytest ended with 4"),
        (trial(-9), "pytest ended with -9"),
        (trial(times=0), "0 tests failed"),
        (trial(times=2), "2 tests failed"),
        (trial(file="/elsewhere/paywatch/poll.py"), "was not imported from the copy"),
        (trial(test="tests/x.py::test_it_not"), "what failed is"),
        (trial(when="setup"), "what failed is"),
        (trial(raised="TypeError", judged=False), "TypeError is no judgement"),
    ],
)
def test_whatever_else_goes_wrong_catches_no_bug(seen: Trial, why: str) -> None:
    assert why in why_not_caught(BUG, seen)


def failures(*raised: Exception) -> ExceptionGroup[Exception]:
    return ExceptionGroup("Hypothesis found distinct failures.", raised)


@pytest.mark.parametrize(
    ("raised", "judged"),
    [
        (AssertionError(), True),
        (pytest.fail.Exception("DID NOT RAISE"), True),
        (OutOfTime(), True),
        (failures(AssertionError(), OutOfTime()), True),
        (failures(AssertionError(), TypeError()), False),
        (FlakyFailure("Hypothesis says that it is not sure.", [AssertionError()]), False),
        (TypeError(), False),
        (KeyError(), False),
        (ValueError(), False),
        (Exception(), False),
        (SystemExit(), False),
    ],
)
def test_what_a_patch_that_makes_no_sense_raises_is_no_judgement(
    raised: BaseException, judged: bool
) -> None:
    assert is_judgement(raised) is judged


PATCH = "It is wrong.\nCaught by: tests/x.py::test_it\n--- m.py\n@@\n one\n-two\n+three\n"


def test_a_patch_changes_the_one_place_that_it_fits(tmp_path: Path) -> None:
    module = tmp_path / "m.py"
    module.write_text("zero\none\ntwo\ntwo\n")
    plant(read("b", PATCH), tmp_path)
    assert module.read_text() == "zero\none\nthree\ntwo\n"


@pytest.mark.parametrize("text", ["zero\none\ntwo and more\n", "0\none\ntwo\none\ntwo\n", ""])
def test_a_patch_that_fits_nowhere_or_twice_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(text)
    with pytest.raises(Misplanted, match="The code has moved on"):
        plant(read("b", PATCH), tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        PATCH.replace("It is wrong.\n", ""),
        PATCH.replace("Caught by", "Caught"),
        PATCH.replace("+three", "+two"),
        PATCH.replace("+three", "*three"),
        PATCH.partition("---")[0],
    ],
)
def test_what_is_no_patch_is_told(text: str) -> None:
    with pytest.raises(Misplanted):
        read("b", text)
