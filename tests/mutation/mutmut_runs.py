"""What mutmut is asked to do on a bench: to make the mutants, to try some, to say what came out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

# Makes the mutants and tries none: which there are has to be known before any is tried.
MAKE = """
import sys
from pathlib import Path
from mutmut.__main__ import copy_src_dir, create_mutants
Path("mutants").mkdir(exist_ok=True)
copy_src_dir()
create_mutants(int(sys.argv[1]))
"""
# Reads mutants' names, and writes what they change: mutmut's own command takes a second for each.
SHOW = """
import json, sys
from mutmut.mutation.diff_apply import find_mutant, get_diff_for_mutant
names = json.load(sys.stdin)
print(json.dumps([get_diff_for_mutant(name, path=find_mutant(name).path) for name in names]))
"""
# How often it is told that it still runs, in seconds, and where what mutmut says goes.
EVERY = 30
LOG = "mutmut.log"


class Mutmut:
    """mutmut at work on a bench; whatever it runs holds the lock."""

    def __init__(self, bench: Path, lock: int) -> None:
        self._bench = bench
        self._lock = lock
        self._cores = str(os.cpu_count() or 1)

    def make(self) -> None:
        """Make the mutants of what has changed."""
        self._run(["-c", MAKE, self._cores], lambda: None)

    def attempt(self, names: Sequence[str], say: Callable[[], None]) -> None:
        """Try these mutants, or all that have no verdict; `say` is called now and then."""
        self._run(["-m", "mutmut", "run", "--max-children", self._cores, *names], say)

    def results(self) -> dict[str, str]:
        """Return what became of each mutant, in mutmut's words."""
        told = self._ask(["-m", "mutmut", "results", "--all", "true"], "")
        return dict(line.strip().rsplit(": ", 1) for line in told.splitlines() if ": " in line)

    def changes(self, names: Sequence[str]) -> list[str]:
        """Return what these mutants change, as diffs."""
        diffs: list[str] = json.loads(self._ask(["-c", SHOW], json.dumps(names)))
        return diffs

    def _run(self, command: list[str], say: Callable[[], None]) -> None:
        log = self._bench / LOG
        with (
            log.open("w") as told,
            subprocess.Popen(
                [sys.executable, *command],
                cwd=self._bench,
                stdout=told,
                stderr=subprocess.STDOUT,
                pass_fds=[self._lock],
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

    def _ask(self, command: list[str], question: str) -> str:
        return subprocess.run(
            [sys.executable, *command],
            cwd=self._bench,
            input=question,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
