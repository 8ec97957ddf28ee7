"""The sweep of the open lists: pages in the right order, while the lists move."""

from __future__ import annotations

import json

import pytest

from paywatch.discovery.reader import Observation
from paywatch.discovery.sweep import Sweep
from paywatch.errors import OutOfTime
from tests.examples import WATCH, at, payment
from tests.unit.discovery.shelf import Shelf, always, ids_of, never, so_often
from tests.unit.discovery.walking import begin, forward, read_all, rows


def test_a_list_without_an_order_is_walked_from_its_first_page_up() -> None:
    shelf = forward(1100)
    sweep, read = read_all(shelf, begin("PENDING"))
    assert shelf.pages == [1, 2, 3]
    assert {query.page_size for query in shelf.asked} == {500}
    assert len(set(read)) == 1100
    assert sweep.complete
    assert sweep.sealed


def test_a_list_that_can_be_sorted_is_walked_from_its_last_page_down() -> None:
    shelf = Shelf(rows(55))
    sweep, read = read_all(shelf, begin(guess=3))
    assert shelf.pages == [3, 2, 1]
    assert read[0] == "p040"
    assert sorted(read) == [row.id for row in rows(55)]
    assert sweep.sealed


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (1, 1), (20, 1), (21, 2), (200, 10)])
def test_an_idle_walk_of_a_sorted_list_asks_one_page_for_each_twenty(
    count: int, requests: int
) -> None:
    shelf = Shelf(rows(count))
    first, _ = read_all(shelf)
    shelf.asked.clear()
    read_all(shelf, Sweep.start(["created"], first.guesses, WATCH, 2))
    assert len(shelf.asked) == requests


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (500, 1), (501, 2), (2000, 4)])
def test_a_walk_of_an_unsorted_list_asks_one_page_for_each_five_hundred(
    count: int, requests: int
) -> None:
    shelf = forward(count)
    read_all(shelf, begin("PENDING"))
    assert len(shelf.asked) == requests


def test_a_list_that_has_grown_since_is_walked_from_its_new_end() -> None:
    shelf = Shelf(rows(90))
    sweep, read = read_all(shelf, begin(guess=2))
    assert shelf.pages == [2, 5, 4, 3, 2, 1]
    assert set(read) == {row.id for row in rows(90)}
    assert sweep.sealed
    assert sweep.guesses == {"created": 5}


def test_a_list_that_has_shrunk_since_is_walked_from_its_new_end() -> None:
    shelf = Shelf(rows(30))
    sweep, read = read_all(shelf, begin(guess=7))
    assert shelf.pages == [7, 2, 1]
    assert set(read) == {row.id for row in rows(30)}
    assert sweep.sealed
    assert sweep.guesses == {"created": 2}


def test_rows_that_leave_during_a_walk_down_hide_no_other() -> None:
    shelf = Shelf(rows(60))
    shelf.before = lambda number: shelf.remove(f"p{number:03}")
    sweep, read = read_all(shelf, begin(guess=3))
    stayed = {row.id for row in shelf.rows}
    assert stayed <= set(read)
    assert not sweep.sealed
    assert sweep.walks[0].why == "the stated total moved"


def test_rows_that_leave_during_a_walk_down_do_not_make_it_read_the_list_twice() -> None:
    shelf = Shelf(rows(60))
    shelf.before = lambda number: shelf.remove(f"p{number:03}")
    sweep, _ = read_all(shelf, begin(guess=3))
    assert shelf.pages == [3, 2, 1]
    assert sweep.complete


def test_rows_that_come_during_a_walk_down_hide_no_other() -> None:
    shelf = Shelf(rows(60))
    shelf.before = lambda number: shelf.rows.extend(rows(9, first=100 + 10 * number))
    _, read = read_all(shelf, begin(guess=3))
    assert {row.id for row in rows(60)} <= set(read)


def test_equal_dates_of_creation_hide_no_row() -> None:
    tied = [payment(f"p{n:03}", created_at=at(-100)) for n in range(50)]
    shelf = Shelf(tied)
    _, read = read_all(shelf, begin(guess=3))
    assert set(read) == {row.id for row in tied}


