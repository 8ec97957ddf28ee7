"""What no document promises is found out with payments that a list shows just now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from paywatch.discovery.abilities import load_found_out
from paywatch.errors import Unavailable
from tests.examples import at, payment
from tests.unit.discovery.inquiring import compago, inquire, opened, paid
from tests.unit.discovery.shelf import ONEPAY_CAN, Shelf, always, ids_of, so_often

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
    assert ids_of(inquiry.found) == ["l1", "l2", "p0000", "p0001"]
    shelf.looked_up.clear()
    inquire(shelf, ["p0000"], memory=inquiry.memory)
    assert shelf.looked_up == []


def test_one_listed_payment_alone_does_not_prove_that_there_is_no_lookup() -> None:
    shelf = compago([*PENDING, *paid(2, word="CONFIRMED")], by_id=False)
    inquiry = inquire(shelf, ["p0000"], listed=["l1"])
    assert "by_id" not in inquiry.memory
    assert shelf.looked_up == []


def test_two_listed_payments_are_enough_to_find_out() -> None:
    rows = [payment(f"l{n}", "PENDING") for n in range(4)]
    shelf = compago([*rows, *paid(2, word="CONFIRMED")], by_id=False)
    inquire(shelf, ["p0000"], listed=[row.id for row in rows])
    assert shelf.looked_up == ["l0", "l1"]


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


@pytest.mark.parametrize("known", [True, False])
def test_what_the_documents_say_of_several_ids_is_not_found_out(known: bool) -> None:
    rows = [payment(f"f{n}", "failed") for n in range(5)]
    shelf = Shelf([*rows, *opened("l1", "l2")], abilities=replace(ONEPAY_CAN, many_ids=known))
    shelf.many_ids = True
    inquiry = inquire(shelf, [row.id for row in rows])
    assert [len(query.ids) for query in shelf.asked if query.ids] == [5] * known
    assert len(inquiry.asked) == 5
    assert "many_ids" not in inquiry.memory


@pytest.mark.parametrize(
    ("until", "asked"), [(1, ["p0000"]), (0, ["l1", "p0000"]), (86_400, ["p0000"])]
)
def test_a_memory_lasts_up_to_its_instant(until: float, asked: list[str]) -> None:
    shelf = compago([*PENDING, *paid(2, word="CONFIRMED")])
    memory = {"by_id": {"answer": True, "until": at(until)}}
    inquire(shelf, ["p0000"], memory=memory)
    assert shelf.looked_up == asked


def test_without_time_nothing_is_found_out_and_nothing_is_taken_for_granted() -> None:
    shelf = compago([*PENDING, *paid(2, word="CONFIRMED")])
    inquiry = inquire(shelf, ["p0000"], may_go_on=so_often(0))
    assert (shelf.looked_up, shelf.asked, inquiry.memory.get("by_id")) == ([], [], None)


def test_no_lookup_is_proved_by_a_page_of_the_size_that_sweeps_ask_for() -> None:
    shelf = compago([*PENDING, *paid(2, word="CONFIRMED")], by_id=False)
    inquire(shelf, ["p0000"], may_go_on=always)
    proof = next(query for query in shelf.asked if query.status == "PENDING")
    assert proof.page_size == shelf.abilities.page_size


def test_what_was_found_out_is_read_from_its_stored_form() -> None:
    stored = {
        "by_id": {"answer": False, "until": at(1)},
        "many_ids": {"answer": True, "until": at(2)},
    }
    assert load_found_out({**stored, "other": 5}) == stored
    assert load_found_out({}) == {}
