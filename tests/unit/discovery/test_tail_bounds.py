"""The tail: what it stores, and the row and the page at which it stops."""

from __future__ import annotations

import pytest

from paywatch.discovery.known import pack_rows
from paywatch.discovery.reader import Observation
from paywatch.discovery.tail import Gap, Tail
from paywatch.domain.changes import DetectedBy
from paywatch.ports import ListQuery, Order
from tests.examples import WATCH, at, observed, payment
from tests.unit.discovery.shelf import COMPAGO_CAN, Shelf, always, so_often
from tests.unit.discovery.tailing import ASKED, NEWEST, OLDEST, born, many, read, shelf_of

KNOWN = pack_rows([observed(payment("known"))])


def test_a_source_that_has_no_tail_yet_begins_with_none() -> None:
    assert Tail.load({}) == Tail(mark=None, known="", gap=None, why="", end=1)


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("floor", [at(-7), ""])
def test_a_tail_is_stored_with_its_mark_its_known_ground_and_its_gap(
    down: bool, floor: str
) -> None:
    stored = {"mark": at(5), "known": KNOWN, "gap": {"page": 7, "floor": floor, "down": down}}
    tail = Tail(mark=at(5), known=KNOWN, gap=Gap(7, floor, down))
    assert tail.store() == stored
    assert Tail.load(stored) == tail


def test_a_tail_without_a_gap_says_so() -> None:
    assert Tail().store() == {"mark": None, "known": "", "gap": None}
    assert Tail.load(Tail().store()) == Tail()


@pytest.mark.parametrize(("stored", "page"), [(-3, 1), (0, 1), (1, 1), (2, 2), ("4", 4)])
def test_a_gap_goes_on_at_page_one_or_behind_it(stored: object, page: int) -> None:
    assert Gap.load({"page": stored, "floor": at(0), "down": 0}) == Gap(page, at(0), False)


@pytest.mark.parametrize(
    "stored",
    [
        {"mark": "yesterday"},
        {"known": "A"},
        {"gap": {"page": 1, "floor": "yesterday", "down": False}},
        {"gap": {"page": 1}},
    ],
)
def test_a_tail_that_makes_no_sense_is_refused(stored: dict[str, object]) -> None:
    with pytest.raises((ValueError, KeyError)):
        Tail.load(stored)


def test_rows_that_a_tail_read_say_so() -> None:
    into: list[Observation] = []
    Tail().read(Shelf(many(0, 1, 0)).reader(), WATCH, always, into)
    assert [(o.detected_by, o.route) for o in into] == [(DetectedBy.TAIL, "list:*")]


def test_a_tail_asks_for_a_hundred_rows_where_the_size_can_be_chosen() -> None:
    sorted_, unsorted = Shelf(many(0, 1, 0)), shelf_of(NEWEST, many(0, 1, 0))
    read(sorted_)
    read(unsorted)
    assert sorted_.asked == [ListQuery(order=Order.NEWEST_FIRST)]
    assert unsorted.asked == [ListQuery(page_size=100)]


@pytest.mark.parametrize("order", [ASKED, NEWEST, OLDEST])
def test_a_page_that_ends_just_at_the_floor_is_not_the_last(order: str) -> None:
    # Page one, from its newest end, ends with the row that was born at the floor or before it.
    size = 20 if order == ASKED else 100
    shelf = shelf_of(order, many(0, 3 * size, 0))
    floor = 2 * size + 120

    def pages(mark: float) -> list[int]:
        shelf.asked.clear()
        read(shelf, Tail(mark=at(mark)))
        return shelf.pages

    first, second = ([1, 3], 2) if order == OLDEST else ([1], 2)
    assert pages(floor) == [*first, second]
    assert pages(floor + 1) == first


def test_rows_without_a_date_do_not_end_a_tail() -> None:
    dateless = [payment(f"n{n}", "paid", created_at=None) for n in range(100)]
    rows = [*many(0, 50, -9000), *dateless, *many(100, 100, 100)]
    shelf = shelf_of(NEWEST, rows)
    read(shelf)
    assert shelf.pages == [1, 2, 3]


