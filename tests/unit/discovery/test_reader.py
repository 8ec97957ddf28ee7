"""What a reader makes of rows, and what it counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from paywatch.discovery.reader import Observation
from paywatch.domain.changes import DetectedBy, stamp
from paywatch.errors import RowError, Unavailable
from paywatch.ports import Allowance, Answer, Found, ListQuery
from tests.examples import WATCH, instant, payment
from tests.unit.discovery.shelf import Shelf

ROW = payment("p1", "paid")


class Dated(Shelf):
    """A provider whose clock is a day behind."""

    def _answer(self, allowance: Allowance) -> Answer:
        answer = super()._answer(allowance)
        return Answer(
            answer.request, answer.sent_at, answer.received_at, instant(1) - timedelta(days=1)
        )


@pytest.mark.parametrize(("word", "route"), [("paid", "list:paid"), (None, "list:*")])
def test_a_row_of_a_list_is_stamped_with_its_run_its_request_and_its_list(
    word: str | None, route: str
) -> None:
    _, rows = Dated([ROW]).reader(epoch=7).page(ListQuery(word), DetectedBy.TAIL)
    assert rows == [
        Observation(
            payment=ROW,
            seen=stamp(7, 1),
            sent_at=WATCH,
            received_at=instant(1),
            dated=instant(1) - timedelta(days=1),
            detected_by=DetectedBy.TAIL,
            route=route,
            news=False,
        )
    ]


def test_a_payment_that_was_asked_for_is_stamped_as_an_answer_by_its_id() -> None:
    reader = Shelf([ROW]).reader(epoch=7)
    assert reader.lookup("nobody") is None
    assert reader.lookup("p1") == Observation(
        payment=ROW,
        seen=stamp(7, 2),
        sent_at=instant(1),
        received_at=instant(2),
        dated=instant(2),
        detected_by=DetectedBy.LOOKUP,
        route="id",
    )


def test_rows_are_counted_those_that_were_understood_and_those_that_were_not() -> None:
    shelf = Shelf([ROW, payment("p2", "paid")])
    shelf.refused = {1: (RowError("no amount"),)}
    reader = shelf.reader()
    assert (reader.seen, reader.refused) == (0, 0)
    for word in ("paid", "failed"):
        reader.page(ListQuery(word), DetectedBy.TAIL)
    assert (reader.seen, reader.refused) == (2, 2)
    reader.page(ListQuery("paid"), DetectedBy.TAIL)
    assert (reader.seen, reader.refused) == (4, 3)
    assert [reader.lookup(name) is None for name in ("p1", "nobody", "p2")] == [False, True, False]
    assert (reader.seen, reader.refused) == (6, 3)


class Elsewhere(Shelf):
    """A provider that takes note of what its answers may use."""

    def get(self, payment_id: str, allowance: Allowance) -> Found:
        self.allowance = allowance
        return super().get(payment_id, allowance)


def test_a_question_by_id_is_part_of_the_runs_allowance() -> None:
    shelf = Elsewhere([ROW])
    reader = shelf.reader()
    reader.lookup("p1")
    assert shelf.allowance is reader.allowance
    assert reader.allowance.requests == 1


def test_a_page_that_cannot_be_read_is_noted_with_what_was_wrong_and_one_that_can_be_is_not() -> (
    None
):
    shelf = Shelf([ROW])
    shelf.broken["paid", 1] = Unavailable("it sleeps")
    reader = shelf.reader()
    with pytest.raises(Unavailable):
        reader.page(ListQuery("paid"), DetectedBy.TAIL)
    reader.page(ListQuery("failed"), DetectedBy.TAIL)
    assert [(flaw.word, flaw.detail) for flaw in reader.looked.flaws.values()] == [
        ("paid", "it sleeps")
    ]
    assert list(reader.looked.sound.values()) == [{1}]
