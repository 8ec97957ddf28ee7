"""Stored payments that cannot be read: set aside and told, none held up by them, and none lost."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from paylab import LabPayment
from paywatch.discovery.books import UNREADABLE, Books
from paywatch.domain.changes import Record
from paywatch.domain.payments import BUCKETS, Source, bucket_of
from paywatch.memory import MemoryPayments
from tests.examples import ONEPAY, observed, payment, record
from tests.polling import Polling
from tests.unit.discovery.writing import apply

HOUR = timedelta(hours=1)
SET_ASIDE = "1 set aside: what is stored of them cannot be read"
SETTLED = {"compago": "CONFIRMED", "onepay": "paid"}


class Veiled(MemoryPayments):
    """Stored payments of which some cannot be read, as items of another format; reads are kept."""

    def __init__(self) -> None:
        super().__init__()
        self.veiled: set[str] = set()
        self.buckets: list[int] = []
        self.fetched: list[str] = []
        self.saved: list[str] = []

    def watched(
        self, source: Source, bucket: int, unread: set[str] | None = None
    ) -> Sequence[Record]:
        self.buckets.append(bucket)
        records = super().watched(source, bucket)
        return self._seen({each.id: each for each in records}, unread)

    def fetch(
        self, source: Source, ids: Collection[str], unread: set[str] | None = None
    ) -> Mapping[str, Record]:
        self.fetched += ids
        records = super().fetch(source, ids)
        return {each.id: each for each in self._seen(records, unread)}

    def save(self, record: Record, replacing: Record | None) -> None:
        self.saved.append(record.id)
        super().save(record, replacing)

    def _seen(self, records: Mapping[str, Record], unread: set[str] | None) -> list[Record]:
        if unread is not None:
            unread |= self.veiled & records.keys()
        return [each for key, each in records.items() if key not in self.veiled]


def veiled(source: str, count: int, **options: Any) -> tuple[Polling, Veiled, list[LabPayment]]:
    """Return a polling that has read everything once, and its open payments, oldest first."""
    polling, payments = Polling([source], **options), Veiled()
    polling.payments = payments
    world, now = polling.world(source), polling.clock.now()
    opened = [world.add(created_at=now - HOUR * (count - n)) for n in range(count)]
    while "completed" not in (polling.memory("reconcile", source) or {}):
        polling.poll(source)
    return polling, payments, opened


def test_isolation_a_sweep_that_takes_many_polls_goes_on_beside_a_payment_that_cannot_be_read() -> (
    None
):
    polling, payments, opened = veiled("onepay", 600, budget=40)
    payments.veiled.add(opened[595].id)  # on the page that is read first
    mark, walk = (polling.memory(name, "onepay") for name in ("tail", "walk"))
    new = polling.world("onepay").add("paid")
    moved, settled = opened[300:306], opened[100:103]
    for each in moved:
        polling.world("onepay").move(each.id, "processing")
    for each in settled:
        polling.world("onepay").move(each.id, "paid")
    polling.poll("onepay", action="reconcile")
    reports = [polling.poll("onepay") for _ in range(12)]
    assert [polling.told(each.id) for each in (new, *moved, *settled)] == [
        ["paid"],
        *[["processing"]] * 6,
        *[["paid"]] * 3,
    ]
    assert polling.memory("tail", "onepay")["mark"] > mark["mark"]
    assert polling.memory("walk", "onepay")["epoch"] > walk["epoch"]
    assert "current" not in polling.memory("reconcile", "onepay")
    assert all(report["outcome"] == "ok" and report["watching"] for report in reports)


@pytest.mark.parametrize("source", ["compago", "onepay"])
def test_a_payment_that_cannot_be_read_is_told_of_at_every_poll_and_costs_one_read(
    source: str,
) -> None:
    polling, payments, (first, second) = veiled(source, 2)
    payments.veiled.add(second.id)
    assert polling.poll(source)["set_aside"] == 0  # it is as it was: its bucket is not read
    polling.world(source).move(second.id, SETTLED[source])
    polling.poll(source)
    payments.buckets.clear()
    payments.saved.clear()
    for _ in range(15):
        report = polling.poll(source)
        assert (report["outcome"], report["set_aside"]) == ("ok", 1)
        assert report["detail"] == SET_ASIDE
        assert report["watching"]
    assert payments.buckets.count(bucket_of(second.id)) >= 15
    assert payments.buckets.count(bucket_of(first.id)) <= 1
    assert payments.saved == []
    assert polling.alerted() == [(f"contract_drift/{source}", "opened")]
    alert = polling.act(action="alerts")["alerts"][0]
    assert alert["cause"] == "payments of which what is stored cannot be read: 1"
    payments.veiled.clear()
    for _ in range(15):
        polling.poll(source)
    assert polling.told(second.id) == ["paid"]
    assert polling.alerted()[1:] == [(f"contract_drift/{source}", "resolved")]


@pytest.mark.parametrize("by_id", [True, False])
@pytest.mark.parametrize("source", ["compago", "onepay"])
@pytest.mark.parametrize("goes_on", [True, False])
def test_no_loss_what_moved_while_its_payment_could_not_be_read_is_told_when_it_can_be(
    source: str, by_id: bool, goes_on: bool
) -> None:
    polling, payments, opened = veiled(source, 8, by_id=by_id)
    world, hidden = polling.world(source), opened[3]
    payments.veiled.add(hidden.id)
    world.move(hidden.id, SETTLED[source])
    for _ in range(3):
        polling.poll(source)
    if goes_on:
        for each in opened[5:]:  # others come and go in other buckets, and in its own
            world.move(each.id, SETTLED[source])
    beside = next(n for n in range(10**6) if bucket_of(f"n{n}") == bucket_of(hidden.id))
    other = world.add(id=f"n{beside}")
    for _ in range(7):
        polling.poll(source)
    assert polling.told(hidden.id) == []
    assert polling.told(other.id) == ["pending"]
    payments.veiled.clear()
    reports = [polling.poll(source) for _ in range(3)]
    assert polling.told(hidden.id) == ["paid"]
    assert [report["set_aside"] for report in reports] == [0, 0, 0]
    assert polling.audit().ok


def test_no_invention_a_change_is_not_dated_by_walks_that_could_not_be_held_against_the_books() -> (
    None
):
    polling, payments, opened = veiled("onepay", 4)
    hidden = opened[1].id
    payments.veiled.add(hidden)
    for _ in range(3):
        polling.poll("onepay")
    polling.world("onepay").move(hidden, "processing")
    moved = polling.clock.now()
    for _ in range(5):
        polling.poll("onepay")
    payments.veiled.clear()
    polling.poll("onepay")
    assert polling.told(hidden) == ["processing"]
    data = polling.deliveries[-1].event["data"]
    assert data["changed_after"] < moved.isoformat()
    assert polling.audit().ok


def test_no_loss_what_a_payment_owed_that_could_not_be_read_is_published_when_it_can_be() -> None:
    polling, payments, opened = veiled("onepay", 4)
    polling.world("onepay").move(opened[1].id, "paid")
    polling.inbox.fault = "KMSDisabled"
    polling.poll("onepay")
    polling.inbox.fault = None
    payments.veiled.add(opened[1].id)
    assert [polling.poll("onepay")["set_aside"] for _ in range(3)] == [1, 1, 1]
    payments.veiled.clear()
    assert polling.poll("onepay")["published"] == 1
    assert polling.told(opened[1].id) == ["paid"]


@pytest.mark.parametrize("body", ["", "{}", '{"id": "x"'])
def test_isolation_an_event_that_cannot_be_read_is_told_of_and_all_else_is_read_and_published(
    body: str,
) -> None:
    polling, payments, opened = veiled("onepay", 4)
    polling.world("onepay").move(opened[0].id, "paid")
    polling.inbox.fault = "KMSDisabled"
    polling.poll("onepay")
    polling.inbox.fault = None
    owing = payments.fetch(ONEPAY, [opened[0].id])[opened[0].id]
    payments._put(replace(owing, outbox=((1, body),)))
    polling.world("onepay").move(opened[1].id, "paid")
    for _ in range(12):
        report = polling.poll("onepay")
        assert (report["outcome"], report["outbox_left"]) == ("ok", 1)
        assert report["detail"] == f"not published: {owing.id}: its recorded event cannot be read"
    assert polling.told(opened[1].id) == ["paid"]
    assert polling.alerted() == [("delivery_backlog/changes-topic", "opened")]
    payments._put(owing)
    polling.poll("onepay")
    assert polling.told(owing.id) == ["paid"]


def test_isolation_where_nothing_at_all_can_be_read_nothing_is_written_and_nothing_is_told() -> (
    None
):
    polling, payments, opened = veiled("onepay", 30)
    payments.veiled.update(each.id for each in opened)
    moved = [each.id for each in opened[:10]]
    for key in moved:
        polling.world("onepay").move(key, "paid")
    payments.saved.clear()
    payments.fetched.clear()
    assert [polling.poll("onepay")["set_aside"] > 0 for _ in range(4)] == [True] * 4
    assert payments.saved == []
    # Their buckets say so: none is asked for once more.
    assert not payments.veiled.intersection(payments.fetched)
    assert polling.deliveries == []
    payments.veiled.clear()
    for _ in range(2):
        polling.poll("onepay")
    assert [polling.told(key) for key in moved] == [["paid"]] * 10


def test_a_bucket_in_which_something_cannot_be_read_has_no_digest() -> None:
    payments = Veiled()
    payments.save(record(payment("a")), None)
    payments.veiled.add("a")
    books = Books(payments, ONEPAY, {})
    books.load(range(BUCKETS))
    assert books.unreadable == {"a"}
    assert books.value(bucket_of("a")) == UNREADABLE
    again = Books(payments, ONEPAY, {b: books.value(b) for b in range(BUCKETS)})
    assert again.left_marked == [bucket_of("a")]
    assert again.differing([], "2026-03-01T12:00:00.000000Z") == {bucket_of("a")}


def test_no_invention_what_was_read_of_a_payment_that_can_be_read_no_more_is_let_go() -> None:
    payments = Veiled()
    payments.save(record(payment("a")), None)
    books = Books(payments, ONEPAY, {})
    books.find(["a"])
    assert [each.id for each in books.owing] == ["a"]
    payments.veiled.add("a")
    books.load([bucket_of("a")])
    assert books.owing == []
    assert "a" not in books.records


def test_no_loss_a_payment_that_becomes_unreadable_while_it_is_written_is_set_aside() -> None:
    payments = Veiled()
    for key in "ab":
        payments.save(record(payment(key)), None)
    books = Books(payments, ONEPAY, {})
    books.find(["a", "b"])
    # Another release writes to it after it was read.
    payments._put(replace(books.records["a"], version=2))
    payments.veiled.add("a")
    applied = apply(books, [observed(payment(key, "paid"), epoch=2) for key in "ab"])
    assert applied.unwritten == set()
    assert books.unreadable == {"a"}
    assert [change.payment.id for change in applied.changes] == ["b"]
