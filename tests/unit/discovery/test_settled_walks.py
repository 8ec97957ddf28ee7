"""Settled lists that are too long for one poll, and what is written down of each list."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import pytest

from paywatch.discovery.known import pack_rows
from paywatch.discovery.reader import Observation
from paywatch.discovery.settled import (
    AT_ONCE,
    SHORT_PAGES,
    SettledWatch,
    read_settled,
    settled_query,
)
from paywatch.domain.changes import DetectedBy
from paywatch.domain.payments import Payment
from paywatch.errors import Unavailable, UnexpectedResponse
from paywatch.ports import Abilities, ListQuery, Order
from tests.examples import at, observed, payment
from tests.unit.discovery.shelf import COMPAGO_CAN, ONEPAY_CAN, Shelf, always, ids_of, so_often

WORDS = ONEPAY_CAN.settled_words
TURN = WORDS.index("refunded")
AT_REST = {"next": 0, "then": -1, "then_rows": ""}


def rows(*numbers: int, word: str = "refunded") -> list[Payment]:
    return [payment(f"{word}{n:03}", word, created_at=at(n - 9000)) for n in numbers]


def shelf_of(pages: int) -> Shelf:
    """Return refunded payments, two a page."""
    return Shelf(rows(*range(2 * pages)), page_size=2)


def packed(*numbers: int) -> str:
    return pack_rows(map(observed, rows(*numbers)))


def entry(watch: SettledWatch) -> Any:
    return json.loads(json.dumps(watch.store()))["refunded"]


def read(
    shelf: Shelf,
    watch: SettledWatch,
    may_go_on: Callable[[], bool] = always,
    later: Collection[str] = (),
) -> tuple[SettledWatch, list[Observation]]:
    """Read as the next run would, in which it is the turn of the refunded ones."""
    told: list[Observation] = []
    shelf.asked.clear()
    after = SettledWatch.load(json.loads(json.dumps(watch.store())))
    after.read(shelf.reader(), TURN, may_go_on, told, later)
    return after, told


def go_on(
    shelf: Shelf, watch: SettledWatch, may_go_on: Callable[[], bool] = always
) -> tuple[SettledWatch, list[Observation]]:
    """Walk on as the next run would."""
    told: list[Observation] = []
    shelf.asked.clear()
    after = SettledWatch.load(json.loads(json.dumps(watch.store())))
    after.go_on(shelf.reader(), may_go_on, told)
    return after, told


def to_it() -> Callable[[], bool]:
    """Give time for each list up to the refunded ones, and for no page that needs more."""
    return so_often(TURN + 1)


def refunded(shelf: Shelf) -> list[int]:
    """Return the pages of refunded payments that were asked for."""
    return [query.page for query in shelf.asked if query.status == "refunded"]


def test_an_entry_that_knows_of_no_walk_is_at_rest() -> None:
    stored = {"total": 3, "rows": "", "whole": True, "ids": ["a"]}
    assert SettledWatch.load({"refunded": stored}).store() == {"refunded": {**stored, **AT_REST}}


def test_an_entry_comes_back_from_its_store_as_it_was() -> None:
    walking = {"next": 7, "then": 12, "then_rows": packed(1)}
    stored = {"total": 3, "rows": packed(2), "whole": False, "ids": None, **walking}
    watch = SettledWatch.load({"paid": stored})
    assert watch.store() == {"paid": stored}
    assert not watch.whole("paid")
    assert not watch.whole("refunded")


@pytest.mark.parametrize("name", ["total", "then"])
def test_a_total_that_is_less_than_none_known_makes_no_sense(name: str) -> None:
    stored = {"total": -1, "rows": "", "whole": True, "ids": None, **AT_REST, "then": -1}
    SettledWatch.load({"refunded": stored})
    with pytest.raises(ValueError, match="-2"):
        SettledWatch.load({"refunded": {**stored, name: -2}})


def test_a_list_that_was_read_whole_by_others_before_it_was_probed_is_noted_as_such() -> None:
    watch = SettledWatch()
    watch.note_whole("refunded")
    assert watch.store() == {
        "refunded": {"total": -1, "rows": "", "ids": None, "whole": True, **AT_REST}
    }
    assert watch.whole("refunded")


def test_what_a_short_list_holds_is_written_down() -> None:
    watch, _ = read(shelf_of(2), SettledWatch())
    ids = [f"refunded{n:03}" for n in range(4)]
    seen = {"total": 4, "rows": packed(2, 3), "whole": True, "ids": ids}
    assert entry(watch) == {**seen, **AT_REST}
    watch, told = read(shelf_of(2), watch)
    assert told == []
    assert entry(watch) == {**seen, **AT_REST}


@pytest.mark.parametrize(
    "pages", [[1, 2, 3], [1, 2, 3, 4], list(range(1, AT_ONCE + 1)), list(range(1, AT_ONCE + 2))]
)
def test_a_short_list_is_read_to_its_last_page(pages: list[int]) -> None:
    shelf = shelf_of(len(pages))
    watch, _ = read(shelf, SettledWatch())
    assert refunded(shelf) == pages
    assert watch.whole("refunded")


def test_the_first_pages_are_read_however_little_time_there_is() -> None:
    at_once, longer = shelf_of(AT_ONCE), shelf_of(AT_ONCE + 1)
    watch, _ = read(at_once, SettledWatch(), to_it())
    assert refunded(at_once) == list(range(1, AT_ONCE + 1))
    assert watch.whole("refunded")
    watch, _ = read(longer, SettledWatch(), to_it())
    assert refunded(longer) == list(range(1, AT_ONCE + 1))
    # A list that was never read before is not gone on with, but begun again.
    assert "refunded" not in watch.store()


@pytest.mark.parametrize(("longer", "whole"), [(0, True), (1, False)])
def test_a_list_of_so_many_pages_is_short_and_a_longer_one_is_not(longer: int, whole: bool) -> None:
    shelf = Shelf(rows(*range(SHORT_PAGES + longer)), page_size=1)
    watch, _ = read(shelf, SettledWatch())
    assert len(refunded(shelf)) == (SHORT_PAGES if whole else 1)
    assert watch.whole("refunded") is whole


def grown(pages: int = 8) -> tuple[Shelf, SettledWatch]:
    """Return a list of so many pages, and a watch that read it whole before one more came in."""
    shelf = shelf_of(pages)
    watch, _ = read(shelf, SettledWatch())
    shelf.rows += rows(100)
    return shelf, watch


def test_a_walk_that_is_cut_goes_on_from_poll_to_poll_to_its_end() -> None:
    shelf, watch = grown()
    before = entry(watch)
    watch, told = read(shelf, watch, to_it())
    assert refunded(shelf) == [1, 2, 3, 4, 5]
    walking = {"then": 17, "then_rows": packed(15, 100)}
    assert entry(watch) == {**before, **walking, "next": 6}
    assert {o.payment.id: o.news for o in told}["refunded100"] is True

    # One that comes in meanwhile is not what the walk began with.
    shelf.rows += rows(101)
    watch, _ = go_on(shelf, watch, so_often(2))
    assert refunded(shelf) == [1, 6]
    assert entry(watch) == {**before, **walking, "next": 7}

    watch, _ = go_on(shelf, watch)
    assert refunded(shelf) == [1, 7, 8, 9]
    ended = {"total": 17, "rows": packed(15, 100), "whole": True, "ids": None}
    assert entry(watch) == {**ended, **AT_REST}
    assert watch.vanished == set()

    # What changed meanwhile is walked for at the list's next turn, and then it stands still.
    watch, told = read(shelf, watch)
    assert refunded(shelf) == list(range(1, 10))
    assert "refunded101" in ids_of(told)
    assert entry(watch)["total"] == 18
    read(shelf, watch)
    assert refunded(shelf) == [1]


def test_only_lists_with_a_walk_under_way_are_gone_on_with_and_only_while_there_is_time() -> None:
    shelf, watch = grown()
    assert go_on(shelf, SettledWatch())[0].store() == {}
    go_on(shelf, watch)
    assert shelf.asked == []
    watch, _ = read(shelf, watch, to_it())
    after, told = go_on(shelf, watch, so_often(0))
    assert (shelf.asked, told) == ([], [])
    assert after.store() == watch.store()


def test_a_long_list_that_carries_its_dates_is_not_walked_on_in() -> None:
    shelf = Shelf(rows(*range(16), word="paid"), page_size=2)
    walking = {"total": 3, "rows": "", "whole": False, "ids": None, **AT_REST, "next": 4}
    watch, told = go_on(shelf, SettledWatch({"paid": walking}))
    assert [(query.status, query.page) for query in shelf.asked] == [("paid", 1)]
    assert ids_of(told) == ["paid015", "paid014"]
    assert watch.seen["paid"]["next"] == 0


def test_a_list_that_stands_still_again_costs_one_page_after_it_changed() -> None:
    shelf, watch = grown(2)
    watch, _ = read(shelf, watch)
    assert entry(watch)["total"] == 5
    read(shelf, watch)
    assert shelf.pages == [1]


def test_lists_that_cannot_be_read_hold_up_no_other_and_the_first_of_their_faults_is_raised() -> (
    None
):
    shelf = Shelf(rows(1, word="failed"))
    first, second = Unavailable("first"), UnexpectedResponse("second")
    shelf.broken["refunded", 1], shelf.broken["disputed", 1] = first, second
    watch, told = SettledWatch(), list[Observation]()
    with pytest.raises(Unavailable) as raised:
        watch.read(shelf.reader(), TURN, always, told)
    assert raised.value is first
    assert ids_of(told) == ["failed001"]
    assert set(watch.store()) == {"failed"}


def test_lists_that_are_left_for_later_are_not_read() -> None:
    shelf = Shelf()
    read(shelf, SettledWatch(), later=["refunded", "failed"])
    assert [query.status for query in shelf.asked] == ["disputed"]


def flawed(
    shelf: Shelf, flawed: Collection[str], turn: int, may_go_on: Callable[[], bool] = always
) -> tuple[SettledWatch, list[str]]:
    watch, told = SettledWatch(), list[Observation]()
    watch.read_flawed(shelf.reader(), turn, may_go_on, told, flawed)
    return watch, ids_of(told)


def test_a_list_that_was_left_is_read_at_its_turn() -> None:
    shelf = shelf_of(3)
    watch, told = flawed(shelf, ["refunded"], TURN + len(WORDS))
    assert refunded(shelf) == shelf.pages == [1, 2, 3]
    assert len(told) == 6
    assert watch.whole("refunded")


def test_of_a_long_list_that_was_left_the_newest_rows_are_read() -> None:
    shelf = Shelf(rows(*range(6), word="paid"), page_size=2)
    watch, told = flawed(shelf, ["paid"], WORDS.index("paid"))
    assert told == ["paid005", "paid004"]
    assert not watch.whole("paid")


def test_of_the_lists_that_were_left_none_is_read_out_of_turn_or_out_of_time() -> None:
    shelf = shelf_of(3)
    flawed(shelf, ["failed", "paid"], TURN)
    flawed(shelf, ["refunded"], TURN, so_often(0))
    assert shelf.asked == []


def test_a_list_left_with_little_time_is_read_as_far_as_at_any_time() -> None:
    shelf = shelf_of(AT_ONCE + 2)
    flawed(shelf, ["refunded"], TURN, so_often(2))
    assert shelf.pages == list(range(1, AT_ONCE + 2))


@pytest.mark.parametrize(
    ("abilities", "word", "order", "size"),
    [
        (ONEPAY_CAN, "paid", Order.LATEST_PAID_FIRST, None),
        (ONEPAY_CAN, "failed", Order.NEWEST_FIRST, None),
        (replace(ONEPAY_CAN, orders=frozenset([Order.NEWEST_FIRST])), "paid", "newest_first", None),
        (replace(ONEPAY_CAN, page_size=30), "failed", Order.NEWEST_FIRST, 30),
        (COMPAGO_CAN, "CONFIRMED", None, 100),
    ],
)
def test_a_settled_list_is_asked_for_its_latest_moves_where_that_can_be(
    abilities: Abilities, word: str, order: Order | None, size: int | None
) -> None:
    assert settled_query(abilities, word, 3) == ListQuery(word, order, page=3, page_size=size)


def test_rows_of_a_settled_list_say_so() -> None:
    page, told = read_settled(shelf_of(2).reader(), "refunded", 2)
    assert page.number == 2
    assert [(o.payment.id, o.detected_by, o.route) for o in told] == [
        ("refunded001", DetectedBy.SETTLED_SCAN, "list:refunded"),
        ("refunded000", DetectedBy.SETTLED_SCAN, "list:refunded"),
    ]
