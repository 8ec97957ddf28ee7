"""A list's flaw is kept until the page that had it was read well, or nobody reads it any more."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from paywatch.discovery.flaws import KEPT_FOR, Flaws, Looked
from paywatch.ports import ListQuery, Order, Page
from tests.examples import at, instant

NOW = instant(0)
PAID = ListQuery("paid", Order.NEWEST_FIRST)


def page(number: int = 1, refused: int = 0, last_page: int = 5) -> Any:
    class Short:
        def __init__(self) -> None:
            self.number, self.refused, self.last_page = number, ("?",) * refused, last_page

    return Short()


def noted(flaws: Flaws, *read: tuple[ListQuery, Page | str], hours: float = 0.0) -> list[str]:
    """Take note of a poll that read these pages, or failed to; return what is not in order."""
    looked = Looked()
    for query, answer in read:
        if isinstance(answer, str):
            looked.failed(query, answer)
        else:
            looked.read(query, answer)
    flaws.note(looked, NOW + timedelta(hours=hours), lambda word: word != "gone")
    # What is stored is what goes on.
    assert Flaws.load(json.loads(json.dumps(flaws.store()))) == flaws
    return flaws.lines()


def test_a_list_that_is_read_well_has_no_flaw() -> None:
    assert noted(Flaws(), (PAID, page())) == []


def test_a_list_that_cannot_be_read_stays_so_until_it_can_be() -> None:
    flaws = Flaws()
    line = "the list paid cannot be read (502)"
    assert noted(flaws, (PAID, "502")) == []  # once is no flaw yet
    assert flaws.words == {"paid"}
    assert noted(flaws, (PAID, "502")) == [line]
    assert noted(flaws) == [line]
    assert noted(flaws, (ListQuery("refunded"), page())) == [line]
    assert noted(flaws, (replace(PAID, page=2), page(2))) == [line]
    assert noted(flaws, (PAID, page())) == []


def test_rows_that_make_no_sense_are_counted() -> None:
    assert noted(Flaws(), (PAID, page(refused=1))) == ["a row of the list paid makes no sense"]
    many = noted(Flaws(), (ListQuery(), page(refused=4)))
    assert many == ["4 rows of the list of all payments make no sense"]


def test_a_page_that_was_read_well_at_the_second_try_has_no_flaw() -> None:
    flaws = Flaws()
    for _ in range(3):
        assert noted(flaws, (PAID, "502"), (PAID, page())) == []
        assert flaws.words == set()


def test_another_page_that_was_read_well_mends_no_flaw() -> None:
    flaws = Flaws()
    for _ in range(2):
        told = noted(flaws, (PAID, "502"), (replace(PAID, page=2), page(2)))
    assert told == ["the list paid cannot be read (502)"]


def test_a_flaw_is_stored_under_its_list_and_its_order() -> None:
    flaws = Flaws()
    noted(flaws, (PAID, page(3, refused=2)), (ListQuery(page=4), "x" * 300))
    assert flaws.store() == {
        "/": ["", 4, 0, "x" * 200, at(0), 1],
        "paid/newest_first": ["paid", 1, 2, "", at(0), 1],
    }
    assert flaws.words == {""}


def test_the_flaw_of_a_page_that_is_no_more_is_none() -> None:
    flaws = Flaws()
    noted(flaws, (replace(PAID, page=9), "502"))
    assert noted(flaws, (replace(PAID, page=9), "502")) != []
    assert noted(flaws, (PAID, page(last_page=9))) != []
    assert noted(flaws, (PAID, page(last_page=8))) == []


def test_another_order_of_a_list_has_other_pages() -> None:
    flaws = Flaws()
    noted(flaws, (PAID, page(refused=1)))
    assert noted(flaws, (replace(PAID, order=Order.LATEST_PAID_FIRST), page())) != []
    # And is one line all the same.
    both = noted(flaws, (replace(PAID, order=Order.LATEST_PAID_FIRST), page(refused=1)))
    assert len(both) == 1


@pytest.mark.parametrize(
    "asked",
    [ListQuery(ids=("a", "b")), ListQuery(external_id="order-1"), ListQuery(currency="MXN")],
    ids=repr,
)
def test_an_answer_about_some_payments_says_nothing_of_a_list(asked: ListQuery) -> None:
    assert noted(Flaws(), (asked, "502")) == []
    assert noted(Flaws(), (asked, page(refused=2))) == []
    flaws = Flaws()
    for _ in range(2):
        noted(flaws, (ListQuery(), "502"))
    assert noted(flaws, (asked, page())) != []


def test_what_nobody_has_seen_for_a_day_is_forgotten_and_so_is_what_is_not_read_any_more() -> None:
    flaws, hours = Flaws(), KEPT_FOR / timedelta(hours=1)
    for _ in range(2):
        noted(flaws, (PAID, "502"))
    assert noted(flaws, hours=hours) != []
    assert noted(flaws, hours=hours + 0.1) == []
    noted(flaws, (PAID, "502"), hours=10)
    assert noted(flaws, hours=9) == []  # the clock had leapt
    for _ in range(2):
        assert noted(flaws, (ListQuery("gone"), "404")) == []
        assert flaws.words == set()


@pytest.mark.parametrize(
    "stored",
    [
        {"paid/": ["paid", 1, 0, "502"]},
        {"paid/": ["paid", "one", 0, "502", "2026-03-01T12:00:00Z", 1]},
        {"paid/": ["paid", 1, 0, "502", "now", 1]},
        {"paid/": 7},
        [],
        None,
    ],
    ids=repr,
)
def test_a_section_that_makes_no_sense_is_refused(stored: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        Flaws.load(stored)
