"""Change the rules in every small way that mutmut knows, and see that the tests notice.

    make mutants            all of them
    make mutants ARGS='paywatch.discovery.leavers.*'

It goes on where it was cut short. Where the tests or the code have changed since, it tries all of
them anew, or with KEEP=1 those alone whose function has changed and those that are named.

It ends with a table, with every mutant that is alive and not explained, and with exit code 1 if
there is any, or an explanation of one that no longer is.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from fcntl import LOCK_EX, LOCK_NB, flock
from fnmatch import fnmatch
from pathlib import Path
from time import monotonic

from tests.mutation.bench import BESIDES, ROOT, leave_out_old_tests, prepare, quick_tests
from tests.mutation.survivors import (
    EXPLAINED,
    Tried,
    alive,
    change_of,
    read_explained,
    stale,
    table,
)
from tests.mutation.verdicts import Verdicts, digest_of, progress

# Reads mutants' names, and writes what they change: mutmut's own command takes a second for each.
SHOW = """
import json, sys
from mutmut.mutation.diff_apply import find_mutant, get_diff_for_mutant
names = json.load(sys.stdin)
print(json.dumps([get_diff_for_mutant(name, path=find_mutant(name).path) for name in names]))
"""
LIVES = ("survived", "no tests", "suspicious")
# How often it says how far it is, in seconds, and what mutmut itself says goes here.
EVERY = 30
LOG = "mutmut.log"
LOCK = "lock"


def main(names: Sequence[str], *, keep: bool) -> int:
    """Try the mutants of these names (all, if there are none); return the exit code."""
    bench = prepare(sys.executable)
    alone = (bench / LOCK).open("w")
    try:
        flock(alone, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        raise SystemExit("Another run is at work on this bench.") from None
    verdicts = Verdicts(bench)
    mixed = _settle(verdicts, names, keep=keep)
    try:
        _try(bench, verdicts, names, again=mixed, lock=alone.fileno())
    except KeyboardInterrupt:
        print("Cut short: the same command goes on from here.")
        return 130
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
    if mixed:
        print("Kept verdicts are among these that were found with other tests or other code.")
    return 1 if living or gone else 0


def _settle(verdicts: Verdicts, names: Sequence[str], *, keep: bool) -> bool:
    """Drop the verdicts that do not hold any more; whether such are kept all the same."""
    digest = digest_of(ROOT, quick_tests(), BESIDES)
    changed = not verdicts.are_of(digest)
    there = any(code is not None for code in verdicts.codes().values())
    mixed = changed and there and keep
    if mixed:
        print("The tests or the code have changed since: what was found before is kept.")
        leave_out_old_tests()
    elif changed:
        if there:
            print("The tests or the code have changed since: all mutants are tried anew.")
        verdicts.begin_anew(digest)
    verdicts.forget(lambda name: mixed and bool(names) and _wanted(name, names))
    return mixed


def _try(bench: Path, verdicts: Verdicts, names: Sequence[str], *, again: bool, lock: int) -> None:
    """Let mutmut try the mutants that have no verdict, and say now and then how far it is."""
    codes = verdicts.codes()
    wanted = list(names)
    if names and codes and not again:
        wanted = [name for name, code in codes.items() if code is None and _wanted(name, names)]
        if not wanted:
            return
    cores = str(os.cpu_count() or 1)
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", cores, *wanted]
    began = monotonic()

    def say() -> None:
        now = [code for name, code in verdicts.codes().items() if _wanted(name, names)]
        print(f"{monotonic() - began:6.0f} s: {progress(now)}", flush=True)

    log = bench / LOG
    with (
        log.open("w") as told,
        subprocess.Popen(
            command, cwd=bench, stdout=told, stderr=subprocess.STDOUT, pass_fds=[lock]
        ) as running,
    ):
        while running.poll() is None:
            try:
                running.wait(EVERY)
            except subprocess.TimeoutExpired:
                say()
    say()
    if running.returncode != 0:
        raise SystemExit(f"mutmut ended with {running.returncode}:\n{log.read_text()[-2000:]}")


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
    arguments = argparse.ArgumentParser(prog="make mutants")
    arguments.add_argument("--keep", action="store_true", help="keep the verdicts of other tests")
    arguments.add_argument("names", nargs="*", help="patterns of mutants' names")
    given = arguments.parse_args()
    raise SystemExit(main(given.names, keep=given.keep))
