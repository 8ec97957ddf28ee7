"""Verdicts: direct evidence of leavers, bounded, and carried on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from paywatch.discovery.reader import Observation
from paywatch.discovery.verdicts import ORDERED_ROWS, SCAN_PAGES, TOGETHER, Inquiry
from paywatch.errors import CredentialsRejected, OutOfTime, Unavailable
from paywatch.ports import Allowance, ListQuery, Order, Page
from tests.examples import at, payment, record
from tests.unit.discovery.inquiring import inquire, paid
from tests.unit.discovery.shelf import COMPAGO_CAN, Shelf, always, ids_of, so_often


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
    one_a_page = [f"p{number:04d}" for number in range(5, 400, 20)]

    def pages(since: float) -> list[int]:
        shelf.asked.clear()
        inquire(shelf, one_a_page, since=since)
        return [q.page for q in shelf.asked if q.status == "paid"]

    # Two minutes of overlap are 120 births, twenty a page.
    assert pages(-3601) == [1, 2, 3, 4, 5, 6]
    assert pages(-3505) == [1, 2]
    # However far back that was, the pages of one run are bounded.
    assert pages(-4000) == list(range(1, SCAN_PAGES + 1))


def test_the_latest_paid_are_read_no_further_than_they_show_leavers() -> None:
    shelf = Shelf([*paid(400, start=-4000), *paid(3, first=500, word="failed")])
    inquiry = inquire(shelf, ["p0500", "p0501", "p0502"], since=-4000)
    assert [q.page for q in shelf.asked if q.status == "paid"] == [1]
    assert shelf.looked_up == ["p0500", "p0501", "p0502"]
    assert inquiry.asked == {"p0500", "p0501", "p0502"}


def test_lookups_go_on_for_as_long_as_there_is_time() -> None:
    shelf = Shelf(paid(100), many_ids=False)
    shelf.rows = [payment(row.id, "failed", created_at=row.created_at) for row in shelf.rows]
    wanted = [row.id for row in shelf.rows]
    inquiry = inquire(shelf, wanted, listed=(), may_go_on=so_often(51))
    # One question after the latest paid, fifty by id.
    assert shelf.looked_up == wanted[:50]
    assert inquiry.asked == set(wanted[:50])


# Found out before: one filter takes several ids.
MANY_IDS = {"many_ids": {"answer": True, "until": at(3600)}}


def failed(count: int) -> list[str]:
    return [f"f{number:02}" for number in range(count)]


def test_no_further_filter_is_sent_when_the_time_is_up_and_the_rest_stays_due() -> None:
    wanted = failed(2 * TOGETHER)
    shelf = Shelf([payment(key, "failed") for key in wanted], many_ids=True)
    # One question after the latest paid, one filter, and no more.
    inquiry = inquire(shelf, wanted, memory=MANY_IDS, may_go_on=so_often(2))
    assert [q.ids for q in shelf.asked if q.ids] == [tuple(wanted[:TOGETHER])]
    assert shelf.looked_up == []
    assert inquiry.asked == set(wanted[:TOGETHER]) == set(ids_of(inquiry.found))


class Unfiltered(Shelf):
    """A provider that has forgotten how to filter by id, and shows whatever it has."""

    def list(self, query: ListQuery, allowance: Allowance) -> Page:
        return super().list(replace(query, ids=()), allowance)


def test_a_filter_that_is_ignored_answers_for_nobody_else_and_the_rest_is_asked_for_alone() -> None:
    wanted = failed(3)
    strangers = [payment(f"x{number:02}", "failed") for number in range(19)]
    shelf = Unfiltered([payment(wanted[0], "failed"), *strangers, payment(wanted[1], "failed")])
    inquiry = inquire(shelf, wanted, memory=MANY_IDS)
    assert shelf.looked_up == wanted[1:]
    assert inquiry.asked == set(wanted)
    assert inquiry.absent == {wanted[2]}
    assert ids_of(inquiry.found) == wanted[:2]


def test_a_second_route_is_not_asked_any_more_when_the_time_is_up() -> None:
    shelf = Shelf(paid(3), many_ids=True)
    inquiry = Inquiry(shelf.reader(), {}, so_often(2), shelf.clock.now())
    into: list[Observation] = []
    inquiry.ask_lists(["p0002", "p0001", "p0000"], into)
    assert ids_of(into) == ["p0002", "p0001"]
    assert len(shelf.asked) == 2


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
    shelf.broken["p0000"] = shelf.broken["paid", 1] = CredentialsRejected("401")
    with pytest.raises(CredentialsRejected):
        inquire(shelf, ["p0000", "p0001"])
    assert shelf.looked_up == ["p0000"]
    assert [query.status for query in shelf.asked] == ["paid"]


def test_what_was_found_before_the_budget_ended_is_kept() -> None:
    shelf = Shelf(paid(2))
    reader = shelf.reader(requests=1)
    inquiry = Inquiry(reader, {}, always, shelf.clock.now())
    wanted = {key: record(payment(key)) for key in ("p0000", "p0001")}
    with pytest.raises(OutOfTime):
        inquiry.ask(wanted, lambda payment_id: None, [])
    assert ids_of(inquiry.found) == ["p0000"]


def test_no_question_is_begun_when_the_time_is_up() -> None:
    shelf = Shelf(paid(40))
    inquire(shelf, [row.id for row in shelf.rows[:10]], may_go_on=so_often(0))
    assert (shelf.asked, shelf.looked_up) == ([], [])


def test_no_loss_where_a_few_rows_of_a_list_without_order_lie_in_order_by_chance() -> None:
    old = paid(6, word="CONFIRMED", start=-5000)
    shelf = Shelf(
        [*old[2::-1], *old[3:], payment("p", "CONFIRMED")],
        abilities=replace(COMPAGO_CAN, page_size=3),
        by_id=False,
    )
    inquiry = inquire(shelf, ["p"])
    assert [q.page for q in shelf.asked if q.status == "CONFIRMED"] == [1, 2, 3]
    assert "p" in ids_of(inquiry.found)


@pytest.mark.parametrize(("rows", "read"), [(ORDERED_ROWS, [1]), (ORDERED_ROWS - 1, [1, 2])])
def test_a_list_is_left_behind_the_time_of_the_wanted_where_enough_rows_show_its_order(
    rows: int, read: list[int]
) -> None:
    old = paid(rows, word="CONFIRMED", start=-5000)[::-1]
    abilities = replace(COMPAGO_CAN, page_size=rows)
    shelf = Shelf([*old, *old[:1]], abilities=abilities, by_id=False)
    inquire(shelf, ["gone"])
    assert [q.page for q in shelf.asked if q.status == "CONFIRMED"] == read
