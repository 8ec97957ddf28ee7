"""Which faults are cases; one that comes to no end is told of as such, with what it was, and a busy
machine ends none.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tests.faults import crossroads
from tests.faults.crossroads import FAULTS, PUBLICATIONS, Case, Crossroads, Share, fits
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


def taken(share: Share) -> list[tuple[int, Fault, str]]:
    """Return the faults that a share takes of twelve writes of each kind, a read beside each."""
    key = {"Key": {"sk": {"S": "control"}}}
    kinds = [("UpdateItem", {}), ("UpdateItem", key), ("PublishBatch", {}), ("Query", {})]
    calls = [Call(None, operation, params) for _ in range(12) for operation, params in kinds]
    return [
        (number, fault, call.kind)
        for number, call in enumerate(calls)
        for fault in FAULTS
        if fits(fault, call) and share.takes(fault, call)
    ]


def test_a_share_has_as_many_of_each_kind_and_three_in_a_row_have_all() -> None:
    shares = [taken(Share(3, seed)) for seed in range(3)]
    for share in shares:
        assert {Counter((fault, kind) for _, fault, kind in share)[of] for of in kinds()} == {4}
    together = [each for share in shares for each in share]
    assert sorted(map(str, together)) == sorted(map(str, taken(Share())))


def test_what_is_taken_whole_is_in_every_share() -> None:
    of_one = Counter((f, k) for _, f, k in taken(Share(3, 1, {Fault.DEATH_AFTER, *PUBLICATIONS})))
    assert {of: of_one[of] for of in kinds()} == {
        of: 12 if of[0] is Fault.DEATH_AFTER or of[1] in PUBLICATIONS else 4 for of in kinds()
    }


def kinds() -> set[tuple[Fault, str]]:
    return {(fault, kind) for _, fault, kind in taken(Share())}
