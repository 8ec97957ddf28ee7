"""The payments that an alert concerns are counted whole, or it says that they are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from paywatch.concerned import OLDER, OLDEST, Chosen, summary
from paywatch.discovery.coverage import Coverage, Gap
from paywatch.domain.alerts import Detail
from paywatch.domain.changes import Record
from paywatch.domain.payments import BUCKETS, Source
from paywatch.memory import MemoryPayments
from tests.examples import COMPAGO, ONEPAY, at, instant, payment, record
from tests.unit.discovery.shelf import so_often

HOUR, DAY = 3600, 86_400


def waiting(
    payment_id: str, since: float = 0, source: Source = ONEPAY, word: str = "created", **fields: Any
) -> Record:
    """Return a payment in a status that was first read at `since`."""
    stored = record(payment(payment_id, word, **fields))
    return replace(stored, source=source, since=at(since))


def stored(*records: Record) -> MemoryPayments:
    payments = MemoryPayments()
    for each in records:
        payments.save(each, None)
    return payments


def everything(record: Record) -> bool:
    return True


def test_those_that_are_wanted_are_read_source_by_source() -> None:
    payments = stored(
        *(waiting(str(n)) for n in range(100)),
        *(waiting(str(n), source=COMPAGO) for n in range(3)),
        waiting("p", source=Source("onepay", "norte")),
    )
    chosen = Chosen(payments, [COMPAGO, ONEPAY], lambda record: int(record.id) % 2 == 0)
    found = [(each.source, each.id) for each in chosen]
    assert sorted(found[:2]) == [(COMPAGO, "0"), (COMPAGO, "2")]
    assert {source for source, _ in found[2:]} == {ONEPAY}
    assert sorted(int(x) for _, x in found[2:]) == list(range(0, 100, 2))
    assert not chosen.partial


def test_what_owes_a_change_is_there_too_and_what_is_done_is_not() -> None:
    owing = waiting("a", word="paid")
    done = replace(waiting("b", word="paid"), published=1, outbox=())
    assert owing.owes
    assert not done.watched
    chosen = Chosen(stored(owing, done), [ONEPAY], everything)
    assert [each.id for each in chosen] == ["a"]


def test_it_stops_where_time_is_up_and_says_so() -> None:
    class Counting(MemoryPayments):
        reads = 0

        def watched(
            self, source: Source, bucket: int, unread: set[str] | None = None
        ) -> Sequence[Record]:
            self.reads += 1
            return super().watched(source, bucket, unread)

    payments = Counting()
    chosen = Chosen(payments, [ONEPAY, COMPAGO], everything, so_often(BUCKETS + 3))
    assert not chosen.partial
    assert list(chosen) == []
    assert chosen.partial
    assert payments.reads == BUCKETS + 3


def test_with_just_enough_time_it_is_whole() -> None:
    chosen = Chosen(stored(waiting("a")), [ONEPAY], everything, so_often(BUCKETS))
    assert [each.id for each in chosen] == ["a"]
    assert not chosen.partial


def test_of_no_payments_there_is_nothing_to_say() -> None:
    assert summary([], instant(0)) == Detail(oldest=[])
    assert list(Chosen(stored(waiting("a")), [], everything)) == []


@pytest.mark.parametrize(
    ("age", "name"),
    [
        (-60, "under 1 h"),
        (0, "under 1 h"),
        (HOUR - 0.001, "under 1 h"),
        (HOUR, "1 to 6 h"),
        (6 * HOUR - 0.001, "1 to 6 h"),
        (6 * HOUR, "6 to 24 h"),
        (DAY - 0.001, "6 to 24 h"),
        (DAY, "1 to 7 d"),
        (7 * DAY - 0.001, "1 to 7 d"),
        (7 * DAY, OLDER),
        (900 * DAY, OLDER),
    ],
)
def test_an_age_is_told_by_its_range(age: float, name: str) -> None:
    assert summary([waiting("a")], instant(age)).ages == {name: 1}


def test_ages_are_told_from_the_youngest_to_the_oldest_without_those_that_are_none() -> None:
    now = instant(30 * DAY)
    ages = [0, 10 * DAY, 60, 2 * DAY, 9 * DAY]
    records = [waiting(str(n), 30 * DAY - age) for n, age in enumerate(ages)]
    assert list(summary(records, now).ages.items()) == [
        ("under 1 h", 2),
        ("1 to 7 d", 1),
        (OLDER, 2),
    ]


def test_time_that_nobody_watched_makes_no_payment_older() -> None:
    coverage = Coverage(gaps=[Gap(instant(HOUR), instant(7 * HOUR), timedelta(hours=6))])
    record = waiting("a")
    assert summary([record], instant(7.5 * HOUR)).ages == {"6 to 24 h": 1}
    assert summary([record], instant(7.5 * HOUR), coverage).ages == {"1 to 6 h": 1}
    assert summary([record], instant(4 * HOUR), coverage).ages == {"1 to 6 h": 1}


def test_the_oldest_are_told_with_what_a_person_looks_them_up_by() -> None:
    records = [waiting(f"p{n}", since=n) for n in reversed(range(OLDEST + 3))]
    first = waiting("p0", since=-5, word="processing", external_id="order-7", amount="10.00")
    detail = summary([*records[:-1], first], instant(60))
    assert detail.count == OLDEST + 3
    assert detail.oldest[0] == {
        "payment_id": "p0",
        "external_id": "order-7",
        "status": "processing",
        "amount": "10.00",
        "currency": "MXN",
        "since": at(-5),
    }
    assert [row["payment_id"] for row in detail.oldest] == ["p0", "p1", "p2", "p3", "p4"]


def test_of_the_same_age_they_are_told_by_their_ids() -> None:
    records = [waiting(payment_id) for payment_id in "badc"]
    assert [row["payment_id"] for row in summary(records, instant(0)).oldest] == list("abcd")


def test_money_is_added_up_by_currency() -> None:
    records = [
        waiting("a", amount="1.10"),
        waiting("b", amount="2.20"),
        waiting("c", amount="3", currency="COP"),
        waiting("d", amount=None, currency=None),
    ]
    detail = summary(records, instant(0))
    assert detail.money == {"COP": "3", "MXN": "3.30"}
    assert detail.count == 4
    assert detail.oldest[3]["amount"] is None


def test_whether_it_is_partial_is_asked_after_all_were_read() -> None:
    assert not summary([], instant(0)).partial
    chosen = Chosen(stored(waiting("a")), [ONEPAY], everything, so_often(BUCKETS - 1))
    assert summary(chosen, instant(0), partial=lambda: chosen.partial).partial
    whole = Chosen(stored(waiting("a")), [ONEPAY], everything, so_often(BUCKETS))
    assert not summary(whole, instant(0), partial=lambda: whole.partial).partial
