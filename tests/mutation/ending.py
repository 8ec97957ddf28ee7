"""A test that does not end has noticed: a plugin of the runs on the bench, where mutants may loop.

mutmut itself waits for many times as long as all the tests of a mutant take together. What comes to
no end is told as such, in mutmut's own way.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Generator
from types import FrameType

import pytest
from hypothesis import Phase, settings

# Seconds of the processor's time that a test has: some, and many times what it took without any
# mutant, where that is known.
SPARE, TIMES = 5.0, 20
LONGEST = 60.0
# mutmut's code for what took too long.
TIMEOUT = 36


def pytest_sessionstart() -> None:
    """Be content with the first example that fails: nobody reads a smaller one."""
    settings.register_profile("mutants", phases=set(Phase) - {Phase.shrink, Phase.explain})
    settings.load_profile("mutants")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    signal.signal(signal.SIGPROF, _give_up)
    signal.setitimer(signal.ITIMER_PROF, longest(item.nodeid))
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def longest(test: str) -> float:
    """Return how long a test may take, by what mutmut knows of it."""
    mutmut = sys.modules.get("mutmut.state")
    took = mutmut.state().duration_by_test.get(test) if mutmut else None
    return SPARE + TIMES * took if took else LONGEST


def _give_up(number: int, frame: FrameType | None) -> None:
    os._exit(TIMEOUT)
