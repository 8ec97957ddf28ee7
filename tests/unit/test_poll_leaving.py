"""Who left the open lists: found by a sweep, remembered from run to run, asked for, let go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from paywatch.discovery.books import line_of
from paywatch.discovery.brake import SAMPLE, Plausible
from paywatch.discovery.leavers import FIRST_PAUSE, Leaver
from paywatch.domain.changes import DetectedBy
from paywatch.domain.payments import Payment, timestamp
from paywatch.errors import Unavailable
from paywatch.leaving import KEPT
from paywatch.round import LAST
from tests.examples import at, observed, payment
from tests.unit.discovery.leaving import Stage, away, swept
from tests.unit.discovery.shelf import always


def ids(leavers: Iterable[Leaver]) -> list[str]:
    return sorted(leaver.id for leaver in leavers)


def test_an_open_payment_that_a_later_sweep_does_not_list_is_missing() -> None:
    stage = Stage(["listed", "gone"], plausible=Plausible(20, 0.9))
    began = stage.round.began
    stage.rounds.clock.advance(7)
    stage.leaving.find(swept(stage.round.epoch, "listed"))
    line = line_of(stage.rounds.stored("gone").payment)
    # It was first read after the last walk that was believed had begun.
    assert stage.leaving.missing == [Leaver("gone", line, at(59), timestamp(began))]
    assert stage.leaving.unexplained == []
    assert stage.leaving.believed
    assert not stage.leaving.brake.on
    assert stage.leaving.lines_away(set()) == {line}
    assert stage.leaving.lines_away({"gone"}) == set()


@pytest.mark.parametrize(("walk", "since"), [({"began": at(80)}, at(80)), ({}, at(59))], ids=str)
def test_a_leaver_was_listed_last_by_the_last_walk_or_when_it_was_read_itself(
    walk: dict[str, Any], since: str
) -> None:
    stage = Stage(["gone"], walk=walk)
    stage.leaving.find(swept(stage.round.epoch))
    assert [leaver.since for leaver in stage.leaving.missing] == [since]


@pytest.mark.parametrize("request_number", [0, 1])
def test_what_was_first_read_in_the_run_of_the_sweep_did_not_leave(request_number: int) -> None:
    stage = Stage()
    row = observed(payment("new"), request_number, epoch=stage.round.epoch)
    stage.round.recording.apply([row], stage.leaving.listed_at, always)
    stage.leaving.find(swept(stage.round.epoch))
    assert stage.leaving.missing == []
    stage.leaving.find(swept(stage.round.epoch + 1))
    assert ids(stage.leaving.missing) == ["new"]


def test_who_is_settled_is_no_leaver_and_no_leaver_any_more() -> None:
    held: list[Payment | str] = [payment("done", "paid"), payment("long done", "paid"), "open"]
    stage = Stage(held, leavers={"done": away(), "open": away()})
    stage.round.books.find(["done", "long done"])
    stage.leaving.find(swept(stage.round.epoch))
    assert ids(stage.leaving.missing) == ["open"]


def test_a_leaver_that_was_known_keeps_its_history() -> None:
    known = away(asked=3, absent=2, word="ON_HOLD")
    stage = Stage(["gone"], leavers={"gone": known})
    stage.leaving.find(swept(stage.round.epoch))
    assert stage.leaving.missing == [
        Leaver("gone", "some line", at(-9), at(0), 3, 2, False, "ON_HOLD")
    ]
    assert ids(stage.leaving.unexplained) == ["gone"]
    assert stage.leaving.words == ["ON_HOLD"]


def test_who_was_answered_for_is_not_missing_and_its_word_is_told_once() -> None:
    leavers = {
        "a": away(answered=True, asked=1, word="B"),
        "b": away(asked=1, word="B"),
        "c": away(asked=1, word="A"),
        "d": away(),
    }
    leaving = Stage(leavers=leavers).leaving
    assert ids(leaving.missing) == ["b", "c", "d"]
    assert ids(leaving.unexplained) == ["b", "c"]
    assert leaving.words == ["A", "B"]


def test_too_many_that_leave_at_once_are_not_believed() -> None:
    many = [f"p{number}" for number in range(4)]
    for listed, braked in ((["l1", "l2", "l3"], True), (["l1", "l2", "l3", "l4"], False)):
        stage = Stage(many, plausible=Plausible(3, 0.5))
        assert stage.leaving.believed
        stage.leaving.find(swept(stage.round.epoch, *listed))
        assert stage.leaving.brake.on is braked
        assert stage.leaving.believed is not braked
        assert stage.leaving.brake.since == (stage.round.epoch if braked else 0)


def test_those_that_were_asked_for_in_vain_do_not_count_as_leaving_at_once() -> None:
    many = [f"p{number}" for number in range(4)]
    stage = Stage(many, plausible=Plausible(3, 0.5), leavers={"p0": away(asked=1)})
    stage.leaving.find(swept(stage.round.epoch))
    assert not stage.leaving.brake.on


@pytest.mark.parametrize(("count", "believed"), [(KEPT, True), (KEPT + 1, False)])
def test_a_walk_whose_leavers_cannot_all_be_remembered_is_not_believed(
    count: int, believed: bool
) -> None:
    leavers = {f"p{number}": away(asked=1) for number in range(count)}
    stage = Stage(leavers=leavers)
    stage.leaving.find(swept(stage.round.epoch))
    assert stage.leaving.believed is believed


def test_a_leaver_that_is_listed_again_is_let_go_and_was_listed_when_it_left() -> None:
    stage = Stage(leavers={"back": away(), "gone": away(since=at(-7))})
    stage.leaving.let_go(swept(stage.round.epoch, "back", "other"))
    assert ids(stage.leaving.missing) == ["gone"]
    assert stage.leaving.listed_at("back") == at(-9)
    assert stage.leaving.listed_at("gone") == at(-7)
    assert stage.leaving.listed_at("other") == at(50)


def test_a_leaver_is_asked_for_and_what_it_says_is_recorded() -> None:
    stage = Stage(
        ["a", "b"],
        [payment("a", "paid"), payment("b")],
        leavers={"a": away(since=at(200)), "b": away(asked=2, absent=2)},
    )
    assert stage.leaving.ask(set(), []) == {"a", "b"}
    assert stage.looked_up == ["a", "b"]
    stored = stage.rounds.stored("a")
    assert stored.status == "paid"
    assert stored.history[-1].changed_after == at(200)
    assert stored.history[-1].detected_by is DetectedBy.LOOKUP
    # The other one is still open, and known: it waits, and nobody misses it.
    assert stage.stored == {
        "b": {
            "line": line_of(payment("b")),
            "since": at(-9),
            "next": timestamp(stage.round.began + 4 * FIRST_PAUSE),
            "asked": 3,
            "absent": 2,
            "answered": True,
        }
    }
    assert stage.leaving.missing == []
    report = stage.round.report
    assert (report.leavers, report.unexplained, report.braked) == (2, 0, False)
    assert stage.round.memory["brake"] == {"since": 0, "walks": 0}


def test_a_leaver_that_the_provider_does_not_know_stays_unexplained() -> None:
    stage = Stage(["a"], leavers={"a": away(answered=True)})
    stage.leaving.ask(set(), [])
    assert (stage.stored["a"]["asked"], stage.stored["a"]["absent"]) == (1, 1)
    assert "answered" not in stage.stored["a"]
    assert stage.round.report.unexplained == 1
    assert ids(stage.leaving.unexplained) == ["a"]


def test_a_question_that_is_not_answered_is_told_of_and_fails_no_poll() -> None:
    stage = Stage(list("abc"), leavers={key: away() for key in "abc"})
    stage.shelf.broken |= {"a": Unavailable("503 for a"), "c": Unavailable("503 for c")}
    assert stage.leaving.ask(set(), []) == {"b"}
    assert stage.round.report.detail == "verdicts: 503 for a"
    assert stage.round.report.outcome == "ok"


def test_a_leaver_whose_status_nobody_knows_is_named_by_its_word() -> None:
    stage = Stage(
        ["a", "b"],
        [payment("a", "ON_HOLD"), payment("b")],
        leavers={"a": away(), "b": away(word="OLD")},
    )
    stage.leaving.ask(set(), [])
    assert stage.stored["a"]["word"] == "ON_HOLD"
    assert "word" not in stage.stored["b"]
    assert stage.stored["a"]["line"] == line_of(payment("a", "ON_HOLD"))
    assert stage.leaving.words == ["ON_HOLD"]


def test_who_is_not_due_is_not_asked_for_and_kept() -> None:
    stage = Stage(["later"], leavers={"later": away(due=3000, asked=1)})
    assert stage.leaving.ask(set(), []) == set()
    assert stage.looked_up == []
    assert stage.stored["later"]["asked"] == 1
    assert stage.round.report.leavers == 0
    assert stage.round.report.unexplained == 1


def test_a_leaver_that_is_not_stored_is_let_go_unasked() -> None:
    stage = Stage(leavers={"unknown": away()})
    assert stage.leaving.ask(set(), []) == set()
    assert stage.stored == {}
    assert stage.round.report.leavers == 1


def test_who_was_not_asked_for_lack_of_time_stays_due() -> None:
    stage = Stage(["a", "b"], leavers={"a": away(), "b": away()})
    stage.begin(seconds=100)
    stage.rounds.clock.advance(100 * LAST - 0.5)
    assert stage.leaving.ask(set(), []) == {"a"}
    assert [stage.stored[name]["asked"] for name in "ab"] == [1, 0]
    assert stage.stored["b"]["next"] == at(0)


def test_those_beside_were_asked_for_already() -> None:
    stage = Stage(["a", "b"], [payment("a"), payment("b")], leavers={"a": away(), "b": away()})
    assert stage.leaving.ask(set(), [], beside={"a"}) == {"b"}
    assert stage.round.report.leavers == 1
    stage.leaving.ask(set(), [], beside={"b", "a"})
    assert stage.round.report.leavers == 1


def test_who_vanished_from_a_settled_list_is_asked_for_behind_the_leavers_in_order() -> None:
    held: list[Payment | str] = [
        "z",
        payment("y", "refunded"),
        payment("x", "refunded"),
        payment("w", "refunded"),
    ]
    shown = [payment("y", "refunded"), payment("x", "disputed")]
    stage = Stage(held, shown, leavers={"z": away()})
    assert stage.leaving.ask({"y", "x", "w"}, []) == {"z", "w", "x", "y"}
    assert stage.looked_up == ["z", "w", "x", "y"]
    assert stage.rounds.stored("x").status == "disputed"
    # They are no leavers.
    assert list(stage.stored) == ["z"]
    assert stage.round.report.leavers == 1


def test_a_few_of_those_that_left_at_once_are_asked_for_while_the_brake_is_on() -> None:
    many = [f"p{number}" for number in range(SAMPLE + 2)]
    stage = Stage(
        many, map(payment, many), leavers={x: away() for x in many}, brake={"since": 7, "walks": 0}
    )
    assert stage.leaving.ask(set(), []) == set(many[:SAMPLE])
    assert stage.round.report.braked
    assert stage.round.memory["brake"] == {"since": 7, "walks": 0}


def test_the_brake_lets_go_when_one_of_the_sample_did_move() -> None:
    stage = Stage(
        ["a", "b"],
        [payment("a", "paid"), payment("b")],
        leavers={"a": away(), "b": away()},
        brake={"since": 7, "walks": 0},
    )
    stage.leaving.ask(set(), [])
    assert not stage.leaving.brake.on
    assert not stage.round.report.braked
    assert stage.round.memory["brake"] == {"since": 0, "walks": 0}


def test_the_brake_stays_on_where_one_of_the_sample_is_not_stored_at_all() -> None:
    stage = Stage(leavers={"a": away()}, brake={"since": 7, "walks": 1})
    stage.leaving.ask(set(), [])
    assert stage.leaving.brake.on


@pytest.mark.parametrize(("seconds", "status"), [(2.5, "paid"), (1.5, "pending")])
def test_an_answer_is_recorded_until_the_run_ends(seconds: float, status: str) -> None:
    stage = Stage(["a"], [payment("a", "paid")], leavers={"a": away()})
    stage.begin(seconds=seconds)
    stage.rounds.clock.advance(0.8)
    stage.leaving.ask(set(), [])
    assert stage.looked_up == ["a"]
    assert stage.rounds.stored("a").status == status


def test_the_most_asked_for_are_kept_where_there_are_too_many() -> None:
    leavers = {f"p{n:03}": away(due=3000, asked=n % 3) for n in range(KEPT)}
    leavers |= {"q1": away(due=2999, asked=0), "q2": away(due=3000, asked=0)}
    stage = Stage(leavers=leavers)
    stage.leaving.ask(set(), [])
    kept = list(stage.stored)
    assert len(kept) == KEPT
    assert [stage.stored[key]["asked"] for key in kept] == [2] * 100 + [1] * 100 + [0] * 100
    assert kept[200] == "q1"
    assert kept[:2] == ["p002", "p005"]
    assert "q2" not in kept
    assert "p297" not in kept
