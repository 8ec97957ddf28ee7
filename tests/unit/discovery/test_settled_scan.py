"""Leavers of a provider that does not answer by id, looked for in its settled lists."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from paywatch.discovery.verdicts import SCAN_PAGES
from tests.examples import at
from tests.unit.discovery.inquiring import compago, inquire, paid
from tests.unit.discovery.shelf import Shelf, ids_of

NO = {"by_id": {"answer": False, "until": at(3600)}}


def settled(order: str, count: int) -> Shelf:
    """Return a list of so many confirmed payments, 500 a page, in one of the orders."""
    rows = paid(count, word="CONFIRMED", start=-count)
    if order == "newest first":
        rows.reverse()
    elif order == "none":
        Random(1).shuffle(rows)
    return compago(rows, by_id=False)


@pytest.mark.parametrize(
    ("order", "pages"), [("newest first", [1]), ("oldest first", [1, 4]), ("none", [1, 2, 3, 4])]
)
def test_settled_lists_are_read_from_their_newest_end_whichever_that_is(
    order: str, pages: list[int]
) -> None:
    shelf = settled(order, 1900)
    # It was created among the newest: nothing older than that need be read.
    inquire(shelf, ["nobody"], memory=NO, created=-100)
    confirmed = [q.page for q in shelf.asked if q.status == "CONFIRMED"]
    assert confirmed == pages
    assert [q.page for q in shelf.asked if q.status == "CANCELLED"] == [1]


@pytest.mark.parametrize("order", ["newest first", "oldest first", "none"])
def test_a_scan_of_a_settled_list_goes_on_where_the_last_run_stopped(order: str) -> None:
    shelf = settled(order, 9000)
    memory: dict[str, Any] = NO
    read: list[int] = []
    for _ in range(20):
        inquiry = inquire(shelf, ["nobody"], memory=memory, created=-90_000)
        memory = inquiry.memory
        pages = [q.page for q in shelf.asked if q.status == "CONFIRMED"]
        assert len(pages) <= SCAN_PAGES
        read += pages
        shelf.asked.clear()
        if inquiry.asked:
            break
    assert set(read) == set(range(1, 19))
    assert inquiry.asked == {"nobody"}
    assert memory["scans"] == {}


def test_an_unfinished_scan_has_not_yet_asked_for_anybody() -> None:
    shelf = settled("none", 9000)
    inquiry = inquire(shelf, ["nobody"], memory=NO)
    assert inquiry.asked == set()
    assert inquiry.memory["scans"]["CONFIRMED"]["page"] == SCAN_PAGES + 1


def test_rows_that_a_scan_has_shown_before_are_not_told_again() -> None:
    shelf = settled("newest first", 30)
    first = inquire(shelf, ["nobody"], memory=NO, created=-100)
    assert len(first.found) == 30
    first.remember_shown()
    again = inquire(shelf, ["nobody"], memory=first.memory, created=-100)
    assert again.found == []
    wanted = inquire(shelf, ["p0007"], memory=first.memory, created=-100)
    assert ids_of(wanted.found) == ["p0007"]
