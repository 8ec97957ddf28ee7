"""A walk that is done again says why it is not, where it is not."""

from __future__ import annotations

import pytest

from tests.contract import replay


@pytest.fixture(autouse=True)
def without_ministack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "installed", lambda: False)


def test_requests_are_not_compared_with_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert replay.main(["requests", "1"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("requests are compared between moto and ministack, and ministack")
    assert "make .venv-ministack/.ready" in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    "arguments",
    ["", "controls", "controls x", "controls -1", "controls ²", "nobody 1", "controls 1 2"],
)
def test_wrong_arguments_are_told_the_right_ones(
    arguments: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay.main(arguments.split()) == 2
    assert capsys.readouterr().err == replay.USAGE + "\n"


def test_ports_are_compared_without_ministack(capsys: pytest.CaptureFixture[str]) -> None:
    assert replay.main(["subscribers", "1"]) == 0
    assert capsys.readouterr().out.startswith("subscribers, seed 1: ")
