"""Each kind of alert from what a provider does to what a person is told, poll by poll."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from paylab.faults import Emptied, Fault, Malformed, ServerError, TooManyRequests, always, where
from paywatch.discovery.stillness import Stillness
from paywatch.domain.thresholds import Thresholds
from paywatch.health import LONGEST_REST
from tests.polling import Polling

HOUR = timedelta(hours=1)
OPEN = {"compago": "PENDING", "onepay": "processing"}


def begun(source: str, **options: Any) -> Polling:
    """Return a polling with a baseline and some open payments."""
    polling = Polling([source], **options)
    for number in range(30):
        polling.world(source).add(
            OPEN[source], created_at=polling.clock.now() - HOUR * 0.01 * number
        )
    polling.thresholds = Thresholds(overdue_ceiling_hours=100)
    for _ in range(4):
        polling.poll(source)
    return polling


def lived(polling: Polling, minutes: int) -> list[tuple[str, str]]:
    """Poll for so many minutes; return the alerts that were told."""
    before = len(polling.mailbox.told)
    for _ in range(minutes):
        polling.tick()
    return polling.alerted()[before:]


def last(polling: Polling) -> dict[str, Any]:
    """Return the data of the last message."""
    data: dict[str, Any] = json.loads(polling.mailbox.told[-1].bodies["sqs"])["data"]
    return data


@pytest.mark.parametrize("source", ["compago", "onepay"])
@pytest.mark.parametrize("fault", [ServerError(when=always()), TooManyRequests(when=always())])
def test_a_provider_that_is_away_is_told_once_and_its_return_once(
    source: str, fault: Fault
) -> None:
    polling = begun(source)
    polling.lab.faults = [fault]
    assert lived(polling, 5) == []
    assert lived(polling, 25) == [(f"provider_unreachable/{source}", "opened")]
    assert last(polling)["count"] == 30
    assert list(last(polling)["money"])
    polling.lab.faults = []
    assert lived(polling, 10) == [(f"provider_unreachable/{source}", "resolved")]
    assert lived(polling, 30) == []


def test_one_bad_poll_in_three_is_no_alert() -> None:
    polling = begun("onepay")
    for number in range(45):
        polling.lab.faults = [ServerError(when=always())] if number % 3 == 0 else []
        polling.tick()
    assert polling.alerted() == []


def test_a_provider_that_fails_is_asked_less_and_less_and_found_again_by_itself() -> None:
    polling = begun("onepay")
    polling.lab.faults = [ServerError(when=always())]
    outcomes = [polling.poll("onepay")["outcome"] for _ in range(40)]
    tried = [number for number, outcome in enumerate(outcomes) if outcome == "unavailable"]
    pauses = [b - a for a, b in pairwise(tried)]
    assert pauses[:4] == [1, 1, 1, 1]
    assert pauses[4:7] == [2, 4, 4]
    assert max(pauses) == LONGEST_REST / timedelta(minutes=1)
    polling.lab.faults = []
    again = [polling.poll("onepay")["outcome"] for _ in range(4)]
    assert "ok" in again
    assert [polling.poll("onepay")["outcome"] for _ in range(5)] == ["ok"] * 5


def test_a_key_that_is_refused_twice_is_told_and_one_that_is_turned_in_time_is_not() -> None:
    polling = begun("compago")
    world = polling.world("compago")
    old = world.api_key
    world.api_key = "another"
    assert lived(polling, 1) == []
    polling._providers.clear()  # the key is read anew
    assert lived(polling, 5) == []
    world.api_key = old
    assert lived(polling, 1) == []
    assert lived(polling, 2) == [("credentials_rejected/compago", "opened")]
    assert "401" in last(polling)["cause"]
    polling._providers.clear()
    assert lived(polling, 10) == [("credentials_rejected/compago", "resolved")]


def test_an_answer_of_another_shape_is_told() -> None:
    polling = begun("compago")
    polling.lab.faults = [Malformed(when=always(), forms=("html",))]
    assert lived(polling, 30) == [("contract_drift/compago", "opened")]
    polling.lab.faults = []
    assert lived(polling, 30) == [("contract_drift/compago", "resolved")]


def test_a_part_that_cannot_be_read_is_told_though_the_open_lists_are() -> None:
    polling = begun("onepay")
    polling.lab.faults = [ServerError(when=where("sort=-created_at"))]
    assert polling.poll("onepay")["watching"] is True
    assert lived(polling, 30) == [("contract_drift/onepay", "opened")]


@pytest.mark.parametrize("word", ["refunded", "paid"])
def test_a_list_that_is_read_in_one_poll_of_four_is_told_once_and_so_is_its_end(
    word: str,
) -> None:
    polling = begun("onepay")
    polling.lab.faults = [Malformed(when=where(f"={word}&"), forms=("html",))]
    assert lived(polling, 40) == [("contract_drift/onepay", "opened")]
    assert f"the list {word} cannot be read" in last(polling)["cause"]
    polling.lab.faults = []
    assert lived(polling, 40) == [("contract_drift/onepay", "resolved")]


def test_a_provider_that_fails_most_of_the_time_is_told_once_and_its_end_once() -> None:
    polling = begun("onepay")
    told: list[tuple[str, str]] = []
    for number in range(90):
        polling.lab.faults = [ServerError(when=always())] if number % 3 else []
        told += lived(polling, 1)
    assert told == [("provider_unreachable/onepay", "opened")]
    assert "in only" in last(polling)["cause"]
    polling.lab.faults = []
    assert lived(polling, 90) == [("provider_unreachable/onepay", "resolved")]


def test_a_provider_that_fails_now_and_then_hides_no_overdue_payment() -> None:
    polling = begun("onepay")
    polling.thresholds = Thresholds(overdue_ceiling_hours=3, overdue_floor_minutes=1)
    told: list[tuple[str, str]] = []
    for minute in range(8 * 60):
        polling.lab.faults = [ServerError(when=always())] if minute % 24 < 5 else []
        told += lived(polling, 1)
    assert ("payment_overdue/onepay", "opened") in told


def test_alerts_end_without_a_word_when_their_source_is_no_longer_watched() -> None:
    polling = Polling(["compago", "onepay"])
    polling.lab.faults = [ServerError(when=always(), source="compago/default")]
    assert lived(polling, 20) == [("provider_unreachable/compago", "opened")]
    polling.sources = polling.sources[1:]
    assert lived(polling, 60) == []
    assert polling.act(action="alerts")["alerts"] == []


def test_a_status_that_nobody_knows_is_told() -> None:
    polling = begun("onepay")
    polling.world("onepay").add("on_hold", created_at=polling.clock.now())
    assert lived(polling, 30) == [("contract_drift/onepay", "opened")]
    assert "on_hold" in last(polling)["cause"]


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


def test_what_subscribers_do_not_receive_is_told() -> None:
    polling = begun("onepay")
    polling.subscribers.failures = [polling.clock.now() + timedelta(minutes=5)] * 3
    assert lived(polling, 15) == [("delivery_backlog/subscribers", "opened")]
    assert last(polling)["cause"].startswith("SNS gave up 3 deliveries")
    assert lived(polling, 30) == [("delivery_backlog/subscribers", "resolved")]


def test_what_subscribers_receive_again_is_told_though_a_source_is_never_free() -> None:
    polling = Polling(["compago", "onepay"])
    polling.subscribers.failures = [polling.clock.now() + timedelta(minutes=5)] * 3
    for _ in range(60):
        polling.poll("onepay")
    assert polling.alerted() == [
        ("delivery_backlog/subscribers", "opened"),
        ("delivery_backlog/subscribers", "resolved"),
    ]


def test_changes_that_cannot_be_published_are_told_after_ten_minutes() -> None:
    polling = begun("onepay")
    polling.inbox.fault = "AuthorizationError: not today"
    polling.world("onepay").move(polling.world("onepay").payments()[0].id, "paid")
    assert lived(polling, 10) == []
    assert lived(polling, 10) == [("delivery_backlog/changes-topic", "opened")]
    assert (last(polling)["count"], last(polling)["subject"]) == (1, "changes-topic")
    polling.inbox.fault = None
    assert lived(polling, 10) == [("delivery_backlog/changes-topic", "resolved")]


def test_a_dry_run_tells_nothing() -> None:
    polling = begun("onepay")
    polling.lab.faults = [ServerError(when=always())]
    for _ in range(20):
        polling.tick(dry_run=True)
    assert polling.alerted() == []


def test_an_alert_of_one_source_says_nothing_of_the_other() -> None:
    polling = Polling(["compago", "onepay"])
    polling.lab.faults = [ServerError(when=always(), source="compago/default")]
    assert lived(polling, 20) == [("provider_unreachable/compago", "opened")]


# --- What was once missed ------------------------------------------------------------------------


def test_a_bad_poll_now_and_then_hides_no_status_that_nobody_knows() -> None:
    polling = begun("onepay")
    polling.world("onepay").add("on_hold", created_at=polling.clock.now())
    told: list[tuple[str, str]] = []
    for number in range(60):
        polling.lab.faults = [ServerError(when=always())] if number % 5 == 4 else []
        told += lived(polling, 1)
    assert told == [("contract_drift/onepay", "opened")]


@pytest.mark.parametrize("status", [403, 429])
def test_a_settled_list_that_is_refused_for_ever_is_told_and_costs_no_other_list(
    status: int,
) -> None:
    polling = begun("onepay")
    polling.lab.faults = [ServerError(when=where("=refunded&"), statuses=(status,))]
    assert lived(polling, 60) == [("contract_drift/onepay", "opened")]
    assert all(each["sources"]["onepay"]["watching"] for each in polling.reports[-40:])


@pytest.mark.parametrize("minutes", [1, 5, 15, 60])
@pytest.mark.parametrize("source", ["compago", "onepay"])
@pytest.mark.parametrize("fault", [ServerError, Malformed])
def test_one_bad_poll_is_no_alert_on_any_schedule(
    source: str, minutes: int, fault: type[ServerError] | type[Malformed]
) -> None:
    polling = begun(source, every=timedelta(minutes=minutes))
    polling.lab.faults = [fault(when=always())]
    assert lived(polling, 1) == []
    polling.lab.faults = []
    assert lived(polling, 12) == []


def test_one_bad_page_deep_in_a_list_is_no_alert_for_a_day() -> None:
    polling = Polling(["onepay"])
    world = polling.world("onepay")
    payments = [world.add("processing", created_at=polling.clock.now() - HOUR) for _ in range(60)]
    for _ in range(6):
        polling.poll("onepay")
    for payment in payments[:26]:
        world.move(payment.id, "paid")
    polling.lab.faults = [Malformed(when=where("page=2&filter%5Bstatus%5D=paid"), forms=("html",))]
    lived(polling, 1)
    polling.lab.faults = []
    assert lived(polling, 60) == []


@pytest.mark.parametrize("minutes", [1, 15, 20, 60])
def test_subscribers_that_are_not_reached_are_told_on_any_schedule(minutes: int) -> None:
    polling = begun("onepay", every=timedelta(minutes=minutes))
    soon = timedelta(seconds=30)
    for _ in range(8):
        polling.subscribers.failures.append(polling.clock.now() + soon)
        polling.tick()
    told = polling.alerted()
    assert told[0] == ("delivery_backlog/subscribers", "opened")
    assert {step for _, step in told[1:]} <= {"updated"}


@pytest.mark.parametrize("source", ["compago", "onepay"])
def test_a_payment_whose_question_always_fails_is_told(source: str) -> None:
    polling = begun(source)
    gone = polling.world(source).payments()[0].id
    del polling.world(source)._payments[gone]
    polling.world(source)._changed(gone)
    polling.lab.faults = [ServerError(when=where(gone))]
    assert lived(polling, 80) == [(f"payment_unexplained/{source}", "opened")]


@pytest.mark.parametrize(("source", "word"), [("compago", "ON_HOLD"), ("onepay", "on_hold")])
def test_a_status_that_cannot_even_be_asked_for_is_told_and_its_payments_are_explained(
    source: str, word: str
) -> None:
    polling = begun(source)
    polling.lab.faults = [ServerError(when=where(f"={word}"), statuses=(422,))]
    polling.world(source).add(word, created_at=polling.clock.now())
    assert lived(polling, 180) == [(f"contract_drift/{source}", "opened")]
    assert word in last(polling)["cause"]


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
