"""Verdicts: direct evidence of leavers, bounded, and carried on."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest

from paywatch.discovery.verdicts import LOOKUPS, SCAN_PAGES, Inquiry
from paywatch.domain.payments import Payment
from paywatch.errors import CredentialsRejected, OutOfTime, Unavailable
from paywatch.ports import Order
from tests.examples import at, payment, record
from tests.unit.discovery.shelf import COMPAGO_CAN, Shelf, always, ids_of, so_often


def paid(count: int, *, first: int = 0, word: str = "paid", start: float = 0) -> list[Payment]:
    """Return paid payments, oldest first, each created and paid a second after the one before."""
    return [
        payment(f"p{n:04}", word, created_at=at(start + n), paid_at=at(start + n), amount=f"{n}.00")
        for n in range(first, first + count)
    ]


def opened(*ids: str) -> list[Payment]:
    return [payment(payment_id, "created", created_at=at(-50)) for payment_id in ids]


def inquire(
    shelf: Shelf,
    wanted: Sequence[str],
    *,
    memory: dict[str, Any] | None = None,
    listed: Sequence[str] = ("l1", "l2"),
    since: float = -30,
    created: float = -50,
    may_go_on: Callable[[], bool] = always,
    requests: int = 600,
) -> Inquiry:
    """Ask for the wanted payments, stored as open; `memory` goes through its stored form."""
    inquiry = Inquiry(
        shelf.reader(requests=requests),
        json.loads(json.dumps(memory or {})),
        may_go_on,
        shelf.clock.now(),
    )
    known = {key: record(payment(key, created_at=at(created))) for key in wanted}
    inquiry.ask(known, lambda payment_id: at(since), list(listed))
    return inquiry


def test_a_single_leaver_is_asked_for_by_its_id() -> None:
    shelf = Shelf(paid(3))
    inquiry = inquire(shelf, ["p0001"])
    assert shelf.looked_up == ["p0001"]
    assert shelf.asked == []
    assert ids_of(inquiry.found) == ["p0001"]
    assert inquiry.asked == {"p0001"}


def test_three_leavers_are_looked_for_among_the_latest_paid_first() -> None:
    shelf = Shelf(paid(10))
    inquiry = inquire(shelf, ["p0001", "p0005", "p0009"])
    assert [(q.status, q.order, q.page) for q in shelf.asked] == [
        ("paid", Order.LATEST_PAID_FIRST, 1)
    ]
    assert shelf.looked_up == []
    assert inquiry.asked == {"p0001", "p0005", "p0009"}
    # Whatever was read is evidence, also of those that nobody asked for.
    assert len(inquiry.found) == 10


def test_what_the_latest_paid_do_not_show_is_asked_for_by_id() -> None:
    shelf = Shelf([*paid(2), *paid(2, first=50, word="failed")])
    inquiry = inquire(shelf, ["p0000", "p0001", "p0050", "gone"])
    assert shelf.looked_up == ["p0050", "gone"]
    assert inquiry.asked == {"p0000", "p0001", "p0050", "gone"}
    assert inquiry.absent == {"gone"}
    assert "gone" not in ids_of(inquiry.found)


def test_the_latest_paid_are_read_no_further_than_the_last_walk_that_listed_them() -> None:
    shelf = Shelf(paid(400, start=-4000))

    def pages(since: float) -> list[int]:
        shelf.asked.clear()
        inquire(shelf, ["a", "b", "c"], since=since)
        return [q.page for q in shelf.asked if q.status == "paid"]

    # Two minutes of overlap are 120 births, twenty a page.
    assert pages(-3601) == [1, 2, 3, 4, 5, 6]
    assert pages(-3505) == [1, 2]
    # However far back that was, the pages of one run are bounded.
    assert pages(-4000) == list(range(1, SCAN_PAGES + 1))


def test_lookups_are_bounded_in_one_run() -> None:
    shelf = Shelf(paid(100), many_ids=False)
    shelf.rows = [payment(row.id, "failed", created_at=row.created_at) for row in shelf.rows]
    wanted = [row.id for row in shelf.rows]
    inquiry = inquire(shelf, wanted)
    assert shelf.looked_up == wanted[:LOOKUPS]
    assert inquiry.asked == set(wanted[:LOOKUPS])


def test_an_answer_that_cannot_be_used_leaves_its_leaver_due_and_holds_up_no_other() -> None:
    shelf = Shelf(paid(2))
    shelf.broken["p0000"] = Unavailable("503")
    inquiry = inquire(shelf, ["p0000", "p0001"])
    assert inquiry.asked == {"p0001"}
    assert inquiry.absent == set()
    assert ids_of(inquiry.found) == ["p0001"]


def test_two_answers_in_a_row_that_cannot_be_used_end_the_questions() -> None:
    shelf = Shelf(paid(2))
    shelf.broken["p0000"] = shelf.broken["p0001"] = Unavailable("503")
    with pytest.raises(Unavailable):
        inquire(shelf, ["p0000", "p0001"])


def test_a_rejected_key_ends_the_questions_at_once() -> None:
    shelf = Shelf(paid(2))
    shelf.broken["p0000"] = CredentialsRejected("401")
    with pytest.raises(CredentialsRejected):
        inquire(shelf, ["p0000", "p0001"])
    assert shelf.looked_up == ["p0000"]


def compago(rows: list[Payment], *, by_id: bool = True) -> Shelf:
    return Shelf(rows, abilities=COMPAGO_CAN, by_id=by_id)


PENDING = [payment(f"l{n}", "PENDING") for n in (1, 2)]


def test_by_id_is_found_out_with_a_listed_payment_and_remembered_for_a_day() -> None:
    shelf = compago([*PENDING, *paid(2, word="CONFIRMED")])
    inquiry = inquire(shelf, ["p0000"])
    assert shelf.looked_up == ["l1", "p0000"]
    assert inquiry.memory["by_id"]["answer"] is True
    shelf.looked_up.clear()
    inquire(shelf, ["p0001"], memory=inquiry.memory)
    assert shelf.looked_up == ["p0001"]
    shelf.looked_up.clear()
    shelf.clock.advance(86_400)
    inquire(shelf, ["p0001"], memory=inquiry.memory)
    assert shelf.looked_up == ["l1", "p0001"]


def test_not_by_id_takes_two_listed_payments_that_are_still_listed_afterwards() -> None:
    shelf = compago([*PENDING, *paid(2, word="CONFIRMED")], by_id=False)
    inquiry = inquire(shelf, ["p0000"])
    assert shelf.looked_up == ["l1", "l2"]
    assert inquiry.memory["by_id"]["answer"] is False
    assert ids_of(inquiry.found) == ["p0000", "p0001"]
    shelf.looked_up.clear()
    inquire(shelf, ["p0000"], memory=inquiry.memory)
    assert shelf.looked_up == []


def test_one_listed_payment_alone_does_not_prove_that_there_is_no_lookup() -> None:
    shelf = compago([*PENDING, *paid(2, word="CONFIRMED")], by_id=False)
    inquiry = inquire(shelf, ["p0000"], listed=["l1"])
    assert "by_id" not in inquiry.memory


def test_two_that_are_not_listed_any_more_do_not_prove_that_there_is_no_lookup() -> None:
    shelf = compago(paid(2, word="CONFIRMED"), by_id=False)
    inquiry = inquire(shelf, ["p0000"])
    assert "by_id" not in inquiry.memory
    assert ids_of(inquiry.found) == ["p0000", "p0001"]


def test_a_fault_of_the_provider_proves_nothing_of_what_it_can_do() -> None:
    shelf = compago([*PENDING, *paid(2, word="CONFIRMED")])
    shelf.broken["l1"] = shelf.broken["l2"] = Unavailable("503")
    inquiry = inquire(shelf, ["p0000"])
    assert "by_id" not in inquiry.memory
    assert "p0000" in ids_of(inquiry.found)


def test_what_a_clock_that_leapt_remembered_for_longer_is_found_out_again() -> None:
    shelf = compago([*PENDING, *paid(2, word="CONFIRMED")])
    leapt = {"by_id": {"answer": False, "until": at(400 * 86_400)}}
    inquire(shelf, ["p0000"], memory=leapt)
    assert shelf.looked_up == ["l1", "p0000"]


def test_a_lookup_that_knows_nobody_any_more_is_found_out_again() -> None:
    shelf = compago([*PENDING, *paid(2, word="CONFIRMED")], by_id=False)
    memory = {"by_id": {"answer": True, "until": at(3600)}}
    inquiry = inquire(shelf, ["p0000"], memory=memory)
    assert "by_id" not in inquiry.memory
    assert "p0000" in ids_of(inquiry.found)


def test_several_ids_go_into_one_filter_only_where_two_listed_ones_came_back() -> None:
    rows = [payment(f"f{n}", "failed") for n in range(40)]
    listed = opened("l1", "l2")
    shelf = Shelf([*rows, *listed], many_ids=True)
    inquiry = inquire(shelf, [row.id for row in rows])
    filters = [len(q.ids) for q in shelf.asked if q.ids]
    assert filters == [2, 20, 20]
    assert shelf.looked_up == []
    assert len(inquiry.asked) == 40

    shelf = Shelf([*rows, *listed], many_ids=False)
    inquiry = inquire(shelf, [row.id for row in rows[:5]])
    assert [len(q.ids) for q in shelf.asked if q.ids] == [2]
    assert shelf.looked_up == [row.id for row in rows[:5]]
    assert inquiry.memory["many_ids"]["answer"] is False


def test_what_was_found_before_the_budget_ended_is_kept() -> None:
    shelf = Shelf(paid(2))
    reader = shelf.reader(requests=1)
    inquiry = Inquiry(reader, {}, always, shelf.clock.now())
    wanted = {key: record(payment(key)) for key in ("p0000", "p0001")}
    with pytest.raises(OutOfTime):
        inquiry.ask(wanted, lambda payment_id: None, [])
    assert ids_of(inquiry.found) == ["p0000"]


NO = {"by_id": {"answer": False, "until": at(3600)}}


def settled(order: str, count: int) -> Shelf:
    """Return a list of so many confirmed payments, 500 a page, in one of the orders."""
    rows = paid(count, word="CONFIRMED", start=-count)
    if order == "newest first":
        rows.reverse()
    elif order == "none":
        Random(1).shuffle(rows)
    return compago(rows, by_id=False)


@pytest.mark.parametrize(
    ("order", "pages"), [("newest first", [1]), ("oldest first", [1, 4]), ("none", [1, 2, 3, 4])]
)
def test_settled_lists_are_read_from_their_newest_end_whichever_that_is(
    order: str, pages: list[int]
) -> None:
    shelf = settled(order, 1900)
    # It was created among the newest: nothing older than that need be read.
    inquire(shelf, ["nobody"], memory=NO, created=-100)
    confirmed = [q.page for q in shelf.asked if q.status == "CONFIRMED"]
    assert confirmed == pages
    assert [q.page for q in shelf.asked if q.status == "CANCELLED"] == [1]


@pytest.mark.parametrize("order", ["newest first", "oldest first", "none"])
def test_a_scan_of_a_settled_list_goes_on_where_the_last_run_stopped(order: str) -> None:
    shelf = settled(order, 9000)
    memory: dict[str, Any] = NO
    read: list[int] = []
    for _ in range(20):
        inquiry = inquire(shelf, ["nobody"], memory=memory, created=-90_000)
        memory = inquiry.memory
        pages = [q.page for q in shelf.asked if q.status == "CONFIRMED"]
        assert len(pages) <= SCAN_PAGES
        read += pages
        shelf.asked.clear()
        if inquiry.asked:
            break
    assert set(read) == set(range(1, 19))
    assert inquiry.asked == {"nobody"}
    assert memory["scans"] == {}


def test_an_unfinished_scan_has_not_yet_asked_for_anybody() -> None:
    shelf = settled("none", 9000)
    inquiry = inquire(shelf, ["nobody"], memory=NO)
    assert inquiry.asked == set()
    assert inquiry.memory["scans"]["CONFIRMED"]["page"] == SCAN_PAGES + 1


def test_rows_that_a_scan_has_shown_before_are_not_told_again() -> None:
    shelf = settled("newest first", 30)
    first = inquire(shelf, ["nobody"], memory=NO, created=-100)
    assert len(first.found) == 30
    first.remember_shown()
    again = inquire(shelf, ["nobody"], memory=first.memory, created=-100)
    assert again.found == []
    wanted = inquire(shelf, ["p0007"], memory=first.memory, created=-100)
    assert ids_of(wanted.found) == ["p0007"]


def test_no_question_is_begun_when_the_time_is_up() -> None:
    shelf = Shelf(paid(40))
    inquire(shelf, [row.id for row in shelf.rows[:10]], may_go_on=so_often(0))
    assert (shelf.asked, shelf.looked_up) == ([], [])
