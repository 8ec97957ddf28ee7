"""What a person says of an alert: that it is known, that it may wait, that it is settled."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from paywatch.domain.alerts import LONGEST_SNOOZE, Finding, Kind, Step
from tests.unit.domain.watching import DAY, HOUR, MINUTE, SOURCE, Watch, clear, found, opened


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
