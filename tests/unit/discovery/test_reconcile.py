"""Reconcile: from page to page and run to run, past pages that fail and lists that shrink."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from paywatch.discovery.reader import UNFILTERED
from paywatch.discovery.reconcile import AROUND, DOUBTS, FAILURES, SURE, TRIES, Reconcile
from paywatch.domain.payments import Payment
from paywatch.errors import Unavailable
from tests.examples import at, payment
from tests.unit.discovery.inquiring import compago, paid
from tests.unit.discovery.shelf import ONEPAY_CAN, Shelf, ids_of


def again(reconcile: Reconcile) -> Reconcile:
    """Return it as the next run would load it."""
    return Reconcile.load(json.loads(json.dumps(reconcile.store())))


def begun(shelf: Shelf, pages: int) -> Reconcile:
    """Return a reconcile that has read so many pages, newest first, 20 rows each."""
    reconcile = Reconcile([UNFILTERED], at(0))
    for _ in range(pages):
        page, _ = reconcile.read_page(shelf.reader())
        assert not reconcile.doubts_page(page)
        reconcile.advance(page)
    return again(reconcile)


def read_on(shelf: Shelf, reconcile: Reconcile) -> list[str]:
    """Begin a run: look at the page before, then read the next one; return all that is told."""
    before = reconcile.step_back(shelf.reader())
    page, rows = reconcile.read_page(shelf.reader())
    reconcile.advance(page)
    return ids_of([*(before[1] if before else []), *rows])


def test_a_page_before_that_can_never_be_read_is_passed_without_leaving_out_the_next() -> None:
    shelf = Shelf(paid(100))
    reconcile = begun(shelf, 2)
    shelf.broken[None, 2] = Unavailable("503")
    for _ in range(FAILURES // SURE):
        reconcile = again(reconcile)
        with pytest.raises(Unavailable):
            read_on(shelf, reconcile)
        assert not reconcile.give_up()
    shelf.asked.clear()
    told = read_on(shelf, again(reconcile))
    assert shelf.pages == [3]
    assert told == [f"p{number:04}" for number in range(59, 39, -1)]
    assert (reconcile.skipped, reconcile.page) == (0, 3)


def test_the_page_before_is_looked_at_again_once_a_page_could_be_read() -> None:
    shelf = Shelf(paid(100))
    reconcile = begun(shelf, 2)
    shelf.broken[None, 2] = Unavailable("503")
    for _ in range(FAILURES // SURE):
        with pytest.raises(Unavailable):
            reconcile.step_back(shelf.reader())
        reconcile.give_up()
    shelf.broken.clear()
    read_on(shelf, reconcile)
    shelf.asked.clear()
    read_on(shelf, again(reconcile))
    assert shelf.pages == [3, 4]


def test_a_list_that_collapsed_is_not_followed_backwards_before_it_was_doubted_for_long() -> None:
    shelf = Shelf(paid(100))
    reconcile = begun(shelf, 3)
    shelf.rows = paid(30)
    shelf.asked.clear()
    assert reconcile.step_back(shelf.reader()) is None
    assert (shelf.pages, reconcile.page) == ([3], 4)
    reconcile.doubts = DOUBTS
    assert reconcile.step_back(shelf.reader()) is None
    # What it still shows lies behind what was read: all of it is read.
    assert (shelf.pages, reconcile.page) == ([3, 3, 2, 1], 1)


UNDATED = [payment(f"u{number:03}", "paid", created_at=None) for number in range(60)]
SAME_DAY = [payment(f"u{number:03}", "paid", created_at=at(5)) for number in range(60)]


@pytest.mark.parametrize("rows", [UNDATED, SAME_DAY], ids=["undated", "of one date"])
def test_of_rows_in_no_order_all_of_the_page_before_are_read_again(rows: Sequence[Payment]) -> None:
    shelf = Shelf(rows)
    reconcile = begun(shelf, 2)
    # Three of the second page moved up onto the first, where nobody looks any more.
    shelf.rows = list(rows[3:])
    shelf.asked.clear()
    before = reconcile.step_back(shelf.reader())
    assert before is not None
    page, told = before
    assert shelf.pages == [page.number] == [2]
    assert ids_of(told) == [row.id for row in page.rows]


def test_of_rows_in_order_those_behind_the_edge_are_read_again_and_any_without_a_date() -> None:
    rows = paid(100)[::-1]
    rows[30] = replace(rows[30], created_at=None)
    shelf = Shelf(rows, abilities=replace(ONEPAY_CAN, orders=frozenset()))
    reconcile = begun(shelf, 2)
    shelf.rows = rows[3:]
    before = reconcile.step_back(shelf.reader())
    assert before is not None
    assert ids_of(before[1]) == [row.id for row in (rows[30], *rows[39:43])]


def test_a_suspect_that_no_page_shows_any_more_is_given_up_after_so_many_runs() -> None:
    shelf = compago(paid(1300, word="CONFIRMED"))
    reconcile = Reconcile([], at(0))
    gone, still = payment("gone", "CANCELLED"), shelf.rows[0]
    reconcile.suspect(gone, 2, epoch=1)
    for tries in range(1, TRIES):
        assert reconcile.seek(shelf.reader(), gone.id) == []
        reconcile = again(reconcile)
        assert reconcile.suspects[gone.id].tries == tries
        assert not reconcile.done
    # Rows move to later pages as others come in, and to earlier ones as others vanish.
    assert shelf.pages == [2, 3, 1, 4]
    reconcile.suspect(still, 1, epoch=2)
    # There is no page before the first.
    assert ids_of(reconcile.seek(shelf.reader(), gone.id)) == [still.id]
    assert shelf.pages[-1] == 1
    assert list(reconcile.suspects) == [still.id]
    assert ids_of(reconcile.seek(shelf.reader(), still.id)) == [still.id]


def test_a_suspect_that_its_last_try_shows_is_told_and_not_given_up() -> None:
    shelf = compago(paid(3, word="CONFIRMED"))
    reconcile = Reconcile([], at(0))
    reconcile.suspect(shelf.rows[1], 1, epoch=1)
    suspect = reconcile.suspects["p0001"]
    suspect.tries, suspect.page = TRIES - 1, 1 - AROUND[-1]
    assert ids_of(reconcile.seek(shelf.reader(), "p0001")) == ["p0001"]
    assert "p0001" in reconcile.suspects
