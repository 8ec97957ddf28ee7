"""The implementations of a port are twins: the same calls, in any order, have the same effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from paywatch.aws.controls_table import DynamoControls
from paywatch.aws.payments_table import DynamoPayments
from paywatch.domain.changes import Record, stamp
from paywatch.domain.payments import Status, bucket_of
from paywatch.errors import LeaseLost, StaleState
from paywatch.memory import MemoryControls, MemoryPayments
from paywatch.ports import Controls, Lease, Payments
from tests.contract import stack
from tests.contract.conftest import StandingClock
from tests.contract.records import COMPAGO, ONEPAY, moved, opened, words

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
IDS = ("p1", "p2")

bounded = settings(
    max_examples=20,
    deadline=None,
    # The emulator lives as long as the test; each example has a table of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
tables = count()


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    with mock_aws():
        yield stack.dynamodb()


def both(one: object, other: object, method: str, *arguments: object) -> None:
    """Call both alike, and hold them to the same answer or the same refusal."""
    answers = []
    for twin in (one, other):
        try:
            answers.append(getattr(twin, method)(*arguments))
        except (StaleState, LeaseLost) as refusal:
            answers.append(type(refusal))
    assert answers[0] == answers[1]


def assert_same_payments(one: Payments, other: Payments) -> dict[str, Record]:
    """Compare the books and the index of both; return the books."""
    for payment_id in IDS:
        bucket = bucket_of(payment_id)
        assert one.watched(COMPAGO, bucket) == other.watched(COMPAGO, bucket)
    books = dict(one.fetch(COMPAGO, IDS))
    assert books == other.fetch(COMPAGO, IDS)
    return books


@bounded
@given(data=st.data())
def test_payments_are_the_same_whatever_was_done(
    client: DynamoDBClient, data: st.DataObject
) -> None:
    one: Payments = MemoryPayments()
    other: Payments = DynamoPayments(
        client, stack.create_table(client, f"payments-{next(tables)}"), StandingClock()
    )
    # Every state that each payment has been in: what a run may still believe that it is in.
    believed: dict[str, list[Record]] = {payment_id: [] for payment_id in IDS}
    for _ in range(data.draw(st.integers(1, 25), label="operations")):
        payment_id = data.draw(st.sampled_from(IDS))
        known = believed[payment_id]
        deed = data.draw(st.sampled_from(["open", "change", "update", "publish", "publish"]))
        request = data.draw(st.integers(1, 9))
        if deed == "open" or not known:
            record = opened(payment_id, request=request)
            if data.draw(st.booleans()):
                record = moved(record, data.draw(st.sampled_from(Status)), request)
            both(one, other, "save", record, None)
        elif deed == "publish":
            record = data.draw(st.sampled_from(known))
            version = record.published + data.draw(st.sampled_from([0, 1, 1, 1, 2]))
            both(one, other, "acknowledge", record, version)
        else:
            before = data.draw(st.sampled_from(known))
            if deed == "change":
                after = moved(before, data.draw(st.sampled_from(Status)), request)
            else:
                row = replace(before.payment, external_id=data.draw(st.none() | words))
                after = replace(before, payment=row, seen=stamp(1, request))
            both(one, other, "save", after, before)
        for payment_id, record in assert_same_payments(one, other).items():
            if record not in believed[payment_id]:
                believed[payment_id].append(record)
    assert other.fetch(ONEPAY, IDS) == {}


@bounded
@given(data=st.data())
def test_controls_are_the_same_whatever_was_done(
    client: DynamoDBClient, data: st.DataObject
) -> None:
    one: Controls = MemoryControls()
    other: Controls = DynamoControls(client, stack.create_table(client, f"controls-{next(tables)}"))
    leases = [Lease(COMPAGO, "poll", 1, NOW)]
    buckets = st.integers(0, 3)
    for _ in range(data.draw(st.integers(1, 25), label="operations")):
        deed = data.draw(st.sampled_from(["acquire", "mark", "finish", "finish"]))
        lease = data.draw(st.sampled_from(leases[-2:]))
        if deed == "acquire":
            now = NOW + timedelta(minutes=data.draw(st.integers(0, 40)))
            until = now + timedelta(minutes=data.draw(st.integers(0, 20)))
            both(one, other, "acquire", COMPAGO, "poll", now, until)
        elif deed == "mark":
            marked = data.draw(st.sets(buckets))
            both(one, other, "mark", lease, marked)
        else:
            digests = data.draw(st.dictionaries(buckets, words))
            sections = data.draw(st.dictionaries(st.sampled_from(["tail", "books"]), words))
            both(one, other, "finish", lease, digests, sections)
        control = one.peek(COMPAGO, "poll")
        assert control == other.peek(COMPAGO, "poll")
        if control.lease not in leases:
            leases.append(control.lease)
