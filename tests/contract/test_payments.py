"""The rules of stored payments."""

from __future__ import annotations

from dataclasses import replace

import pytest

from paywatch.domain.changes import Record, stamp
from paywatch.domain.payments import BUCKETS, Origin, Source, Status, bucket_of
from paywatch.errors import RowError, StaleState
from paywatch.ports import Payments
from tests.contract.records import COMPAGO, NORTE, ONEPAY, acknowledged, moved, opened


def stored(payments: Payments, record: Record) -> Record | None:
    """Read one record back."""
    return payments.fetch(record.source, [record.id]).get(record.id)


def watched(payments: Payments, source: Source = COMPAGO) -> dict[str, Record]:
    """Read the index of every bucket."""
    return {
        record.id: record
        for bucket in range(BUCKETS)
        for record in payments.watched(source, bucket)
    }


def test_a_new_payment_is_read_back_as_it_was_saved(payments: Payments) -> None:
    record = opened("p1")
    payments.save(record, None)
    assert stored(payments, record) == record
    assert payments.watched(COMPAGO, record.bucket) == [record]


def test_a_changed_payment_is_read_back_as_it_was_saved(payments: Payments) -> None:
    before = opened("p1")
    after = moved(before, Status.PAID)
    row = replace(after.payment, origin=Origin("link", "l1"), external_id=None, is_test=True)
    after = replace(after, payment=row)
    payments.save(before, None)
    payments.save(after, before)
    assert stored(payments, after) == after


def test_a_field_that_the_row_no_longer_has_is_gone(payments: Payments) -> None:
    before = opened("p1")
    after = moved(before, Status.PAID)
    bare = replace(after.payment, amount=None, currency=None, created_at=None, external_id=None)
    after = replace(after, payment=bare)
    payments.save(before, None)
    payments.save(after, before)
    assert stored(payments, after) == after


def test_a_new_payment_saved_twice_is_stale(payments: Payments) -> None:
    record = opened("p1")
    payments.save(record, None)
    with pytest.raises(StaleState):
        payments.save(replace(record, seen=stamp(9, 9)), None)
    assert stored(payments, record) == record


def test_a_payment_that_is_not_there_cannot_be_replaced(payments: Payments) -> None:
    record = opened("p1")
    with pytest.raises(StaleState):
        payments.save(moved(record, Status.PAID), record)
    assert stored(payments, record) is None


@pytest.mark.parametrize("request_number", [0, 1])
def test_older_or_equal_evidence_is_stale(payments: Payments, request_number: int) -> None:
    record = opened("p1", request=1)
    payments.save(record, None)
    with pytest.raises(StaleState):
        payments.save(moved(record, Status.PAID, request=request_number), record)
    assert stored(payments, record) == record


def test_a_later_run_outranks_a_higher_request_number(payments: Payments) -> None:
    record = opened("p1", request=999_999)
    after = replace(moved(record, Status.PAID), seen=stamp(2, 1))
    payments.save(record, None)
    payments.save(after, record)
    assert stored(payments, record) == after


def test_a_version_that_moved_is_stale(payments: Payments) -> None:
    first = opened("p1")
    second = moved(first, Status.PAID)
    payments.save(first, None)
    payments.save(second, first)
    with pytest.raises(StaleState):
        payments.save(moved(first, Status.CANCELLED, request=9), first)
    assert stored(payments, first) == second


def test_a_published_version_that_moved_is_stale(payments: Payments) -> None:
    record = opened("p1")
    payments.save(record, None)
    payments.acknowledge(record, 1)
    with pytest.raises(StaleState):
        payments.save(moved(record, Status.PAID), record)
    assert stored(payments, record) == acknowledged(record, 1)


def test_versions_are_acknowledged_in_order(payments: Payments) -> None:
    first = opened("p1")
    record = moved(first, Status.PAID)
    payments.save(first, None)
    payments.save(record, first)
    with pytest.raises(StaleState):
        payments.acknowledge(record, 2)
    payments.acknowledge(record, 1)
    assert stored(payments, record) == acknowledged(record, 1)
    payments.acknowledge(record, 2)
    assert stored(payments, record) == acknowledged(acknowledged(record, 1), 2)


def test_an_acknowledgement_twice_is_harmless(payments: Payments) -> None:
    first = opened("p1")
    record = moved(first, Status.PAID)
    payments.save(first, None)
    payments.save(record, first)
    for version in (1, 1, 2, 2, 1):
        payments.acknowledge(record, version)
    after = stored(payments, record)
    assert after is not None
    assert (after.published, after.outbox) == (2, ())


def test_what_is_not_stored_cannot_be_acknowledged(payments: Payments) -> None:
    with pytest.raises(StaleState):
        payments.acknowledge(opened("p1"), 1)
    assert watched(payments) == {}


