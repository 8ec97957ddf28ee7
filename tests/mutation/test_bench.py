"""The bench is brought up to date, and what is the same stays untouched."""

from __future__ import annotations

import os
from pathlib import Path

from tests.mutation.bench import STATS, follow_the_tests, mirror

LONG_AGO = 1_000_000_000


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    source, target = tmp_path / "from", tmp_path / "to"
    for name in ("rules/a.py", "rules/b.py", "rest.py"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(f"# {name}\n")
    instead = {source / "rules/a.py": "# another a\n"}
    mirror(source, target, instead)
    (target / "gone.py").write_text("")
    files = sorted(path for path in target.rglob("*.py") if path.name != "gone.py")
    assert [path.read_text() for path in files] == [
        "# rest.py\n",
        "# another a\n",
        "# rules/b.py\n",
    ]
    for path in files:
        os.utime(path, (LONG_AGO, LONG_AGO))
    mirror(source, target, instead)
    assert sorted(target.rglob("*.py")) == files
    assert {path.stat().st_mtime for path in files} == {LONG_AGO}
    mirror(source, target, {source / "rules/a.py": "# a third a\n"})
    assert [path.name for path in files if path.stat().st_mtime != LONG_AGO] == ["a.py"]


def test_whether_a_test_has_come_to_run_a_function_is_asked_anew(tmp_path: Path) -> None:
    old = tmp_path / "mutants/tests/test_old.py"
    old.parent.mkdir(parents=True)
    old.write_text("")
    (tmp_path / "mutants" / STATS).write_text("{}")
    follow_the_tests(tmp_path)
    assert not old.exists()
    assert (old.parent / "mutation/test_bench.py").read_bytes() == Path(__file__).read_bytes()
    assert not (tmp_path / "mutants" / STATS).exists()
    follow_the_tests(tmp_path)
