"""One run of a test over a copy of the package: what came of it, and whether a bug was caught."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from tests.planted.planting import ROOT, Bug
from tests.planted.witness import TELLS

# A run that takes longer than this hangs.
LONGEST = 120

# What a run inside another one must not inherit.
OURS = ("PYTEST_", "COV_", "PAYWATCH_", "AWS_")


@dataclass(frozen=True)
class Trial:
    """What a run of pytest came to: its exit code, and what its witness told.

    `copy` is the directory that the package had to be imported from, `files` those that it was
    imported from; `failed` the tests that failed, with what they raised and had counted till then.
    """

    code: int
    copy: Path
    files: Sequence[str]
    failed: Sequence[Mapping[str, Any]]
    output: str
    seconds: float


def run_tests(copy: Path, tests: Sequence[str], *more: str, longest: float = LONGEST) -> Trial:
    """Run tests, by node id, with the package that lies in `copy` in place of the installed one."""
    told, began = copy / "witness.json", monotonic()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
    environment |= {
        "PYTHONPATH": str(copy),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(copy / "hypothesis"),
        TELLS: str(told),
    }
    command = [sys.executable, "-m", "pytest", "-p", "tests.planted.witness", "--tb=short"]
    command += ["-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0"]
    with subprocess.Popen(
        [*command, *more, *tests],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            output, _ = process.communicate(timeout=longest)
        except subprocess.TimeoutExpired:
            output = f"no end within {longest} seconds"
        finally:
            process.kill()
    saw = json.loads(told.read_text()) if told.exists() else {"files": [], "failed": []}
    seconds = monotonic() - began
    return Trial(process.returncode, copy, saw["files"], saw["failed"], output, seconds)


def names(test: str, found: str) -> bool:
    """Whether a node id, with its parameters or without, names a test that was found."""
    return found == test or found.startswith(f"{test}[")


def why_no_trial(trial: Trial) -> str:
    """Return why a run says nothing of a bug, pass or fail; nothing if it does."""
    if trial.code not in (0, 1):
        return f"pytest ended with {trial.code}: {trial.output[-200:]}"
    if not trial.files or not all(Path(x).is_relative_to(trial.copy) for x in trial.files):
        return f"the package was not imported from the copy but from {trial.files[:1]}"
    return ""


def why_not_caught(bug: Bug, trial: Trial) -> str:
    """Return why a trial does not show that the bug's test catches it; nothing if it does."""
    if why := why_no_trial(trial):
        return why
    if trial.code == 0:
        return "the test passes all the same"
    if len(trial.failed) != 1:
        return f"{len(trial.failed)} tests failed, not one"
    failure = trial.failed[0]
    if not names(bug.caught_by, failure["test"]) or failure["when"] != "call":
        return f"what failed is the {failure['when']} of {failure['test']}"
    if not failure["judged"]:
        return f"{failure['raised']} is no judgement of the test: the patch may make no sense"
    return ""
