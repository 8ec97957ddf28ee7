"""What a row that was read means for what is stored of its payment: the rules, without any I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from paywatch.discovery.reader import BY_ID, Observation
from paywatch.domain.changes import HISTORY_LIMIT, OUTBOX_LIMIT, Change, DetectedBy, Record
from paywatch.domain.events import body_of
from paywatch.domain.payments import Payment, Source, Status, is_backwards, moment, timestamp

EXPIRY_GRACE = timedelta(minutes=2)

# A provider whose `Date` lags by less than this is not taken to have a slow clock: the header has
# whole seconds, and an answer takes its time.
CLOCK_TOLERANCE = timedelta(seconds=5)

# The characters of a timestamp up to its seconds.
SECONDS = len("2026-03-01T12:00:00")


class Outcome(StrEnum):
    """What became of one observation."""

    UNCHANGED = "unchanged"
    SILENT = "silent"
    UPDATED = "updated"
    CHANGED = "changed"
    LATE = "late"
    BACKWARDS = "backwards"
    SET_ASIDE = "set_aside"
    UNREADABLE = "unreadable"
    FULL = "full"


@dataclass(frozen=True)
class Ruling:
    """The outcome, and the record to write where there is one."""

    outcome: Outcome
    record: Record | None = None


@dataclass(frozen=True)
class Rules:
    """What the rulings of one source rest on.

    `watch_began` is when its first poll began; `baseline` is true until its open lists have been
    read to the end once.
    """

    source: Source
    watch_began: datetime
    baseline: bool


def judge(
    rules: Rules,
    stored: Record | None,
    observed: Observation,
    listed_at: str | None = None,
    confirmed: bool = False,
) -> Ruling:
    """Rule what an observation means.

    `listed_at` is the start of the last complete walk that listed the payment if it is stored as
    open.
    `confirmed` says that a second, later read by another route agrees with this one.
    """
    if stored is None:
        return _first_sight(rules, observed)
    if observed.seen <= stored.seen:
        return Ruling(Outcome.LATE)
    payment, known = observed.payment, stored.payment
    if _born_anew(payment, known):
        return Ruling(Outcome.SET_ASIDE)
    status = _status(observed, stored)
    moved = status is not stored.status or payment.provider_status != known.provider_status
    if not moved and payment.fingerprint == known.fingerprint:
        return Ruling(Outcome.UNCHANGED)
    if not confirmed and _lags(stored, payment, status):
        return Ruling(Outcome.BACKWARDS)
    if (
        _is_older(payment, known)
        and is_backwards(stored.status, status)
        and observed.route != BY_ID
    ):
        # Two lists that agree may both come from one old copy, and this one says that it is old.
        return Ruling(Outcome.BACKWARDS)
    if not moved:
        return Ruling(Outcome.UPDATED, replace(stored, payment=payment, seen=observed.seen))
    return _changed(rules, stored, observed, status, listed_at)


def _born_anew(payment: Payment, known: Payment) -> bool:
    """Whether the row says that it was created at another time, to the second."""
    if payment.created_at is None or known.created_at is None:
        return False
    return payment.created_at[:SECONDS] != known.created_at[:SECONDS]


def _is_older(payment: Payment, known: Payment) -> bool:
    """Whether the row says itself that it changed last before the one that is stored."""
    if payment.updated_at is None or known.updated_at is None:
        return False
    return payment.updated_at < known.updated_at


def expiry_of(payment: Payment) -> datetime | None:
    """Return when a pending payment counts as expired by our clock, if it has a deadline."""
    if payment.status is not Status.PENDING or payment.expires_at is None:
        return None
    return moment(payment.expires_at) + EXPIRY_GRACE


def _first_sight(rules: Rules, observed: Observation) -> Ruling:
    payment, status = observed.payment, _status(observed, None)
    if not _was_there_before(rules, observed):
        return _changed(rules, None, observed, status, None)
    unannounced = _unannounced(rules, observed)
    if status is payment.status:
        return Ruling(Outcome.SILENT, unannounced)
    expiry = expiry_of(payment)
    if expiry is not None and expiry < rules.watch_began:
        return Ruling(Outcome.SILENT, replace(unannounced, status=status))
    return _changed(rules, unannounced, observed, status, None)


def _unannounced(rules: Rules, observed: Observation) -> Record:
    """Return a payment's record before its first change."""
    payment = observed.payment
    return Record(
        source=rules.source,
        payment=payment,
        status=payment.status,
        version=0,
        published=0,
        seen=observed.seen,
        first_seen=timestamp(observed.received_at),
        since=timestamp(observed.sent_at),
    )


