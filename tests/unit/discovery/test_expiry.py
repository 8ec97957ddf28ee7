"""`expired`: by our clock and the provider's, once for each deadline, and never for good."""

from __future__ import annotations

from dataclasses import replace

from paywatch.discovery.ledger import EXPIRY_GRACE, Outcome, expiry_of, judge
from paywatch.domain.changes import DetectedBy, Record
from paywatch.domain.payments import Status
from tests.examples import at, instant, observed, payment, record, rules

LINK = payment(word="PENDING", expires_at=at(600))
OPENED = record(LINK)
# By now its deadline and the grace have passed.
PAST = 600 + EXPIRY_GRACE.total_seconds() + 1


def expired() -> Record:
    ruling = judge(rules(), OPENED, observed(LINK, epoch=2, seconds=PAST))
    assert ruling.record is not None
    assert ruling.record.status is Status.EXPIRED
    return ruling.record


def test_a_pending_payment_past_its_deadline_expires_once_and_by_the_clock() -> None:
    first = judge(rules(), OPENED, observed(LINK, epoch=2, seconds=PAST))
    assert first.outcome is Outcome.CHANGED
    assert first.record is not None
    change = first.record.history[-1]
    assert (change.status, change.provider_status) == (Status.EXPIRED, "PENDING")
    assert change.derived
    assert change.detected_by is DetectedBy.CLOCK
    again = judge(rules(), first.record, observed(LINK, epoch=3, seconds=PAST + 9999))
    assert again.outcome is Outcome.UNCHANGED


def test_within_the_grace_nothing_expires() -> None:
    ruling = judge(rules(), OPENED, observed(LINK, epoch=2, seconds=PAST - 2))
    assert ruling.outcome is Outcome.UNCHANGED


def test_at_the_very_moment_nothing_has_expired_yet_by_either_clock() -> None:
    ours = observed(LINK, epoch=2, seconds=PAST - 1)
    assert judge(rules(), OPENED, ours).outcome is Outcome.UNCHANGED
    theirs = observed(LINK, epoch=2, seconds=PAST, dated=PAST - 600)
    assert judge(rules(), OPENED, theirs).outcome is Outcome.UNCHANGED


def test_nothing_expires_by_our_clock_alone() -> None:
    slow = observed(LINK, epoch=2, seconds=PAST, dated=PAST - 590)
    assert judge(rules(), OPENED, slow).outcome is Outcome.UNCHANGED
    silent = observed(LINK, epoch=2, seconds=PAST, dated=None)
    assert judge(rules(), OPENED, silent).outcome is Outcome.UNCHANGED


def test_nothing_expires_by_the_providers_clock_alone() -> None:
    fast = observed(LINK, epoch=2, seconds=300, dated=-9999)
    assert judge(rules(), OPENED, fast).outcome is Outcome.UNCHANGED


def test_what_expired_stays_so_though_the_providers_clock_goes_back() -> None:
    doubt = observed(LINK, epoch=3, seconds=PAST + 60, dated=9999)
    assert judge(rules(), expired(), doubt).outcome is Outcome.UNCHANGED


def test_a_later_deadline_opens_an_expired_payment_again() -> None:
    prolonged = replace(LINK, expires_at=at(9000))
    ruling = judge(rules(), expired(), observed(prolonged, epoch=3, seconds=PAST + 60))
    assert ruling.outcome is Outcome.CHANGED
    assert ruling.record is not None
    change = ruling.record.history[-1]
    assert (change.previous_status, change.status) == (Status.EXPIRED, Status.PENDING)
    assert not change.derived
    past = observed(prolonged, epoch=4, seconds=9000 + PAST - 600)
    once_more = judge(rules(), ruling.record, past).record
    assert once_more is not None
    assert (once_more.status, once_more.version) == (Status.EXPIRED, ruling.record.version + 1)


def test_an_expired_payment_may_still_be_paid() -> None:
    paid = replace(LINK, status=Status.PAID, provider_status="CONFIRMED")
    ruling = judge(rules(), expired(), observed(paid, epoch=3, seconds=PAST + 60))
    assert ruling.outcome is Outcome.CHANGED
    assert ruling.record is not None
    change = ruling.record.history[-1]
    assert (change.previous_status, change.status) == (Status.EXPIRED, Status.PAID)
    assert change.previous_provider_status == "PENDING"


def test_an_expired_payment_is_open_for_it_may_still_move() -> None:
    assert expired().open


def test_only_what_is_pending_and_has_a_deadline_can_expire() -> None:
    assert expiry_of(LINK) == instant(600) + EXPIRY_GRACE
    assert expiry_of(payment(word="PENDING")) is None
    assert expiry_of(payment(word="CONFIRMED", expires_at=at(600))) is None
    assert expiry_of(payment(word="processing", expires_at=at(600))) is None
