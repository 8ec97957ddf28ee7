"""Records, their changes, and evidence stamps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paywatch.domain.changes import stamp
from paywatch.domain.payments import Status, bucket_of
from tests.examples import at, change, payment, record

EPOCHS = st.integers(0, 10**10 - 1)
REQUESTS = st.integers(0, 10**6 - 1)


@given(EPOCHS, REQUESTS, EPOCHS, REQUESTS)
def test_a_stamp_sorts_as_text_by_epoch_and_then_by_request(
    epoch: int, request: int, other_epoch: int, other_request: int
) -> None:
    one, other = stamp(epoch, request), stamp(other_epoch, other_request)
    assert (one < other) == ((epoch, request) < (other_epoch, other_request))


def test_a_stamp_is_written_as_it_is_stored() -> None:
    assert stamp(7, 12) == "0000000007.000012"


@pytest.mark.parametrize("status", Status)
def test_only_what_no_word_of_the_provider_says_is_derived(status: Status) -> None:
    assert change(status=status).derived == (status is Status.EXPIRED)


@pytest.mark.parametrize(
    ("before", "after", "correction"),
    [
        (Status.PAID, Status.PENDING, True),
        (Status.REFUNDED, Status.PAID, True),
        (Status.PENDING, Status.PAID, False),
        (Status.PAID, Status.PAID, False),
        (Status.UNRECOGNIZED, Status.PENDING, False),
        (None, Status.PENDING, False),
    ],
)
def test_a_move_against_the_way_is_a_correction_and_a_first_sight_is_none(
    before: Status | None, after: Status, correction: bool
) -> None:
    assert change(status=after, previous_status=before).correction is correction


DATED = payment(updated_at=at(20), paid_at=at(50))


@pytest.mark.parametrize(
    ("status", "delay"),
    [
        (Status.PAID, 11.0),
        (Status.PENDING, 41.0),
        (Status.REFUNDED, 41.0),
        (Status.EXPIRED, None),
    ],
)
def test_a_delay_is_counted_from_the_providers_own_date_of_the_move(
    status: Status, delay: float | None
) -> None:
    assert change(DATED, status=status, observed_at=at(61)).delay == delay


def test_without_a_date_of_the_move_there_is_no_delay() -> None:
    assert change(replace(DATED, paid_at=None), status=Status.PAID).delay is None
    assert change(replace(DATED, updated_at=None), status=Status.PENDING).delay is None


def test_a_record_is_watched_while_it_is_open_or_owes_something() -> None:
    opened = record(payment())
    assert opened.open
    assert opened.owes
    assert opened.watched
    silent = replace(opened, published=opened.version)
    assert silent.watched
    settled = replace(silent, status=Status.PAID)
    assert not settled.watched
    assert replace(settled, version=2).watched


def test_a_record_lies_in_the_bucket_of_its_payment() -> None:
    assert record(payment("pay-7")).bucket == bucket_of("pay-7")
    assert record(payment("pay-7")).id == "pay-7"
