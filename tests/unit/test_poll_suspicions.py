"""What a reconcile suspected is read again by a later run: believed, let go, or waited for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from paywatch.discovery.reader import UNFILTERED
from paywatch.errors import CredentialsRejected
from paywatch.reconciling import RECONCILED
from tests.examples import ONEPAY, at, payment
from tests.unit.discovery.inquiring import paid
from tests.unit.discovery.shelf import COMPAGO_CAN, ONEPAY_CAN, Shelf
from tests.unit.discovery.slowly import BEFORE, EPOCH, LISTED, Slowly, suspect

TURNS = len(ONEPAY_CAN.settled_words)


def test_a_suspect_that_is_found_so_again_is_recorded_and_was_missed() -> None:
    row = payment("a", "refunded")
    slowly = Slowly([row], [payment("a", "paid")], lists=[], suspects={"a": suspect("refunded")})
    slowly.go_on()
    assert slowly.shelf.looked_up == ["a"]
    assert slowly.told == [("a", "refunded", "reconcile")]
    assert slowly.reconciling.missed == ["a"]
    assert slowly.round.report.misses == 1
    assert slowly.state["completed"]["misses"] == 1
    assert slowly.reconciling.ended
    assert slowly.rounds.stored("a").published == 2


def test_what_was_missed_before_is_counted_on() -> None:
    rows = [payment(name, "refunded") for name in "ab"]
    held = [payment(name, "paid") for name in "ab"]
    suspects = {name: suspect("refunded") for name in "ab"}
    slowly = Slowly(rows, held, lists=[], suspects=suspects, misses=3)
    slowly.go_on()
    assert slowly.reconciling.missed == ["a", "b"]
    assert slowly.round.report.misses == 2
    assert slowly.state["completed"]["misses"] == 5


def test_a_suspect_that_is_as_it_is_stored_is_let_go() -> None:
    row = payment("a", "paid")
    slowly = Slowly([row], [row], lists=[], suspects={"a": suspect("refunded")})
    slowly.go_on()
    assert slowly.told == []
    assert slowly.round.report.misses == 0
    assert slowly.reconciling.missed == []
    assert slowly.reconciling.ended


def test_a_suspect_that_the_provider_does_not_know_is_let_go() -> None:
    slowly = Slowly([], [payment("a", "paid")], lists=[], suspects={"a": suspect("refunded")})
    slowly.go_on()
    assert slowly.shelf.looked_up == ["a"]
    assert slowly.reconciling.ended
    assert slowly.rounds.stored("a").status == "paid"


def test_a_suspect_that_could_not_be_written_is_kept() -> None:
    row = payment("a", "refunded")
    slowly = Slowly([row], [payment("a", "paid")], lists=[], suspects={"a": suspect("refunded")})
    slowly.rounds.payments.broken = {"a"}
    slowly.go_on()
    assert list(slowly.current.suspects) == ["a"]
    assert slowly.round.report.misses == 0


def test_who_is_looked_up_changed_after_it_was_listed_last() -> None:
    row = payment("a", "failed")
    slowly = Slowly([row], [payment("a")], lists=[], suspects={"a": suspect("failed")})
    slowly.go_on()
    assert slowly.rounds.stored("a").history[-1].changed_after == LISTED


def test_a_move_backwards_is_believed_where_both_reads_say_the_same_word() -> None:
    for word, believed in (("processing", True), ("created", False)):
        row = payment("a", "processing")
        slowly = Slowly([row], [payment("a", "paid")], lists=[], suspects={"a": suspect(word)})
        slowly.go_on()
        assert (slowly.rounds.stored("a").status == "processing") is believed
        assert slowly.reconciling.ended


def test_a_move_backwards_is_not_believed_where_both_reads_are_of_the_same_list() -> None:
    shelf = Shelf([payment("a", "PENDING")], abilities=COMPAGO_CAN)
    held, suspects = [payment("a", "CONFIRMED")], {"a": suspect("PENDING")}
    slowly = Slowly(shelf=shelf, held=held, lists=[], suspects=suspects)
    slowly.go_on()
    assert shelf.pages == [1]
    assert slowly.rounds.stored("a").status == "paid"


def test_a_payment_that_is_not_stored_any_more_is_told_though_all_its_dates_are_old() -> None:
    row = payment("a", "refunded", created_at=at(-500))
    slowly = Slowly([row], lists=[], suspects={"a": suspect("refunded")})
    slowly.go_on()
    assert slowly.told == [("a", "refunded", "reconcile")]
    assert slowly.round.report.misses == 1


def test_before_the_baseline_is_complete_an_unknown_payment_was_no_miss() -> None:
    row = payment("a", "refunded", created_at=at(-500))
    slowly = Slowly([row], stored={}, lists=[], suspects={"a": suspect("refunded")})
    slowly.go_on()
    assert slowly.told == [("a", "refunded", "reconcile")]
    assert slowly.round.report.misses == 0


@pytest.mark.parametrize(("ago", "asked"), [(TURNS, False), (TURNS + 1, True)])
def test_a_settled_payment_is_waited_for_until_every_settled_list_had_its_turn(
    ago: int, asked: bool
) -> None:
    suspects = {"a": suspect("refunded", epoch=EPOCH - ago)}
    slowly = Slowly([payment("a", "refunded")], [payment("a", "paid")], lists=[], suspects=suspects)
    slowly.go_on()
    assert bool(slowly.shelf.looked_up) is asked
    assert bool(slowly.told) is asked
    assert slowly.reconciling.ended is asked


def test_one_that_is_waited_for_keeps_no_other_waiting() -> None:
    held = [payment("a", "paid"), payment("b", "paid")]
    shown = [payment("a", "refunded"), payment("b", "refunded")]
    suspects = {"a": suspect("refunded", epoch=BEFORE), "b": suspect("refunded")}
    slowly = Slowly(shown, held, lists=[], suspects=suspects)
    slowly.go_on()
    assert slowly.shelf.looked_up == ["b"]
    assert list(slowly.current.suspects) == ["a"]


def test_an_open_or_unknown_payment_is_not_waited_for() -> None:
    shown = [payment("a", "processing"), payment("b", "paid")]
    suspects = {"a": suspect("processing", epoch=BEFORE), "b": suspect("paid", epoch=BEFORE)}
    slowly = Slowly(shown, [payment("a")], lists=[], suspects=suspects)
    slowly.go_on()
    assert slowly.shelf.looked_up == ["a", "b"]


@pytest.mark.parametrize(
    ("walk", "missed"), [(BEFORE - 1, 0), (BEFORE, 0), (BEFORE + 1, 1), (None, 0)]
)
def test_an_open_payment_was_missed_if_a_sweep_that_began_later_did_not_tell_it(
    walk: int | None, missed: int
) -> None:
    suspects = {"a": suspect("processing", epoch=BEFORE)}
    slowly = Slowly(
        [payment("a", "processing")], [payment("a")], lists=[], suspects=suspects, walk=walk
    )
    slowly.go_on()
    assert slowly.told == [("a", "processing", "reconcile")]
    assert slowly.round.report.misses == missed
    assert slowly.reconciling.missed == ["a"] * missed


def test_without_any_sweep_no_open_payment_was_missed() -> None:
    suspects = {"a": suspect("processing", epoch=0)}
    slowly = Slowly(
        [payment("a", "processing")], [payment("a")], lists=[], suspects=suspects, walk=None
    )
    del slowly.round.memory["walk"]
    slowly.go_on()
    assert slowly.told == [("a", "processing", "reconcile")]
    assert slowly.round.report.misses == 0


def test_where_single_payments_are_not_answered_for_a_suspect_is_read_on_its_page() -> None:
    rows = paid(1100, word="CONFIRMED", start=-5000)
    shelf = Shelf(rows, abilities=COMPAGO_CAN)
    held = [payment(row.id, "CANCELLED", created_at=row.created_at) for row in rows[600:602]]
    suspects = {
        "p0600": suspect("CONFIRMED", page=2, epoch=BEFORE),
        "p0601": suspect("CONFIRMED", page=2, epoch=BEFORE),
        "gone": suspect("CONFIRMED", page=3, epoch=BEFORE),
    }
    slowly = Slowly(shelf=shelf, held=held, lists=[], suspects=suspects)
    slowly.go_on()
    # Both of one page are read at once, and neither is waited for.
    assert shelf.pages == [2, 3]
    assert shelf.looked_up == []
    assert list(slowly.current.suspects) == ["gone"]
    assert slowly.current.suspects["gone"].tries == 1
    assert {row.status for row in map(slowly.rounds.stored, ("p0600", "p0601"))} == {"paid"}


@pytest.mark.parametrize(("seconds", "looked_up"), [(1.9, ["a", "b"]), (0.9, ["a"])])
def test_no_suspect_is_looked_up_near_the_end_of_the_run(
    seconds: float, looked_up: list[str]
) -> None:
    shown = [payment(name, "paid") for name in "abc"]
    suspects = {name: suspect("refunded") for name in "abc"}
    slowly = Slowly(shown, shown, lists=[], suspects=suspects)
    slowly.begin(seconds=seconds / RECONCILED)
    slowly.go_on()
    assert slowly.shelf.looked_up == looked_up
    assert (slowly.round.report.outcome, slowly.round.report.detail) == ("ok", "")


@pytest.mark.parametrize(("seconds", "status"), [(1.05, "refunded"), (0.95, "paid")])
def test_what_a_lookup_says_is_recorded_until_the_run_ends(seconds: float, status: str) -> None:
    row = payment("a", "refunded")
    slowly = Slowly([row], [payment("a", "paid")], lists=[], suspects={"a": suspect("refunded")})
    slowly.begin(seconds=seconds)
    slowly.go_on()
    assert slowly.rounds.stored("a").status == status


def test_a_lookup_that_fails_is_said() -> None:
    slowly = Slowly([], [payment("a", "paid")], lists=[], suspects={"a": suspect("refunded")})
    slowly.shelf.broken["a"] = CredentialsRejected("401")
    slowly.go_on()
    report = slowly.round.report
    assert (report.outcome, report.detail) == ("credentials_rejected", "reconcile: 401")
    assert list(slowly.current.suspects) == ["a"]


def test_suspects_come_before_the_pages_that_are_left() -> None:
    held = [payment("a", "paid", created_at=at(-1))]
    shown = [payment("a", "refunded", created_at=at(-1))]
    slowly = Slowly(shown, held, lists=[UNFILTERED], suspects={"a": suspect("refunded")})
    slowly.go_on()
    assert slowly.shelf.looked_up == ["a"]
    assert slowly.round.report.misses == 1
    # Read after it was recorded, the row differs no more.
    assert slowly.reconciling.ended


def test_a_doubt_that_is_confirmed_is_published_as_any_change() -> None:
    row = replace(payment("a", "processing"), amount="9.00")
    slowly = Slowly([row], [payment("a", "paid")], lists=[], suspects={"a": suspect("processing")})
    slowly.go_on()
    assert [m.id for m in slowly.rounds.topic.published] == [f"{ONEPAY}/a/2"]
