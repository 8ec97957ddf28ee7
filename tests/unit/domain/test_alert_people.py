"""What a person says of an alert: that it is known, that it may wait, that it is settled."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from paywatch.domain.alert_board import Board
from paywatch.domain.alerts import (
    DISMISSED_LIMIT,
    LONGEST_SNOOZE,
    Alert,
    Finding,
    Kind,
    Pace,
    Severity,
    State,
    Step,
)
from paywatch.domain.payments import timestamp
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


def lost(*ids: str, candidates: tuple[str, ...] = ()) -> Finding:
    """Nothing explains these payments, and soon it will not explain the candidates."""
    kind = Kind.PAYMENT_UNEXPLAINED
    return Finding(kind, SOURCE, bool(ids), "lost", len(ids), about=ids, candidates=candidates)


@pytest.mark.parametrize("kind", Kind)
def test_what_is_acknowledged_is_not_repeated_but_tells_of_more_and_of_its_end(
    watch: Watch, kind: Kind
) -> None:
    finding = opened(watch, kind, size=5)
    watch.board.acknowledge(finding.name, "ana", "the bank is told", watch.now)
    assert watch.live(5 * DAY, finding) == []
    assert watch.alert(finding).by == "ana"
    assert watch.live(HOUR, found(kind, 10)) == [Step.UPDATED]
    assert watch.live(HOUR, clear(kind)) == [Step.RESOLVED]
    assert watch.alert(finding).acknowledged_at is None


@pytest.mark.parametrize("kind", Kind)
def test_what_is_snoozed_is_silent_until_then_and_tells_then_what_is_so(
    watch: Watch, kind: Kind
) -> None:
    finding = opened(watch, kind)
    until = watch.now + 30 * HOUR
    watch.board.snooze(finding.name, "ana", "on Monday", until, watch.now)
    assert watch.live(30 * HOUR, found(kind, 100)) == []
    assert watch.live(HOUR, found(kind, 100)) == [Step.REPEATED]
    until = watch.now + DAY
    watch.board.snooze(finding.name, "ana", "", until, watch.now)
    for _ in range(7):  # it ends, and comes back, and ends
        assert watch.live(2 * HOUR, clear(kind)) == []
        assert watch.live(HOUR, finding) == []
    ended = watch.now
    assert watch.live(until - watch.now, clear(kind)) == []
    assert watch.live(2 * HOUR, clear(kind)) == [Step.RESOLVED]
    assert watch.told[-1][0] >= until
    assert watch.ends == [ended]


def test_nobody_sleeps_for_more_than_a_month_and_a_clock_that_leapt_does_not_either(
    watch: Watch,
) -> None:
    finding = opened(watch, Kind.PAYMENT_OVERDUE)
    alert = watch.board.snooze(finding.name, "ana", "", watch.now + 999 * DAY, watch.now)
    assert alert.snoozed_until is not None
    assert datetime.fromisoformat(alert.snoozed_until) == watch.now + LONGEST_SNOOZE
    watch.board.alerts[finding.name] = replace(alert, snoozed_until="2999-01-01T00:00:00.000000Z")
    assert watch.live(MINUTE, finding) == [Step.REPEATED]


def test_payments_that_a_person_dismissed_are_left_out(watch: Watch) -> None:
    assert watch.live(MINUTE, lost("a", "b")) == [Step.OPENED]
    watch.board.dismiss(lost().name)
    assert watch.live(HOUR, lost("a", "b")) == [Step.RESOLVED]
    assert watch.live(DAY, lost("a", "b")) == []
    assert watch.live(MINUTE, lost("a", "b", "c")) == [Step.OPENED]
    # What is explained needs no word any more.
    watch.live(MINUTE, lost("c"))
    assert watch.board.dismissed == {}


def test_a_payment_that_was_dismissed_stays_so_while_it_is_only_too_young_to_be_told(
    watch: Watch,
) -> None:
    young, old = lost(candidates=("a",)), lost("a", candidates=("a",))
    assert watch.live(MINUTE, old) == [Step.OPENED]
    watch.board.dismiss(old.name)
    assert watch.live(HOUR, young) == [Step.RESOLVED]  # the clock went back: nothing is old
    assert watch.live(3 * DAY, old) == []


def test_only_payments_that_were_told_of_are_dismissed_and_others_are_told_next(
    watch: Watch,
) -> None:
    assert watch.live(MINUTE, lost("a")) == [Step.OPENED]
    assert watch.live(HOUR, lost("a", "b", "c")) == []
    watch.board.dismiss(lost().name)
    watch.board.acknowledge(lost().name, "ana", "a was deleted", watch.now)
    assert watch.live(HOUR, lost("a", "b", "c")) == [Step.UPDATED]
    assert watch.alert(lost()).told_size == 2
    watch.board.dismiss(lost().name)
    assert watch.live(HOUR, lost("a", "b", "c")) == [Step.RESOLVED]


def test_what_a_person_says_takes_the_place_of_what_was_said_before(watch: Watch) -> None:
    name = opened(watch, Kind.PAYMENT_OVERDUE).name
    until = watch.now + DAY
    watch.board.snooze(name, "eva", "tomorrow", until, watch.now)
    before = watch.board.alerts[name]
    alert = watch.board.acknowledge(name, "ana", "it is known", watch.now)
    assert alert == watch.board.alerts[name]
    assert alert == replace(
        before,
        acknowledged_at=timestamp(watch.now),
        snoozed_until=None,
        by="ana",
        why="it is known",
    )
    alert = watch.board.snooze(name, "eva", "on Monday", until, watch.now)
    assert alert == watch.board.alerts[name]
    assert alert == replace(
        before, acknowledged_at=None, snoozed_until=timestamp(until), by="eva", why="on Monday"
    )


def test_the_latest_payments_that_were_dismissed_are_remembered_and_each_once() -> None:
    finding = lost("told")
    many = [f"p{number}" for number in range(DISMISSED_LIMIT)]
    alert = Alert(finding.kind, SOURCE, State.OPEN, timestamp(START), Severity.WARNING, told_size=9)
    board = Board({finding.name: alert}, [], {finding.name: many}, {finding.name: ["p7", "new"]})
    board.dismiss(finding.name)
    assert board.dismissed == {finding.name: [*many[1:], "new"]}
    assert board.about == {}
    assert board.alerts[finding.name].told_size == 0
    board.dismiss(finding.name)  # nothing was told of since
    assert board.dismissed == {finding.name: [*many[1:], "new"]}
    other = Board({finding.name: alert})
    other.dismiss(finding.name)
    assert other.dismissed == {finding.name: []}


def test_what_a_message_is_about_is_remembered_up_to_its_end(watch: Watch) -> None:
    ids = tuple(f"p{number}" for number in range(DISMISSED_LIMIT + 1))
    name = lost().name
    watch.live(MINUTE, lost(*ids))
    assert watch.board.about == {name: list(ids[:DISMISSED_LIMIT])}
    watch.live(HOUR, lost())
    assert watch.board.about == {}
    watch.live(MINUTE, found(Kind.PAYMENT_OVERDUE))
    assert watch.board.about == {}


def test_an_end_is_about_no_payment_though_some_are_left(watch: Watch) -> None:
    watch.live(MINUTE, lost("a"))
    assert watch.live(HOUR, replace(lost("a"), present=False)) == [Step.RESOLVED]
    assert watch.board.about == {}


def test_a_finding_is_told_without_the_payments_that_were_dismissed(watch: Watch) -> None:
    name = lost().name
    watch.board.dismissed = {name: ["a", "gone", "young"]}
    (told,) = watch.board.judge([lost("a", "b", candidates=("young",))], watch.now, Pace())
    assert (told.finding.about, told.finding.size, told.finding.present) == (("b",), 1, True)
    assert watch.board.dismissed == {name: ["a", "young"]}


def test_payments_that_are_not_so_now_make_no_alert_though_some_were_dismissed(
    watch: Watch,
) -> None:
    watch.board.dismissed = {lost().name: ["a"]}
    assert watch.live(HOUR, replace(lost("a", "b"), present=False)) == []
    assert watch.board.alerts == {}
