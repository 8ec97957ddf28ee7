"""A case that comes to no end is told of as such, with what it was; a busy machine ends none."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tests.faults import crossroads
from tests.faults.crossroads import Case, Crossroads
from tests.gates import Fault
from tests.integration.aws_line import Call

TIMERS = (signal.ITIMER_PROF, signal.ITIMER_REAL)


def struck(does: Callable[[Crossroads], object]) -> list[Case]:
    """Let a case do something at its fault, in a process of its own."""
    stage: Any = SimpleNamespace(line=SimpleNamespace(), ticks=[], sources=[])
    errors: Any = SimpleNamespace(ClientError=OSError)
    call = Call(SimpleNamespace(exceptions=errors), "Publish", {})
    roads = Crossroads(stage, [Fault.DEATH_AFTER])
    roads.open = True

    def send() -> None:
        if roads.struck:
            try:
                does(roads)
            finally:
                os._exit(7)

    stage.line.carry(call, send)
    return roads.arrive(0, [], None)


def loops(roads: Crossroads) -> None:
    while True:
        pass


def waits(roads: Crossroads) -> None:
    signal.pause()


@pytest.mark.parametrize(
    ("does", "why"),
    [
        (loops, "no end within 120 seconds of the processor's time"),
        (waits, "no end within 3600 seconds: it waits for ever"),
        (lambda roads: None, "it told nothing, and ended with 7"),
        (lambda roads: os.kill(os.getpid(), signal.SIGKILL), "it told nothing, and ended with -9"),
    ],
)
def test_a_case_that_comes_to_no_end_is_a_finding_that_says_so(
    does: Callable[[Crossroads], object], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if does is loops:
        monkeypatch.setattr(crossroads, "LONGEST_CASE", 0.1)
    if does is waits:
        monkeypatch.setattr(crossroads, "LONGEST_WAIT", 0.1)
    (case,) = struck(does)
    assert (case.number, case.operation, case.fault) == (1, "Publish", Fault.DEATH_AFTER.value)
    assert case.findings == [why]


def test_what_a_case_may_take_is_of_its_own_time() -> None:
    def tell(roads: Crossroads) -> None:
        own, on_the_wall = (signal.getitimer(timer)[0] for timer in TIMERS)
        roads.arrive(0, [f"{110 < own < 121}, {0 < on_the_wall < 3601}"], None)

    (case,) = struck(tell)
    assert case.findings == ["True, True"]
