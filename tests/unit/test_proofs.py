"""The table of proofs says what was stated, and of a proof that broke that it did."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from tests.proofs import (
    ASKED,
    CRASHED,
    Progress,
    Proof,
    Stated,
    again,
    hours,
    laid_out,
    pytest_configure,
    pytest_runtest_makereport,
    pytest_terminal_summary,
    rows,
    seed_offset,
    seeds,
)


def report(outcome: Any, *stated: tuple[str, int]) -> pytest.TestReport:
    properties: list[tuple[str, Any]] = []
    for name, violations in stated:
        Proof(properties)(name, cases=1200, violations=violations, seed=7, figures="of 3 kinds")
    return pytest.TestReport(
        "tests/x.py::test_it", ("x.py", 1, "x"), {}, outcome, None, "call",
        user_properties=properties, duration=61.2,
    )  # fmt: skip


def test_what_was_proved_is_laid_out_with_its_figures() -> None:
    told = laid_out(rows([report("passed", ("deaths", 0), ("pairs", 0))])).splitlines()
    assert told[0].split() == ["proof", "cases", "violations", "seed", "seconds"]
    assert told[2].split() == ["deaths", "1,200", "0", "7", "61"]
    assert told[3].split() == ["pairs", "1,200", "0", "7", "61"]
    assert told[-1] == "pairs: of 3 kinds"


def test_what_comes_after_the_first_line_of_the_figures_is_printed_as_it_is() -> None:
    properties: list[tuple[str, Any]] = []
    row = "deaths    12   " * 8
    Proof(properties)("faults", cases=1, violations=0, figures=f"of two kinds\n{row}\nerrors     7")
    told = laid_out([(Stated(**properties[0][1]), 1.0)]).splitlines()
    assert told[-3:] == ["faults: of two kinds", row, "errors     7"]


@pytest.mark.parametrize("stated", [[], [("deaths", 0)]])
def test_a_test_that_failed_is_a_violation_whatever_it_stated(stated: Any) -> None:
    broken = report("failed", *stated)
    broken.longrepr = "one and one\nare not three"
    told = laid_out(rows([broken]))
    assert "FAILED: test_it  " in told
    assert "FAILED: test_it: one and one are not three" in told
    assert [each.violations for each, _ in rows([broken])][-1] == 1


def test_violations_that_were_stated_are_told_once_with_their_figures() -> None:
    broken = report("failed", ("deaths", 3))
    assert [each.violations for each, _ in rows([broken])] == [3]
    assert laid_out(rows([broken])).endswith("deaths: of 3 kinds")


def test_what_fails_behind_a_proof_is_told_and_the_proof_not_again() -> None:
    behind = report("failed", ("deaths", 0))
    behind.when = "teardown"
    assert [each.name for each, _ in rows([behind])] == ["FAILED: test_it"]


def crash() -> pytest.TestReport:
    told = "worker 'gw1' crashed while running 'tests/x.py::test_it'"
    when: Any = CRASHED
    return pytest.TestReport("tests/x.py::test_it", ("x.py", None, "x"), {}, "failed", told, when)


def test_a_process_that_crashed_has_a_row() -> None:
    told = laid_out(rows([crash()])).splitlines()
    assert told[2].split() == ["CRASHED:", "test_it", "0", "1", "unknown", "unknown"]
    assert told[-1].startswith("CRASHED: test_it: worker 'gw1' crashed")


def terminal_of(*reports: pytest.TestReport) -> Mock:
    terminal = Mock()
    plugins = SimpleNamespace(get_plugin={"terminalreporter": terminal}.get)
    config: Any = SimpleNamespace(pluginmanager=plugins)
    for each in reports:
        Progress(config).pytest_runtest_logreport(each)
    return terminal


def test_the_row_of_a_long_proof_is_told_as_it_ends() -> None:
    short = report("passed", ("pairs", 0))
    short.duration = 59.0
    behind = report("passed", ("deaths", 0))
    behind.when = "teardown"
    told = terminal_of(short, behind, report("passed", ("deaths", 2))).write_line.call_args_list
    lines = [each.args[0] for each in told if each.args[0]]
    assert lines == ["deaths: 1,200 cases, 2 violations, seed 7, 61 s", "of 3 kinds"]


def test_the_row_of_a_broken_proof_is_told_as_it_ends() -> None:
    short = report("failed", ("pairs", 1))
    short.duration = 1.0
    told = terminal_of(short, crash()).write_line.call_args_list
    lines = [each.args[0] for each in told if each.args[0]]
    assert lines[:2] == ["pairs: 1,200 cases, 1 violations, seed 7, 1 s", "of 3 kinds"]
    assert lines[2] == "CRASHED: test_it: 0 cases, 1 violations, seed unknown, unknown s"


def test_a_test_that_is_no_proof_is_not_told_as_it_fails() -> None:
    assert terminal_of(report("failed")).write_line.call_args_list == []


@pytest.mark.parametrize(("broken", "heads"), [(report("failed"), 0), (crash(), 1)])
def test_the_table_is_printed_where_there_was_a_proof(broken: Any, heads: int) -> None:
    terminal = Mock(stats={"failed": [broken]})
    pytest_terminal_summary(terminal)
    assert terminal.section.call_count == heads
    broken.user_properties.append((ASKED, True))
    pytest_terminal_summary(terminal)
    assert terminal.section.call_count == heads + 1


def test_seeds_begin_where_they_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAYWATCH_SEED", raising=False)
    assert seed_offset() == 0
    monkeypatch.setenv("PAYWATCH_SEED", "40")
    assert seed_offset() == 40


def test_no_seed_of_one_run_is_one_of_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    for said in ("0", "1", "2"):
        monkeypatch.setenv("PAYWATCH_SEED", said)
        runs.append(seeds(50, 3))
    assert [number for run in runs for number in run] == list(range(3, 153))


@pytest.mark.parametrize("said", ["abc", "", "1e3", "-1", "+1", "1_000", " 1", "2.0", "1" * 10])
def test_no_test_is_begun_with_a_seed_that_is_none(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config: Any = SimpleNamespace(workerinput={})
    monkeypatch.setenv("PAYWATCH_SEED", "0")
    pytest_configure(config)
    monkeypatch.setenv("PAYWATCH_SEED", said)
    with pytest.raises(pytest.UsageError, match=r"^PAYWATCH_SEED is '.*': a whole number"):
        pytest_configure(config)


def test_a_proof_of_hours_takes_one_of_them_or_more(monkeypatch: pytest.MonkeyPatch) -> None:
    config: Any = SimpleNamespace(workerinput={})
    monkeypatch.setenv("PAYWATCH_HOURS", "7")
    pytest_configure(config)
    assert hours() == 7
    for said in ("0", "a", "1.5"):
        monkeypatch.setenv("PAYWATCH_HOURS", said)
        with pytest.raises(pytest.UsageError, match=f"^PAYWATCH_HOURS is '{said}': .* 1 or more"):
            pytest_configure(config)


def item(nodeid: str, *fixtures: str, word: str | None = None) -> Any:
    marker = None if word is None else SimpleNamespace(args=(word,))
    return SimpleNamespace(
        nodeid=nodeid, fixturenames=fixtures, get_closest_marker={"again": marker}.get
    )


def test_the_command_that_runs_a_proof_again_has_all_that_it_was_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PAYWATCH_SEED", raising=False)
    monkeypatch.delenv("PAYWATCH_HOURS", raising=False)
    run = ".venv/bin/python -m pytest -m ''"
    assert again(item("tests/x.py::test_it")) == f"PAYWATCH_SEED=0 {run} tests/x.py::test_it"
    monkeypatch.setenv("PAYWATCH_SEED", "40")
    monkeypatch.setenv("PAYWATCH_HOURS", "7")
    assert again(item("tests/x.py::test_it[a b]", word="Not again."), "-x") == (
        f"PAYWATCH_SEED=40 PAYWATCH_HOURS=7 {run} -x 'tests/x.py::test_it[a b]'\nNot again."
    )


@pytest.mark.parametrize(
    ("outcome", "fixtures", "told"),
    [("failed", ["proof"], True), ("failed", ["tmp_path"], False), ("passed", ["proof"], False)],
)
def test_a_proof_that_failed_says_how_it_is_run_again(
    outcome: str, fixtures: list[str], told: bool
) -> None:
    one = item("tests/x.py::test_it", *fixtures)
    making = pytest_runtest_makereport(one)
    next(making)
    with pytest.raises(StopIteration) as stopped:
        making.send(report(outcome))
    assert stopped.value.value.sections == ([("again", again(one))] if told else [])
