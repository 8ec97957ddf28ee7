"""What a row means for what is stored of its payment."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import cycle

import pytest

from paywatch.discovery.ledger import Outcome, judge
from paywatch.domain.changes import HISTORY_LIMIT, OUTBOX_LIMIT, DetectedBy, Record, stamp
from paywatch.domain.payments import Payment, Status
from tests.examples import ONEPAY, at, observed, payment, record, rules

OPENED = record(payment())


def moved(stored: Record, row: Payment, seconds: float, request: int = 1) -> Record:
    """Return the record after a move that must be believed."""
    ruling = judge(rules(), stored, observed(row, request, epoch=int(seconds), seconds=seconds))
    assert ruling.outcome is Outcome.CHANGED
    assert ruling.record is not None
    return ruling.record


def acknowledged(stored: Record) -> Record:
    return replace(stored, published=stored.version, outbox=())


def test_a_payment_seen_twice_just_as_it_was_is_left_as_it_is() -> None:
    ruling = judge(rules(), OPENED, observed(payment(), epoch=2))
    assert (ruling.outcome, ruling.record) == (Outcome.UNCHANGED, None)


def test_a_payment_seen_twice_with_the_same_status_is_not_published() -> None:
    renamed = payment(external_id="order-9")
    ruling = judge(rules(), OPENED, observed(renamed, epoch=2, seconds=120))
    assert ruling.outcome is Outcome.UPDATED
    assert ruling.record is not None
    assert ruling.record == replace(OPENED, payment=renamed, seen=observed(renamed, epoch=2).seen)


@pytest.mark.parametrize(("epoch", "request_number"), [(1, 1), (1, 0), (0, 99)])
def test_evidence_that_is_not_newer_is_dropped(epoch: int, request_number: int) -> None:
    late = observed(payment(word="paid"), request_number, epoch=epoch)
    ruling = judge(rules(), OPENED, late)
    assert (ruling.outcome, ruling.record) == (Outcome.LATE, None)


def test_a_move_forward_is_recorded_with_both_statuses_and_owed() -> None:
    row = payment(word="paid", paid_at=at(100))
    paid = moved(OPENED, row, 120)
    assert (paid.status, paid.version, paid.published) == (Status.PAID, 2, 0)
    assert (paid.payment, paid.seen, paid.since) == (row, stamp(120, 1), at(119))
    change = paid.history[-1]
    assert (change.previous_status, change.previous_provider_status) == (Status.PENDING, "created")
    assert (change.status, change.provider_status) == (Status.PAID, "paid")
    assert (change.detected_by, change.observed_at) == (DetectedBy.OPEN_SWEEP, at(120))
    body = json.loads(dict(paid.outbox)[2])
    assert body["id"] == f"{ONEPAY}/pay-1/2"
    assert paid.first_seen == OPENED.first_seen


def test_versions_have_no_gaps_and_each_keeps_its_finished_body() -> None:
    stored = OPENED
    for number, word in enumerate(
        ["processing", "paid", "refunded", "disputed", "refunded"], start=2
    ):
        stored = moved(stored, payment(word=word), number * 60)
    assert [c.version for c in stored.history] == [1, 2, 3, 4, 5, 6]
    assert [version for version, _ in stored.outbox] == [1, 2, 3, 4, 5, 6]
    bodies = [json.loads(body)["data"] for _, body in stored.outbox]
    assert [b["version"] for b in bodies] == [1, 2, 3, 4, 5, 6]
    assert [b["previous_status"] for b in bodies][1:] == [b["status"] for b in bodies][:-1]


@pytest.mark.parametrize(
    ("stands", "read"),
    [
        ("paid", "created"),
        ("failed", "processing"),
        ("processing", "created"),
        ("refunded", "paid"),
    ],
)
def test_a_move_backwards_is_doubtful_until_a_second_read_confirms_it(
    stands: str, read: str
) -> None:
    stored = record(payment(word=stands))
    backwards = observed(payment(word=read), epoch=2, seconds=120)
    doubtful = judge(rules(), stored, backwards)
    assert (doubtful.outcome, doubtful.record) == (Outcome.BACKWARDS, None)
    believed = judge(rules(), stored, backwards, confirmed=True)
    assert believed.outcome is Outcome.CHANGED
    assert believed.record is not None
    assert believed.record.version == 2


def test_a_move_backwards_with_a_newer_date_of_change_needs_no_confirmation() -> None:
    stored = record(payment(word="CONFIRMED", updated_at=at(10)))
    ruling = judge(
        rules(), stored, observed(payment(word="PENDING", updated_at=at(90)), epoch=2, seconds=120)
    )
    assert ruling.outcome is Outcome.CHANGED


def test_a_row_with_an_older_date_of_change_is_doubtful_even_where_it_moves_forward() -> None:
    stored = record(payment(word="PENDING", updated_at=at(50)))
    older = payment(word="CONFIRMED", updated_at=at(40))
    assert judge(rules(), stored, observed(older, epoch=2)).outcome is Outcome.BACKWARDS
    same_word = payment(word="PENDING", updated_at=at(40))
    assert judge(rules(), stored, observed(same_word, epoch=2)).outcome is Outcome.BACKWARDS


@pytest.mark.parametrize(
    ("word", "changed", "route", "outcome"),
    [
        ("PENDING", 40, "list:PENDING", Outcome.BACKWARDS),
        ("PENDING", 40, "id", Outcome.CHANGED),
        ("PENDING", 50, "list:PENDING", Outcome.CHANGED),
        ("PENDING", None, "list:PENDING", Outcome.CHANGED),
        ("refunded", 40, "list:refunded", Outcome.CHANGED),
    ],
)
def test_a_list_that_says_it_is_old_takes_nothing_back_though_another_agrees(
    word: str, changed: float | None, route: str, outcome: Outcome
) -> None:
    stored = record(payment(word="CONFIRMED", updated_at=at(50)))
    row = payment(word=word, updated_at=None if changed is None else at(changed))
    again = observed(row, epoch=2, seconds=120, route=route)
    ruling = judge(rules(), stored, again, confirmed=True)
    assert ruling.outcome is outcome
    assert (ruling.record is None) == (outcome is Outcome.BACKWARDS)


@pytest.mark.parametrize(
    ("word", "outcome"), [("PENDING", Outcome.BACKWARDS), ("refunded", Outcome.CHANGED)]
)
def test_where_the_date_of_change_is_the_same_the_way_decides(word: str, outcome: Outcome) -> None:
    stored = record(payment(word="CONFIRMED", updated_at=at(50)))
    row = observed(payment(word=word, updated_at=at(50)), epoch=2)
    assert judge(rules(), stored, row).outcome is outcome


@pytest.mark.parametrize(
    ("word", "outcome"), [("paid", Outcome.BACKWARDS), ("failed", Outcome.CHANGED)]
)
def test_what_was_just_taken_back_is_doubtful_when_it_comes_again(
    word: str, outcome: Outcome
) -> None:
    stored = record(payment(word="paid"))
    back = observed(payment(word="processing"), epoch=2, seconds=120)
    corrected = judge(rules(), stored, back, confirmed=True).record
    assert corrected is not None
    again = observed(payment(word=word), epoch=3, seconds=180)
    assert judge(rules(), corrected, again).outcome is outcome


def test_a_payment_recorded_in_silence_moves_without_a_history() -> None:
    stored = record(payment(created_at=at(-600)))
    assert (stored.version, stored.published, stored.history) == (0, 0, ())
    paid = moved(stored, payment(word="paid", created_at=at(-600)), 120)
    assert (paid.version, paid.history[-1].previous_status) == (1, Status.PENDING)


def test_another_creation_under_a_known_id_is_set_aside() -> None:
    other = payment(word="paid", created_at=at(7))
    ruling = judge(rules(), OPENED, observed(other, epoch=2))
    assert (ruling.outcome, ruling.record) == (Outcome.SET_ASIDE, None)


def test_a_creation_that_is_missing_now_is_no_other_one() -> None:
    ruling = judge(rules(), OPENED, observed(payment(word="paid", created_at=None), epoch=2))
    assert ruling.outcome is Outcome.CHANGED


def test_one_unknown_word_after_another_is_a_change() -> None:
    stored = record(payment(word="on_hold"))
    ruling = judge(rules(), stored, observed(payment(word="in_review"), epoch=2, seconds=120))
    assert ruling.outcome is Outcome.CHANGED
    assert ruling.record is not None
    change = ruling.record.history[-1]
    assert change.previous_status is change.status is Status.UNRECOGNIZED
    assert (change.previous_provider_status, change.provider_status) == ("on_hold", "in_review")


def test_a_payment_that_owes_as_much_as_it_may_records_no_more() -> None:
    stored = OPENED
    words = cycle(["disputed", "refunded"])
    while stored.version < OUTBOX_LIMIT:
        stored = moved(stored, payment(word=next(words)), 60 * (stored.version + 1))
    word = next(words)
    full = judge(rules(), stored, observed(payment(word=word), epoch=9999, seconds=9999))
    assert (full.outcome, full.record) == (Outcome.FULL, None)
    one_told = replace(stored, published=1, outbox=stored.outbox[1:])
    assert moved(one_told, payment(word=word), 9999).version == OUTBOX_LIMIT + 1


def test_the_history_keeps_every_unpublished_change_and_a_bounded_number_of_others() -> None:
    stored = OPENED
    words = cycle(["disputed", "refunded"])
    for _ in range(20):
        stored = moved(stored, payment(word=next(words)), 60 * (stored.version + 1))
    assert [c.version for c in stored.history] == list(range(1, 22))
    stored = moved(acknowledged(stored), payment(word=next(words)), 6000)
    assert [c.version for c in stored.history] == list(range(23 - HISTORY_LIMIT, 23))
    assert [version for version, _ in stored.outbox] == [22]


def test_a_history_longer_than_its_bound_holds_nothing_that_was_published() -> None:
    stored = OPENED
    words = cycle(["disputed", "refunded"])
    for _ in range(5):
        stored = moved(stored, payment(word=next(words)), 60 * (stored.version + 1))
    stored = acknowledged(stored)
    for _ in range(HISTORY_LIMIT + 3):
        stored = moved(stored, payment(word=next(words)), 60 * (stored.version + 1))
    assert [c.version for c in stored.history] == list(range(7, 7 + HISTORY_LIMIT + 3))


def test_order_versions_go_on_where_the_history_has_let_older_changes_go() -> None:
    stored = OPENED
    words = cycle(["disputed", "refunded"])
    for version in range(2, 2 * HISTORY_LIMIT):
        stored = moved(acknowledged(stored), payment(word=next(words)), 60 * version)
        assert stored.version == version
        assert [owed for owed, _ in stored.outbox] == [version]


def test_a_change_happened_after_the_last_walk_that_listed_the_old_status() -> None:
    stored = replace(OPENED, since=at(30))
    paid = observed(payment(word="paid"), epoch=2, seconds=200)
    ruling = judge(rules(), stored, paid, listed_at=at(130))
    assert ruling.record is not None
    change = ruling.record.history[-1]
    assert (change.changed_after, change.changed_before) == (at(130), at(200))


def test_a_change_never_happened_after_the_date_of_payment_or_of_change_in_its_row() -> None:
    stored = replace(OPENED, since=at(30))
    for dates in ({"paid_at": at(100)}, {"updated_at": at(100)}):
        paid = observed(payment(word="paid", **dates), epoch=2, seconds=200)
        ruling = judge(rules(), stored, paid, listed_at=at(130))
        assert ruling.record is not None
        assert ruling.record.history[-1].changed_after == at(100)


def test_an_old_date_of_payment_says_nothing_of_when_a_refund_happened() -> None:
    stored = replace(record(payment(word="paid", paid_at=at(5))), since=at(30))
    refunded = observed(payment(word="refunded", paid_at=at(5)), epoch=2, seconds=200)
    ruling = judge(rules(), stored, refunded, listed_at=at(130))
    assert ruling.record is not None
    # The lists of open payments do not show a settled one: their walk proves nothing for it.
    assert ruling.record.history[-1].changed_after == at(30)
