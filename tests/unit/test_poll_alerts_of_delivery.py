"""Alerts about what is not delivered, poll by poll."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.polling import Polling
from tests.unit.lasting import begun, last, lived


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
