"""Verdicts hold for the tests and the code that they were found with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.mutation.bench import BESIDES, ROOT, quick_tests
from tests.mutation.verdicts import Verdicts, digest_of, imported, progress

SCOPE = ["tests/unit"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name, text in {
        "tests/conftest.py": "from tests.setting import up\n",
        "tests/setting.py": "up = 1\n",
        "tests/unit/test_a.py": "import json\nfrom tests.acting import act\n",
        "tests/acting/__init__.py": "from .playing import act\n",
        "tests/acting/playing.py": "from paylab.world import World\nfrom tests import stage\n",
        "tests/stage.py": "",
        "tests/lab/paylab/__init__.py": "",
        "tests/lab/paylab/world.py": "class World: ...\n",
        "tests/far/test_b.py": "",
        "code/a.py": "x = 1\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_what_a_test_imports_is_followed_below_the_tests(checkout: Path) -> None:
    found = imported(checkout, [checkout / "tests/unit/test_a.py"])
    assert {str(path.relative_to(checkout / "tests")) for path in found} == {
        *("conftest.py", "setting.py", "unit/test_a.py", "acting/__init__.py"),
        *("acting/playing.py", "stage.py", "lab/paylab/world.py"),
    }


@pytest.mark.parametrize(
    ("changed", "matters"),
    [
        ("tests/unit/test_a.py", True),
        ("tests/unit/test_new.py", True),
        ("tests/conftest.py", True),
        ("tests/setting.py", True),
        ("tests/acting/playing.py", True),
        ("tests/lab/paylab/world.py", True),
        ("code/a.py", True),
        ("tests/far/test_b.py", False),
    ],
)
def test_verdicts_are_of_the_tests_and_of_the_code(
    changed: str, matters: bool, checkout: Path
) -> None:
    bench = checkout / ".bench"
    bench.mkdir()
    verdicts = Verdicts(bench)
    verdicts.begin_anew(digest_of(checkout, SCOPE, ["code"]))
    assert verdicts.are_of(digest_of(checkout, SCOPE, ["code"]))
    (checkout / changed).write_text("y = 2\n")
    assert verdicts.are_of(digest_of(checkout, SCOPE, ["code"])) is not matters


def test_the_digest_knows_the_tests_of_the_rules_and_what_they_stand_on() -> None:
    files = {str(path.relative_to(ROOT)) for path in imported(ROOT, _scope())}
    wanted = {"tests/conftest.py", "tests/polling.py", "tests/lab/paylab/world.py"}
    assert wanted | {"tests/unit/discovery/test_tail.py"} <= files
    assert all((ROOT / each).exists() for each in BESIDES)


def _scope() -> list[Path]:
    return [path for test in quick_tests() for path in (ROOT / test, *(ROOT / test).glob("*.py"))]


def noted(bench: Path, codes: dict[str, int | None]) -> Verdicts:
    path = bench / "mutants/src/paywatch/a.py.meta"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"exit_code_by_key": codes, "durations_by_key": {}}))
    return Verdicts(bench)


CODES = {"a.f1": 1, "a.f2": 0, "b.f1": 37, "b.f2": 2, "b.f3": -9, "b.f4": None}


def test_what_was_cut_short_is_no_verdict(tmp_path: Path) -> None:
    verdicts = noted(tmp_path, {**CODES})
    verdicts.forget(lambda name: False)
    assert Verdicts(tmp_path).codes() == {**CODES, "b.f2": None, "b.f3": None}


def test_verdicts_of_some_can_be_forgotten(tmp_path: Path) -> None:
    verdicts = noted(tmp_path, {**CODES})
    verdicts.forget(lambda name: name.startswith("a."))
    assert Verdicts(tmp_path).codes() == {"b.f1": 37} | dict.fromkeys(CODES.keys() - {"b.f1"})


def test_all_are_dropped_where_it_begins_anew(tmp_path: Path) -> None:
    verdicts = noted(tmp_path, {**CODES})
    assert not verdicts.are_of("now")
    verdicts.begin_anew("now")
    assert Verdicts(tmp_path).codes() == {}
    assert Verdicts(tmp_path).are_of("now")


def test_a_file_that_is_being_written_is_read_as_it_was(tmp_path: Path) -> None:
    verdicts = noted(tmp_path, {**CODES})
    assert verdicts.codes() == CODES
    (tmp_path / "mutants/src/paywatch/a.py.meta").write_text('{"exit')
    assert verdicts.codes() == CODES


def test_progress_counts_what_was_tried_and_what_lives() -> None:
    assert progress([1, 0, 37, 33, None, None]) == "4 of 6 mutants tried, 2 alive"
    assert progress([]) == "the mutants are being made"
