"""The bench that mutmut works on: a copy of the checkout in the shape that mutmut knows.

mutmut names a mutant after its file below `src`, and remembers by these names what it has tried, so
the bench is brought up to date and not made anew. The mutated files lie there without decorators.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.mutation.undecorated import left_out, undecorated

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers/paywatch/paywatch"
BENCH = ROOT / ".mutants"
# Where mutmut keeps which test runs which function.
STATS = "mutmut-stats.json"

# What is mutated: the rules, the poll and the outbox.
RULES = (
    *("domain/*", "discovery/*", "poll.py", "round.py", "leaving.py", "balancing.py"),
    *("reconciling.py", "recording.py", "delivery.py"),
)
# By which tests: the quick ones. What only a slow one notices is a test that is missing here.
TESTS = (
    *("tests/unit/domain", "tests/unit/discovery", "tests/unit/test_poll_*.py"),
    *("tests/unit/test_delivery.py", "tests/unit/test_health.py", "tests/unit/test_digest.py"),
    *(
        "tests/unit/test_settings.py",
        "tests/unit/test_concerned.py",
        "tests/unit/cli/test_alerting*.py",
    ),
    *("tests/unit/aws/test_topics.py", "tests/unit/aws/test_items.py"),
)
# What a verdict depends on besides the tests and what they import.
BESIDES = (
    *("layers/paywatch/paywatch", "events", "functions", "template.yaml"),
    *("tests/requirements/mutation.txt", "tests/mutation/undecorated.py"),
)
# What those tests read besides.
ALSO = ("tests", "events", "functions", "layers", "template.yaml", "samconfig.toml")
ALSO_TEXT = ("README.md", "CHANGELOG.md")

OPTIONS = (
    *("-q", "--import-mode=importlib", "-m=not bench and not e2e and not live and not soak"),
    *("-pno:cacheprovider", "-ptests.mutation.ending", "-ptests.mutation.likely"),
)
SETTINGS = """\
[tool.pytest.ini_options]
addopts = {options}
consider_namespace_packages = true
pythonpath = ["src", "tests/lab", "."]
markers = ["bench: -", "e2e: -", "live: -", "soak: -", "takes: -"]

[tool.mypy]
strict = true
warn_unused_ignores = false
python_version = "3.11"
mypy_path = "src"
explicit_package_bases = true

[tool.mutmut]
source_paths = ["src"]
only_mutate = {rules}
also_copy = {also}
pytest_add_cli_args_test_selection = {tests}
type_check_command = {types}
use_git_change_detection = false
track_dependencies = false
"""


def prepare(python: str) -> Path:
    """Bring the bench up to date with the checkout; return where it is."""
    BENCH.mkdir(exist_ok=True)
    mirror(PACKAGE, BENCH / "src/paywatch", {p: undecorated(p.read_text()) for p in mutated()})
    for name in (*ALSO, *ALSO_TEXT):
        mirror(ROOT / name, BENCH / name)
    tests = quick_tests()
    mypy = [python, "-m", "mypy", "--output", "json", "--no-error-summary", "src/paywatch"]
    text = SETTINGS.format(
        options=json.dumps(OPTIONS),
        rules=json.dumps([f"src/paywatch/{rule}" for rule in RULES]),
        also=json.dumps([*ALSO, *ALSO_TEXT]),
        tests=json.dumps(tests),
        types=json.dumps(mypy),
    )
    settings = BENCH / "pyproject.toml"
    if not settings.exists() or settings.read_text() != text:
        settings.write_text(text)
    return BENCH


def quick_tests() -> list[str]:
    """Return the files and folders of tests that have to notice."""
    return sorted(str(path.relative_to(ROOT)) for pattern in TESTS for path in ROOT.glob(pattern))


def mutated() -> list[Path]:
    """Return the files that are mutated."""
    return sorted(path for rule in RULES for path in PACKAGE.glob(rule) if path.suffix == ".py")


def not_mutated() -> list[str]:
    """Return the names of the functions in these files that mutmut leaves out all the same."""
    return [name for path in mutated() for name in left_out(path.read_text())]


def follow_the_tests(bench: Path = BENCH) -> None:
    """Let the mutants have the checkout's tests, and no others.

    Which test runs which function is found out anew: mutmut asks that of tests with new names only.
    """
    mutants = bench / "mutants"
    if (mutants / "tests").is_dir():
        mirror(ROOT / "tests", mutants / "tests")
    (mutants / STATS).unlink(missing_ok=True)


def mirror(source: Path, target: Path, instead: Mapping[Path, str] | None = None) -> None:
    """Make the target what the source is, or what stands there `instead` of one of its files.

    What is the same stays untouched.
    """
    instead = instead or {}
    if source.is_file():
        wanted = instead[source].encode() if source in instead else source.read_bytes()
        if not target.exists() or target.read_bytes() != wanted:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(wanted)
        return
    names = {path.name for path in source.iterdir() if path.name != "__pycache__"}
    target.mkdir(parents=True, exist_ok=True)
    for path in target.iterdir():
        if path.name not in names:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name in names:
        mirror(source / name, target / name, instead)
