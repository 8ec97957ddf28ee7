"""The tail: the newest end of the unfiltered list, to known ground."""

from __future__ import annotations

from dataclasses import replace

import pytest

from paywatch.discovery.reader import Observation
from paywatch.discovery.tail import Gap, Tail, observed_order
from paywatch.errors import Unavailable
from paywatch.ports import Allowance, ListQuery, Order, Page
from tests.examples import WATCH, at, payment
from tests.unit.discovery.shelf import COMPAGO_CAN, Shelf, always, so_often
from tests.unit.discovery.tailing import ASKED, NEWEST, OLDEST, born, many, read, shelf_of


@pytest.mark.parametrize("order", [ASKED, NEWEST, OLDEST])
def test_a_payment_that_opened_and_settled_between_two_polls_is_found(order: str) -> None:
    past = many(0, 350, -40_000, 100)
    shelf = shelf_of(order, past)
    shelf.clock.advance(60)
    tail, _ = read(shelf)
    shelf.clock.advance(60)
    new = born(900, 70)
    shelf.rows = shelf_of(order, [*past, new]).rows
    shelf.asked.clear()
    tail, told = read(shelf, tail)
    assert told == ["p0900"]
    assert len(shelf.asked) <= 2


def test_a_list_that_can_be_sorted_is_asked_for_its_newest_rows() -> None:
    shelf = Shelf(many(0, 50, -9000, 100))
    read(shelf)
    assert [(q.order, q.status, q.page) for q in shelf.asked] == [(Order.NEWEST_FIRST, None, 1)]


def test_a_list_that_proves_to_be_oldest_first_is_read_from_its_last_page_down() -> None:
    shelf = shelf_of(OLDEST, many(0, 250, -90_000, 10) + many(250, 130, 0))
    _, told = read(shelf)
    assert shelf.pages == [1, 4, 3]
    assert {f"p{n:04}" for n in range(250, 380)} <= set(told)


def test_a_list_in_no_order_is_left_to_the_sweeps_and_keeps_its_mark() -> None:
    rows = many(0, 300, 0)
    rows[0], rows[1], rows[2] = rows[1], rows[2], rows[0]
    shelf = Shelf(rows, abilities=COMPAGO_CAN)
    shelf.clock.advance(600)
    tail = Tail(mark=at(5))
    after, _ = read(shelf, tail)
    assert shelf.pages == [1]
    assert tail.why
    assert after.mark == at(5)


def test_what_is_older_than_the_mark_and_its_overlap_is_not_read() -> None:
    shelf = Shelf(many(0, 400, 0, 10))
    shelf.clock.advance(5000)
    tail = Tail(mark=at(3900))
    _, told = read(shelf, tail)
    # The page on which the floor lies is the last: 3900 less two minutes is birth 378.
    assert shelf.pages == [1, 2]
    assert min(told) == "p0360"


def test_the_first_tail_ends_just_before_the_watch() -> None:
    shelf = Shelf(many(0, 400, -4000, 10))
    read(shelf)
    assert shelf.pages == [1]


def test_rows_that_are_known_ground_are_not_told_again() -> None:
    shelf = Shelf(many(0, 15, 0))
    shelf.clock.advance(60)
    tail, first = read(shelf)
    assert len(first) == 15
    tail, second = read(shelf, tail)
    assert second == []
    shelf.put(replace(shelf.rows[7], external_id="order-1"))
    _, third = read(shelf, tail)
    assert third == ["p0007"]


def test_a_known_id_is_no_known_ground() -> None:
    shelf = Shelf(many(0, 45, 0))
    shelf.clock.advance(60)
    tail, _ = read(shelf)
    # A known payment stands first, a new one is hidden on a later page of the overlap.
    shelf.rows.insert(0, born(99, 3))
    _, told = read(shelf, tail)
    assert told == ["p0099"]


def test_an_unfinished_tail_leaves_a_gap_that_the_next_one_closes() -> None:
    shelf = Shelf(many(0, 100, 0))
    shelf.clock.advance(200)
    tail, first = read(shelf, may_go_on=so_often(2))
    assert shelf.pages == [1, 2, 3]
    assert tail.gap is not None
    assert (tail.gap.page, tail.gap.down) == (4, False)
    shelf.asked.clear()
    tail, second = read(shelf, tail)
    assert tail.gap is None
    assert set(first) | set(second) == {row.id for row in shelf.rows}


