"""Verdicts: a way of asking that fails keeps nobody from being asked for in another."""

from __future__ import annotations

from typing import Any

import pytest

from paywatch.discovery.known import pack_hashes
from paywatch.discovery.verdicts import TOGETHER, Inquiry, load_inquiry
from paywatch.errors import (
    CredentialsRejected,
    ProviderError,
    RateLimited,
    Unavailable,
    UnexpectedResponse,
)
from tests.examples import at, payment, record
from tests.unit.discovery.inquiring import compago, inquire, paid
from tests.unit.discovery.shelf import Shelf, always, ids_of

YES = {"answer": True, "until": at(3600)}
PENDING = [payment(f"l{n}", "PENDING") for n in (1, 2)]


def ask(shelf: Shelf, *wanted: str, memory: dict[str, Any] | None = None) -> Inquiry:
    """Ask for those of a run, whatever fault ends it."""
    inquiry = Inquiry(shelf.reader(), dict(memory or {}), always, shelf.clock.now())
    known = {key: record(payment(key, created_at=at(-50))) for key in wanted}
    try:
        inquiry.ask(known, lambda payment_id: at(-30), ["l1", "l2"])
    except ProviderError as fault:
        inquiry.fault = fault
    return inquiry


def test_no_loss_a_list_of_the_latest_paid_that_fails_leaves_them_to_be_asked_for_by_id() -> None:
    shelf = Shelf(paid(4))
    shelf.broken["paid", 1] = Unavailable("504")
    inquiry = inquire(shelf, ["p0000", "p0001", "p0002"])
    assert inquiry.asked == {"p0000", "p0001", "p0002"} == set(ids_of(inquiry.found))


def test_no_loss_one_filter_that_fails_holds_up_no_other_and_its_own_are_asked_for_alone() -> None:
    class Poisoned(Shelf):
        """One of the payments spoils every answer that it is in."""

        def list(self, query: Any, allowance: Any) -> Any:
            if "f00" in query.ids:
                raise UnexpectedResponse("no JSON")
            return super().list(query, allowance)

    wanted = [f"f{number:02}" for number in range(3 * TOGETHER)]
    shelf = Poisoned([payment(key, "failed") for key in wanted], many_ids=True)
    inquiry = inquire(shelf, wanted, memory={"many_ids": YES})
    assert inquiry.asked == set(wanted)
    assert shelf.looked_up == wanted[:TOGETHER]


def test_no_loss_those_whose_answers_failed_before_are_asked_for_last() -> None:
    shelf = Shelf(paid(5, word="failed"))
    shelf.broken["p0000"] = shelf.broken["p0001"] = Unavailable("503")
    first = ask(shelf, "p0000", "p0001", "p0002", "p0003")
    assert shelf.looked_up == ["p0000", "p0001"]
    assert str(first.fault) == "503"
    assert first.memory["failing"] == {"p0000": 1, "p0001": 1}
    shelf.looked_up.clear()
    second = ask(shelf, "p0000", "p0001", "p0002", "p0003", memory=first.memory)
    assert shelf.looked_up == ["p0002", "p0003", "p0000", "p0001"]
    assert second.asked == {"p0002", "p0003"}
    assert second.memory["failing"] == {"p0000": 2, "p0001": 2}


def test_a_run_without_time_to_ask_leaves_no_list_to_be_read() -> None:
    shelf = Shelf(paid(1))
    inquiry = Inquiry(shelf.reader(), {"by_id": YES}, lambda: False, shelf.clock.now())
    known = {"p0000": record(payment("p0000", created_at=at(-50)))}
    inquiry.ask(known, lambda payment_id: at(-30), [])
    assert (shelf.pages, shelf.looked_up, inquiry.asked) == ([], [], set())
    assert "scans" not in inquiry.memory


def test_who_failed_least_is_asked_for_first_and_an_answer_is_a_new_beginning() -> None:
    shelf = Shelf(paid(3))
    failing = {"p0000": 3, "p0001": 1, "gone": 7}
    inquiry = ask(shelf, "p0000", "p0001", memory={"failing": failing})
    assert shelf.looked_up == ["p0001", "p0000"]
    # Who is wanted no more is forgotten.
    assert inquiry.memory["failing"] == {}


@pytest.mark.parametrize("fault", [CredentialsRejected("403"), RateLimited("429")])
def test_no_loss_where_single_answers_are_refused_the_lists_are_read(fault: ProviderError) -> None:
    shelf = Shelf(paid(2))
    shelf.broken["p0000"] = fault
    inquiry = ask(shelf, "p0000", "p0001")
    assert shelf.looked_up == ["p0000"]
    assert inquiry.asked == {"p0000", "p0001"} == set(ids_of(inquiry.found))
    # The lists are answered: it is no word about the key.
    assert type(inquiry.fault) is UnexpectedResponse
    assert str(inquiry.fault) == str(fault)


def test_a_refusal_of_all_is_told_as_it_is() -> None:
    shelf = Shelf(paid(2))
    shelf.broken["p0000"] = RateLimited("429")
    inquiry = Inquiry(shelf.reader(), {}, lambda: not shelf.looked_up, shelf.clock.now())
    with pytest.raises(RateLimited):
        inquiry.ask({"p0000": record(payment("p0000"))}, lambda payment_id: at(-30), [])
    assert shelf.asked == []


def test_a_refusal_by_id_of_listed_payments_says_that_there_are_no_such_answers() -> None:
    shelf = compago([*PENDING, *paid(2, word="CONFIRMED")])
    shelf.broken["l1"] = shelf.broken["l2"] = CredentialsRejected("403")
    inquiry = ask(shelf, "p0000")
    assert shelf.looked_up == ["l1", "l2"]
    assert inquiry.memory["by_id"]["answer"] is False
    assert inquiry.fault is None
    assert "p0000" in ids_of(inquiry.found)


def test_a_key_that_is_refused_everywhere_says_nothing_of_what_a_provider_can_do() -> None:
    shelf = compago([*PENDING, *paid(2, word="CONFIRMED")])
    refused = CredentialsRejected("401")
    shelf.broken |= {"l1": refused, "l2": refused, ("PENDING", 1): refused}
    shelf.broken["CONFIRMED", 1] = refused
    inquiry = ask(shelf, "p0000")
    assert "by_id" not in inquiry.memory
    assert inquiry.fault is refused


def test_what_failed_is_read_from_its_stored_form() -> None:
    assert load_inquiry({"failing": {"a": 2}}) == {"failing": {"a": 2}}
    with pytest.raises((TypeError, ValueError)):
        load_inquiry({"failing": {"a": "often"}})


def test_scans_and_what_they_showed_are_read_from_their_stored_form() -> None:
    shown = {"paid": pack_hashes([b"abcdef"])}
    scans = {"paid": {"page": 1, "down": True}, "failed": {"page": 7, "down": False}}
    assert load_inquiry({"scans": scans, "shown": shown}) == {"scans": scans, "shown": shown}


def test_a_page_before_the_first_is_the_first() -> None:
    loaded = load_inquiry({"scans": {"paid": {"page": -3, "down": 0}}})
    assert loaded == {"scans": {"paid": {"page": 1, "down": False}}}


def test_rows_that_no_scan_can_have_shown_are_refused() -> None:
    with pytest.raises(ValueError, match="padding"):
        load_inquiry({"shown": {"paid": "abc"}})
