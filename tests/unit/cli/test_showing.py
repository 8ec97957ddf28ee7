"""What is shown on a terminal, whatever its width, its encoding and the text."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from paywatch.cli import showing
from tests.unit.cli.asking import OVERDUE, Functions, paywatch


def test_markup_and_control_characters_are_shown_and_not_obeyed(functions: Functions) -> None:
    cause = "[bold]12[/bold] [/nothing] \x1b[2J\n:warning: \ud800"
    functions.report = {"alerts": [{**OVERDUE, "cause": cause}]}
    result = paywatch("alerts")
    assert result.exit_code == 0, result.output
    assert "[bold]12[/bold] [/nothing]" in result.stdout
    assert ":warning:" in result.stdout
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize("width", [60, 80, 120])
def test_on_a_narrow_terminal_nothing_is_cut(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    def terminal(**options: Any) -> Console:
        return Console(**options, force_terminal=True, width=width, color_system=None)

    monkeypatch.setattr(showing, "Console", terminal)
    name = "delivery_backlog/changes-topic"
    cells = [name, "critical", "2026-03-01 12:00 UTC", "c" * 99, "s" * 40]
    showing.print_table(["alert", "severity", "since", "cause", "standing"], [cells], {0})
    table = capsys.readouterr().out.splitlines()
    lines = table[table.index("\u2500" * width) + 1 :]
    assert lines[0].startswith(name)
    assert max(map(len, lines)) <= width
    written = "".join(lines).removeprefix(name)
    assert (written.count("c") - "critical".count("c"), written.count("s")) == (99, 40), lines
    assert sum(map(str.isdigit, written)) == len("202603011200")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_what_the_terminal_cannot_write_is_replaced(
    monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr("sys.stdout", out)
    showing.print_table(["alert"], [[showing.line("a/b \u4e16")]], set())
    out.write(showing.shown("\u4e16"))
    out.flush()