def test_a_version_beyond_the_record_given_cannot_be_acknowledged(payments: Payments) -> None:
    first = opened("p1")
    payments.save(first, None)
    payments.save(moved(first, Status.PAID), first)
    payments.acknowledge(first, 1)
    with pytest.raises(StaleState):
        payments.acknowledge(first, 2)


def test_an_open_payment_stays_watched_when_all_is_published(payments: Payments) -> None:
    record = opened("p1")
    payments.save(record, None)
    payments.acknowledge(record, 1)
    assert watched(payments) == {"p1": acknowledged(record, 1)}


def test_a_settled_payment_stays_watched_while_it_owes(payments: Payments) -> None:
    record = moved(opened("p1"), Status.PAID)
    payments.save(record, None)
    payments.acknowledge(record, 1)
    assert watched(payments) == {"p1": acknowledged(record, 1)}


def test_a_settled_payment_with_all_published_is_not_watched(payments: Payments) -> None:
    record = moved(opened("p1"), Status.PAID)
    payments.save(record, None)
    payments.acknowledge(record, 1)
    payments.acknowledge(record, 2)
    assert watched(payments) == {}
    assert stored(payments, record) == acknowledged(acknowledged(record, 1), 2)


def test_a_settled_payment_recorded_in_silence_is_not_watched(payments: Payments) -> None:
    record = replace(
        moved(opened("p1"), Status.PAID), version=0, published=0, history=(), outbox=()
    )
    payments.save(record, None)
    assert watched(payments) == {}
    assert stored(payments, record) == record


def test_a_later_change_brings_a_settled_payment_back(payments: Payments) -> None:
    paid = moved(opened("p1"), Status.PAID)
    payments.save(paid, None)
    payments.acknowledge(paid, 1)
    payments.acknowledge(paid, 2)
    now = acknowledged(acknowledged(paid, 1), 2)
    refunded = moved(now, Status.REFUNDED, request=3)
    payments.save(refunded, now)
    assert watched(payments) == {"p1": refunded}


def test_acknowledging_an_older_version_keeps_the_newer_one_watched(payments: Payments) -> None:
    paid = moved(replace(opened("p1"), published=1, outbox=()), Status.PAID)
    refunded = moved(paid, Status.REFUNDED, request=3)
    payments.save(paid, None)
    payments.save(refunded, paid)
    payments.acknowledge(paid, 2)
    assert watched(payments) == {"p1": acknowledged(refunded, 2)}


def test_an_expired_payment_is_watched_and_keeps_its_providers_word(payments: Payments) -> None:
    record = opened("p1")
    record = replace(record, status=Status.EXPIRED, published=1, outbox=())
    payments.save(record, None)
    assert watched(payments) == {"p1": record}
    assert record.payment.status is Status.PENDING


def test_payments_that_are_not_stored_are_not_fetched(payments: Payments) -> None:
    record = opened("p1")
    payments.save(record, None)
    assert payments.fetch(COMPAGO, ["p0", "p1", "p1", "p2"]) == {"p1": record}
    assert payments.fetch(COMPAGO, []) == {}


def test_more_payments_than_one_request_takes_are_fetched_at_once(payments: Payments) -> None:
    records = {f"p{number}": opened(f"p{number}") for number in range(130)}
    for record in records.values():
        payments.save(record, None)
    assert payments.fetch(COMPAGO, [*records, *records]) == records
    assert watched(payments) == records


def test_buckets_are_apart(payments: Payments) -> None:
    one, other = opened("p1"), opened("p2")
    assert one.bucket != other.bucket
    payments.save(one, None)
    payments.save(other, None)
    assert payments.watched(COMPAGO, one.bucket) == [one]
    assert payments.watched(COMPAGO, other.bucket) == [other]


def test_sources_are_apart(payments: Payments) -> None:
    records = [opened("p1", source) for source in (COMPAGO, ONEPAY, NORTE)]
    for record in records:
        payments.save(record, None)
    for record in records:
        assert payments.watched(record.source, bucket_of("p1")) == [record]
        assert payments.fetch(record.source, ["p1"]) == {"p1": record}


@pytest.mark.parametrize("payment_id", ["", "x" * 1025, "ñ" * 513, "\ud800"])
def test_an_id_that_no_item_can_have_is_one_rows_fault(payments: Payments, payment_id: str) -> None:
    with pytest.raises(RowError):
        payments.save(replace_id(opened("p1"), payment_id), None)
    assert payments.fetch(COMPAGO, [payment_id, "p1"]) == {}


def test_the_longest_id_is_stored(payments: Payments) -> None:
    record = replace_id(opened("p1"), "x" * 1024)
    payments.save(record, None)
    assert stored(payments, record) == record


def replace_id(record: Record, payment_id: str) -> Record:
    """Give a record another id."""
    return replace(record, payment=replace(record.payment, id=payment_id), history=(), outbox=())
