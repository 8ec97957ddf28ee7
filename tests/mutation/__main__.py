"""Change the rules in every small way that mutmut knows, and see that the tests notice.

    make mutants            all of them: about an hour, less where nothing changed since
    make mutants ARGS='paywatch.discovery.leavers.*'

It ends with a table, with every mutant that is alive and not explained, and with exit code 1 if
there is any, or an explanation of one that no longer is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from tests.mutation.bench import prepare
from tests.mutation.survivors import (
    EXPLAINED,
    Tried,
    alive,
    change_of,
    read_explained,
    stale,
    table,
)

# Reads mutants' names, and writes what they change: mutmut's own command takes a second for each.
SHOW = """
import json, sys
from mutmut.mutation.diff_apply import find_mutant, get_diff_for_mutant
names = json.load(sys.stdin)
print(json.dumps([get_diff_for_mutant(name, path=find_mutant(name).path) for name in names]))
"""
NOT_TRIED = ("not checked", "check was interrupted by user")
LIVES = ("survived", "no tests", "suspicious")


def main(names: Sequence[str]) -> int:
    """Try the mutants of these names (all, if there are none); return the exit code."""
    bench = prepare(sys.executable)
    mutmut = [sys.executable, "-m", "mutmut"]
    cores = str(os.cpu_count() or 1)
    subprocess.run([*mutmut, "run", "--max-children", cores, *names], cwd=bench, check=True)
    tried = results(bench, names)
    explained = read_explained(EXPLAINED.read_text())
    if names:
        explained = {c: why for c, why in explained.items() if _wanted(f"{c.function}__", names)}
    living, gone = alive(tried, explained), stale(tried, explained)
    for each in living:
        print(f"{each.status}: {each.change or each.module}\n")
    for change in gone:
        print(f"explained, but it does not survive: {change}\n")
    print(table(tried, explained))
    return 1 if living or gone else 0


def results(bench: Path, names: Sequence[str]) -> list[Tried]:
    """Read what became of the mutants of these names."""
    listed = subprocess.run(
        [sys.executable, "-m", "mutmut", "results", "--all", "true"],
        cwd=bench,
        check=True,
        capture_output=True,
        text=True,
    )
    pairs = [line.strip().rsplit(": ", 1) for line in listed.stdout.splitlines() if ": " in line]
    found = {name: status for name, status in pairs if _wanted(name, names)}
    living = [name for name, status in found.items() if status in LIVES]
    diffs = subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=bench,
        input=json.dumps(living),
        check=True,
        capture_output=True,
        text=True,
    )
    changes = dict(zip(living, json.loads(diffs.stdout), strict=True))
    return [
        Tried(
            _module(name),
            status,
            change_of(_function(name), changes[name]) if name in changes else None,
        )
        for name, status in found.items()
    ]


def _wanted(name: str, names: Sequence[str]) -> bool:
    return not names or any(fnmatch(name, pattern) for pattern in names)


def _function(name: str) -> str:
    """Return the function's name, as mutmut spells it."""
    return name.rpartition("__mutmut_")[0]


def _module(name: str) -> str:
    return _function(name).rpartition(".")[0].removeprefix("paywatch.")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
