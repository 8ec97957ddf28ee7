"""The step that reconciles: begun, gone on with, ended; what it reads is recorded or suspected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from paywatch.discovery.reader import UNFILTERED
from paywatch.discovery.reconcile import Reconcile, Suspect
from paywatch.domain.payments import Payment, timestamp
from paywatch.reconciling import RECONCILED
from tests.examples import at, payment
from tests.unit.discovery.inquiring import paid
from tests.unit.discovery.slowly import COMPLETED, EPOCH, Slowly


def test_a_baseline_reads_the_short_lists_that_were_not_read_whole_and_then_the_list_of_all() -> (
    None
):
    slowly = Slowly(stored={}, whole=["disputed"])
    assert not slowly.reconciling.baseline_is_complete
    assert not slowly.reconciling.under_way
    slowly.reconciling.begin()
    lists = ["refunded", "failed", UNFILTERED]
    began = timestamp(slowly.round.began)
    assert slowly.state == {"current": Reconcile(lists, began).store()}
    assert slowly.reconciling.under_way


def test_after_the_baseline_the_list_of_all_is_read_and_what_was_completed_stays_known() -> None:
    slowly = Slowly()
    assert slowly.reconciling.baseline_is_complete
    slowly.reconciling.begin()
    began = timestamp(slowly.round.began)
    current = Reconcile([UNFILTERED], began).store()
    assert slowly.state == {"completed": COMPLETED, "current": current}


@pytest.mark.parametrize("completed", ["yes", 5, None])
def test_a_baseline_whose_end_makes_no_sense_is_none(completed: Any) -> None:
    assert not Slowly(stored={"completed": completed}).reconciling.baseline_is_complete


def test_one_that_is_under_way_is_not_begun_again() -> None:
    slowly = Slowly(lists=[UNFILTERED], page=7)
    slowly.reconciling.begin()
    assert slowly.current.page == 7
    assert "again" not in slowly.state


def test_a_request_begins_one() -> None:
    slowly = Slowly()
    slowly.reconciling.request()
    assert slowly.current.page == 1
    assert "again" not in slowly.state


def test_a_request_while_one_is_under_way_is_kept_for_later() -> None:
    slowly = Slowly(lists=[UNFILTERED], page=7)
    slowly.reconciling.request()
    assert slowly.state["again"] is True
    assert slowly.state["completed"] == COMPLETED
    assert slowly.current.page == 7


def test_without_one_under_way_nothing_is_read() -> None:
    slowly = Slowly(paid(3))
    slowly.go_on()
    assert slowly.shelf.pages == []
    assert slowly.state == {"completed": COMPLETED}
    assert slowly.round.report.reconcile == {}
    assert not slowly.reconciling.ended


def test_one_that_reads_everything_ends_and_is_counted() -> None:
    slowly = Slowly(paid(45, start=-900), lists=[UNFILTERED], misses=2, skipped=1)
    slowly.go_on()
    ended = timestamp(slowly.rounds.clock.now())
    counts = {"rows": 45, "misses": 2, "skipped": 1}
    assert slowly.state == {"completed": {"began": at(-1), "ended": ended, **counts}}
    assert ended > timestamp(slowly.round.began)
    assert slowly.reconciling.ended
    report = slowly.round.report
    assert report.reconcile == {"lists": [], "page": 1, "pages": 3, **counts}
    assert (report.outcome, report.detail) == ("ok", "")
    assert slowly.shelf.pages == [1, 2, 3]
    assert len(slowly.round.recording.applied.moves) == 45
    assert slowly.told == []


def test_one_that_was_asked_for_meanwhile_begins_when_this_one_ends() -> None:
    slowly = Slowly(paid(5), stored={"again": True}, lists=[UNFILTERED])
    slowly.go_on()
    assert slowly.reconciling.ended
    assert slowly.state["completed"]["rows"] == 5
    assert slowly.current.lists == [UNFILTERED]
    assert slowly.current.began == timestamp(slowly.round.began)
    assert "again" not in slowly.state


def test_one_that_finds_no_end_is_stored_where_it_stands() -> None:
    slowly = Slowly(paid(100, start=-900), lists=[UNFILTERED], stored={"again": True})
    slowly.begin(seconds=3.9 / RECONCILED)
    slowly.go_on()
    assert slowly.shelf.pages == [1, 2, 3, 4]
    assert (slowly.current.page, slowly.current.rows) == (5, 80)
    assert slowly.state["again"] is True
    assert "completed" not in slowly.state
    assert not slowly.reconciling.ended
    assert slowly.round.report.reconcile["page"] == 5
    # What needs no more attention is let go of while it reads.
    assert slowly.round.books.records == {}


def test_one_that_makes_no_sense_is_begun_anew_and_said() -> None:
    slowly = Slowly(paid(3), stored={"completed": COMPLETED, "current": {"lists": 5}})
    slowly.go_on()
    assert slowly.round.report.detail == "the stored reconcile made no sense and is begun anew"
    assert slowly.state["completed"]["rows"] == 3
    assert slowly.state["completed"]["began"] == timestamp(slowly.round.began)


def test_lists_that_are_read_whole_are_noted_and_the_list_of_all_is_not() -> None:
    rows = [*paid(3), *paid(2, first=9, word="refunded")]
    slowly = Slowly(rows, stored={}, lists=["refunded", "disputed", UNFILTERED])
    slowly.go_on()
    assert [query.status for query in slowly.shelf.asked] == ["refunded", "disputed", None]
    assert set(slowly.watch.seen) == {"refunded"}
    assert slowly.watch.whole("refunded")


def test_a_run_that_goes_on_looks_at_the_page_before_once() -> None:
    rows = paid(100, start=-900)[::-1]
    slowly = Slowly(rows, lists=[UNFILTERED], page=3, edge=at(-900 + 62), top=100, last=5)
    slowly.go_on()
    assert slowly.shelf.pages == [2, 3, 4, 5]
    # Three of the page before lie behind the edge.
    assert len(slowly.round.recording.applied.moves) == 63
    assert slowly.state["completed"]["rows"] == 60


@pytest.mark.parametrize(("broken", "pages"), [("p0061", [2]), ("p0055", [2, 3])])
def test_nothing_is_read_behind_a_row_that_could_not_be_written(
    broken: str, pages: list[int]
) -> None:
    rows = paid(100, start=-900)[::-1]
    slowly = Slowly(rows, lists=[UNFILTERED], page=3, edge=at(-900 + 62), top=100, last=5)
    slowly.rounds.payments.broken = {broken}
    slowly.go_on()
    assert slowly.shelf.pages == pages
    assert slowly.current.page == 3


KNOWN = payment("known", "paid", created_at=at(-5))


def test_what_differs_from_the_books_is_suspected_and_not_yet_recorded() -> None:
    held = [KNOWN, payment("open"), payment("back", "refunded")]
    shown = [
        replace(KNOWN, status=payment(word="refunded").status, provider_status="refunded"),
        payment("open", "processing"),
        payment("back", "paid"),
    ]
    slowly = Slowly(shown, held, lists=[UNFILTERED])
    slowly.go_on()
    assert slowly.current.suspects == {
        "known": Suspect("refunded", 1, EPOCH, 0),
        "open": Suspect("processing", 1, EPOCH, 0),
        "back": Suspect("paid", 1, EPOCH, 0),
    }
    assert slowly.told == []
    assert [slowly.rounds.stored(key).status for key in ("known", "open", "back")] == [
        "paid",
        "pending",
        "refunded",
    ]
    # It waits for them to be settled.
    assert slowly.current.lists == []
    assert not slowly.reconciling.ended


def test_a_suspect_stands_on_the_page_that_showed_it() -> None:
    rows = paid(30, start=-900)[::-1]
    slowly = Slowly(rows, [payment("p0003", "refunded", created_at=at(-897))], lists=[UNFILTERED])
    slowly.go_on()
    assert slowly.current.suspects["p0003"].page == 2


def test_what_is_new_is_recorded_at_once_and_announced_if_it_is_news() -> None:
    new, old = payment("new", "paid", created_at=at(5)), payment("old", "paid", created_at=at(-5))
    slowly = Slowly([new, old, payment("open", created_at=at(-5))], lists=[UNFILTERED])
    slowly.go_on()
    assert slowly.told == [("new", "paid", "reconcile")]
    assert [slowly.rounds.stored(key).version for key in ("new", "old", "open")] == [1, 0, 0]
    assert slowly.round.report.misses == 0
    assert "current" not in slowly.state


def test_of_a_known_payment_other_figures_are_recorded_where_it_is_settled() -> None:
    held = [KNOWN, payment("open")]
    shown = [replace(KNOWN, amount="7.00"), payment("open", amount="7.00")]
    slowly = Slowly(shown, held, lists=[UNFILTERED])
    slowly.go_on()
    assert slowly.rounds.stored("known").payment.amount == "7.00"
    # Those of an open one are the sweep's.
    assert slowly.rounds.stored("open").payment.amount == "150.50"
    assert slowly.told == []
    assert slowly.reconciling.ended


UNDATED = payment("undated", "refunded", created_at=None)


@pytest.mark.parametrize(
    ("row", "lists", "whole", "told"),
    [
        (UNDATED, [UNFILTERED], ["refunded"], True),
        (UNDATED, [UNFILTERED], [], False),
        (UNDATED, ["refunded"], ["refunded"], False),
        (replace(KNOWN, created_at=None), [UNFILTERED], ["paid"], False),
    ],
    ids=["was not in its list", "list not read", "in its list", "no short list"],
)
def test_a_row_without_dates_is_news_if_its_list_was_read_whole_before(
    row: Payment, lists: list[str], whole: list[str], told: bool
) -> None:
    slowly = Slowly([row], lists=lists, whole=whole)
    # As before any sweep was believed: what has no dates was there before.
    slowly.round.recording._rules = replace(slowly.round.rules, baseline=True)
    slowly.round.rules = replace(slowly.round.rules, baseline=True)
    slowly.go_on()
    assert bool(slowly.told) is told


@pytest.mark.parametrize(("seconds", "written"), [(1.05, True), (0.95, False)])
def test_what_a_page_shows_is_recorded_until_the_run_ends(seconds: float, written: bool) -> None:
    slowly = Slowly(paid(3), lists=[UNFILTERED])
    slowly.begin(seconds=seconds)
    slowly.go_on()
    assert slowly.shelf.pages == [1]
    assert slowly.round.recording.whole is written


def test_what_was_suspected_in_this_run_is_left_to_the_next_one() -> None:
    slowly = Slowly([payment("open", "processing")], [payment("open")], lists=[UNFILTERED])
    slowly.go_on()
    assert slowly.shelf.looked_up == []
    assert slowly.current.due(EPOCH) == []
    assert slowly.current.due(EPOCH + 1) == ["open"]
