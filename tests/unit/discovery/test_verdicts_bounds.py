"""Verdicts: how far each route is followed, and what is said of what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from paywatch.discovery.reader import Observation
from paywatch.discovery.verdicts import SCAN_PAGES, TOGETHER, Inquiry
from paywatch.domain.changes import DetectedBy
from paywatch.domain.payments import Payment
from paywatch.errors import Unavailable
from paywatch.ports import Abilities, Order
from tests.examples import at, payment, record
from tests.unit.discovery.inquiring import compago, inquire, paid
from tests.unit.discovery.shelf import COMPAGO_CAN, ONEPAY_CAN, Shelf, always, ids_of, so_often

YES, NO = ({"answer": answer, "until": at(3600)} for answer in (True, False))


def pages(shelf: Shelf, word: str | None) -> list[int]:
    """Return the pages of a list that were asked for, filters aside."""
    return [q.page for q in shelf.asked if q.status == word and not q.ids]


def routes(inquiry: Inquiry) -> set[tuple[DetectedBy, str]]:
    return {(o.detected_by, o.route) for o in inquiry.found}


def test_the_latest_paid_are_read_as_far_as_the_one_of_the_wanted_that_left_first() -> None:
    shelf = Shelf(paid(60, start=-1000))
    wanted = ["p0058", "p0038", "p0018"]
    since = {"p0058": at(0), "p0038": at(-840), "p0018": at(0)}
    known = {key: record(payment(key)) for key in wanted}
    Inquiry(shelf.reader(), {}, always, shelf.clock.now()).ask(known, since.get, [])
    # Page 2 ends with the one that was paid 980 seconds before the watch, page 1 with the 960th.
    assert pages(shelf, "paid") == [1, 2]


@pytest.mark.parametrize(("since", "read"), [(-820, [1, 2]), (-819.5, [1])])
def test_a_page_that_ends_just_where_the_overlap_begins_is_not_the_last(
    since: float, read: list[int]
) -> None:
    # Page 1 ends with the one that was paid 940 seconds before the watch.
    shelf = Shelf(paid(60, start=-980))
    inquire(shelf, ["p0059", "p0039", "p0019"], since=since)
    assert pages(shelf, "paid") == read


@pytest.mark.parametrize(
    "abilities",
    [
        replace(ONEPAY_CAN, orders=frozenset([Order.NEWEST_FIRST])),
        replace(ONEPAY_CAN, paid_word=None),
    ],
)
def test_where_the_latest_paid_cannot_be_asked_for_everybody_is_asked_for_alone(
    abilities: Abilities,
) -> None:
    shelf = Shelf(paid(3), abilities=abilities)
    inquire(shelf, ["p0000", "p0001", "p0002"], listed=())
    assert shelf.asked == []
    assert shelf.looked_up == ["p0000", "p0001", "p0002"]


def test_what_the_latest_paid_showed_is_kept_under_their_word() -> None:
    inquiry = inquire(Shelf(paid(3)), ["p0000", "p0001", "p0002"])
    inquiry.remember_shown()
    assert set(inquiry.memory["shown"]) == {"paid"}
    assert routes(inquiry) == {(DetectedBy.SETTLED_SCAN, "list:paid")}


def test_several_are_asked_for_in_as_few_filters_as_hold_them() -> None:
    wanted = [f"f{number:02}" for number in range(2 * TOGETHER + 5)]
    shelf = Shelf([payment(key, "failed") for key in wanted], many_ids=True)
    inquiry = inquire(shelf, wanted, memory={"many_ids": YES})
    assert [query.ids for query in shelf.asked if query.ids] == [
        tuple(wanted[:TOGETHER]),
        tuple(wanted[TOGETHER : 2 * TOGETHER]),
        tuple(wanted[2 * TOGETHER :]),
    ]
    assert routes(inquiry) == {(DetectedBy.LOOKUP, "list:*")}


@pytest.mark.parametrize(("many_ids", "asked"), [(True, 40), (None, 40), (False, 0)])
def test_a_second_route_is_a_list_that_takes_an_id(many_ids: bool | None, asked: int) -> None:
    shelf = Shelf(paid(40), abilities=replace(ONEPAY_CAN, many_ids=many_ids), many_ids=True)
    into: list[Observation] = []
    inquiry = Inquiry(shelf.reader(), {}, always, shelf.clock.now())
    inquiry.ask_lists([row.id for row in shelf.rows], into)
    assert [query.ids for query in shelf.asked] == [(row.id,) for row in shelf.rows[:asked]]
    assert {o.detected_by for o in into} == ({DetectedBy.LOOKUP} if asked else set())


def test_whether_a_provider_answers_by_id_is_found_out_by_listed_ones() -> None:
    shelf = compago([*paid(2, word="CONFIRMED"), payment("l1", "PENDING")])
    inquiry = inquire(shelf, ["p0001"])
    assert shelf.looked_up == ["l1", "p0001"]
    assert ids_of(inquiry.found) == ["l1", "p0001"]


def test_answers_that_cannot_be_used_end_the_questions_only_where_they_follow_one_another() -> None:
    shelf = Shelf(paid(4), abilities=replace(ONEPAY_CAN, paid_word=None))
    shelf.broken = {"p0000": Unavailable("503"), "p0002": Unavailable("503")}
    assert inquire(shelf, [row.id for row in shelf.rows]).asked == {"p0001", "p0003"}


def absent(rows: list[Payment], wanted: Sequence[str]) -> tuple[Shelf, Inquiry]:
    """Ask a provider that answered by id until now."""
    shelf = compago(rows)
    return shelf, inquire(shelf, wanted, memory={"by_id": dict(YES)})


def test_while_one_is_known_by_id_the_ability_is_not_doubted() -> None:
    shelf, inquiry = absent(paid(2, word="CONFIRMED"), ["gone", "p0001"])
    assert inquiry.absent == {"gone"}
    assert inquiry.memory["by_id"] == YES
    assert shelf.asked == []


def test_when_nobody_is_known_by_id_any_more_they_are_looked_for_in_the_settled_lists() -> None:
    shelf = compago(paid(2, word="CONFIRMED"), by_id=False)
    inquiry = inquire(shelf, ["p0000", "p0001"], memory={"by_id": dict(YES)})
    assert shelf.looked_up == ["p0000", "p0001"]
    assert ids_of(inquiry.found) == ["p0000", "p0001"]
    assert inquiry.asked == inquiry.absent == {"p0000", "p0001"}
    assert "by_id" not in inquiry.memory
    assert routes(inquiry) == {(DetectedBy.SETTLED_SCAN, "list:CONFIRMED")}


def test_nobody_who_was_not_asked_for_by_id_is_looked_for_in_the_settled_lists() -> None:
    rows = paid(35, word="CONFIRMED")
    shelf = compago(rows, by_id=False)
    memory = {"by_id": dict(YES)}
    inquiry = inquire(shelf, [row.id for row in rows], memory=memory, may_go_on=so_often(30))
    assert inquiry.asked == inquiry.absent == {row.id for row in rows[:30]}


def test_who_is_unknown_to_a_provider_that_is_sure_to_answer_by_id_is_looked_for_nowhere() -> None:
    shelf = Shelf(paid(2))
    inquiry = inquire(shelf, ["gone"])
    assert inquiry.absent == inquiry.asked == {"gone"}
    assert shelf.asked == []


def test_those_that_were_found_before_the_settled_lists_were_read_count_as_asked_for() -> None:
    abilities = replace(ONEPAY_CAN, by_id=False)
    shelf = Shelf([*paid(1), *paid(1, first=50, word="failed")], abilities=abilities)
    inquiry = inquire(shelf, ["p0000", "p0050", "gone"])
    assert inquiry.asked == {"p0000", "p0050", "gone"}


def doubt(
    rows: list[Payment], wanted: Sequence[str], doubtful: Sequence[str], memory: dict[str, Any]
) -> tuple[Shelf, Inquiry]:
    """Ask for some, of whom some were listed as open again, where nobody answers by id."""
    shelf = compago(rows, by_id=False)
    return shelf, inquire(shelf, wanted, memory={"by_id": NO, **memory}, doubtful=doubtful)


def test_those_that_seem_open_again_are_looked_for_in_the_list_of_all() -> None:
    rows = [payment("d", "PENDING"), *paid(3, word="CONFIRMED")]
    shelf, inquiry = doubt(rows, ["d", "p0001"], ["d", "stranger"], {})
    assert [(q.status, q.page) for q in shelf.asked] == [(None, 1), ("CONFIRMED", 1)]
    assert inquiry.asked == {"d", "p0001"}
    assert (DetectedBy.SETTLED_SCAN, "list:*") in routes(inquiry)
    inquiry.remember_shown()
    assert set(inquiry.memory["shown"]) == {"", "CONFIRMED"}
    # What that list showed is not told again.
    _, again = doubt(rows, ["other"], ["other"], inquiry.memory)
    assert again.found == []


def test_nobody_is_looked_for_in_the_list_of_all_who_is_in_no_doubt() -> None:
    shelf, _ = doubt(paid(3, word="CONFIRMED"), ["p0001"], ["stranger"], {})
    assert pages(shelf, None) == []


def test_one_in_doubt_that_the_list_of_all_does_not_show_is_looked_for_with_the_others() -> None:
    shelf, inquiry = doubt(paid(3, word="CONFIRMED"), ["gone", "p0001"], ["gone"], {})
    assert pages(shelf, None) == pages(shelf, "CONFIRMED") == pages(shelf, "CANCELLED") == [1]
    assert inquiry.asked == {"gone", "p0001"}


def test_the_list_of_all_is_gone_on_with_in_the_next_run() -> None:
    rows = paid(2 * SCAN_PAGES + 1, word="OTHER")[::-1]
    shelf = Shelf(rows, abilities=replace(COMPAGO_CAN, page_size=2), by_id=False)
    first = inquire(shelf, ["d"], memory={"by_id": NO}, doubtful=["d"], created=-90_000)
    assert pages(shelf, None) == list(range(1, SCAN_PAGES + 1))
    assert first.memory["scans"]["*"] == {"page": SCAN_PAGES + 1, "down": False}
    assert first.asked == set()
    shelf.asked.clear()
    last = inquire(shelf, ["d"], memory=first.memory, doubtful=["d"], created=-90_000)
    assert pages(shelf, None) == [SCAN_PAGES + 1]
    assert last.asked == {"d"}
