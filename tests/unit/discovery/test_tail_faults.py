"""Tails of which a page cannot be read, run after run."""

from __future__ import annotations

import pytest

from paywatch.discovery.reader import Observation
from paywatch.discovery.tail import FAILURES, Gap, Tail
from paywatch.errors import CredentialsRejected, ProviderError, Unavailable, UnexpectedResponse
from tests.examples import WATCH, at
from tests.unit.discovery.shelf import Shelf, always, ids_of
from tests.unit.discovery.tailing import ASKED, NEWEST, OLDEST, many, read, shelf_of


def read_on(shelf: Shelf, tail: Tail) -> tuple[Tail, list[str], ProviderError | None]:
    """Read a tail that a fault may end; return it as it then is, what it told of, and the fault."""
    into: list[Observation] = []
    try:
        tail.read(shelf.reader(), WATCH, always, into)
    except ProviderError as fault:
        return Tail.load(tail.store()), ids_of(into), fault
    return Tail.load(tail.store()), ids_of(into), None


def ended(shelf: Shelf, tail: Tail, times: int) -> Tail:
    """Let a page end the tail so many times."""
    for number in range(times):
        tail, _, fault = read_on(shelf, tail)
        assert fault is not None
        assert tail.failed == number + 1
    return tail


@pytest.mark.parametrize("order", [ASKED, NEWEST, OLDEST])
@pytest.mark.parametrize("fault", [Unavailable("500"), UnexpectedResponse("no JSON")])
def test_no_loss_a_page_that_ended_many_tails_is_passed_over(
    order: str, fault: ProviderError
) -> None:
    shelf = shelf_of(order, many(0, 2500, 0))
    shelf.clock.advance(3000)
    shelf.before = lambda number: None
    last = 25 if order == ASKED else 5
    size = 100 if order == ASKED else 500
    shelf._page_size = size
    broken = last - 1 if order == OLDEST else 2
    shelf.broken[None, broken] = fault
    tail = ended(shelf, Tail(), FAILURES)
    assert (tail.mark, tail.known) == (None, "")
    tail, told, nothing = read_on(shelf, tail)
    assert nothing is None
    assert tail.mark == at(2499)
    assert tail.failed == 0
    assert len(told) >= 2500 - size


def test_the_known_ground_stays_as_it_was_while_a_page_ends_the_tail() -> None:
    shelf = Shelf(many(0, 30, 0))
    shelf.clock.advance(60)
    tail, _ = read(shelf)
    shelf.rows += many(100, 100, 300)
    shelf.clock.advance(500)
    shelf.broken[None, 3] = Unavailable("500")
    before = tail.store()
    after, told, _ = read_on(shelf, tail)
    assert after.store() == {**before, "failed": 1}
    # What was read is told all the same.
    assert len(told) == 40


def test_one_page_more_in_a_row_is_passed_over_at_each_run() -> None:
    shelf = Shelf(many(0, 200, 0))
    shelf.clock.advance(300)
    for number in (3, 4, 6):
        shelf.broken[None, number] = Unavailable("500")
    tail = ended(shelf, Tail(), FAILURES)
    shelf.asked.clear()
    tail, _, fault = read_on(shelf, tail)
    assert (str(fault), tail.failed) == ("500", FAILURES + 1)
    assert shelf.pages == [1, 2, 3, 4]
    shelf.asked.clear()
    into: list[Observation] = []
    tail.read(shelf.reader(), WATCH, always, into)
    assert shelf.pages == list(range(1, 11))
    assert tail.passed == [3, 4, 6]
    assert len(into) == 200 - 60
    assert tail.failed == 0


@pytest.mark.parametrize(("page", "down"), [(10, False), (1, True)])
def test_a_page_at_the_end_that_is_passed_over_ends_the_tail(page: int, down: bool) -> None:
    rows = many(0, 200, 0)
    shelf = Shelf(rows[::-1] if down else rows)
    shelf.clock.advance(300)
    shelf.broken[None, page] = Unavailable("500")
    floor = at(-500)
    gap = Gap(2, floor, True) if down else Gap(9, floor, False)
    tail = Tail(mark=at(198), gap=gap, failed=FAILURES, end=10)
    into: list[Observation] = []
    tail.go_on(shelf.reader(), gap, always, into)
    assert tail.gap is None
    assert tail.passed == [page]
    assert shelf.pages == [gap.page, page]


@pytest.mark.parametrize(("page", "down", "then"), [(9, False, 10), (2, True, 1)])
def test_a_page_short_of_the_end_that_is_passed_over_does_not(
    page: int, down: bool, then: int
) -> None:
    rows = many(0, 200, 0)
    shelf = Shelf(rows[::-1] if down else rows)
    shelf.broken[None, page] = Unavailable("500")
    gap = Gap(page, at(-500), down)
    tail = Tail(mark=at(198), gap=gap, failed=FAILURES, end=10)
    tail.go_on(shelf.reader(), gap, always, [])
    assert shelf.pages == [page, then]


def test_the_first_page_and_a_refused_key_are_never_passed_over() -> None:
    shelf = Shelf(many(0, 100, 0))
    shelf.broken[None, 1] = Unavailable("500")
    tail, _, fault = read_on(shelf, Tail(failed=FAILURES))
    assert (str(fault), tail.failed) == ("500", FAILURES)
    shelf.broken = {(None, 2): CredentialsRejected("401")}
    tail, _, fault = read_on(shelf, Tail(failed=FAILURES))
    assert (str(fault), tail.failed) == ("401", FAILURES)


def test_how_often_a_page_ended_the_tail_is_stored_where_it_did() -> None:
    assert "failed" not in Tail().store()
    assert Tail(failed=3).store()["failed"] == 3
    with pytest.raises((TypeError, ValueError)):
        Tail.load({**Tail().store(), "failed": "often"})
