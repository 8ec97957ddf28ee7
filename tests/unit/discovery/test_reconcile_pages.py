"""Reconcile over pages that fail, lists that shrink, and rows that moved up meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from paywatch.discovery.reader import UNFILTERED
from paywatch.discovery.reconcile import (
    AROUND,
    DOUBTS,
    FAILURES,
    SURE,
    TRIES,
    Reconcile,
)
from paywatch.domain.payments import Payment
from paywatch.errors import OutOfTime, Unavailable
from paywatch.ports import ListQuery, Order
from tests.examples import at, payment
from tests.unit.discovery.inquiring import compago, paid
from tests.unit.discovery.reconciled import answered, reading
from tests.unit.discovery.shelf import ONEPAY_CAN, Shelf, ids_of


def test_a_list_that_states_less_than_half_of_what_it_stated_is_doubted_so_many_times() -> None:
    reconcile = reading()
    assert not reconcile.doubts_page(answered(total=10))
    assert not reconcile.doubts_page(answered(total=5))
    assert reconcile.top == 10
    for doubts in range(1, DOUBTS + 1):
        assert reconcile.doubts_page(answered(total=4))
        assert reconcile.doubts == doubts
    assert not reconcile.doubts_page(answered(total=4))
    assert (reconcile.doubts, reconcile.top) == (DOUBTS, 10)


def failing(reconcile: Reconcile) -> bool:
    """Let a page fail until it is given up or was not; return the last answer."""
    for _ in range(FAILURES // SURE - 1):
        assert not reconcile.give_up()
    return reconcile.give_up()


def test_pages_that_cannot_be_read_are_left_out_twice_as_many_at_each_time() -> None:
    reconcile = reading("paid", UNFILTERED)
    reconcile.page, reconcile.last, reconcile.skipped = 10, 16, 3
    for page, skipped, gap in [(11, 4, 1), (12, 5, 2), (14, 7, 4)]:
        assert failing(reconcile)
        assert (reconcile.page, reconcile.skipped, reconcile.gap) == (page, skipped, gap)
        assert reconcile.failed == 0
        assert reconcile.lists == ["paid", UNFILTERED]
    assert failing(reconcile)
    # Behind its end the next list begins.
    assert (reconcile.lists, reconcile.page, reconcile.gap) == ([UNFILTERED], 1, 0)
    assert reconcile.skipped == 11


def test_the_last_page_is_read_where_the_one_before_it_is_left_out() -> None:
    reconcile = reading()
    reconcile.page, reconcile.last = 2, 3
    assert failing(reconcile)
    assert (reconcile.lists, reconcile.page) == ([UNFILTERED], 3)
    assert failing(reconcile)
    assert reconcile.lists == []


def test_a_page_before_that_cannot_be_read_is_given_up_and_none_is_left_out() -> None:
    shelf = Shelf(paid(100))
    reconcile = reading()
    reconcile.page, reconcile.last = 3, 5
    shelf.broken[None, 2] = Unavailable("503")
    with pytest.raises(Unavailable):
        reconcile.step_back(shelf.reader())
    assert not failing(reconcile)
    assert (reconcile.page, reconcile.skipped, reconcile.failed, reconcile.gap) == (3, 0, 0, 1)
    assert reconcile.step_back(shelf.reader()) is None


def test_a_page_that_fails_after_a_look_at_the_one_before_is_left_out() -> None:
    shelf = Shelf(paid(100))
    reconcile = reading()
    reconcile.page, reconcile.last, reconcile.edge = 3, 5, at(60)
    assert reconcile.step_back(shelf.reader()) is not None
    assert failing(reconcile)
    assert (reconcile.page, reconcile.skipped) == (4, 1)


def test_the_page_before_is_looked_at_in_the_list_that_is_read() -> None:
    shelf = Shelf([*paid(30), *paid(30, first=30, word="failed")])
    reconcile = reading("failed", UNFILTERED)
    reconcile.page, reconcile.edge = 2, at(40)
    before = reconcile.step_back(shelf.reader())
    assert before is not None
    assert shelf.asked == [ListQuery("failed", Order.NEWEST_FIRST, page=1)]
    assert {row.payment.provider_status for row in before[1]} == {"failed"}


def steps_back(rows: Sequence[Payment], edge: str, *, page: int = 2) -> list[str] | None:
    """Return the ids of what a page before the next one shows that may be new, if it is read."""
    can = replace(ONEPAY_CAN, orders=frozenset())
    reconcile = reading()
    reconcile.page, reconcile.edge = page, edge
    before = reconcile.step_back(Shelf(rows, abilities=can).reader())
    return None if before is None else ids_of(before[1])


NEWEST_FIRST = paid(4, first=6)[::-1]
OLDEST_FIRST = paid(4, first=6)


def test_the_row_of_the_edge_itself_is_read_again() -> None:
    assert steps_back(NEWEST_FIRST, at(6)) == ["p0006"]
    assert steps_back(OLDEST_FIRST, at(9)) == ["p0009"]
    assert steps_back(NEWEST_FIRST, at(7)) == ["p0007", "p0006"]
    assert steps_back(OLDEST_FIRST, at(8)) == ["p0008", "p0009"]


def test_a_page_lies_behind_the_edge_only_if_not_even_its_first_row_is_of_that_date() -> None:
    assert steps_back(NEWEST_FIRST, at(9)) == ["p0009", "p0008", "p0007", "p0006"]
    assert steps_back(NEWEST_FIRST, at(10)) is None
    assert steps_back(OLDEST_FIRST, at(6)) == ["p0006", "p0007", "p0008", "p0009"]
    assert steps_back(OLDEST_FIRST, at(5)) is None


def test_where_no_date_was_read_everything_on_the_page_before_may_be_new() -> None:
    assert steps_back(NEWEST_FIRST, "") == ["p0009", "p0008", "p0007", "p0006"]
    assert steps_back(OLDEST_FIRST, "") == ["p0006", "p0007", "p0008", "p0009"]


def test_of_a_page_in_no_order_everything_may_be_new_whatever_the_edge() -> None:
    mixed = [OLDEST_FIRST[1], OLDEST_FIRST[0], OLDEST_FIRST[2]]
    assert steps_back(mixed, at(0)) == ["p0007", "p0006", "p0008"]
    assert steps_back(mixed, at(99)) == ["p0007", "p0006", "p0008"]


def test_a_suspect_is_given_up_after_so_many_tries_only_if_its_page_does_not_show_it() -> None:
    shelf = compago(paid(3, word="CONFIRMED"))
    reconcile = Reconcile([], at(0))
    for number, name in enumerate(["p0000", "gone"]):
        reconcile.suspect(payment(name, "CONFIRMED"), page=1 - AROUND[-1], epoch=number)
        reconcile.suspects[name].tries = TRIES - 1
    assert ids_of(reconcile.seek(shelf.reader(), "gone")) == ["p0000"]
    assert list(reconcile.suspects) == ["p0000"]
    assert {query.status for query in shelf.asked} == {None}


@pytest.mark.parametrize("places", [20, -20, 40, -40])
def test_no_loss_of_a_suspect_that_moved_to_another_page(places: int) -> None:
    rows = paid(200)[::-1]
    shelf, wanted = Shelf(rows), rows[110]
    reconcile = Reconcile([], at(0))
    reconcile.suspect(wanted, 6, epoch=1)
    shelf.rows = [*paid(places, first=300), *rows] if places > 0 else rows[-places:]
    for _ in range(TRIES):
        if wanted.id in ids_of(reconcile.seek(shelf.reader(), wanted.id)):
            return
    raise AssertionError(f"sought on pages {shelf.pages}, and given up")


def test_no_loss_of_a_suspect_that_a_run_had_no_time_to_look_for() -> None:
    shelf = Shelf(rows := paid(30)[::-1])
    reconcile = Reconcile([], at(0))
    reconcile.suspect(rows[3], 1, epoch=1)
    for _ in range(TRIES):
        with pytest.raises(OutOfTime):
            reconcile.seek(shelf.reader(requests=0), rows[3].id)
        assert reconcile.suspects[rows[3].id].tries == 0
    assert rows[3].id in ids_of(reconcile.seek(shelf.reader(), rows[3].id))
