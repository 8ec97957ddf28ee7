"""Records as the store is given them, and strategies that make any that it may be given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from paywatch.domain.changes import Change, DetectedBy, Record, stamp
from paywatch.domain.events import body_of
from paywatch.domain.payments import Origin, Payment, Source, Status, timestamp

COMPAGO = Source("compago")
ONEPAY = Source("onepay")
NORTE = Source("onepay", "norte")

FIRST_SEEN = "2026-03-01T12:00:00.000000Z"
LATER = "2026-03-01T12:01:00.000000Z"


def payment(payment_id: str, status: Status = Status.PENDING, **fields: Any) -> Payment:
    """Make a payment whose provider's word is its status in capitals."""
    known = {
        "amount": "1250.00",
        "currency": "MXN",
        "created_at": "2026-03-01T11:59:30.000000Z",
        "external_id": "order-1234",
    }
    return Payment(payment_id, status, status.upper(), **(known | fields))


def opened(payment_id: str, source: Source = COMPAGO, request: int = 1) -> Record:
    """Make the record of a payment that is seen for the first time, unpublished."""
    row = payment(payment_id)
    empty = Record(source, row, row.status, 0, 0, stamp(1, 0), FIRST_SEEN, FIRST_SEEN)
    return moved(empty, row.status, request)


def moved(record: Record, status: Status, request: int = 2) -> Record:
    """Record one more change, read as the run's request of this number."""
    row = replace(record.payment, status=status, provider_status=status.upper(), updated_at=LATER)
    version = record.version + 1
    change = Change(
        version=version,
        status=status,
        provider_status=row.provider_status,
        previous_status=record.status if record.version else None,
        previous_provider_status=record.payment.provider_status if record.version else None,
        observed_at=LATER,
        changed_after=FIRST_SEEN,
        changed_before=LATER,
        detected_by=DetectedBy.OPEN_SWEEP,
        payment=row,
    )
    return replace(
        record,
        payment=row,
        status=status,
        version=version,
        seen=stamp(1, request),
        since=LATER,
        history=(*record.history, change),
        outbox=(*record.outbox, (version, body_of(record.source, change))),
    )


def acknowledged(record: Record, version: int) -> Record:
    """What is stored of the record after this version is acknowledged."""
    outbox = tuple(entry for entry in record.outbox if entry[0] != version)
    return replace(record, published=version, outbox=outbox)


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
# From 1990 to 2100, to the microsecond.
dates = st.integers(631_152_000 * 10**6, 4_102_444_800 * 10**6).map(
    lambda micros: timestamp(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros))
)
statuses = st.sampled_from(Status)
payments = st.builds(
    Payment,
    id=words.filter(bool),
    status=statuses,
    provider_status=words,
    amount=st.none() | words,
    currency=st.none() | words,
    created_at=st.none() | dates,
    updated_at=st.none() | dates,
    paid_at=st.none() | dates,
    expires_at=st.none() | dates,
    external_id=st.none() | words,
    payment_method_type=st.none() | words,
    origin=st.none() | st.builds(Origin, words, words),
    is_test=st.booleans(),
)
changes = st.builds(
    Change,
    version=st.integers(0, 10**6),
    status=statuses,
    provider_status=words,
    previous_status=st.none() | statuses,
    previous_provider_status=st.none() | words,
    observed_at=dates,
    changed_after=st.none() | dates,
    changed_before=dates,
    detected_by=st.sampled_from(DetectedBy),
    payment=payments,
)


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Make any record that the store may be given, with rows of changes alike or not."""
    row = draw(payments)
    version = draw(st.integers(0, 50))
    published = draw(st.integers(0, version))
    alike = changes.map(lambda change: replace(change, payment=replace(row, status=change.status)))
    return Record(
        source=draw(st.sampled_from([COMPAGO, ONEPAY, NORTE])),
        payment=row,
        status=draw(statuses),
        version=version,
        published=published,
        seen=draw(words),
        first_seen=draw(dates),
        since=draw(dates),
        history=tuple(draw(st.lists(changes | alike, max_size=4))),
        outbox=tuple((owed, draw(words)) for owed in range(published + 1, version + 1)[:5]),
    )
