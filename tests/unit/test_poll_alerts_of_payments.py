"""Alerts about payments, from what happens to them to what a person is told, poll by poll."""

from __future__ import annotations

import pytest

from paylab.faults import Emptied, ServerError, always, where
from paywatch.discovery.stillness import Stillness
from paywatch.domain.thresholds import Thresholds
from tests.polling import Polling
from tests.unit.lasting import begun, last, lived


def test_a_provider_that_fails_now_and_then_hides_no_overdue_payment() -> None:
    polling = begun("onepay")
    polling.thresholds = Thresholds(overdue_ceiling_hours=3, overdue_floor_minutes=1)
    told: list[tuple[str, str]] = []
    for minute in range(8 * 60):
        polling.lab.faults = [ServerError(when=always())] if minute % 24 < 5 else []
        told += lived(polling, 1)
    assert ("payment_overdue/onepay", "opened") in told


def test_lists_that_turn_empty_are_told_as_one_thing() -> None:
    polling = begun("compago")
    polling.lab.faults = [Emptied(when=where("status=PENDING"))]
    assert lived(polling, 90) == [("mass_disappearance/compago", "opened")]
    polling.lab.faults = []
    assert lived(polling, 20) == [("mass_disappearance/compago", "resolved")]


def test_overdue_payments_are_one_alert_and_time_in_which_nobody_looked_does_not_count() -> None:
    polling = begun("onepay")
    polling.thresholds = Thresholds(overdue_ceiling_hours=1, overdue_floor_minutes=1)
    assert lived(polling, 40) == []
    polling.clock.advance(3 * 3600)  # nobody polls
    # What was waited before the gap counts, and the grace of two polls is kept.
    assert lived(polling, 10) == []
    assert lived(polling, 30) == [("payment_overdue/onepay", "opened")]
    assert last(polling)["count"] == 30
    assert last(polling)["ages"] == {"1 to 6 h": 30}
    assert len(last(polling)["oldest"]) == 5
    for payment in polling.world("onepay").payments():
        polling.world("onepay").move(payment.id, "paid")
    assert lived(polling, 15) == [("payment_overdue/onepay", "resolved")]


def test_payments_that_wait_for_their_payer_are_not_overdue() -> None:
    polling = Polling(["onepay"])
    for _ in range(5):
        polling.world("onepay").add("created", created_at=polling.clock.now())
    polling.thresholds = Thresholds(overdue_ceiling_hours=1, overdue_floor_minutes=1)
    assert lived(polling, 180) == []


def test_payments_that_nothing_explains_are_told_and_a_person_can_close_that() -> None:
    polling = begun("onepay")
    world = polling.world("onepay")
    gone = [payment.id for payment in world.payments()[:2]]
    for payment_id in gone:
        del world._payments[payment_id]
        world._changed(payment_id)
    assert lived(polling, 55) == []
    assert lived(polling, 20) == [("payment_unexplained/onepay", "opened")]
    assert {row["payment_id"] for row in last(polling)["oldest"]} == set(gone)
    polling.act(
        action="ack", alert="payment_unexplained/onepay", who="ana", why="deleted", close=True
    )
    assert lived(polling, 60) == [("payment_unexplained/onepay", "resolved")]
    assert lived(polling, 240) == []
    assert polling.stored(gone[0], "onepay") is not None


@pytest.mark.parametrize("source", ["compago", "onepay"])
def test_a_payment_whose_question_always_fails_is_told(source: str) -> None:
    polling = begun(source)
    gone = polling.world(source).payments()[0].id
    del polling.world(source)._payments[gone]
    polling.world(source)._changed(gone)
    polling.lab.faults = [ServerError(when=where(gone))]
    assert lived(polling, 80) == [(f"payment_unexplained/{source}", "opened")]


def test_two_stops_with_a_poll_in_between_make_nothing_overdue() -> None:
    polling = begun("onepay")
    polling.thresholds = Thresholds()
    polling.clock.advance(13 * 3600)
    assert lived(polling, 1) == []
    polling.clock.advance(24 * 3600)
    assert lived(polling, 10) == []


def test_a_clock_that_leapt_ahead_and_back_delays_no_alert_beyond_a_day() -> None:
    polling = begun("onepay")
    polling.thresholds = Thresholds(overdue_ceiling_hours=2, overdue_floor_minutes=1)
    polling.clock.leap(30 * 86_400)
    lived(polling, 3)
    polling.clock.leap(-30 * 86_400)
    told: list[tuple[str, str]] = []
    for _ in range(26 * 4):
        polling.clock.advance(14 * 60)
        told += lived(polling, 1)
    assert ("payment_overdue/onepay", "opened") in told


def test_what_may_be_frozen_is_not_called_overdue(monkeypatch: pytest.MonkeyPatch) -> None:
    polling = begun("onepay")
    polling.thresholds = Thresholds(overdue_ceiling_hours=1, overdue_floor_minutes=1)
    monkeypatch.setattr(Stillness, "doubtful", lambda still, moves: True)
    assert lived(polling, 90) == []
    monkeypatch.undo()
    assert lived(polling, 2) == [("payment_overdue/onepay", "opened")]
