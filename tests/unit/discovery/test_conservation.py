"""What a provider says that a list holds, against our own count of it."""

from __future__ import annotations

import json
from datetime import timedelta

from paywatch.discovery.conservation import EARLY_PAUSE, Conservation
from tests.examples import WATCH

MOVES = [(None, "paid"), (None, "paid"), ("paid", "refunded")]


def anchored() -> Conservation:
    """Return counts of which all is known: one paid, one refunded, and what was there before."""
    books = Conservation()
    books.count(MOVES)
    books.compare("paid", 501)
    books.compare("refunded", 41)
    return books


def test_the_first_comparison_takes_what_was_there_before_for_granted() -> None:
    books = Conservation()
    books.count(MOVES)
    assert not books.anchored("paid")
    assert books.difference("paid", 501) == 0
    assert books.compare("paid", 501) == 0
    assert books.anchored("paid")


def test_a_move_is_taken_from_one_list_and_added_to_the_other() -> None:
    books = anchored()
    books.count([("paid", "refunded"), (None, "paid"), (None, "paid")])
    assert books.difference("paid", 502) == 0
    assert books.difference("refunded", 42) == 0
    assert books.difference("paid", 500) == -2


def test_a_difference_is_told_when_it_lasts_and_not_before() -> None:
    books = anchored()
    assert [books.compare("paid", 503) for _ in range(3)] == [0, 2, 2]


def test_another_difference_and_none_begin_the_count_anew() -> None:
    books = anchored()
    totals = (503, 502, 500, 501, 499, 503)
    assert [books.compare("paid", total) for total in totals] == [0] * 6
    assert books.compare("paid", 503) == 2


def test_a_difference_that_grows_lasts() -> None:
    assert [anchored().compare("paid", 503), anchored().compare("paid", 499)] == [0, 0]
    more, fewer = anchored(), anchored()
    assert [more.compare("paid", total) for total in (503, 504, 504, 505)] == [0, 3, 3, 4]
    assert [fewer.compare("paid", total) for total in (500, 498)] == [0, -3]


def test_a_difference_that_was_recorded_meanwhile_is_none_any_more() -> None:
    books = anchored()
    books.compare("paid", 502)
    books.count([(None, "paid")])
    assert books.compare("paid", 502) == 0


def test_after_a_reconcile_the_next_totals_are_right() -> None:
    books = anchored()
    books.compare("paid", 503)
    books.release()
    assert [books.compare("paid", 503) for _ in range(3)] == [0, 0, 0]
    assert [books.compare("paid", 505) for _ in range(2)] == [0, 2]


def test_an_early_reconcile_begins_once_in_so_long() -> None:
    books = anchored()
    assert books.may_reconcile_early(WATCH)
    assert not books.may_reconcile_early(WATCH)
    assert not books.may_reconcile_early(WATCH + EARLY_PAUSE - timedelta(minutes=1))
    assert books.may_reconcile_early(WATCH + EARLY_PAUSE)


def test_a_pause_that_a_clock_that_leapt_has_set_is_ignored() -> None:
    books = anchored()
    assert books.may_reconcile_early(WATCH + timedelta(days=3650))
    assert books.may_reconcile_early(WATCH)


def test_counts_come_back_from_their_store_as_they_were() -> None:
    books = anchored()
    books.compare("paid", 503)
    books.count([(None, "failed")])
    books.may_reconcile_early(WATCH)
    assert Conservation.load(json.loads(json.dumps(books.store()))) == books


def test_counts_are_stored_with_the_difference_and_how_often_it_was_found() -> None:
    books = anchored()
    for _ in range(3):
        books.compare("paid", 503)
    books.count([(None, "failed")])
    assert books.store() == {
        "accounts": {"paid": [1, 500, 2, 3], "refunded": [1, 40, 0, 0], "failed": [1, None, 0, 0]},
        "early_after": "",
    }


def test_of_nothing_nothing_is_known() -> None:
    assert Conservation.load({}) == Conservation({}, "")
