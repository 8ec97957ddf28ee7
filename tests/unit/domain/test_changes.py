"""Records, their changes, and evidence stamps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paywatch.domain.changes import stamp
from paywatch.domain.payments import Status, bucket_of
from tests.examples import change, payment, record

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
