"""What is stored of the board: what makes no sense is left out and counted, and nothing else is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from paywatch.domain.alert_board import Board, Owed
from paywatch.domain.alerts import Alert, Kind, Pace, Severity, State, Step
from tests.unit.domain.watching import (
    DAY,
    HOUR,
    MINUTE,
    SOURCE,
    START,
    Watch,
    clear,
    found,
    opened,
)

OVERDUE, FROZEN = Kind.PAYMENT_OVERDUE, Kind.PROVIDER_FROZEN
AT = "2026-03-02T12:00:00.000000Z"
ALERT = Alert(OVERDUE, SOURCE, State.OPEN, AT, Severity.WARNING, told_size=1)
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


@pytest.mark.parametrize(("name", "wrong"), [("since", None), ("cause", 5), ("why", "x" * 100_000)])
def test_isolation_an_alert_that_cannot_be_read_is_left_out_and_the_others_stand(
    watch: Watch, name: str, wrong: object
) -> None:
    board = spoilt(two_owed(watch), "alerts", **{name: wrong})
    assert board.unreadable == 1
    assert [alert.kind for alert in board.alerts.values()] == [OVERDUE]


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
    ("field", "spoiled", "why"),
    [
        *((name, "2026-03-02", "2026-03-02 is no date in UTC") for name in DATES),
        *((name, "3", "'3' is no count") for name in ("told_size", "sequence", "flaps")),
        *((name, 3, "3 is no text") for name in ("subject", "cause", "by", "why")),
        *((name, "?", "'?' is not a valid") for name in ("kind", "state", "severity")),
        ("more", "than is known", "more"),
    ],
)
def test_an_alert_that_a_hand_has_spoiled_says_what_is_wrong_with_it(
    field: str, spoiled: object, why: str
) -> None:
    dates: dict[str, Any] = dict.fromkeys(DATES, AT)
    stored = {**ALERT.store(), **dates}
    assert Alert.load(stored) == replace(ALERT, **dates)
    with pytest.raises((TypeError, ValueError), match=why):
        Alert.load({**stored, field: spoiled})


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


def test_all_that_makes_no_sense_is_counted(watch: Watch) -> None:
    stored = two_owed(watch)
    assert Board.load({**stored, "alerts": "[1, {}]", "outbox": '["a", {}, 3]'}).unreadable == 5
    assert Board.load(stored).unreadable == 0


@pytest.mark.parametrize("text", ["null", "{}", "5", '"a"', "half a li", "[" * 100_000])
def test_a_section_that_is_no_list_is_empty_and_the_others_stand(watch: Watch, text: str) -> None:
    stored = two_owed(watch)
    board = Board.load({**stored, "alerts": text})
    assert board == Board(outbox=Board.load(stored).outbox)
    assert Board.load({}) == Board()


def test_a_board_is_stored_in_sections_of_short_json() -> None:
    board = Board(
        alerts={name: replace(ALERT, subject=name) for name in ("b", "a")},
        outbox=[Owed("i", "n", AT, "{}")],
        dismissed={"n": ["p1", "p2"]},
        about={"n": ["p3"]},
    )
    alert = (
        '{{"kind":"payment_overdue","subject":"{}","state":"open","since":"{}",'
        '"severity":"warning","told_size":1}}'
    )
    assert board.store() == {
        "alerts": f"[{alert.format('a', AT)},{alert.format('b', AT)}]",
        "outbox": f'[{{"id":"i","alert":"n","at":"{AT}","body":"{{}}"}}]',
        "dismissed": '{"n":["p1","p2"]}',
        "about": '{"n":["p3"]}',
    }


def test_open_alerts_are_listed_the_worst_first_then_the_oldest_then_by_name() -> None:
    critical = replace(ALERT, severity=Severity.CRITICAL)
    old, new = "2026-03-02T11:00:00.000000Z", "2026-03-02T13:00:00.000000Z"
    expected = [
        replace(critical, subject="e", opened_at=old),
        replace(critical, subject="a", opened_at=new),
        replace(ALERT, subject="z"),
        replace(ALERT, subject="b", opened_at=old),
        replace(ALERT, subject="c", opened_at=old),
    ]
    others = [replace(ALERT, subject=f"x{s}", state=s) for s in (State.PENDING, State.RESOLVED)]
    board = Board(alerts={each.name: each for each in [*others, *reversed(expected)]})
    assert board.open == expected


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
        with pytest.raises(KeyError, match=name):
            watch.board.acknowledge(name, "ana", "it is known", watch.now)
        with pytest.raises(KeyError, match=name):
            watch.board.snooze(name, "ana", "", watch.now + DAY, watch.now)
        with pytest.raises(KeyError, match=name):
            watch.board.dismiss(name)
    assert watch.board.store() == before


def test_a_message_has_an_identity_of_its_own_and_the_date_of_its_step(watch: Watch) -> None:
    (told,) = watch.board.judge([found(OVERDUE)], START, Pace())
    assert told.id == f"payment_overdue/onepay/{AT}/1"
    assert (told.step, told.at, told.finding) == (Step.OPENED, AT, found(OVERDUE))
    assert told.alert == watch.board.alerts[told.alert.name]
    watch.board.owe(told, '{"a":1}')
    assert watch.board.outbox == [Owed(told.id, "payment_overdue/onepay", AT, '{"a":1}')]


def test_every_finding_of_a_run_is_judged(watch: Watch) -> None:
    """One that is not so, and one that is held, keep nothing of what comes behind them away."""
    held = found(Kind.MASS_DISAPPEARANCE)
    assert watch.board.judge([held], START, Pace()) == []  # it has to last
    findings = [clear(FROZEN), held, found(Kind.CREDENTIALS_REJECTED), found(OVERDUE, 1, "compago")]
    told = watch.board.judge(findings, START, Pace())
    assert [each.finding for each in told] == findings[2:]


def test_with_a_subject_all_that_is_kept_of_it_is_forgotten_but_what_is_owed() -> None:
    here, gone = ("payment_unexplained/onepay/norte", "payment_unexplained/compago/norte")
    owed = [Owed("i", gone, AT, "{}")]
    board = Board({}, owed, {here: ["a"], gone: ["b"]}, {here: ["c"], gone: ["d"]})
    board.forget({"onepay/norte"})
    assert board == Board({}, owed, {here: ["a"]}, {here: ["c"]})


def test_what_a_topic_refused_is_put_behind_all_others_in_its_order() -> None:
    one, two, three, four = (
        Owed(n, name, AT, "{}") for n, name in zip("1234", "abac", strict=True)
    )
    board = Board(outbox=[one, two, three, four])
    board.put_back({"a"})
    assert board.outbox == [two, four, one, three]


def test_an_alert_is_told_when_the_last_of_its_messages_is_confirmed(watch: Watch) -> None:
    other = found(Kind.DELIVERY_BACKLOG)
    (told, _) = watch.board.judge([found(OVERDUE), other], START, Pace())
    name = told.alert.name
    first, second = Owed("1", name, AT, "{}"), Owed("2", name, AT, "{}")
    board = Board(watch.board.alerts, [first, Owed("3", other.name, AT, "{}"), second])
    board.confirm(first, START + MINUTE)
    assert board.alerts[name].told_at is None
    board.confirm(second, START + HOUR)
    assert board.alerts[name].told_at == "2026-03-02T13:00:00.000000Z"
    assert board.alerts[other.name].told_at is None
    assert [owed.id for owed in board.outbox] == ["3"]
    board.confirm(Owed("3", "payment_overdue/nobody", AT, "{}"), START)  # it was forgotten
    assert board.outbox == []


def test_an_alert_whose_message_was_lost_counts_as_told_when_it_began(watch: Watch) -> None:
    """Even one that is acknowledged: nobody knows what that message would have said."""
    lost = replace(ALERT, acknowledged_at=AT, by="ana")
    for owed, steps in (([Owed("i", lost.name, AT, "{}")], []), ([], [Step.ESCALATED])):
        board = Board({lost.name: lost}, list(owed))
        told = board.judge([found(OVERDUE)], START + DAY, Pace())
        assert [each.step for each in told] == steps
    board = Board({lost.name: lost}, [Owed("i", "another", AT, "{}")])
    assert board.judge([found(OVERDUE)], START + DAY - MINUTE, Pace()) == []
    assert board.alerts[lost.name].told_at == lost.since
    assert board.alerts[lost.name].acknowledged_at is None
