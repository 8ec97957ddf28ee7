"""Which tests a mutant meets first."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.mutation.likely import NAME, Killers

ROOT = Path(__file__).parents[2]
NAMED = "paywatch.a.xǁWalkǁ{}__mutmut_{}"
RUN = """
import sys, pytest
from tests.mutation import likely
sys.exit(pytest.main(["-x", "-v", "-p", "no:cacheprovider", *sys.argv[1:]], plugins=[likely]))
"""
# It fails where the file is that is named like it.
TESTS = """
from pathlib import Path
def test_one(): assert not Path("one").exists()
def test_two(): assert not Path("two").exists()
def test_three(three): assert not three.exists()
"""
# Of which one asks for something that is its folder's.
SHARED = """
from pathlib import Path
import pytest
@pytest.fixture
def three(): return Path("three")
"""
NAMES = ("one", "two", "three")
ALL = [f"sub/test_it.py::test_{name}" for name in NAMES]


@pytest.fixture
def mutants(tmp_path: Path) -> Path:
    folder = tmp_path / "mutants"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub/conftest.py").write_text(SHARED)
    for name in ("test_it.py", "test_else.py"):
        (folder / "sub" / name).write_text(TESTS)
    return folder


def run(
    mutants: Path, name: str, fails: str = "", tests: Sequence[str] = ALL
) -> tuple[int, list[str]]:
    """Try a mutant that this test notices; return the exit code and what was run, in order."""
    for test in NAMES:
        (mutants / test).unlink(missing_ok=True)
    if fails:
        (mutants / fails).touch()
    ran = subprocess.run(
        [sys.executable, "-c", RUN, *tests],
        cwd=mutants,
        env={NAME: name, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        timeout=60,
        check=False,
        capture_output=True,
        text=True,
    )
    lines = [line for line in ran.stdout.splitlines() if "%]" in line]
    return ran.returncode, [line.split()[0].rpartition("_")[2] for line in lines]


def test_the_test_that_noticed_another_mutant_of_the_function_goes_first(mutants: Path) -> None:
    assert run(mutants, NAMED.format("close", 1), "three") == (1, ["one", "two", "three"])
    assert run(mutants, NAMED.format("close", 2), "three") == (1, ["three"])


def test_it_goes_first_for_another_function_of_the_module_too(mutants: Path) -> None:
    run(mutants, NAMED.format("close", 1), "three")
    assert run(mutants, NAMED.format("open", 1), "three") == (1, ["three"])


def test_where_it_passes_all_others_run_once(mutants: Path) -> None:
    run(mutants, NAMED.format("close", 1), "two")
    assert run(mutants, NAMED.format("close", 2)) == (0, ["two", "one", "three"])
    assert run(mutants, NAMED.format("close", 3), "three") == (1, ["two", "one", "three"])


def test_those_of_its_file_go_before_those_of_other_files(mutants: Path) -> None:
    run(mutants, NAMED.format("close", 1), "two")
    tests = ["sub/test_else.py::test_three", *ALL]
    code, ran = run(mutants, NAMED.format("close", 2), tests=tests)
    assert (code, ran) == (0, ["two", "one", "three", "three"])


@pytest.mark.parametrize("word", ["", "stats", "fail"])
def test_what_is_no_mutant_meets_all_in_order(word: str, mutants: Path) -> None:
    run(mutants, NAMED.format("close", 1), "three")
    assert run(mutants, word, "two") == (1, ["one", "two"])
    assert Killers(mutants.parent / "killers").of("paywatch.a.xǁWalkǁclose") == [ALL[2]]


def test_the_one_that_noticed_most_goes_first(tmp_path: Path) -> None:
    killers = Killers(tmp_path / "killers")
    assert killers.of("paywatch.a.x_f") == []
    for test in ("a", "b", "b"):
        killers.note("paywatch.a.x_f", test)
    killers.note("paywatch.b.x_f", "c")
    assert killers.of("paywatch.a.x_f") == ["b", "a"]
    assert killers.of("paywatch.a.x_g") == ["b", "a"]
    for test in ("c", "c", "c", "a"):
        killers.note("paywatch.a.x_g", test)
    assert killers.of("paywatch.a.x_f") == ["b", "a", "c"]
    assert killers.of("paywatch.a.x_g") == ["c", "a", "b"]
    assert killers.of("paywatch.c.x_f") == []
