"""One list's walk: what it counts, how it is judged, and which page is next."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from paywatch.discovery.known import short_hash
from paywatch.discovery.walk import EMPTY_PAGES, Direction, Walk, direction
from paywatch.errors import RowError
from paywatch.ports import Answer, ListQuery, Order, Page
from tests.examples import instant, payment
from tests.unit.discovery.shelf import COMPAGO_CAN, ONEPAY_CAN

SIZE = 2


def page(
    number: int,
    ids: Sequence[str],
    total: int,
    *,
    last_page: int | None = None,
    refused: Sequence[str | None] = (),
) -> Page:
    """Return a page of two rows that is the last where its stated total says so."""
    return Page(
        answer=Answer(1, instant(0), instant(1), None),
        number=number,
        rows=tuple(map(payment, ids)),
        refused=tuple(RowError("no amount", name) for name in refused),
        total=total,
        last_page=max(1, -(-total // SIZE)) if last_page is None else last_page,
        page_size=SIZE,
    )


def down(walk: Walk, guess: int = 1) -> Direction:
    return direction(walk, ONEPAY_CAN, guess)


def up(walk: Walk) -> Direction:
    return direction(walk, COMPAGO_CAN, 1)


def read(walk: Walk, way: Direction, *pages: Page) -> list[int]:
    """Take the pages in; return the numbers of those that are asked for after each."""
    asked = []
    for each in pages:
        walk.count(each)
        way.advance(each)
        asked.append(0 if walk.complete else way.query().page)
    return asked


def test_a_walk_that_is_not_begun_says_so() -> None:
    assert Walk("paid").certificate() == {
        "list": "paid",
        "pages": 0,
        "distinct": 0,
        "totals": [],
        "sealed": False,
        "why": "unfinished",
    }


def test_a_certificate_says_what_was_read() -> None:
    walk = Walk("paid", pages=3, totals=[5, 6, 7], ids={b"a", b"b"}, complete=True, why="it moved")
    said = {"list": "paid", "pages": 3, "distinct": 2, "totals": [5, 7], "sealed": False}
    assert walk.certificate() == {**said, "why": "it moved"}
    walk.why = ""
    assert walk.certificate() == {**said, "sealed": True, "why": ""}


@pytest.mark.parametrize(
    ("ids", "totals", "why"),
    [
        ("", [0], "the list is empty"),
        ("ab", [2], ""),
        ("ab", [2, 2, 2], ""),
        ("ab", [2, 3], "the stated total moved"),
        ("ab", [3, 2], "the stated total moved"),
        ("abc", [2], "distinct ids differ from the stated total"),
        ("a", [2, 2], "distinct ids differ from the stated total"),
    ],
)
def test_a_walk_is_sealed_only_if_it_read_just_what_the_list_states(
    ids: str, totals: list[int], why: str
) -> None:
    walk = Walk("paid", ids={short_hash(name) for name in ids}, totals=totals)
    walk.close()
    assert walk.complete is True
    assert (walk.why, walk.sealed) == (why, why == "")
    known = Walk("paid", ids=walk.ids, totals=totals, why="page 2 was not read")
    known.close()
    assert (known.why, known.sealed) == ("page 2 was not read", False)


def test_what_pages_say_and_hold_adds_up() -> None:
    walk = Walk("paid")
    walk.count(page(1, "ab", 5))
    walk.count(page(2, "bc", 6, refused=["d", None]))
    assert walk.ids == {short_hash(name) for name in "abcd"}
    assert (walk.pages, walk.totals, walk.last_page) == (2, [5, 6], 3)
    assert walk.why == "2 rows of page 2 could not be understood"


def test_empty_pages_are_counted_as_far_as_they_follow_one_another() -> None:
    walk = Walk("paid")
    counts = []
    for ids in ("", "", "a", "", ""):
        walk.count(page(1, ids, 9))
        counts.append(walk.empty)
    assert counts == [1, 2, 0, 1, 2]


def test_a_walk_up_asks_for_large_pages_in_no_order() -> None:
    assert up(Walk("PENDING")).query() == ListQuery("PENDING", page=1, page_size=500)


def test_a_walk_down_asks_for_the_oldest_first() -> None:
    query = ListQuery("created", Order.OLDEST_FIRST, page=4)
    assert down(Walk("created"), 4).query() == query
    assert down(Walk("created"), 0).query() == ListQuery("created", Order.OLDEST_FIRST, page=1)


@pytest.mark.parametrize(("stopped", "resumed", "page"), [(5, 0, 4), (5, 4, 5), (5, 3, 4)])
def test_a_walk_up_goes_on_one_page_before_unless_it_came_no_further_from_there(
    stopped: int, resumed: int, page: int
) -> None:
    walk = Walk("PENDING", page=stopped, pages=4, resumed_at=resumed)
    assert up(walk).query().page == walk.resumed_at == page


def test_a_walk_up_goes_to_the_stated_end() -> None:
    walk = Walk("PENDING")
    pages = page(1, "ab", 5), page(2, "cd", 5), page(3, "e", 5)
    assert read(walk, up(walk), *pages) == [2, 3, 0]
    assert walk.sealed


def test_a_walk_up_goes_on_while_full_pages_show_more_than_was_stated() -> None:
    walk = Walk("PENDING")
    way = up(walk)
    assert read(walk, way, page(1, "ab", 1), page(2, "c", 1, refused=["d"])) == [2, 3]
    assert read(walk, way, page(3, "e", 1)) == [0]
    # As many as stated, and a full page: that is the end.
    other = Walk("PENDING")
    assert read(other, up(other), page(1, "ab", 2)) == [0]


def test_a_walk_up_ends_with_the_last_of_so_many_empty_pages() -> None:
    walk = Walk("PENDING")
    pages = [page(number, "", 99) for number in range(1, EMPTY_PAGES + 1)]
    assert read(walk, up(walk), *pages) == [2, 3, 0]
    assert walk.why == "the stated total lies: its pages are empty"


def test_a_walk_up_ends_where_a_page_repeats_the_one_before_it() -> None:
    walk = Walk("PENDING")
    assert read(walk, up(walk), page(1, "ab", 9), page(2, "ab", 9)) == [2, 0]
    assert walk.why == "page 2 repeats the one before it"


def test_a_walk_up_passes_a_page_that_cannot_be_read_and_ends_behind_the_last() -> None:
    walk = Walk("PENDING")
    way = up(walk)
    read(walk, way, page(1, "ab", 7))
    way.skip()
    assert (way.query().page, walk.complete) == (3, False)
    way.skip()
    assert (way.query().page, walk.complete) == (4, False)
    way.skip()
    assert walk.complete


def test_a_walk_down_finds_the_end_once_and_goes_to_page_one() -> None:
    walk = Walk("created")
    ids = ["cd", "gh", "ef", "cd", "ab"]
    pages = [page(n, ids, 8) for n, ids in zip((2, 4, 3, 2, 1), ids, strict=True)]
    assert read(walk, down(walk, 2), *pages) == [4, 3, 2, 1, 0]
    assert walk.sealed


def test_a_walk_down_that_was_begun_goes_on_down_wherever_the_end_is_now() -> None:
    walk = Walk("created", page=2, pages=1)
    assert read(walk, down(walk, 9), page(2, "cd", 99), page(1, "ab", 99)) == [1, 0]


def test_a_walk_down_whose_time_was_up_before_its_first_page_still_looks_for_the_end() -> None:
    walk = Walk("created")
    assert down(walk, 2).query().page == 2
    assert read(walk, down(walk, 2), page(2, "cd", 8)) == [4]


def test_a_walk_down_whose_guess_could_not_be_read_still_looks_for_the_end_later() -> None:
    walk = Walk("created")
    way = down(walk, 9)
    way.skip()
    assert way.query().page == 1
    assert read(walk, down(walk), page(1, "ab", 8)) == [4]


def test_a_walk_down_passes_a_page_that_cannot_be_read_and_ends_at_page_one() -> None:
    walk = Walk("created")
    way = down(walk, 4)
    read(walk, way, page(4, "gh", 8))
    for number in (2, 1):
        way.skip()
        assert (way.query().page, walk.complete) == (number, False)
    way.skip()
    assert walk.complete


EMPTY = "the stated total lies: its pages are empty"


def test_a_walk_down_turns_round_after_so_many_empty_pages_and_counts_them_anew() -> None:
    walk = Walk("created")
    way = down(walk, 9)
    assert read(walk, way, *(page(n, "", 18) for n in (9, 8, 7))) == [8, 7, 1]
    assert walk.why == EMPTY
    assert walk.reads_on is True
    assert way.query() == ListQuery("created", Order.OLDEST_FIRST, page=1)
    assert read(walk, way, *(page(n, "", 18) for n in (1, 2))) == [2, 3]


@pytest.mark.parametrize(("first", "why"), [(4, EMPTY), (3, "the list is empty")])
def test_empty_pages_as_far_as_page_one_are_the_whole_list(first: int, why: str) -> None:
    walk = Walk("created")
    pages = [page(first - n, "", 2 * first) for n in range(EMPTY_PAGES)]
    assert read(walk, down(walk, first), *pages)[-1] == (1 if why == EMPTY else 0)
    assert walk.why == why


@pytest.mark.parametrize(
    ("first", "why"),
    [
        (page(1, "ab", 1), "more rows than the stated total"),
        (page(1, "a", 1, refused=["b"]), "more rows than the stated total"),
        (page(1, "ab", 8, last_page=1), "the stated last page is not the last"),
    ],
)
def test_a_walk_down_turns_round_where_page_one_is_not_all(first: Page, why: str) -> None:
    walk = Walk("created")
    way = down(walk)
    assert read(walk, way, first) == [1]
    assert walk.why == why
    assert read(walk, way, first, page(2, "cd", first.total, last_page=1)) == [2, 3]
    # So it does in the next run, one page before.
    assert walk.reads_on
    assert down(walk).query().page == 2


@pytest.mark.parametrize(
    "last", [page(1, "a", 0), page(1, "ab", 2), page(1, "a", 1), page(1, "a", 4, last_page=1)]
)
def test_a_walk_down_of_one_page_that_is_all_ends_with_it(last: Page) -> None:
    walk = Walk("created")
    assert read(walk, down(walk), last) == [0]
    assert not walk.reads_on


def test_what_is_left_is_told_whichever_way_the_walk_goes() -> None:
    walk = Walk("PENDING")
    way = up(walk)
    read(walk, way, page(1, "ab", 8))
    assert way.left == 3
    read(walk, way, page(2, "cd", 2))
    assert way.left == 1
    other = Walk("created")
    back = down(other, 4)
    assert back.left == 4
    read(other, back, *(page(n, "", 18) for n in (9, 8, 7)))
    assert back.left == 9