@pytest.mark.parametrize("pages", range(1, 6))
@pytest.mark.parametrize("kind", ["sorted", "unsorted", "low total", "high total", "grown"])
def test_a_sweep_that_goes_on_from_its_stored_cursor_reads_what_one_in_one_go_reads(
    kind: str, pages: int
) -> None:
    def make() -> tuple[Shelf, Sweep]:
        if kind == "unsorted":
            return forward(2300), begin("PENDING")
        shelf = Shelf(rows(110))
        if kind == "low total":
            shelf.lie = lambda total: 30
        if kind == "high total":
            shelf.lie = lambda total: 900
        return shelf, begin(guess=2 if kind == "grown" else 6)

    shelf, sweep = make()
    whole, expected = read_all(shelf, sweep)
    shelf, sweep = make()
    into: list[Observation] = []
    for run in range(60):
        sweep.read(shelf.reader(epoch=1 + run), so_often(pages), never, into)
        if sweep.complete:
            break
        sweep = Sweep.resume(json.loads(json.dumps(sweep.store())))
        assert not sweep.fresh
        assert sweep.epoch == 1
        assert sweep.began == WATCH
    assert set(ids_of(into)) == set(expected)
    assert sweep.conclusive
    assert whole.conclusive


def test_what_was_read_before_the_budget_ended_is_kept() -> None:
    shelf = Shelf(rows(90))
    sweep, into = begin(guess=5), list[Observation]()
    with pytest.raises(OutOfTime):
        sweep.read(shelf.reader(requests=2), always, never, into)
    assert len(into) == 30
    assert sweep.walks[0].page == 3


@pytest.mark.parametrize("kind", ["sorted", "unsorted"])
@pytest.mark.parametrize(
    ("pages", "ends", "read"),
    # Of 12 pages, two at the end are a fifth of the ten that were read.
    [(10, 9, 12), (9, 9, 9), (11, 9, 12), (10, 1, 11), (11, 0, 11)],
)
def test_a_sweep_that_is_nearly_at_its_end_is_not_cut_there(
    kind: str, pages: int, ends: int, read: int
) -> None:
    shelf = Shelf(rows(240)) if kind == "sorted" else forward(12 * 500)
    sweep = begin(guess=12) if kind == "sorted" else begin("PENDING", guess=12)
    sweep.read(shelf.reader(), so_often(pages), so_often(ends), [])
    assert len(shelf.asked) == read
    assert sweep.complete is (read == 12)


def test_lists_that_were_not_begun_are_part_of_what_is_left() -> None:
    shelf = Shelf([*rows(200), *rows(100, "processing", 500)])
    guesses = {"created": 10, "processing": 5}
    sweep = Sweep.start(["created", "processing"], guesses, WATCH, 1)
    sweep.read(shelf.reader(), so_often(9), always, [])
    assert len(shelf.asked) == 9
    assert not sweep.complete
    sweep.read(shelf.reader(), so_often(5), always, [])
    assert len(shelf.asked) == 9 + 1 + 5
    assert sweep.complete


def test_a_sweep_that_goes_on_counts_what_this_run_read() -> None:
    shelf = Shelf(rows(240))
    sweep = begin(guess=12)
    sweep.read(shelf.reader(), so_often(8), never, [])
    sweep.read(shelf.reader(epoch=2), so_often(2), always, [])
    assert len(shelf.asked) == 10
    assert not sweep.complete


def test_every_open_list_is_read_one_after_the_other() -> None:
    shelf = Shelf([*rows(3), *rows(4, "processing", 50), *rows(5, "paid", 100)])
    sweep = Sweep.start(["created", "processing"], {}, WATCH, 1)
    _, read = read_all(shelf, sweep)
    assert [query.status for query in shelf.asked] == ["created", "processing"]
    assert len(read) == 7
    assert sweep.listed("p001")
    assert sweep.listed("p051")
    assert not sweep.listed("p100")


def test_a_row_that_moves_on_while_both_lists_are_read_is_listed_once_at_least() -> None:
    shelf = Shelf([*rows(30), *rows(1, "processing", 50)])

    def move(number: int) -> None:
        if number == 2:
            shelf.put(payment("p025", "processing", created_at=at(-8975)))

    shelf.before = move
    sweep = Sweep.start(["created", "processing"], {"created": 2}, WATCH, 1)
    _, read = read_all(shelf, sweep)
    assert read.count("p025") == 2
    assert sweep.listed("p025")
