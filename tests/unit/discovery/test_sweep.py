"""The sweep of the open lists: pages in the right order, while the lists move."""

from __future__ import annotations

import json

import pytest

from paywatch.discovery.reader import Observation
from paywatch.discovery.sweep import Sweep
from paywatch.domain.payments import Payment
from paywatch.errors import CredentialsRejected, OutOfTime, Unavailable, UnexpectedResponse
from tests.examples import WATCH, at, payment
from tests.unit.discovery.shelf import COMPAGO_CAN, Shelf, always, ids_of, so_often


def rows(count: int, word: str = "created", first: int = 0) -> list[Payment]:
    """Return payments, oldest first: p000, p001 and so on."""
    return [
        payment(f"p{n:03}", word, created_at=at(-9000 + n)) for n in range(first, first + count)
    ]


def begin(word: str = "created", guess: int = 1) -> Sweep:
    return Sweep.start([word], {word: guess}, WATCH, epoch=1)


def read_all(shelf: Shelf, sweep: Sweep | None = None) -> tuple[Sweep, list[str]]:
    """Walk a sweep to its end in one go; return it and the ids in the order of reading."""
    sweep = sweep or begin()
    into: list[Observation] = []
    sweep.read(shelf.reader(), always, into)
    return sweep, ids_of(into)


def forward(count: int) -> Shelf:
    """Return a list that knows no order, 500 a page."""
    return Shelf(rows(count, "PENDING"), abilities=COMPAGO_CAN)


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


@pytest.mark.parametrize("missing", [5, 20])
def test_a_short_or_empty_page_in_the_middle_does_not_end_the_walk(missing: int) -> None:
    shelf = Shelf(rows(60))
    shelf.short = {2: missing}
    sweep, read = read_all(shelf, begin(guess=3))
    assert shelf.pages == [3, 2, 1]
    assert "p000" in read
    assert not sweep.sealed

    unsorted = forward(1500)
    unsorted.short = {2: 500}
    _, read = read_all(unsorted, begin("PENDING"))
    assert unsorted.pages == [1, 2, 3]
    assert "p1400" in read


def test_a_page_that_repeats_for_ever_ends_a_walk_up() -> None:
    shelf = forward(1500)
    shelf.repeats = True
    sweep, _ = read_all(shelf, begin("PENDING"))
    assert shelf.pages == [1, 2]
    assert sweep.complete
    assert not sweep.sealed
    assert sweep.walks[0].why == "page 2 repeats the one before it"


def test_a_page_that_repeats_for_ever_does_not_seal_a_walk_down() -> None:
    shelf = Shelf(rows(60))
    shelf.repeats = True
    sweep, _ = read_all(shelf, begin(guess=3))
    assert shelf.pages == [3, 2, 1]
    assert not sweep.sealed


@pytest.mark.parametrize("told", [0, 19, 45])
def test_a_total_that_is_too_low_hides_nothing_in_a_sorted_list(told: int) -> None:
    shelf = Shelf(rows(90))
    shelf.lie = lambda total: told
    sweep, read = read_all(shelf)
    assert set(read) == {row.id for row in rows(90)}
    assert sweep.complete
    assert not sweep.sealed


def test_a_total_that_is_too_low_hides_nothing_in_an_unsorted_list() -> None:
    shelf = forward(1700)
    shelf.lie = lambda total: 400
    sweep, read = read_all(shelf, begin("PENDING"))
    assert len(set(read)) == 1700
    assert not sweep.sealed


def test_a_total_that_is_too_high_ends_the_walk_after_a_few_empty_pages() -> None:
    shelf = Shelf(rows(40))
    shelf.lie = lambda total: 100_000
    sweep, read = read_all(shelf)
    assert set(read) == {row.id for row in rows(40)}
    assert sweep.complete
    assert not sweep.sealed
    assert len(shelf.asked) < 12

    unsorted = forward(700)
    unsorted.lie = lambda total: 100_000
    sweep, read = read_all(unsorted, begin("PENDING"))
    assert len(set(read)) == 700
    assert unsorted.pages == [1, 2, 3, 4, 5]
    assert sweep.walks[0].why == "the stated total lies: its pages are empty"


@pytest.mark.parametrize("fault", [Unavailable("503"), UnexpectedResponse("half a text")])
def test_one_page_that_cannot_be_read_holds_up_no_other_and_concludes_nothing(
    fault: Unavailable | UnexpectedResponse,
) -> None:
    shelf = Shelf(rows(90))
    shelf.broken["created", 3] = fault
    sweep, read = read_all(shelf, begin(guess=5))
    assert shelf.pages == [5, 4, 3, 2, 1]
    assert "p000" in read
    assert "p050" not in read
    assert sweep.complete
    assert not sweep.conclusive
    assert not sweep.sealed


def test_one_page_that_cannot_be_read_is_passed_in_an_unsorted_list_too() -> None:
    shelf = forward(1500)
    shelf.broken["PENDING", 2] = Unavailable("503")
    sweep, read = read_all(shelf, begin("PENDING"))
    assert shelf.pages == [1, 2, 3]
    assert len(read) == 1000
    assert not sweep.conclusive


def test_two_pages_in_a_row_that_cannot_be_read_end_the_reading() -> None:
    shelf = Shelf(rows(90))
    shelf.broken["created", 3] = shelf.broken["created", 2] = Unavailable("503")
    sweep = begin(guess=5)
    into: list[Observation] = []
    with pytest.raises(Unavailable):
        sweep.read(shelf.reader(), always, into)
    assert shelf.pages == [5, 4, 3, 2]
    assert len(into) == 30
    assert not sweep.complete


def test_a_rejected_key_is_no_page_to_skip() -> None:
    shelf = Shelf(rows(30))
    shelf.broken["created", 2] = CredentialsRejected("401")
    with pytest.raises(CredentialsRejected):
        read_all(shelf, begin(guess=2))
    assert shelf.pages == [2]


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
        sweep.read(shelf.reader(epoch=1 + run), so_often(pages + 1), into)
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
        sweep.read(shelf.reader(requests=2), always, into)
    assert len(into) == 30
    assert sweep.walks[0].page == 3


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
