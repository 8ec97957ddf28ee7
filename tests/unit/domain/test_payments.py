"""The domain's words: statuses, sources, dates, fingerprints, buckets."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paywatch.domain.payments import (
    BUCKETS,
    Origin,
    Payment,
    Source,
    Status,
    bucket_of,
    instant,
    is_backwards,
    moment,
    timestamp,
)
from tests.examples import at, payment

SETTLED = {Status.PAID, Status.FAILED, Status.CANCELLED, Status.REFUNDED, Status.DISPUTED}


@pytest.mark.parametrize("status", Status)
def test_a_status_is_settled_when_no_further_move_is_expected(status: Status) -> None:
    assert status.settled == (status in SETTLED)


@pytest.mark.parametrize("settled", sorted(SETTLED))
@pytest.mark.parametrize("opened", [Status.PENDING, Status.PROCESSING, Status.EXPIRED])
def test_settled_to_open_goes_backwards_and_the_other_way_does_not(
    settled: Status, opened: Status
) -> None:
    assert is_backwards(settled, opened)
    assert not is_backwards(opened, settled)


def test_processing_to_created_goes_backwards() -> None:
    assert is_backwards(Status.PROCESSING, Status.PENDING)
    assert not is_backwards(Status.PENDING, Status.PROCESSING)


STAGES = [
    {Status.FAILED},
    {Status.PAID, Status.CANCELLED},
    {Status.REFUNDED, Status.DISPUTED},
]


@pytest.mark.parametrize("one", sorted(SETTLED))
@pytest.mark.parametrize("other", sorted(SETTLED))
def test_money_that_was_there_goes_backwards_when_it_is_gone(one: Status, other: Status) -> None:
    before, after = (next(n for n, s in enumerate(STAGES) if x in s) for x in (one, other))
    assert is_backwards(one, other) == (after < before)


@pytest.mark.parametrize("status", Status)
def test_a_status_that_is_not_known_has_no_place_on_the_way(status: Status) -> None:
    assert not is_backwards(Status.UNRECOGNIZED, status)
    assert not is_backwards(status, Status.UNRECOGNIZED)


def test_expired_to_pending_is_no_move_backwards() -> None:
    assert not is_backwards(Status.EXPIRED, Status.PENDING)


@pytest.mark.parametrize(
    ("text", "provider", "account", "short"),
    [
        ("compago", "compago", "default", "compago"),
        ("compago/default", "compago", "default", "compago"),
        ("onepay/norte", "onepay", "norte", "onepay/norte"),
        ("onepay/casa-2_b", "onepay", "casa-2_b", "onepay/casa-2_b"),
    ],
)
def test_a_source_is_read_from_its_name(text: str, provider: str, account: str, short: str) -> None:
    source = Source.parse(text)
    assert source == Source(provider, account)
    assert source.short == short
    assert str(source) == f"{provider}/{account}"
    assert Source.parse(str(source)) == source


@pytest.mark.parametrize(
    "text",
    [
        *("", "/", "onepay/", "/norte", "onepay/norte/sur", "one pay", "onepay/ñ", "onepay#1"),
        *("-", "_", "-/_", "onepay/-", "onepay/_"),
    ],
)
def test_what_names_no_source_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(ValueError, match="does not name a source") as refusal:
        Source.parse(text)
    assert repr(text) in str(refusal.value)


FIRST = datetime(1970, 1, 2, tzinfo=UTC)
INSTANTS = st.timedeltas(timedelta(0), timedelta(days=360 * 8000)).map(lambda t: FIRST + t)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@given(INSTANTS, OFFSETS)
def test_an_instant_comes_back_from_its_text_whatever_its_offset(
    when: datetime, offset: timezone
) -> None:
    assert moment(timestamp(when.astimezone(offset))) == when


@given(INSTANTS, INSTANTS)
def test_text_order_of_instants_is_time_order(one: datetime, other: datetime) -> None:
    assert (timestamp(one) < timestamp(other)) == (one < other)


def test_an_instant_is_written_with_six_decimals_in_utc() -> None:
    bogota = timezone(timedelta(hours=-5))
    assert timestamp(datetime(2026, 3, 1, 7, 0, tzinfo=bogota)) == "2026-03-01T12:00:00.000000Z"


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the machine's own clock be that of Bogotá."""
    with monkeypatch.context() as away:
        away.setenv("TZ", "COT5")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_from_utc")
def test_an_instant_is_written_in_utc_whatever_the_time_zone_of_the_machine() -> None:
    assert timestamp(datetime(2026, 3, 1, 12, 0, tzinfo=UTC)) == "2026-03-01T12:00:00.000000Z"


def test_a_stored_moment_comes_back_in_utc_and_one_without_an_offset_is_none() -> None:
    assert instant("2026-03-01T07:00:00-05:00") == "2026-03-01T12:00:00.000000Z"
    assert instant(timestamp(FIRST)) == timestamp(FIRST)
    with pytest.raises(ValueError, match="2026-03-01T12:00:00 has no offset"):
        instant("2026-03-01T12:00:00")


# These places are stored: a change of the rule would lose every payment that is stored already.
@pytest.mark.parametrize(
    ("payment_id", "bucket"),
    [
        ("", 35),
        ("pay-1", 13),
        ("0a5fbd7e-58cf-4d7c-8f73-5be2c2e1e1a4", 22),
        ("ñandú", 3),
    ],
)
def test_a_payment_stays_in_its_bucket_for_ever(payment_id: str, bucket: int) -> None:
    assert bucket_of(payment_id) == bucket


@given(st.text())
def test_every_id_has_a_bucket(payment_id: str) -> None:
    assert 0 <= bucket_of(payment_id) < BUCKETS == 64


OTHER_VALUES: dict[str, Any] = {
    "id": "pay-2",
    "status": Status.PAID,
    "provider_status": "PAID",
    "amount": "150.51",
    "currency": "COP",
    "created_at": at(1),
    "updated_at": at(2),
    "paid_at": at(3),
    "expires_at": at(4),
    "external_id": "order-1",
    "payment_method_type": "Account",
    "origin": Origin("Link", "1"),
    "is_test": True,
}


@pytest.mark.parametrize("name", [field.name for field in fields(Payment)])
def test_the_fingerprint_differs_when_any_field_differs(name: str) -> None:
    row = payment()
    assert replace(row, **{name: OTHER_VALUES[name]}).fingerprint != row.fingerprint


@pytest.mark.parametrize("origin", [None, Origin("Link", "1")])
def test_the_fingerprint_is_the_one_that_is_stored_already(origin: Origin | None) -> None:
    row = payment(origin=origin)
    text = json.dumps(asdict(row), sort_keys=True, separators=(",", ":"))
    assert row.fingerprint == hashlib.sha256(text.encode()).hexdigest()[:16]


def test_the_fingerprint_of_the_same_row_is_the_same() -> None:
    assert payment(origin=Origin("Link", "1")).fingerprint == (
        payment(origin=Origin("Link", "1")).fingerprint
    )
    assert payment(origin=Origin("Link", "1")).fingerprint != (
        payment(origin=Origin("Link", "2")).fingerprint
    )


def test_a_fingerprint_is_16_hex_digits_and_is_stored_so_it_stays_as_it_is() -> None:
    assert payment().fingerprint == "24dd13e47af7a737"


def test_the_dates_of_a_payment_are_of_what_happened_so_not_its_deadline() -> None:
    row = payment(updated_at=at(1), paid_at=at(2), expires_at=at(3))
    assert row.dates == (at(0), at(1), at(2))
    assert payment(created_at=None).dates == ()
