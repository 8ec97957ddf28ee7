"""The table of proofs says what was stated, and of a proof that broke that it did."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from tests.proofs import Progress, Proof, Stated, laid_out, rows


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
    told = laid_out(rows([report("failed", *stated)]))
    assert "FAILED: test_it  " in told
    assert [each.violations for each, _ in rows([report("failed", *stated)])][-1] == 1


def test_violations_that_were_stated_are_told_once() -> None:
    assert [each.violations for each, _ in rows([report("failed", ("deaths", 3))])] == [3]


def test_the_row_of_a_long_proof_is_told_as_it_ends() -> None:
    terminal = Mock()
    plugins = SimpleNamespace(get_plugin={"terminalreporter": terminal}.get)
    config: Any = SimpleNamespace(pluginmanager=plugins)
    short = report("passed", ("pairs", 0))
    short.duration = 59.0
    for each in (short, report("passed", ("deaths", 2))):
        Progress(config).pytest_runtest_logreport(each)
    terminal.write_line.assert_called_once_with("deaths: 1,200 cases, 2 violations, 61 s")
