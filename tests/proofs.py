"""One table of all that was proved in a run of the tests (a plugin of pytest, see conftest.py).

A test that proves something asks for the fixture `proof` and states its figures, before it asserts
that nothing was violated. A proof that failed before it could say so has its row all the same, with
what it failed of; so has a test whose process crashed.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Generator, Iterable, Mapping
from dataclasses import asdict, dataclass
from math import isnan, nan
from textwrap import fill
from typing import Any

import pytest

KEY, ASKED = "proof", "asked for a proof"
# What a run with several processes says of a test in which one of them came to its end.
CRASHED = "???"
# Of a proof that took so many seconds, the row is told as soon as it has ended.
LONG = 60
# So many characters of what a test failed of are told.
WHY = 300
HEADS = ("proof", "cases", "violations", "seed", "seconds")

SEED, HOURS = "PAYWATCH_SEED", "PAYWATCH_HOURS"
# What the environment may tell: what is meant where it does not, and the least that makes sense.
TOLD = {SEED: (0, 0), HOURS: (6, 1)}
DIGITS = 9


def seed_offset() -> int:
    """Return PAYWATCH_SEED, which says where the proofs' seeds begin: 0 unless told."""
    return _number(SEED)


def seeds(count: int, first: int = 0) -> range:
    """Return so many seeds from `first` on; of another PAYWATCH_SEED, others than these."""
    return range(first + count * seed_offset(), first + count * (seed_offset() + 1))


def hours() -> int:
    """How many hours the proof of the biggest crowd polls: PAYWATCH_HOURS, 6 unless told."""
    return _number(HOURS)


def _number(name: str) -> int:
    """Return a number that the environment tells; raise UsageError if it is none."""
    default, least = TOLD[name]
    said = os.environ.get(name, str(default))
    if said.isascii() and said.isdecimal() and len(said) <= DIGITS and int(said) >= least:
        return int(said)
    raise pytest.UsageError(
        f"{name} is {said!r}: a whole number is needed, {least} or more, of at most {DIGITS} digits"
    )


@dataclass(frozen=True)
class Stated:
    """What a proof says of itself: its row in the table, and a sentence below it."""

    name: str
    cases: int
    violations: int
    seed: str = "none"
    figures: str = ""


class Proof:
    """States what a test has proved; may be called more than once."""

    def __init__(self, properties: list[tuple[str, Any]]) -> None:
        self._properties = properties

    def __call__(
        self, name: str, *, cases: int, violations: int, seed: object = "none", figures: str = ""
    ) -> None:
        """Add a row.

        `cases` were tried, of which `violations` broke what is promised; `seed` is what a run needs
        to be the same again ("none" if nothing in it is random); `figures` is for the line below,
        and what comes after its first line is printed as it is.
        """
        stated = Stated(name, cases, violations, str(seed), figures)
        self._properties.append((KEY, asdict(stated)))


@pytest.fixture
def proof(request: pytest.FixtureRequest) -> Proof:
    request.node.user_properties.append((ASKED, True))
    return Proof(request.node.user_properties)


def again(item: pytest.Item, *options: str) -> str:
    """Return the command that runs a test again, and what its marker `again` says of that."""
    told = [f"{SEED}={seed_offset()}", *([f"{HOURS}={hours()}"] if HOURS in os.environ else [])]
    run = shlex.join([".venv/bin/python", "-m", "pytest", "-m", "", *options, item.nodeid])
    marker = item.get_closest_marker("again")
    return "\n".join([" ".join([*told, run]), *(marker.args if marker else ())])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say with a proof that failed how it is run again."""
    report = yield
    if report.failed and "proof" in getattr(item, "fixturenames", ()):
        report.sections.append(("again", again(item)))
    return report


def rows(reports: Iterable[pytest.TestReport]) -> Iterable[tuple[Stated, float]]:
    """Return what the tests stated, and how long each of them took."""
    for report in reports:
        stated = [Stated(**value) for key, value in report.user_properties if key == KEY]  # type: ignore[arg-type]
        if report.when == "teardown":
            # What the test stated was told as its call ended.
            stated = []
        if report.failed and not any(each.violations for each in stated):
            how = "CRASHED" if report.when == CRASHED else "FAILED"
            name = f"{how}: {report.nodeid.split('::')[-1]}"
            stated.append(Stated(name, 0, 1, "unknown", _why(report)))
        for each in stated:
            yield each, nan if report.when == CRASHED else report.duration


def _why(report: pytest.TestReport) -> str:
    """Return in a line what a test failed of."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(report.longrepr or "") if crash is None else crash.message
    return " ".join(text.split())[:WHY]


def _is_proof(report: pytest.TestReport) -> bool:
    """Whether a test asked for the fixture; of one that crashed, nobody knows."""
    asked = any(key in (KEY, ASKED) for key, _ in report.user_properties)
    return asked or report.when == CRASHED


def laid_out(found: Iterable[tuple[Stated, float]]) -> str:
    """Lay the rows out as a table, with the sentences below it."""
    found = list(found)
    cells = [HEADS] + [
        (each.name, f"{each.cases:,}", f"{each.violations:,}", each.seed, _whole(seconds))
        for each, seconds in found
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for name, *others in cells:
        padded = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([name.ljust(widths[0]), *padded]))
    lines.insert(1, "  ".join("-" * width for width in widths))
    told = [_told(each) for each, _ in found if each.figures]
    return "\n".join([*lines, "", *told] if told else lines)


def _whole(seconds: float) -> str:
    return "unknown" if isnan(seconds) else f"{seconds:,.0f}"


def _told(stated: Stated) -> str:
    sentence, *table = stated.figures.splitlines()
    return "\n".join([fill(f"{stated.name}: {sentence}", 100), *table])


class Progress:
    """Tells the rows of long proofs, and of broken ones, as they end.

    Those of hours that are cut short are not lost.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told = report.failed or (report.when == "call" and report.duration >= LONG)
        if not told or not _is_proof(report):
            return
        terminal: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        for stated, seconds in rows([report]):
            terminal.write_line("")
            terminal.write_line(
                f"{stated.name}: {stated.cases:,} cases, {stated.violations:,} violations, "
                f"seed {stated.seed}, {_whole(seconds)} s"
            )
            if stated.figures:
                terminal.write_line(stated.figures)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what the environment tells wrongly, before any test is.

    Tell progress where the terminal is, and not in the processes that run tests for it.
    """
    for name in TOLD:
        _number(name)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Progress(config))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table, if anything in this run was a proof."""
    stats: Mapping[str, list[Any]] = terminalreporter.stats
    reports = [
        report
        for outcome in ("passed", "failed", "error")
        for report in stats.get(outcome, [])
        if isinstance(report, pytest.TestReport) and (report.when == "call" or report.failed)
    ]
    if any(map(_is_proof, reports)):
        terminalreporter.ensure_newline()
        terminalreporter.section("what was proved")
        terminalreporter.write_line(laid_out(rows(reports)))
