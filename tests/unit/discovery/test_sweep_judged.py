"""What a sweep and its walks say of themselves: what was read, and how far it can be trusted."""

from __future__ import annotations

import pytest

from paywatch.discovery.known import short_hash
from paywatch.discovery.sweep import Sweep
from paywatch.discovery.walk import Walk
from tests.examples import WATCH


def walk(
    ids: str = "", *, word: str = "created", complete: bool = True, why: str = "", skipped: int = 0
) -> Walk:
    """Return a walk that listed these ids: sealed, if it is complete and nothing is amiss."""
    marks = {short_hash(name) for name in ids}
    return Walk(word, ids=marks, complete=complete, why=why, skipped=skipped)


def sweep(*walks: Walk, forgot: bool = False) -> Sweep:
    return Sweep(WATCH, 1, list(walks), {}, forgot=forgot)


SEALED = walk("ab")
EMPTY = walk(why="the list is empty")
MOVED = walk("c", why="the stated total moved")
CUT = walk("c", complete=False)
NOT_BEGUN = walk(complete=False)


@pytest.mark.parametrize(
    ("walks", "sealed"),
    [
        ([SEALED], True),
        ([SEALED, walk("cd")], True),
        ([SEALED, EMPTY], True),
        ([EMPTY], False),
        ([EMPTY, EMPTY], False),
        ([SEALED, MOVED], False),
        ([SEALED, CUT], False),
        ([SEALED, NOT_BEGUN], False),
        ([NOT_BEGUN], False),
    ],
)
def test_a_sweep_is_sealed_where_every_list_was_read_out_and_each_that_holds_anything_is_sealed(
    walks: list[Walk], sealed: bool
) -> None:
    assert sweep(*walks).sealed is sealed


@pytest.mark.parametrize(
    ("walks", "forgot", "walked_out", "conclusive"),
    [
        ([SEALED, MOVED, EMPTY], False, True, True),
        ([SEALED, MOVED, EMPTY], True, False, False),
        ([SEALED, CUT], False, False, False),
        ([SEALED, CUT], True, False, False),
        ([SEALED, walk("c", skipped=1)], False, True, False),
        ([SEALED, walk("c", skipped=1)], True, False, False),
        ([SEALED, walk("c", skipped=1, complete=False)], False, False, False),
    ],
)
def test_a_sweep_is_conclusive_if_it_walked_every_list_out_and_skipped_and_forgot_nothing(
    walks: list[Walk], forgot: bool, walked_out: bool, conclusive: bool
) -> None:
    judged = sweep(*walks, forgot=forgot)
    assert judged.complete is all(each.complete for each in walks)
    assert (judged.walked_out, judged.conclusive) == (walked_out, conclusive)


def test_a_list_is_unread_if_pages_were_skipped_and_none_showed_a_row() -> None:
    walks = [
        walk(word="created", skipped=2),
        walk("a", word="processing", skipped=2),
        walk(word="authorized"),
        walk("b", word="pending"),
    ]
    assert sweep(*walks).unread == {"created"}


def test_a_payment_that_two_lists_show_is_one() -> None:
    assert sweep(walk("ab"), walk("bc"), EMPTY).distinct == 3
    assert sweep(EMPTY).distinct == 0


@pytest.mark.parametrize(
    ("ids", "totals", "overflows"),
    [
        ("abc", [2], True),
        ("ab", [2], False),
        ("a", [2], False),
        ("abc", [3, 2], False),
        ("abc", [2, 3], False),
        ("abcd", [3, 2], True),
        ("a", [], False),
        ("a", [0], True),
    ],
)
def test_a_list_overflows_if_it_shows_more_than_it_ever_said_that_it_holds(
    ids: str, totals: list[int], overflows: bool
) -> None:
    shown = walk(ids)
    shown.totals = totals
    assert shown.overflows is overflows


@pytest.mark.parametrize(("page", "at"), [(None, 1), (1, 1), (2, 2), (7, 7)])
def test_a_walk_stands_at_its_next_page_and_at_page_one_before_it_is_begun(
    page: int | None, at: int
) -> None:
    assert Walk("created", page=page).at == at
