"""Gaps in what was watched, and what is known after polls at certain seconds."""

from __future__ import annotations

from datetime import timedelta

from paywatch.discovery.coverage import Coverage, Gap
from tests.examples import instant


def polled(*seconds: float) -> Coverage:
    """Return what is known after believed polls at these seconds."""
    coverage = Coverage()
    for second in seconds:
        coverage.note(instant(second), True)
    return coverage


def gap(begin: float, end: float, blind: float | None = None) -> Gap:
    """Return a gap between two seconds, of which all, or so many, were not watched."""
    seconds = end - begin if blind is None else blind
    return Gap(instant(begin), instant(end), timedelta(seconds=seconds))
