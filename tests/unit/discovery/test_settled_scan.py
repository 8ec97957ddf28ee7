"""Leavers of a provider that does not answer by id, looked for in its settled lists."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from paywatch.discovery.verdicts import SCAN_PAGES, Inquiry, load_inquiry
from tests.examples import at
from tests.unit.discovery.inquiring import compago, inquire, paid
from tests.unit.discovery.shelf import Shelf, ids_of, so_often

NO = {"by_id": {"answer": False, "until": at(3600)}}


def settled(order: str, count: int) -> Shelf:
    """Return a list of so many confirmed payments, 500 a page, in one of the orders."""
    rows = paid(count, word="CONFIRMED", start=-count)
    if order == "newest first":
        rows.reverse()
    elif order == "none":
        Random(1).shuffle(rows)
    return compago(rows, by_id=False)


def remembered(inquiry: Inquiry) -> dict[str, Any]:
    """Return what the next run reads of what this one stored."""
    return load_inquiry(json.loads(json.dumps(inquiry.memory)))


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
        memory = remembered(inquiry)
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


def test_a_scan_whose_time_is_up_goes_on_at_the_page_that_it_did_not_read() -> None:
    shelf = settled("none", 1900)
    # The list's beginning is asked for as well as each of its pages.
    first = inquire(shelf, ["nobody"], memory=NO, may_go_on=so_often(3))
    assert [(q.status, q.page) for q in shelf.asked] == [("CONFIRMED", 1), ("CONFIRMED", 2)]
    assert first.memory["scans"]["CONFIRMED"] == {"page": 3, "down": False}
    assert first.asked == set()
    shelf.asked.clear()
    second = inquire(shelf, ["nobody"], memory=remembered(first))
    assert [q.page for q in shelf.asked if q.status == "CONFIRMED"] == [3, 4]
    assert second.asked == {"nobody"}


def test_a_scan_ends_with_the_page_that_shows_the_last_of_those_it_looks_for() -> None:
    shelf = settled("none", 1900)
    wanted = [shelf.rows[700].id, shelf.rows[20].id]
    inquiry = inquire(shelf, wanted, memory=NO)
    assert [(q.status, q.page) for q in shelf.asked] == [("CONFIRMED", 1), ("CONFIRMED", 2)]
    assert inquiry.asked == set(wanted)
    # Nothing is left to go on with.
    assert inquiry.memory["scans"] == {}


def test_rows_that_a_scan_has_shown_before_are_not_told_again() -> None:
    shelf = settled("newest first", 30)
    first = inquire(shelf, ["nobody"], memory=NO, created=-100)
    assert len(first.found) == 30
    first.remember_shown()
    again = inquire(shelf, ["nobody"], memory=first.memory, created=-100)
    assert again.found == []
    wanted = inquire(shelf, ["p0007"], memory=first.memory, created=-100)
    assert ids_of(wanted.found) == ["p0007"]


def confirmed_pages(shelf: Shelf, created: float | None) -> list[int]:
    """Look for somebody whom no list shows; return the pages of the confirmed ones, in order."""
    shelf.asked.clear()
    inquire(shelf, ["nobody"], memory=NO, created=created)
    return [query.page for query in shelf.asked if query.status == "CONFIRMED"]


def test_a_scan_reads_two_minutes_further_than_the_birth_of_the_wanted_one() -> None:
    shelf = settled("newest first", 1900)
    # Page 1 goes back 500 seconds: one born 380 seconds ago may still lie behind its end.
    assert confirmed_pages(shelf, -381) == confirmed_pages(shelf, -380) == [1, 2]
    assert confirmed_pages(shelf, -379) == [1]


def test_one_whose_birth_nobody_knows_is_looked_for_in_the_whole_list() -> None:
    assert confirmed_pages(settled("newest first", 1900), None) == [1, 2, 3, 4]


def test_a_list_with_the_oldest_first_is_read_down_to_its_first_page() -> None:
    assert confirmed_pages(settled("oldest first", 1900), -90_000) == [1, 4, 3, 2, 1]
    assert confirmed_pages(settled("oldest first", 900), -90_000) == [1, 2, 1]
    assert confirmed_pages(settled("oldest first", 400), -90_000) == [1]


def test_what_each_list_showed_is_kept_under_its_own_name() -> None:
    inquiry = inquire(settled("newest first", 30), ["nobody"], memory=NO, created=-100)
    inquiry.remember_shown()
    assert set(inquiry.memory["shown"]) == {"CONFIRMED", "CANCELLED"}
    assert inquiry.memory["shown"]["CONFIRMED"] != inquiry.memory["shown"]["CANCELLED"] == ""


def test_nobody_counts_as_asked_for_while_a_list_is_unread() -> None:
    shelf = settled("newest first", 400)
    # Time enough for the first list alone: asked before each list and each page.
    first = inquire(shelf, ["nobody"], memory=NO, created=-90_000, may_go_on=so_often(2))
    assert [query.status for query in shelf.asked] == ["CONFIRMED"]
    assert first.asked == set()
    shelf.asked.clear()
    again = inquire(shelf, ["nobody"], memory=first.memory, created=-90_000, may_go_on=so_often(2))
    assert [query.status for query in shelf.asked] == ["CANCELLED"]
    assert again.asked == {"nobody"}