def _was_there_before(rules: Rules, observed: Observation) -> bool:
    """Whether every date of the row lies before the watch, by the provider's own clock."""
    if observed.news:
        return False
    dates = observed.payment.dates
    if not dates:
        return rules.baseline
    lag = timedelta(0)
    if observed.dated is not None:
        lag = observed.received_at - observed.dated
    if abs(lag) <= CLOCK_TOLERANCE:
        lag = timedelta(0)
    began = timestamp((rules.watch_began - lag).replace(microsecond=0))
    return all(date < began for date in dates)


def _status(observed: Observation, stored: Record | None) -> Status:
    """Return the row's status, or `expired` where its deadline has passed by both clocks."""
    payment = observed.payment
    expiry = expiry_of(payment)
    if expiry is None:
        return payment.status
    if (
        stored is not None
        and stored.status is Status.EXPIRED
        and stored.payment.expires_at == payment.expires_at
    ):
        return Status.EXPIRED
    dated = observed.dated
    passed = dated is not None and expiry - EXPIRY_GRACE < dated and expiry < observed.received_at
    return Status.EXPIRED if passed else payment.status


def _lags(stored: Record, payment: Payment, status: Status) -> bool:
    """Whether the row may be an old copy: lists lag, so it takes a second read to believe it."""
    before, after = stored.payment.updated_at, payment.updated_at
    if before is not None and after is not None:
        return after < before or (after == before and is_backwards(stored.status, status))
    # Without a date of the change, what was just taken back may come again from an old copy.
    last = stored.history[-1] if stored.history else None
    taken_back = last is not None and last.correction and status is last.previous_status
    return is_backwards(stored.status, status) or taken_back


def _changed(
    rules: Rules,
    stored: Record | None,
    observed: Observation,
    status: Status,
    listed_at: str | None,
) -> Ruling:
    if stored is not None and stored.version - stored.published >= OUTBOX_LIMIT:
        return Ruling(Outcome.FULL)
    payment = observed.payment
    after = None if stored is None else _changed_after(stored, payment, listed_at)
    before = timestamp(observed.received_at)
    base = _unannounced(rules, observed) if stored is None else stored
    change = Change(
        version=base.version + 1,
        status=status,
        provider_status=payment.provider_status,
        previous_status=None if stored is None else stored.status,
        previous_provider_status=None if stored is None else stored.payment.provider_status,
        observed_at=before,
        changed_after=after,
        changed_before=before,
        detected_by=DetectedBy.CLOCK if status is Status.EXPIRED else observed.detected_by,
        payment=payment,
    )
    owed = (change.version, body_of(rules.source, change))
    keep = max(HISTORY_LIMIT, change.version - base.published)
    record = replace(
        base,
        payment=payment,
        status=status,
        version=change.version,
        seen=observed.seen,
        since=timestamp(observed.sent_at),
        history=(*base.history, change)[-keep:],
        outbox=(*base.outbox, owed),
    )
    return Ruling(Outcome.CHANGED, record)


def _changed_after(stored: Record, payment: Payment, listed_at: str | None) -> str:
    """Return the latest instant at which the old status is known to have stood.

    Lists lag, so what the row itself says of when it changed can only make this earlier.
    """
    listed = None if stored.status.settled else listed_at
    known = max(stored.since, listed or stored.since)
    old = stored.payment
    new_dates = {payment.paid_at, payment.updated_at} - {old.paid_at, old.updated_at, None}
    return min([known, *(date for date in new_dates if date is not None)])