def test_a_list_of_one_page_needs_no_order() -> None:
    shelf = shelf_of(NEWEST, many(0, 1, 30))
    shelf.clock.advance(60)
    tail = Tail()
    after, told = read(shelf, tail)
    assert told == ["p0000"]
    assert (tail.why, after.mark) == ("", at(30))


def test_a_list_of_two_pages_shows_its_order() -> None:
    shelf = shelf_of(OLDEST, many(0, 150, 0))
    read(shelf)
    assert shelf.pages == [1, 2, 1]


def test_an_oldest_first_list_is_read_down_to_its_first_page_and_no_further() -> None:
    shelf = shelf_of(OLDEST, many(0, 250, 0))
    tail, _ = read(shelf)
    assert shelf.pages == [1, 3, 2, 1]
    assert tail.gap is None


def test_a_list_in_no_order_is_told() -> None:
    shelf = Shelf([born(n % 2, n % 2) for n in range(101)], abilities=COMPAGO_CAN)
    tail = Tail(gap=Gap(1, at(0), True))
    read(shelf, tail)
    assert tail.why == "the list is in no order; left to the sweeps and to reconcile"


def test_the_mark_is_the_newest_birth_that_was_read_and_no_date_leaves_it_as_it_was() -> None:
    shelf = Shelf([*many(0, 3, 10), payment("n", "paid", created_at=None)])
    shelf.clock.advance(600)
    tail, _ = read(shelf)
    assert tail.mark == at(12)
    shelf.rows = shelf.rows[3:]
    assert read(shelf)[0].mark is None
    assert read(shelf, Tail(mark=at(7)))[0].mark == at(7)


def test_a_row_dated_in_the_future_moves_the_mark_to_when_it_was_read() -> None:
    shelf = Shelf([born(1, 90_000)])
    assert read(shelf)[0].mark == at(1)


def test_while_there_is_a_gap_the_newest_end_is_read_to_the_mark_alone() -> None:
    shelf = Shelf(many(0, 200, 0))
    shelf.clock.advance(600)
    gap = Gap(9, at(30), False)
    # Page 1 goes back to 180: the overlap would ask for page 2 as well.
    after, _ = read(shelf, Tail(mark=at(181), gap=gap))
    assert shelf.pages == [1, 9]
    assert after.gap is None
    # Without a mark there is nothing but the watch to go back to.
    shelf.asked.clear()
    read(shelf, Tail(gap=gap), so_often(1))
    assert shelf.pages == [1, 2]


@pytest.mark.parametrize(("older", "floor"), [(30, 30), (170, 100)])
def test_two_gaps_are_one_down_to_the_older_floor(older: float, floor: float) -> None:
    shelf = Shelf(many(0, 200, 0))
    shelf.clock.advance(600)
    tail = Tail(mark=at(100), gap=Gap(9, at(older), False))
    after, _ = read(shelf, tail, so_often(1))
    assert after.gap == Gap(3, at(floor), False)


def test_a_gap_behind_the_end_goes_on_at_the_end() -> None:
    shelf = Shelf(many(0, 60, 0))
    shelf.clock.advance(600)
    read(shelf, Tail(mark=at(55), gap=Gap(7, at(-9000), True)))
    assert shelf.pages == [1, 3, 2, 1]
    # The end is this run's, and is not stored.
    assert Tail.load(Tail(end=4).store()).end == 1


def test_what_a_gap_showed_is_known_ground() -> None:
    shelf = Shelf(many(0, 60, 0))
    shelf.clock.advance(600)
    tail = Tail(mark=at(55), gap=Gap(3, at(-9000), False))
    after, told = read(shelf, tail)
    assert len(told) == 40
    assert read(shelf, Tail(after.mark, after.known, Gap(3, at(-9000), False)))[1] == []
