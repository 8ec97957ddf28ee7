"""Lists that lie or cannot be read: a walk of them ends, hides nothing, and concludes nothing."""

from __future__ import annotations

import pytest

from paywatch.discovery.reader import Observation
from paywatch.errors import CredentialsRejected, RowError, Unavailable, UnexpectedResponse
from tests.unit.discovery.shelf import Shelf, always, never
from tests.unit.discovery.walking import begin, forward, read_all, rows


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


def test_a_page_that_cannot_be_read_is_passed_upwards_once_a_lying_total_turned_the_walk() -> None:
    shelf = Shelf(rows(90))
    shelf.lie = lambda total: 100_000
    shelf.broken["created", 3] = Unavailable("503")
    sweep, read = read_all(shelf)
    assert shelf.pages[-8:] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert {row.id for row in rows(90)} - set(read) == {f"p{n:03}" for n in range(40, 60)}
    assert sweep.complete
    assert not sweep.conclusive


def test_a_row_that_nobody_understands_is_listed_by_its_id_and_seals_nothing() -> None:
    shelf = Shelf(rows(30))
    shelf.short = {2: 2}
    shelf.refused = {2: (RowError("no amount", "p020"), RowError("no id"))}
    sweep, read = read_all(shelf, begin(guess=2))
    assert "p000" in read
    assert sweep.listed("p020")
    assert not sweep.listed("p021")
    assert sweep.conclusive
    assert not sweep.sealed
    assert sweep.walks[0].why == "2 rows of page 2 could not be understood"


def test_two_pages_in_a_row_that_cannot_be_read_end_the_reading() -> None:
    shelf = Shelf(rows(90))
    shelf.broken["created", 3] = shelf.broken["created", 2] = Unavailable("503")
    sweep = begin(guess=5)
    into: list[Observation] = []
    with pytest.raises(Unavailable):
        sweep.read(shelf.reader(), always, never, into)
    assert shelf.pages == [5, 4, 3, 2]
    assert len(into) == 30
    assert not sweep.complete


def test_a_rejected_key_is_no_page_to_skip() -> None:
    shelf = Shelf(rows(30))
    shelf.broken["created", 2] = CredentialsRejected("401")
    with pytest.raises(CredentialsRejected):
        read_all(shelf, begin(guess=2))
    assert shelf.pages == [2]


@pytest.mark.parametrize("broken", [[], [3], [1]])
def test_a_list_of_which_some_pages_were_read_is_walked_out(broken: list[int]) -> None:
    shelf = Shelf(rows(50))
    for page in broken:
        shelf.broken["created", page] = Unavailable("503")
    sweep, _ = read_all(shelf, begin(guess=3))
    assert (sweep.complete, sweep.conclusive) == (True, not broken)
    assert sweep.walked_out


def test_a_list_of_which_nothing_was_read_is_unread_and_no_other() -> None:
    shelf = Shelf(rows(15))
    shelf.broken["created", 1] = Unavailable("503")
    sweep, _ = read_all(shelf, begin(guess=1))
    assert (sweep.complete, sweep.conclusive, sweep.unread) == (True, False, {"created"})
    empty, _ = read_all(Shelf([]))
    assert (empty.complete, empty.conclusive, empty.unread) == (True, True, set())
