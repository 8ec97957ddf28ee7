"""What a mutant can do to a test: it may loop for ever."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
        ("while True: pass", 1),
        (CATCHING, 1),
        ("import time; time.sleep(0.5)", 0),
        ("assert False", 1),
    ],
)
def test_a_test_that_loops_for_ever_fails(does: str, code: int, tmp_path: Path) -> None:
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
