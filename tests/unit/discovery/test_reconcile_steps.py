"""Reconcile, step by step: what each page adds to it, and what it holds on to."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from paywatch.discovery.reader import UNFILTERED
from paywatch.discovery.reconcile import (
    SUSPECTS,
    Reconcile,
    Suspect,
)
from paywatch.domain.changes import DetectedBy
from paywatch.ports import Abilities, ListQuery, Order
from tests.examples import at, payment
from tests.unit.discovery.inquiring import paid
from tests.unit.discovery.reconciled import answered, reading
from tests.unit.discovery.shelf import COMPAGO_CAN, ONEPAY_CAN, Shelf

STORED = {
    "lists": ["refunded", UNFILTERED],
    "began": at(1),
    "edge": at(2),
    "page": 3,
    "pages": 4,
    "rows": 5,
    "misses": 6,
    "top": 7,
    "listed": 8,
    "doubts": 2,
    "failed": 1,
    "skipped": 9,
    "last": 10,
    "gap": 11,
    "suspects": {"p1": ["refunded", 12, 13, 4, True]},
}


def test_a_reconcile_is_stored_by_these_names_and_comes_back_as_it_was() -> None:
    loaded = Reconcile.load(json.loads(json.dumps(STORED)))
    assert loaded == Reconcile(
        lists=["refunded", UNFILTERED],
        began=at(1),
        edge=at(2),
        page=3,
        pages=4,
        rows=5,
        misses=6,
        top=7,
        listed=8,
        doubts=2,
        failed=1,
        skipped=9,
        last=10,
        gap=11,
        suspects={"p1": Suspect("refunded", 12, 13, 4, True)},
    )
    assert loaded.store() == STORED


def test_what_is_stored_is_of_its_types_whatever_it_was_written_as() -> None:
    odd = {**STORED, "page": "3", "lists": [5], "edge": 5, "began": 6}
    loaded = Reconcile.load({**odd, "suspects": {"p1": [7, "12", "13", "4", 1]}})
    assert (loaded.page, loaded.lists, loaded.edge, loaded.began) == (3, ["5"], "5", "6")
    assert loaded.suspects == {"p1": Suspect("7", 12, 13, 4, True)}


@pytest.mark.parametrize(
    "odd", [{"page": 0}, {"suspects": {"p1": ["refunded", 0, 13, 4, True]}}], ids=["own", "suspect"]
)
def test_a_page_before_the_first_is_refused_by_name(odd: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^pages count from 1$"):
        Reconcile.load({**STORED, **odd})


def test_a_reconcile_begins_with_the_first_page_and_nothing_read() -> None:
    stored = reading("refunded").store()
    assert stored == {
        **dict.fromkeys(STORED, 0),
        "lists": ["refunded"],
        "began": at(0),
        "edge": "",
        "page": 1,
        "last": 1,
        "suspects": {},
    }


@pytest.mark.parametrize(
    ("abilities", "query"),
    [
        (ONEPAY_CAN, ListQuery("paid", Order.NEWEST_FIRST, page=2)),
        (replace(COMPAGO_CAN, page_size=7), ListQuery("paid", page=2, page_size=7)),
    ],
    ids=["sortable", "as it comes"],
)
def test_a_list_is_read_by_its_word_newest_first_where_that_can_be_asked_for(
    abilities: Abilities, query: ListQuery
) -> None:
    shelf = Shelf(paid(50), abilities=abilities)
    reconcile = reading("paid", UNFILTERED)
    reconcile.page, reconcile.failed, reconcile.gap = 2, 3, 1
    page, rows = reconcile.read_page(shelf.reader())
    assert shelf.asked == [query]
    assert page.number == 2
    assert {row.detected_by for row in rows} == {DetectedBy.RECONCILE}
    assert {row.route for row in rows} == {"list:paid"}
    # A page that can be read ends what failed before it.
    assert (reconcile.failed, reconcile.gap) == (0, 0)


def test_the_list_of_all_is_read_without_a_word() -> None:
    shelf = Shelf(paid(3))
    _, rows = reading().read_page(shelf.reader())
    assert shelf.asked == [ListQuery(None, Order.NEWEST_FIRST, page=1)]
    assert {row.route for row in rows} == {f"list:{UNFILTERED}"}


def test_every_page_adds_its_rows_and_the_next_one_begins_behind_its_last_date() -> None:
    reconcile = reading("paid")
    rows = [payment("a", created_at=at(9)), payment("b", created_at=at(8))]
    assert not reconcile.advance(answered(rows, number=1, total=5, last_page=3))
    assert (reconcile.pages, reconcile.rows, reconcile.listed) == (1, 2, 2)
    assert (reconcile.page, reconcile.last, reconcile.edge) == (2, 3, at(8))
    rows = [payment("c", created_at=at(7)), payment("d", created_at=None)]
    assert not reconcile.advance(answered(rows, number=2, total=5, last_page=3))
    assert (reconcile.pages, reconcile.rows, reconcile.listed) == (2, 4, 4)
    assert (reconcile.page, reconcile.last, reconcile.edge) == (3, 3, at(7))
    undated = [payment("e", created_at=None), payment("f", created_at=None)]
    # Its end comes nearer, and its total says that it goes on.
    assert not reconcile.advance(answered(undated, number=3, total=9, last_page=2))
    assert (reconcile.page, reconcile.last, reconcile.edge) == (4, 3, at(7))


def test_the_end_of_a_list_begins_the_next_one_from_its_first_page() -> None:
    reconcile = Reconcile.load({**STORED, "suspects": {}})
    reconcile.advance(answered([payment()], number=3, total=5, last_page=3))
    assert reconcile.store() == {
        **STORED,
        **dict.fromkeys(["top", "listed", "doubts", "failed", "gap"], 0),
        "lists": [UNFILTERED],
        "edge": "",
        "page": 1,
        "last": 1,
        "pages": 5,
        "rows": 6,
        "suspects": {},
    }


@pytest.mark.parametrize(
    ("before", "shown", "total", "top", "whole"),
    [
        (0, 1, 1, 1, True),
        (2, 2, 4, 4, True),
        (0, 0, 0, 0, False),
        (2, 1, 4, 4, False),
        (3, 2, 4, 4, False),
        (2, 2, 4, 5, False),
        (2, 2, 5, 4, False),
    ],
)
def test_whole_is_a_list_that_showed_as_many_as_it_ever_stated(
    before: int, shown: int, total: int, top: int, whole: bool
) -> None:
    reconcile = reading("refunded", UNFILTERED)
    reconcile.listed, reconcile.top, reconcile.page = before, top, 3
    rows = paid(shown)
    assert reconcile.advance(answered(rows, number=3, total=total, last_page=3)) is whole
    assert reconcile.lists == [UNFILTERED]


def test_it_is_done_when_all_is_read_and_no_suspicion_is_left() -> None:
    reconcile = reading()
    assert not reconcile.done
    reconcile.suspect(payment("p1", "paid"), page=4, epoch=7)
    reconcile.lists.clear()
    assert not reconcile.done
    assert reconcile.suspects == {"p1": Suspect("paid", 4, 7, 0)}
    reconcile.suspects.clear()
    assert reconcile.done
    assert not reconcile.may_read_on


def test_it_waits_with_so_many_suspects() -> None:
    reconcile = reading()
    for number in range(SUSPECTS):
        assert reconcile.may_read_on
        reconcile.suspect(payment(f"p{number}"), page=1, epoch=1)
    assert not reconcile.may_read_on


def test_suspects_of_earlier_runs_are_due() -> None:
    reconcile = reading()
    for epoch in (3, 4, 5):
        reconcile.suspect(payment(f"p{epoch}"), page=1, epoch=epoch)
    assert reconcile.due(5) == ["p3", "p4"]