def test_requests_that_run_out_leave_a_gap_at_the_page_that_was_not_answered() -> None:
    shelf = Shelf(many(0, 100, 0))
    shelf.clock.advance(200)
    tail, first = read(shelf, requests=2)
    assert tail.gap == Gap(3, at(-120), False)
    assert set(first) == {f"p{n:04}" for n in range(60, 100)}
    # What was read is known ground all the same.
    assert tail.mark == at(99)
    tail, second = read(shelf, tail)
    assert tail.gap is None
    assert set(second) == {f"p{n:04}" for n in range(60)}


def test_a_second_gap_is_merged_with_the_first_and_nothing_between_is_lost() -> None:
    shelf = Shelf(many(0, 100, 0))
    shelf.clock.advance(200)
    tail, told = read(shelf, may_go_on=so_often(1))
    found = set(told)
    shelf.rows += many(100, 200, 210)
    shelf.clock.advance(300)
    tail, told = read(shelf, tail, may_go_on=so_often(1))
    found |= set(told)
    assert tail.gap is not None
    for _ in range(30):
        tail, told = read(shelf, tail, may_go_on=so_often(3))
        found |= set(told)
        if tail.gap is None:
            break
    assert tail.gap is None
    assert found == {row.id for row in shelf.rows}


def test_a_gap_of_an_oldest_first_list_is_closed_downwards() -> None:
    shelf = shelf_of(OLDEST, many(0, 900, 0))
    shelf.clock.advance(1000)
    tail, told = read(shelf, may_go_on=so_often(2))
    assert tail.gap is not None
    assert tail.gap.down
    found = set(told)
    for _ in range(10):
        tail, told = read(shelf, tail, may_go_on=so_often(3))
        found |= set(told)
    assert tail.gap is None
    assert found == {row.id for row in shelf.rows}


def test_a_row_dated_in_the_future_does_not_move_the_mark_beyond_now() -> None:
    shelf = Shelf([*many(0, 5, 0), born(50, 90_000)])
    shelf.clock.advance(60)
    tail, _ = read(shelf)
    assert tail.mark is not None
    assert tail.mark <= at(62)
    shelf.rows.append(born(60, 100))
    shelf.clock.advance(60)
    _, told = read(shelf, tail)
    assert told == ["p0060"]


class OnePageAlways(Shelf):
    """A list that says of every page that it is the last."""

    def list(self, query: ListQuery, allowance: Allowance) -> Page:
        return replace(super().list(query, allowance), last_page=1)


def test_a_last_page_that_is_none_by_the_stated_total_does_not_end_the_tail() -> None:
    shelf = OnePageAlways(many(0, 70, 10))
    shelf.clock.advance(90)
    _, told = read(shelf)
    assert len(told) == 70
    assert shelf.pages == [1, 2, 3, 4]


def test_a_mark_never_goes_back() -> None:
    shelf = Shelf(many(0, 5, 0))
    shelf.clock.advance(9000)
    tail, _ = read(shelf, Tail(mark=at(8000)))
    assert tail.mark == at(8000)


def test_what_was_read_before_a_fault_is_told_and_the_mark_stays() -> None:
    shelf = Shelf(many(0, 100, 0))
    shelf.clock.advance(200)
    shelf.broken[None, 3] = Unavailable("503")
    tail, into = Tail(), list[Observation]()
    with pytest.raises(Unavailable):
        tail.read(shelf.reader(), WATCH, always, into)
    assert len(into) == 40
    assert tail.mark is None


@pytest.mark.parametrize(
    ("seconds", "order"),
    [
        ([3, 2, 1], Order.NEWEST_FIRST),
        ([3, 3, 1], Order.NEWEST_FIRST),
        ([1, 2, 3], Order.OLDEST_FIRST),
        ([1, 3, 2], None),
        ([1, 1, 1], None),
        ([1], None),
        ([], None),
    ],
)
def test_an_order_is_observed_from_rows_that_differ(
    seconds: list[float], order: Order | None
) -> None:
    assert observed_order([born(0, s) for s in seconds]) is order


def test_rows_without_a_date_say_nothing_of_the_order() -> None:
    rows = [born(0, 3), payment(created_at=None), born(1, 1)]
    assert observed_order(rows) is Order.NEWEST_FIRST
