"""What is stored of the board: what makes no sense is left out and counted, and nothing else is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from paywatch.domain.alert_board import Board
from paywatch.domain.alerts import Kind
from tests.unit.domain.watching import DAY, HOUR, MINUTE, Watch, clear, found, opened

OVERDUE, FROZEN = Kind.PAYMENT_OVERDUE, Kind.PROVIDER_FROZEN
DATES = (
    "since",
    "opened_at",
    "calm_since",
    "resolved_at",
    "told_at",
    "acknowledged_at",
    "snoozed_until",
)


def two_owed(watch: Watch) -> dict[str, str]:
    """Return what is stored of a board with two alerts, whose messages are owed."""
    watch.delivers = False
    opened(watch, OVERDUE)
    opened(watch, Kind.DELIVERY_BACKLOG)
    return watch.board.store()


def spoilt(stored: dict[str, str], section: str, **fields: Any) -> Board:
    """Return the board that is read where the first entry of a section has other fields."""
    entries = json.loads(stored[section])
    entries[0].update(fields)
    return Board.load({**stored, section: json.dumps(entries)})


@pytest.mark.parametrize("name", DATES)
def test_an_alert_with_a_date_that_has_no_offset_is_left_out_and_the_others_stand(
    watch: Watch, name: str
) -> None:
    stored = two_owed(watch)
    board = spoilt(stored, "alerts", **{name: "2026-03-02T12:00:00"})
    assert board.unreadable == 1
    assert [alert.kind for alert in board.alerts.values()] == [OVERDUE]
    assert spoilt(stored, "alerts", **{name: "2026-03-02T12:00:00+00:00"}).unreadable == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"at": "soon"},
        {"at": "2026-03-02T12:00:00"},
        {"at": 5},
        {"body": "half a bo"},
        {"body": "[" * 100_000},
        {"body": "[]"},
        {"body": None},
        {"more": "than is known"},
    ],
    ids=lambda fields: str(fields)[:40],
)
def test_a_message_that_could_not_be_told_is_left_out_and_the_others_are_still_owed(
    watch: Watch, fields: dict[str, Any]
) -> None:
    stored = two_owed(watch)
    whole = Board.load(stored)
    board = spoilt(stored, "outbox", **fields)
    assert board.unreadable == 1
    assert board.outbox == whole.outbox[1:]
    assert board.alerts == whole.alerts


@pytest.mark.parametrize("section", ["dismissed", "about"])
def test_payments_that_are_no_list_are_left_out_and_those_of_other_alerts_stand(
    section: str,
) -> None:
    board = Board.load({section: json.dumps({"a/onepay": "p1", "b/onepay": ["p1", 2]})})
    assert getattr(board, section) == {"b/onepay": ["p1", "2"]}


def test_only_of_an_open_alert_can_a_person_say_anything(watch: Watch) -> None:
    waiting = found(Kind.CONTRACT_DRIFT)
    watch.live(MINUTE, waiting)
    over = opened(watch, FROZEN)
    watch.live(HOUR, clear(FROZEN))
    before = watch.board.store()
    for name in (waiting.name, over.name, "payment_overdue/nobody"):
        with pytest.raises(KeyError):
            watch.board.acknowledge(name, "ana", "it is known", watch.now)
        with pytest.raises(KeyError):
            watch.board.snooze(name, "ana", "", watch.now + DAY, watch.now)
        with pytest.raises(KeyError):
            watch.board.dismiss(name)
    assert watch.board.store() == before
