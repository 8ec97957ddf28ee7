"""Change the rules in every small way that mutmut knows, and see that the tests notice.

    make mutants            all of them
    make mutants ARGS='paywatch.discovery.leavers.*'

What is changed stands inside of functions, methods and properties; what stands outside of them,
such as constants and the defaults of fields, is not.

It goes on where it was cut short. Where the tests or the code have changed since, it tries all of
them anew, or with KEEP=1 those alone whose function has changed and those that are named.

It ends with a table, with every mutant that is alive and not explained, and with exit code 1 if
there is any, or an explanation of one that no longer is; with exit code 2 if a name fits no mutant.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from time import monotonic

from tests.mutation.bench import (
    BESIDES,
    ROOT,
    follow_the_tests,
    not_mutated,
    prepare,
    quick_tests,
)
from tests.mutation.mutmut_runs import Mutmut
from tests.mutation.names import fits, fitting_nothing, function_of, module_of
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

LIVES = ("survived", "no tests", "suspicious")
LOCK = "lock"


def main(names: Sequence[str], *, keep: bool) -> int:
    """Try the mutants of these names (all, if there are none); return the exit code."""
    bench = prepare(sys.executable)
    alone = (bench / LOCK).open("w")
    try:
        flock(alone, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        raise SystemExit("Another run is at work on this bench.") from None
    try:
        digest = digest_of(ROOT, quick_tests(), BESIDES)
        return work(bench, Mutmut(bench, alone.fileno()), names, digest, keep=keep)
    except KeyboardInterrupt:
        print("Cut short: the same command goes on from here.")
        return 130


def work(bench: Path, mutmut: Mutmut, names: Sequence[str], digest: str, *, keep: bool) -> int:
    """Try those of these names on a bench that nobody else is at work on.

    `digest` stands for the tests and the code as they are now.
    """
    verdicts = Verdicts(bench)
    mixed = _settle(verdicts, names, digest, keep=keep)
    if names:
        mutmut.make()
        if unknown := fitting_nothing(names, verdicts.codes()):
            print(*(f"No mutant is named {name}" for name in unknown), sep="\n")
            return 2
    _try(mutmut, verdicts, names)
    tried = results(mutmut, names)
    explained = read_explained(EXPLAINED.read_text())
    named = {change for change in explained if fits(f"{change.function}__", names)}
    living, gone = alive(tried, explained), stale(tried, named)
    for each in living:
        print(f"{each.status}: {each.change or each.module}\n")
    for change in gone:
        print(f"explained, but it does not survive: {change}\n")
    print(table(tried, explained))
    if mixed:
        print("Kept verdicts are among these that were found with other tests or other code.")
    print(f"Decorated functions that are left out: {', '.join(not_mutated()) or 'none'}.")
    return 1 if living or gone else 0


def _settle(verdicts: Verdicts, names: Sequence[str], digest: str, *, keep: bool) -> bool:
    """Drop the verdicts that do not hold any more; whether such are kept all the same."""
    changed = not verdicts.are_of(digest)
    there = any(code is not None for code in verdicts.codes().values())
    mixed = changed and there and keep
    if mixed:
        print("The tests or the code have changed since: what was found before is kept.")
        follow_the_tests()
    elif changed:
        if there:
            print("The tests or the code have changed since: all mutants are tried anew.")
        verdicts.begin_anew(digest)
    verdicts.forget(lambda name: mixed and bool(names) and fits(name, names))
    return mixed


def _try(mutmut: Mutmut, verdicts: Verdicts, names: Sequence[str]) -> None:
    """Let mutmut try the mutants that have no verdict, and say now and then how far it is."""
    left = [name for name, code in verdicts.codes().items() if code is None and fits(name, names)]
    if names and not left:
        return
    began = monotonic()

    def say() -> None:
        now = [code for name, code in verdicts.codes().items() if fits(name, names)]
        print(f"{monotonic() - began:6.0f} s: {progress(now)}", flush=True)

    mutmut.attempt(left if names else [], say)


def results(mutmut: Mutmut, names: Sequence[str]) -> list[Tried]:
    """Read what became of the mutants of these names."""
    found = {name: each for name, each in mutmut.results().items() if fits(name, names)}
    living = [name for name, status in found.items() if status in LIVES]
    changes = {
        name: change_of(function_of(name), diff)
        for name, diff in zip(living, mutmut.changes(living), strict=True)
    }
    return [Tried(module_of(name), each, changes.get(name)) for name, each in found.items()]


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(prog="make mutants")
    arguments.add_argument("--keep", action="store_true", help="keep the verdicts of other tests")
    arguments.add_argument("names", nargs="*", help="patterns of mutants' names")
    given = arguments.parse_args()
    raise SystemExit(main(given.names, keep=given.keep))
