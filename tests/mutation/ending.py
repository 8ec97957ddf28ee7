"""A test that does not end has failed: a plugin of the runs on the bench, where mutants may loop.

mutmut itself waits for many times as long as all the tests of a mutant take together.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from types import FrameType

import pytest
from hypothesis import Phase, settings

# Seconds of the processor's time; the longest test takes a few.
LONGEST = 20.0
FAILED = 1


def pytest_sessionstart() -> None:
    """Be content with the first example that fails: nobody reads a smaller one."""
    settings.register_profile("mutants", phases=set(Phase) - {Phase.shrink, Phase.explain})
    settings.load_profile("mutants")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    signal.signal(signal.SIGPROF, _give_up)
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _give_up(number: int, frame: FrameType | None) -> None:
    os._exit(FAILED)
