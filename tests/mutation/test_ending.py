"""What a mutant can do to a test: it may loop for ever."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.mutation.ending import LONGEST, SPARE, TIMEOUT, TIMES, longest

RUN = """
import sys, pytest
from tests.mutation import ending
ending.LONGEST = 0.3
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", sys.argv[1]], plugins=[ending]))
"""
CATCHING = """while True:
        try:
            while True: pass
        except BaseException: pass
"""


@pytest.mark.parametrize(
    ("does", "code"),
    [
        ("while True: pass", TIMEOUT),
        (CATCHING, TIMEOUT),
        ("import time; time.sleep(0.5)", 0),
        ("assert False", 1),
    ],
)
def test_a_test_that_loops_for_ever_is_ended(does: str, code: int, tmp_path: Path) -> None:
    test = tmp_path / "test_it.py"
    test.write_text(f"def test_it():\n    {does}\n")
    ran = subprocess.run(
        [sys.executable, "-c", RUN, str(test)],
        cwd=Path(__file__).parents[2],
        timeout=60,
        check=False,
        capture_output=True,
    )
    assert ran.returncode == code, ran.stdout


def test_a_test_has_many_times_as_long_as_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    assert longest("test_it") == LONGEST
    state = SimpleNamespace(duration_by_test={"test_it": 2.0, "begun": 0})
    monkeypatch.setitem(sys.modules, "mutmut.state", SimpleNamespace(state=lambda: state))
    assert longest("test_it") == SPARE + 2 * TIMES
    assert longest("begun") == longest("unknown") == LONGEST
