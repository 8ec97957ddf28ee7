"""Payments, rows and records as examples: what a test does not name is made up plausibly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from paywatch.discovery.ledger import Rules, judge
from paywatch.discovery.reader import Observation
from paywatch.domain.changes import Change, DetectedBy, Record, stamp
from paywatch.domain.payments import Payment, Source, Status, timestamp

COMPAGO = Source("compago")
ONEPAY = Source("onepay")

# When the watch began, in every example.
WATCH = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

STATUSES = {
    "PENDING": Status.PENDING,
    "CONFIRMED": Status.PAID,
    "CANCELLED": Status.CANCELLED,
    "created": Status.PENDING,
    "processing": Status.PROCESSING,
    "paid": Status.PAID,
    "failed": Status.FAILED,
    "refunded": Status.REFUNDED,
    "disputed": Status.DISPUTED,
}


def instant(seconds: float) -> datetime:
    """Return the instant so many seconds after the watch began."""
    return WATCH + timedelta(seconds=seconds)


def at(seconds: float) -> str:
    """Return the same instant as the domain writes it."""
    return timestamp(instant(seconds))


def payment(payment_id: str = "pay-1", word: str = "created", **fields: Any) -> Payment:
    """Return a payment whose status is the provider's `word`; created at the watch's beginning."""
    given: dict[str, Any] = {"amount": "150.50", "currency": "MXN", "created_at": at(0)}
    status = STATUSES.get(word, Status.UNRECOGNIZED)
    return Payment(payment_id, status, word, **{**given, **fields})


def observed(
    row: Payment,
    request: int = 1,
    *,
    epoch: int = 1,
    seconds: float = 60,
    dated: float | None = 0,
    route: str = "list:created",
    by: DetectedBy = DetectedBy.OPEN_SWEEP,
    news: bool = False,
) -> Observation:
    """Return the row as read `seconds` after the watch began, by a request that took one second.

    `dated` is how far the provider's own clock is behind ours; None: it does not say.
    """
    received = instant(seconds)
    return Observation(
        payment=row,
        seen=stamp(epoch, request),
        sent_at=received - timedelta(seconds=1),
        received_at=received,
        dated=None if dated is None else received - timedelta(seconds=dated),
        detected_by=by,
        route=route,
        news=news,
    )


def rules(source: Source = ONEPAY, *, baseline: bool = False) -> Rules:
    """Return the rules of a source whose watch began at `WATCH`."""
    return Rules(source, WATCH, baseline)


def record(row: Payment, *, seconds: float = 60, epoch: int = 1, request: int = 1) -> Record:
    """Return what is stored of a payment at its first sight, a new one announced as version 1."""
    ruling = judge(rules(), None, observed(row, request, epoch=epoch, seconds=seconds))
    assert ruling.record is not None
    return ruling.record


def change(row: Payment | None = None, **fields: Any) -> Change:
    """Return a change to the row's status, version 1 of its payment unless told otherwise."""
    row = payment() if row is None else row
    given: dict[str, Any] = {
        "version": 1,
        "status": row.status,
        "provider_status": row.provider_status,
        "previous_status": None,
        "previous_provider_status": None,
        "observed_at": at(61),
        "changed_after": None,
        "changed_before": at(61),
        "detected_by": DetectedBy.OPEN_SWEEP,
        "payment": row,
    }
    return Change(**{**given, **fields})
