"""A case that is played again tells what holds only if its faults struck; so do all the proofs."""

from __future__ import annotations

import re
import shlex
import sys
from types import ModuleType

import pytest

from tests.gates import REQUEST, TABLE_WRITES, Fault
from tests.simulation import cases, episode, interleaving, isolation
from tests.simulation.cases import Case, in_the_same_run
from tests.simulation.isolation import Beside
from tests.simulation.replaying import replay
from tests.simulation.stage import AFTERWARDS, Strike, strikes

AGAIN = {
    name: module.again
    for name, module in {
        "cases": cases,
        "episode": episode,
        "interleaving": interleaving,
        "isolation": isolation,
    }.items()
}


def played(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str, str]:
    """Play what a command line says: `cases idle/compago`; return its code and what it printed."""
    module, *said = line.split("|")
    monkeypatch.setattr(sys, "argv", ["", *said])
    code = replay(AGAIN[module])
    return code, *capsys.readouterr()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("cases|busy/compago|9999:LATE", "9999:LATE never came, for the run has "),
        ("cases|busy/compago|17:LATE|9999:LATE", "9999:LATE never came, for the run has "),
        ("cases|idle/compago|1:GONE", "1:GONE does not fit, for step 1 is 'monotonic'"),
        ("cases|idle/compago|1:LATE+1:DEATH_AFTER", "a step has one fault at most: 1:LATE+1:DEATH"),
        ("cases|idle/compago|1:DEATH_AFTER+2:LATE", "2:LATE never came, for the run has 1 steps"),
        ("cases", "which case? Say a plot and its source"),
        ("cases|busy", "there is no source ''; there are compago, onepay"),
        ("cases|lazy/compago", "there is no plot 'lazy'; there are baseline, idle"),
        ("cases|busy/compago|LATE", "there is no fault ''; there are DEATH_BEFORE"),
        ("cases|busy/compago|x:LATE", "'x' is no step: a whole number is, 1 or more"),
        ("cases|busy/compago|0:LATE", "'0' is no step: a whole number is, 1 or more"),
        ("isolation|onepay,compago/onepay", "which case? Say it as in onepay,compago/onepay"),
        ("isolation|onepay/onepay|17:GONE", "there is no order 'onepay'; there are compago,onepay"),
        ("isolation|onepay,compago/onepay|9999:GONE", "step 9999 is none of onepay's own"),
        ("interleaving|small/compago", "which schedule? Say it as in small/compago/poll/moves"),
        ("interleaving|small/compago/poll|A:x", "'A:x' is no turn: A or B"),
        ("interleaving|small/compago/poll|C:1", "'C:1' is no turn: A or B"),
        ("interleaving|small/compago/poll|", "the schedule says nobody's turn"),
        ("interleaving|small/compago/look|A", "there is no action 'look'; there are poll, recon"),
        ("episode", "which episode? Say its seed, as in 1234"),
        ("episode|one", "'one' is no seed: a whole number is, 0 or more"),
    ],
)
def test_what_cannot_be_played_ends_with_2_and_says_why(
    line: str, why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = played(line, monkeypatch, capsys)
    assert (code, out) == (2, "")
    assert err.startswith("nothing was proved: ")
    assert why in err


def test_the_command_that_a_case_prints_plays_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = Case("idle", "compago", ((Strike(3, Fault.LATE),), (Strike(2, Fault.DEATH_AFTER),)))
    assert case.command == (
        ".venv/bin/python -m tests.simulation.cases idle/compago 3:LATE 2:DEATH_AFTER"
    )
    line = "|".join(case.command.removeprefix(".venv/bin/python -m tests.simulation.").split())
    assert played(line, monkeypatch, capsys) == (0, "everything holds\n", "")
    monkeypatch.setattr(cases, "findings", lambda *args, **options: ["lost"])
    assert played(line, monkeypatch, capsys) == (1, "lost\n", "")


@pytest.mark.parametrize("module", [cases, episode, interleaving, isolation])
def test_the_example_that_a_module_gives_can_be_played(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = re.findall(
        r"`\.venv/bin/python -m tests\.simulation\.(.*?)`", module.__doc__ or ""
    )
    code, out, _ = played("|".join(shlex.split(example)), monkeypatch, capsys)
    assert (code, out.splitlines()[-1]) == (0, "everything holds")


def test_a_fault_that_never_struck_is_a_finding_in_a_proof() -> None:
    late, gone = Strike(9999, Fault.LATE), Strike(1, Fault.GONE)
    for case in (Case("idle", "compago", ((late,),)), Case("idle", "compago", ((), (gone,)))):
        (finding,) = case.findings()
        assert "Unplayable" in finding
    order = ("compago", "onepay")
    (finding,) = Beside(order, "compago", Strike(9999, Fault.GONE)).findings()
    assert "Unplayable" in finding


def test_where_a_provider_is_gone_no_second_fault_is_chosen_for_its_other_requests() -> None:
    steps = Case("small", "compago").play().steps
    first = Case("small", "compago", ((Strike(steps.index(REQUEST) + 1, Fault.GONE),),))
    stage = first.play()
    requests = [n for n, name in enumerate(stage.steps, 1) if name == REQUEST]
    assert stage.unasked == set(requests[1:])
    struck = {case.runs[0][1].step for case in in_the_same_run(first)}
    assert struck == {*range(requests[0] + 1, len(stage.steps) + 1)} - stage.unasked
    for number in stage.unasked:
        for second in strikes(stage.steps):
            if second.step == number:
                (finding,) = Case("small", "compago", ((*first.runs[0], second),)).findings()
                assert "never struck, for the step had failed before it could" in finding


def test_behind_a_call_that_failed_by_itself_no_fault_is_chosen() -> None:
    # What was stored, and seemed not to be, is stored again later in the run, and refused.
    steps = Case("small", "onepay").play().steps
    firsts = [n for n, name in enumerate(steps, 1) if name in TABLE_WRITES]
    tried = 0
    for first in (Case("small", "onepay", ((Strike(n, Fault.ERROR_AFTER),),)) for n in firsts):
        stage = first.play()
        chosen = {case.runs[0][1] for case in in_the_same_run(first)}
        for number in stage.failed - {first.runs[0][0].step}:
            tried += 1
            assert {s.fault for s in chosen if s.step == number}.isdisjoint(AFTERWARDS)
            assert Strike(number, Fault.ERROR_BEFORE) in chosen
    assert tried
