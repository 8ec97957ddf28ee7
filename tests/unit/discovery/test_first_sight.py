"""A payment that is seen for the first time: news, or what was there before the watch."""

from __future__ import annotations

from typing import Any

import pytest

from paywatch.discovery.ledger import EXPIRY_GRACE, Outcome, judge
from paywatch.domain.changes import stamp
from paywatch.domain.payments import Status, timestamp
from tests.examples import ONEPAY, WATCH, at, observed, payment, rules

WORDS = ["created", "processing", "paid", "failed", "refunded", "disputed", "a word of its own"]


@pytest.mark.parametrize("word", WORDS)
def test_a_payment_whose_every_date_lies_before_the_watch_is_recorded_in_silence(
    word: str,
) -> None:
    row = payment(word=word, created_at=at(-600), paid_at=at(-300))
    ruling = judge(rules(), None, observed(row))
    assert ruling.outcome is Outcome.SILENT
    assert ruling.record is not None
    assert (ruling.record.version, ruling.record.published) == (0, 0)
    assert ruling.record.status is row.status
    assert ruling.record.source == ONEPAY
    assert (ruling.record.seen, ruling.record.first_seen) == (stamp(1, 1), at(60))
    assert not ruling.record.history
    assert not ruling.record.outbox


@pytest.mark.parametrize(
    "dates",
    [
        {"created_at": at(5)},
        {"created_at": at(0)},
        {"created_at": at(-600), "updated_at": at(5)},
        {"created_at": at(-600), "paid_at": at(5)},
        {"created_at": None, "paid_at": at(5)},
    ],
)
def test_a_payment_with_one_date_in_the_watch_is_announced(dates: dict[str, Any]) -> None:
    ruling = judge(rules(), None, observed(payment(word="paid", **dates)))
    assert ruling.outcome is Outcome.CHANGED
    assert ruling.record is not None
    (change,) = ruling.record.history
    assert (change.version, change.previous_status) == (1, None)
    assert change.changed_after is None
    assert change.changed_before == at(60)
    assert [version for version, _ in ruling.record.outbox] == [1]


def test_the_watch_begins_with_its_second_because_rows_have_whole_seconds() -> None:
    assert judge(rules(), None, observed(payment(created_at=at(0)))).outcome is Outcome.CHANGED
    before = payment(created_at=at(-1))
    assert judge(rules(), None, observed(before)).outcome is Outcome.SILENT


def test_by_a_slow_clock_of_the_provider_the_watch_began_earlier() -> None:
    row = payment(created_at=at(-100))
    assert judge(rules(), None, observed(row, dated=120)).outcome is Outcome.CHANGED
    assert judge(rules(), None, observed(row, dated=60)).outcome is Outcome.SILENT


def test_by_a_fast_clock_of_the_provider_the_watch_began_later() -> None:
    row = payment(created_at=at(500))
    assert judge(rules(), None, observed(row, dated=-600)).outcome is Outcome.SILENT
    assert judge(rules(), None, observed(row, dated=-400)).outcome is Outcome.CHANGED


def test_a_date_header_that_is_a_few_seconds_old_is_no_slow_clock() -> None:
    row = payment(created_at=at(-3))
    assert judge(rules(), None, observed(row, dated=5)).outcome is Outcome.SILENT
    assert judge(rules(), None, observed(row, dated=None)).outcome is Outcome.SILENT


def test_a_row_without_dates_is_silent_only_until_the_open_lists_were_read_once() -> None:
    row = payment(created_at=None)
    assert judge(rules(baseline=True), None, observed(row)).outcome is Outcome.SILENT
    assert judge(rules(baseline=False), None, observed(row)).outcome is Outcome.CHANGED


def test_a_row_that_is_news_by_its_list_is_announced_though_its_dates_are_old() -> None:
    row = payment(word="refunded", created_at=at(-600), paid_at=at(-300))
    ruling = judge(rules(baseline=True), None, observed(row, news=True))
    assert ruling.outcome is Outcome.CHANGED


def test_a_payment_that_had_expired_before_the_watch_is_recorded_as_such_in_silence() -> None:
    row = payment(word="PENDING", created_at=at(-9000), expires_at=at(-600))
    ruling = judge(rules(), None, observed(row))
    assert ruling.outcome is Outcome.SILENT
    assert ruling.record is not None
    assert ruling.record.status is Status.EXPIRED
    assert ruling.record.version == 0


def test_a_payment_that_expires_as_the_watch_begins_is_announced() -> None:
    row = payment(word="PENDING", created_at=at(-9000), expires_at=timestamp(WATCH - EXPIRY_GRACE))
    assert judge(rules(), None, observed(row)).outcome is Outcome.CHANGED


def test_a_payment_from_before_the_watch_that_expired_in_it_is_announced_as_expired() -> None:
    row = payment(word="PENDING", created_at=at(-9000), expires_at=at(10))
    ruling = judge(rules(), None, observed(row, seconds=300))
    assert ruling.outcome is Outcome.CHANGED
    assert ruling.record is not None
    (change,) = ruling.record.history
    assert (change.version, change.status, change.previous_status) == (
        1,
        Status.EXPIRED,
        Status.PENDING,
    )


def test_what_is_recorded_carries_the_stamp_and_the_instant_of_its_reading() -> None:
    reading = observed(payment(), request=9, epoch=4, seconds=75)
    record = judge(rules(), None, reading).record
    assert record is not None
    assert record.seen == reading.seen
    assert record.first_seen == at(75)
    assert record.since == at(74)
