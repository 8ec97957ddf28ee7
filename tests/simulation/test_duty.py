"""Who asked nothing has to have read all the same, unless what went before excuses it."""

from __future__ import annotations

from datetime import timedelta

from paylab.faults import ServerError, always
from tests.polling import START, Polling
from tests.simulation.duty import PATIENCE, Duties, Duty

MINUTE, NO_TIME = timedelta(minutes=1), timedelta(0)


def judged(duties: Duties, minute: int, *, struck: bool = False, died: bool = False) -> Duty:
    return duties.judge(START + minute * MINUTE, NO_TIME, struck=struck, died=died)


def duties() -> Duties:
    return Duties(Polling(["onepay"]).lab, NO_TIME)


def test_a_poll_that_asked_nothing_was_due() -> None:
    assert judged(duties(), 0) is Duty.DUE


def test_a_poll_that_was_answered_with_a_fault_was_disturbed() -> None:
    polling = Polling(["onepay"])
    judge = Duties(polling.lab, NO_TIME)
    polling.tick()
    assert judged(judge, 0) is Duty.DUE
    polling.lab.faults = [ServerError(when=always())]
    polling.tick()
    assert judged(judge, 1) is Duty.DISTURBED


def test_the_lease_of_a_run_that_died_excuses_for_a_minute() -> None:
    judge = duties()
    assert judged(judge, 0, died=True) is Duty.DISTURBED
    behind = judge.judge(START + MINUTE, -timedelta(seconds=1), struck=False, died=False)
    assert behind is Duty.EXCUSED
    assert judged(judge, 1) is Duty.DUE


def test_a_provider_is_left_alone_after_many_failures_and_not_for_long() -> None:
    judge = duties()
    for minute in range(PATIENCE - 1):
        judged(judge, minute, struck=True)
    assert judged(judge, PATIENCE - 1) is Duty.DUE
    for minute in range(PATIENCE):
        judged(judge, 10 + minute, struck=True)
    last = 10 + PATIENCE - 1
    assert judged(judge, last + 3) is Duty.EXCUSED
    assert judged(judge, last + 4) is Duty.DUE
