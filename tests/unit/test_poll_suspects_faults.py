"""Suspects of a reconcile whose second look fails, or shows too much."""

from __future__ import annotations

from dataclasses import replace

from paywatch.errors import Unavailable
from tests.examples import payment
from tests.unit.discovery.shelf import COMPAGO_CAN, ONEPAY_CAN, Shelf
from tests.unit.discovery.slowly import Slowly, suspect

HELD = [payment(name, "paid") for name in "abcd"]
REFUNDED = [payment(name, "refunded") for name in "abcd"]
SUSPECTS = {name: suspect("refunded") for name in "abcd"}


def test_isolation_a_row_that_a_page_shows_twice_is_believed_once() -> None:
    shelf = Shelf([REFUNDED[0], REFUNDED[0]], abilities=replace(COMPAGO_CAN, by_id=False))
    slowly = Slowly(shelf=shelf, held=HELD[:1], lists=[], suspects={"a": SUSPECTS["a"]})
    slowly.go_on()
    assert slowly.reconciling.ended
    assert slowly.told == [("a", "refunded", "reconcile")]


def test_isolation_one_answer_that_fails_holds_up_no_other_suspect() -> None:
    slowly = Slowly(REFUNDED, HELD, lists=[], suspects=SUSPECTS)
    slowly.shelf.broken["a"] = Unavailable("503")
    slowly.go_on()
    assert slowly.shelf.looked_up == ["a", "b", "c", "d"]
    assert [told[0] for told in slowly.told] == ["b", "c", "d"]
    assert slowly.round.report.outcome == "ok"
    assert slowly.current.suspects == {"a": replace(SUSPECTS["a"], failed=True)}


def test_isolation_two_answers_that_fail_wait_behind_the_others_and_are_sought_on_their_page() -> (
    None
):
    slowly = Slowly(REFUNDED, HELD, lists=[], suspects=SUSPECTS)
    slowly.shelf.broken |= {"a": Unavailable("503"), "b": Unavailable("503")}
    slowly.go_on()
    assert slowly.shelf.looked_up == ["a", "b"]
    assert (slowly.round.report.outcome, slowly.told) == ("unavailable", [])
    again = Slowly(shelf=slowly.shelf, held=HELD, lists=[], suspects=slowly.current.suspects)
    again.shelf.looked_up.clear()
    again.go_on()
    assert again.shelf.looked_up == ["c", "d"]
    assert again.shelf.pages == [1]
    assert sorted(told[0] for told in again.told) == ["a", "b", "c", "d"]
    assert again.reconciling.ended


def test_answers_that_fail_now_and_then_end_nothing() -> None:
    slowly = Slowly(REFUNDED, HELD, lists=[], suspects=SUSPECTS)
    slowly.shelf.broken |= {"a": Unavailable("503"), "c": Unavailable("503")}
    slowly.go_on()
    assert slowly.shelf.looked_up == ["a", "b", "c", "d"]
    assert sorted(slowly.current.suspects) == ["a", "c"]


def test_one_that_failed_is_not_waited_for() -> None:
    suspects = {"a": replace(suspect("refunded", epoch=SUSPECTS["a"].epoch + 9), failed=True)}
    slowly = Slowly(REFUNDED[:1], HELD[:1], lists=[], suspects=suspects)
    slowly.go_on()
    assert slowly.shelf.looked_up == []
    assert slowly.reconciling.ended
    assert slowly.told == [("a", "refunded", "reconcile")]


def test_the_one_that_was_sought_least_is_sought_first() -> None:
    suspects = {
        "a": suspect("refunded", page=2, tries=2),
        "b": suspect("refunded", page=5),
    }
    shelf = Shelf(abilities=replace(ONEPAY_CAN, by_id=False))
    slowly = Slowly(shelf=shelf, held=HELD[:2], lists=[], suspects=suspects)
    slowly.go_on()
    assert shelf.pages == [5, 1]
