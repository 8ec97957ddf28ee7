"""A run of the mutants, with a mutmut that only says what it is asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.mutation.__main__ import work
from tests.mutation.mutmut_runs import Mutmut
from tests.mutation.verdicts import Verdicts

SEALED = "paywatch.a.xǁWalkǁsealed_undecorated__mutmut_1"
CLOSE = "paywatch.a.xǁWalkǁclose__mutmut_1"


class Bench(Mutmut):
    """Has two mutants, of which nothing is known before they are made; tests kill both."""

    def __init__(self, bench: Path) -> None:
        self.codes: dict[str, int | None] = {}
        self.tried: list[str] | None = None
        self._meta = bench / "mutants/src/paywatch/a.py.meta"

    def make(self) -> None:
        self._note(self.codes or dict.fromkeys([SEALED, CLOSE]))

    def attempt(self, names: Sequence[str], say: Callable[[], None]) -> None:
        self.tried = list(names)
        self._note({SEALED: 1, CLOSE: 1})
        say()

    def results(self) -> dict[str, str]:
        return {name: "killed" if code else "not checked" for name, code in self.codes.items()}

    def changes(self, names: Sequence[str]) -> list[str]:
        return ["" for _ in names]

    def _note(self, codes: dict[str, int | None]) -> None:
        self.codes = codes
        self._meta.parent.mkdir(parents=True, exist_ok=True)
        self._meta.write_text(json.dumps({"exit_code_by_key": codes}))


@pytest.fixture(params=["fresh", "with verdicts"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    mutmut = Bench(tmp_path)
    if request.param == "with verdicts":
        Verdicts(tmp_path).begin_anew("now")
        mutmut.attempt([], lambda: None)
    mutmut.tried = None
    return mutmut


def test_a_name_that_no_mutant_has_is_an_error(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert work(tmp_path, bench, ["typo", "*sealed*", "*closed*"], "now", keep=False) == 2
    said = capsys.readouterr().out.splitlines()
    assert said == ["No mutant is named typo", "No mutant is named *closed*"]
    assert bench.tried is None


def test_mutants_are_tried_by_name(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = bool(bench.codes)
    assert work(tmp_path, bench, ["paywatch.a.xǁWalkǁsealed__*"], "now", keep=False) == 0
    assert bench.tried == (None if known else [SEALED])
    said = capsys.readouterr().out.splitlines()
    assert said[-2].split() == ["all", "1", "1", "0", "0", "0", "0"]
    assert said[-1] == "Decorated functions that are left out: none."


def test_without_names_mutmut_chooses(bench: Bench, tmp_path: Path) -> None:
    assert work(tmp_path, bench, [], "now", keep=False) == 1  # what is explained is not among these
    assert bench.tried == []
