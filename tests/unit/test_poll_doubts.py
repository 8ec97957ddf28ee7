"""Doubtful moves, and what the answers of a provider that is asked for them are worth."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from paywatch.discovery.reader import Observation
from paywatch.domain.payments import timestamp
from paywatch.errors import Unavailable
from paywatch.ports import Allowance, ListQuery, Page
from tests.examples import WATCH, at, observed, payment
from tests.unit.discovery.leaving import Stage, away
from tests.unit.discovery.shelf import COMPAGO_CAN, Shelf, always


def listed_open(*names: str, word: str = "created") -> list[Observation]:
    return [observed(payment(name, word), epoch=2_000_000_000) for name in names]


def doubtful(stage: Stage, *names: str, word: str = "processing") -> None:
    """Let a list show settled payments as open again."""
    rows = [
        observed(payment(name, word), epoch=stage.round.epoch - 1, route=f"list:{word}")
        for name in names
    ]
    stage.round.recording.apply(rows, stage.leaving.listed_at, always)
    assert set(stage.round.recording.applied.backwards) == set(names)


def test_a_doubtful_move_is_asked_for_and_believed_if_the_answer_agrees() -> None:
    held = [payment(name, "paid") for name in "ab"]
    stage = Stage(held, [payment("a", "processing"), payment("b", "paid")])
    doubtful(stage, "a", "b")
    assert stage.leaving.ask(set(), []) == {"a", "b"}
    assert stage.rounds.stored("a").status == "processing"
    assert stage.rounds.stored("b").status == "paid"
    assert stage.stored == {}


def test_a_doubtful_move_that_was_asked_for_already_is_not_asked_for_again() -> None:
    stage = Stage([payment("a", "paid")], [payment("a", "processing")])
    doubtful(stage, "a")
    assert stage.leaving.ask(set(), [], beside={"a"}) == set()
    assert stage.looked_up == []


def filtered(shelf: Shelf) -> list[tuple[str, ...]]:
    """Return the ids that a list was asked for."""
    return [query.ids for query in shelf.asked if query.ids]


def test_an_answer_by_id_that_is_doubtful_itself_is_held_against_a_list_that_takes_ids() -> None:
    shelf = Shelf([payment("a", "processing"), payment("b", "processing")], many_ids=True)
    stage = Stage([payment("a", "paid"), "b"], shelf=shelf)
    assert stage.leaving.ask({"a"}, []) == {"a"}
    assert filtered(shelf) == [("a",)]
    assert stage.rounds.stored("a").status == "processing"
    assert stage.rounds.stored("a").history[-1].correction


def test_a_doubtful_row_of_a_list_is_not_asked_of_a_list_again() -> None:
    shelf = Shelf([payment("a", "paid")], many_ids=True)
    stage = Stage([payment("a", "paid")], shelf=shelf)
    doubtful(stage, "a")
    stage.leaving.ask(set(), [])
    assert filtered(shelf) == []


def test_an_answer_that_a_list_does_not_bear_out_is_not_believed() -> None:
    class TwoFaced(Shelf):
        def list(self, query: ListQuery, allowance: Allowance) -> Page:
            self.put(payment("a", "paid"))
            return super().list(query, allowance)

    stage = Stage(
        [payment("a", "paid")], shelf=TwoFaced([payment("a", "processing")], many_ids=True)
    )
    assert stage.leaving.ask({"a"}, []) == {"a"}
    assert filtered(stage.shelf) == [("a",)]
    assert stage.rounds.stored("a").status == "paid"


def test_a_provider_that_fails_is_said_and_its_leavers_stay_due() -> None:
    stage = Stage(["a", "b"], leavers={"a": away(), "b": away()})
    stage.shelf.broken = {"a": Unavailable("503"), "b": Unavailable("503")}
    assert stage.leaving.ask(set(), []) == set()
    report = stage.round.report
    assert (report.outcome, report.detail) == ("unavailable", "verdicts: 503")
    assert [each["asked"] for each in stage.stored.values()] == [0, 0]


def test_a_list_that_fails_when_it_is_asked_for_an_id_is_said() -> None:
    shelf = Shelf([payment("a", "processing")], many_ids=True)
    shelf.broken[None, 1] = Unavailable("502")
    stage = Stage([payment("a", "paid")], shelf=shelf)
    stage.leaving.ask({"a"}, [])
    assert stage.round.report.detail == "verdicts: 502"


COMPAGO_PAID = [payment(name, "CONFIRMED", created_at=at(0)) for name in "ab"]


def scanning(**options: Any) -> Stage:
    """Return a source that may know no ids, of which two payments left and are paid."""
    shown = [*COMPAGO_PAID, payment("l1", "PENDING"), payment("l2", "PENDING")]
    shelf = Shelf(shown, abilities=COMPAGO_CAN, by_id=False)
    held = [payment(name, "PENDING") for name in "ab"]
    return Stage(held, shelf=shelf, leavers={"a": away(), "b": away()}, **options)


def test_whether_ids_are_answered_for_is_found_out_with_two_that_are_listed() -> None:
    stage = scanning()
    stage.leaving.ask(set(), listed_open("l1", "l1", "l2", "l1", word="PENDING"))
    assert stage.looked_up == ["l1", "l2"]
    until = timestamp(stage.rounds.clock.now() + timedelta(days=1))
    kept = stage.round.memory["inquiry"]["by_id"]
    assert kept["answer"] is False
    assert at(0) < kept["until"] <= until
    assert [stage.rounds.stored(name).status for name in "ab"] == ["paid", "paid"]


def test_what_was_found_out_is_not_asked_again_by_the_next_run() -> None:
    until = timestamp(WATCH + timedelta(hours=5))
    stage = scanning(inquiry={"by_id": {"answer": False, "until": until}})
    stage.leaving.ask(set(), listed_open("l1", "l2", word="PENDING"))
    assert stage.looked_up == []
    assert [stage.rounds.stored(name).status for name in "ab"] == ["paid", "paid"]
    assert set(stage.round.memory["inquiry"]["shown"]) == {"CONFIRMED"}


def test_what_the_lists_showed_is_noted_only_once_it_is_recorded() -> None:
    until = timestamp(WATCH + timedelta(hours=5))
    stage = scanning(inquiry={"by_id": {"answer": False, "until": until}})
    stage.rounds.payments.broken = {"b"}
    stage.leaving.ask(set(), [])
    assert "shown" not in stage.round.memory["inquiry"]
    assert list(stage.stored) == ["b"]


def test_a_doubtful_move_is_looked_for_in_the_list_of_all_where_ids_are_not_answered_for() -> None:
    until = timestamp(WATCH + timedelta(hours=5))
    shelf = Shelf([payment("a", "PENDING")], abilities=COMPAGO_CAN, by_id=False)
    inquiry = {"by_id": {"answer": False, "until": until}}
    stage = Stage([payment("a", "CONFIRMED")], shelf=shelf, inquiry=inquiry)
    doubtful(stage, "a", word="PENDING")
    assert stage.leaving.ask(set(), []) == {"a"}
    assert [query.status for query in shelf.asked] == [None]
    assert stage.rounds.stored("a").status == "pending"


@pytest.mark.parametrize(("seconds", "status"), [(2.5, "processing"), (1.5, "paid")])
def test_what_a_list_bears_out_is_recorded_until_the_run_ends(seconds: float, status: str) -> None:
    shelf = Shelf([payment("a", "processing")], many_ids=True)
    stage = Stage([payment("a", "paid")], shelf=shelf)
    stage.begin(seconds=seconds)
    stage.leaving.ask({"a"}, [])
    assert filtered(shelf) == [("a",)]
    assert stage.rounds.stored("a").status == status
