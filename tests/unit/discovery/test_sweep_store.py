"""A sweep that goes on in the next run: what is written down of it, and what it takes up again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from paywatch.discovery.known import pack_hashes, short_hash
from paywatch.discovery.reader import Observation
from paywatch.discovery.sweep import LISTED_LIMIT, Sweep
from paywatch.discovery.walk import Walk
from paywatch.domain.changes import DetectedBy
from paywatch.errors import Unavailable, UnexpectedResponse
from tests.examples import WATCH, at
from tests.unit.discovery.shelf import ONEPAY_CAN, Shelf, always, ids_of, never, so_often
from tests.unit.discovery.walking import begin, read_all, rows

IDS = {short_hash("p001"), short_hash("p002")}


def marks(count: int) -> set[bytes]:
    return {number.to_bytes(6) for number in range(count)}


def stored(sweep: Sweep) -> Any:
    return json.loads(json.dumps(sweep.store()))


def under_way() -> Sweep:
    """Return a sweep of which nothing is as it is by default."""
    first = Walk(
        "created",
        page=3,
        pages=9,
        totals=[7, 8],
        ids=IDS,
        last_page=4,
        reads_on=True,
        resumed_at=2,
        skipped=1,
        complete=True,
        why="it moved",
    )
    walks = [first, Walk("processing")]
    return Sweep(WATCH, 5, walks, {"created": 6, "processing": 2}, fresh=False)


def test_a_sweep_is_written_down_with_what_it_takes_to_go_on() -> None:
    assert under_way().store() == {
        "forgot": False,
        "began": at(0),
        "epoch": 5,
        "guesses": {"created": 6, "processing": 2},
        "walks": [
            {
                "word": "created",
                "page": 3,
                "pages": 9,
                "totals": [7, 8],
                "ids": pack_hashes(IDS),
                "last_page": 4,
                "reads_on": True,
                "resumed_at": 2,
                "skipped": 1,
                "complete": True,
                "why": "it moved",
            },
            {
                "word": "processing",
                "page": None,
                "pages": 0,
                "totals": [],
                "ids": "",
                "last_page": 1,
                "reads_on": False,
                "resumed_at": 0,
                "skipped": 0,
                "complete": False,
                "why": "",
            },
        ],
    }


def test_a_sweep_comes_back_from_its_store_as_it_was() -> None:
    assert Sweep.resume(stored(under_way())) == under_way()


@pytest.mark.parametrize("place", ["page", "last_page"])
def test_of_a_list_there_is_no_page_before_the_first(place: str) -> None:
    spoilt = stored(under_way())
    spoilt["walks"][0][place] = 0
    with pytest.raises(ValueError, match="0 is no number from 1 on"):
        Sweep.resume(spoilt)


def test_of_the_stated_totals_the_first_and_the_last_are_kept() -> None:
    sweep = under_way()
    sweep.walks[0].totals = [7, 9, 9, 8]
    assert [walk["totals"] for walk in sweep.store()["walks"]] == [[7, 8], []]


def test_a_sweep_that_listed_more_than_can_be_kept_says_that_it_forgot() -> None:
    sweep = under_way()
    half = LISTED_LIMIT // 2
    sweep.walks[0].ids, sweep.walks[1].ids = marks(half), marks(LISTED_LIMIT - half)
    assert sweep.store()["forgot"] is False
    assert Sweep.resume(stored(sweep)).walks[1].ids == marks(LISTED_LIMIT - half)
    sweep.walks[1].ids = marks(LISTED_LIMIT - half + 1)
    assert [walk["ids"] for walk in sweep.store()["walks"]] == ["", ""]
    after = Sweep.resume(stored(sweep))
    assert after.forgot is True
    # And so it does in every run that goes on with it.
    assert after.store()["forgot"] is True
    for walk in after.walks:
        walk.complete, walk.skipped = True, 0
    assert not after.conclusive


def test_a_sweep_begins_with_a_walk_of_each_list_and_where_their_ends_were() -> None:
    sweep = Sweep.start(["created", "processing"], {"created": 3}, WATCH, 7)
    expected = Sweep(WATCH, 7, [Walk("created"), Walk("processing")], {"created": 3})
    assert sweep == expected
    assert sweep.fresh


def test_rows_that_a_sweep_read_say_so() -> None:
    into: list[Observation] = []
    begin().read(Shelf(rows(1)).reader(), always, never, into)
    assert [(o.detected_by, o.route) for o in into] == [(DetectedBy.OPEN_SWEEP, "list:created")]


def test_a_list_whose_end_nobody_knows_is_begun_at_page_one() -> None:
    shelf = Shelf(rows(30))
    read_all(shelf, Sweep.start(["created"], {}, WATCH, 1))
    assert shelf.pages == [1, 2, 1]


def test_a_list_that_was_walked_to_its_end_is_passed_over_and_the_next_is_read() -> None:
    shelf = Shelf([*rows(3), *rows(4, "processing", 50)])
    sweep = Sweep.start(["created", "processing"], {}, WATCH, 1)
    sweep.walks[0].complete = True
    _, read = read_all(shelf, sweep)
    assert [query.status for query in shelf.asked] == ["processing"]
    assert len(read) == 4


@pytest.mark.parametrize(("guesses", "read"), [({}, 12), ({"processing": 2}, 10)])
def test_what_a_list_is_thought_to_hold_is_left_and_one_page_if_nobody_knows(
    guesses: dict[str, int], read: int
) -> None:
    # Ten pages are read and one is left; with one page more behind it that is a fifth of them.
    shelf = Shelf([*rows(220), *rows(1, "processing", 500)])
    sweep = Sweep.start(["created", "processing"], {"created": 11, **guesses}, WATCH, 1)
    sweep.read(shelf.reader(), so_often(10), always, [])
    assert len(shelf.asked) == read
    assert sweep.complete is (read == 12)


@pytest.mark.parametrize(("pages", "read"), [(5, 4), (6, 6)])
def test_a_sweep_is_nearly_at_its_end_where_a_fifth_of_what_was_read_is_left(
    pages: int, read: int
) -> None:
    shelf = Shelf(rows(20 * pages))
    begin(guess=pages).read(shelf.reader(), so_often(pages - 1), always, [])
    assert len(shelf.asked) == read


@pytest.mark.parametrize("fault", [Unavailable("503"), UnexpectedResponse("half a text")])
def test_what_could_not_be_read_is_counted_and_named(
    fault: Unavailable | UnexpectedResponse,
) -> None:
    shelf = Shelf(rows(90))
    shelf.broken["created", 4] = shelf.broken["created", 2] = fault
    sweep, _ = read_all(shelf, begin(guess=5))
    walk = sweep.walks[0]
    assert shelf.pages == [5, 4, 3, 2, 1]
    assert walk.skipped == 2
    assert walk.why == f"page 2 could not be read: {fault}"
    assert walk.unreadable is False
    assert walk.refused is isinstance(fault, UnexpectedResponse)


def test_a_sweep_cut_before_a_lists_first_page_still_reads_what_came_behind_its_old_end() -> None:
    shelf = Shelf([*rows(20), *rows(90, "processing", 100)])
    guesses = {"created": 1, "processing": 2}
    sweep = Sweep.start(ONEPAY_CAN.open_words, guesses, WATCH, 1)
    into: list[Observation] = []
    sweep.read(shelf.reader(), so_often(1), never, into)
    sweep = Sweep.resume(stored(sweep))
    sweep.read(shelf.reader(epoch=2), always, never, into)
    assert shelf.pages == [1, 2, 5, 4, 3, 2, 1]
    assert set(ids_of(into)) == {row.id for row in shelf.rows}
    assert sweep.sealed
