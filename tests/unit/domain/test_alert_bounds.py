"""The bounds of each rule by which an alert goes from step to step, and what each step leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from paywatch.domain.alert_steps import holds, judge
from paywatch.domain.alerts import (
    CHARACTERS,
    FLAPPING,
    LONGEST_FLAPPING,
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
from tests.unit.domain.watching import DAY, HOUR, MINUTE, SOURCE, START, clear

DRIFT = Kind.CONTRACT_DRIFT
WAIT, CALM = CHARACTERS[DRIFT].after, CHARACTERS[DRIFT].calm
TICK = timedelta(microseconds=1)


def at(later: timedelta) -> str:
    """Return the date so much later than now."""
    return timestamp(START + later)


SO = Finding(DRIFT, SOURCE, True, "it is so", 4)
OVER = clear(DRIFT)
PENDING = Alert(DRIFT, SOURCE, State.PENDING, at(-WAIT), Severity.WARNING)
OPEN = replace(
    PENDING,
    state=State.OPEN,
    since=at(-3 * DAY),
    cause="it was so",
    opened_at=at(-2 * DAY),
    told_at=at(-MINUTE),
    told_size=4,
    sequence=1,
)
PERSON: dict[str, Any] = {"by": "ana", "why": "it is known"}
ENDED = replace(OPEN, state=State.RESOLVED, resolved_at=at(-HOUR), sequence=2)


def step(
    alert: Alert | None, finding: Finding = SO, *, held: bool = False, pace: Pace | None = None
) -> tuple[Alert | None, Step | None]:
    return judge(alert, finding, START, pace or Pace(), held=held)


def told(alert: Alert, finding: Finding = SO) -> Alert:
    """Return the alert with its next message to be told."""
    told = replace(alert, sequence=alert.sequence + 1, told_at=None)
    return replace(told, cause=finding.cause, told_size=finding.size)


def test_an_alert_opens_as_soon_as_it_has_lasted_and_is_what_was_found() -> None:
    assert step(PENDING) == (
        Alert(
            DRIFT,
            SOURCE,
            State.OPEN,
            since=at(-WAIT),
            severity=Severity.WARNING,
            cause="it is so",
            opened_at=at(0 * DAY),
            told_size=4,
            sequence=1,
        ),
        Step.OPENED,
    )
    young = replace(PENDING, since=at(TICK - WAIT))
    assert step(young) == (young, None)
    assert step(PENDING, held=True) == step(PENDING, OVER) == (None, None)


def test_what_a_run_knows_of_how_long_it_lasted_counts_only_at_its_first_sight() -> None:
    half = replace(SO, lasted=WAIT / 2)
    assert step(None, half) == (replace(PENDING, since=at(-WAIT / 2)), None)
    assert step(replace(PENDING, since=at(-MINUTE)), replace(SO, lasted=DAY))[1] is None
    assert step(None, replace(SO, lasted=WAIT))[1] is Step.OPENED
    assert step(None, replace(SO, lasted=WAIT), held=True) == (None, None)


def test_a_beginning_that_is_to_come_is_now() -> None:
    assert step(replace(PENDING, since=at(DAY))) == (replace(PENDING, since=at(0 * DAY)), None)
    sooner = Pace({DRIFT: 0 * MINUTE})
    opened, _ = step(replace(PENDING, since=at(DAY)), pace=sooner)
    assert opened is not None
    assert opened.since == at(0 * DAY)


def test_an_open_alert_stays_as_it_is_while_it_is_held() -> None:
    calm = replace(OPEN, calm_since=at(-DAY))
    for finding in (SO, OVER):
        assert step(calm, finding, held=True) == (calm, None)


def test_an_alert_ends_as_soon_as_it_has_been_calm_with_all_that_a_person_said() -> None:
    calm = replace(OPEN, calm_since=at(-CALM), acknowledged_at=at(-HOUR), **PERSON)
    ended = replace(
        OPEN, state=State.RESOLVED, resolved_at=at(-CALM), sequence=2, told_at=None, calm_since=None
    )
    assert step(calm, OVER) == (ended, Step.RESOLVED)
    for since in (at(TICK - CALM), at(0 * DAY)):
        young = replace(calm, calm_since=since)
        assert step(young, OVER) == (young, None)
    begun = replace(calm, calm_since=at(0 * DAY))
    assert step(replace(calm, calm_since=None), OVER) == (begun, None)
    assert step(replace(calm, calm_since=at(DAY)), OVER) == (begun, None)


def test_an_alert_that_somebody_snoozed_does_not_end_before_and_keeps_its_calm() -> None:
    calm = replace(OPEN, calm_since=at(-CALM), snoozed_until=at(TICK), **PERSON)
    assert step(calm, OVER) == (calm, None)
    after, steps = step(replace(calm, snoozed_until=at(0 * DAY)), OVER)
    assert after is not None
    assert (after.snoozed_until, after.by, after.why, steps) == (None, "", "", Step.RESOLVED)


@pytest.mark.parametrize(
    ("flaps", "calm", "flapping"),
    [
        (0, CALM, FLAPPING),
        (1, 2 * FLAPPING, 2 * FLAPPING),
        (4, 16 * FLAPPING, 16 * FLAPPING),
        (5, LONGEST_FLAPPING, LONGEST_FLAPPING),
        (9999, LONGEST_FLAPPING, LONGEST_FLAPPING),
    ],
)
def test_what_comes_back_in_time_is_the_same_alert(
    flaps: int, calm: timedelta, flapping: timedelta
) -> None:
    ended = replace(ENDED, flaps=flaps, calm_since=at(-WAIT))
    assert (ended.calm, ended.flapping) == (calm, flapping)
    last = replace(ended, resolved_at=at(TICK - calm - flapping))
    again = replace(
        ENDED, state=State.OPEN, since=at(-WAIT), resolved_at=None, flaps=flaps + 1, calm_since=None
    )
    assert step(last) == (told(again), Step.REOPENED)
    first = replace(ended, resolved_at=at(0 * DAY))
    assert step(first) == (told(again), Step.REOPENED)
    for forgotten in (at(-calm - flapping), at(TICK)):
        assert step(replace(ended, resolved_at=forgotten)) == step(None)
        assert step(replace(ended, resolved_at=forgotten), held=True) == (None, None)


def test_what_comes_back_has_to_last_anew() -> None:
    begun = replace(ENDED, calm_since=at(0 * DAY))
    assert step(ENDED) == (begun, None)
    assert step(replace(ENDED, calm_since=at(DAY))) == (begun, None)
    almost = replace(ENDED, calm_since=at(TICK - WAIT))
    assert step(almost, replace(SO, lasted=DAY)) == (almost, None)
    assert step(almost, OVER) == step(almost, held=True) == (ENDED, None)
    half = replace(SO, lasted=WAIT / 2)
    assert step(ENDED, half) == (replace(ENDED, calm_since=at(-WAIT / 2)), None)


def test_an_end_without_a_date_is_its_beginning() -> None:
    ended = replace(ENDED, resolved_at=None, calm_since=at(-WAIT))
    assert step(replace(ended, since=at(-HOUR)))[1] is Step.REOPENED
    assert step(ended) == step(None)


def test_nothing_is_told_of_an_alert_before_its_last_message_is_confirmed() -> None:
    owed = replace(OPEN, told_at=None, told_size=0, snoozed_until=at(-HOUR))
    assert step(replace(owed, calm_since=at(-HOUR))) == (owed, None)


@pytest.mark.parametrize(
    ("before", "now", "tells"),
    [(4, 8, False), (4, 9, True), (5, 10, True), (6, 11, False), (6, 12, True), (1, 5, False)],
)
def test_more_is_told_from_twice_as_many_and_five_more_on(
    before: int, now: int, tells: bool
) -> None:
    alert, more = replace(OPEN, told_size=before), replace(SO, size=now)
    expected = (told(alert, more), Step.UPDATED) if tells else (alert, None)
    assert step(alert, more) == expected
    acknowledged = replace(alert, acknowledged_at=at(-HOUR))
    assert step(acknowledged, more)[1] == expected[1]


def test_where_all_that_was_told_was_dismissed_anything_is_news() -> None:
    alert, one = replace(OPEN, told_size=0), replace(SO, size=1)
    assert step(alert, one) == (told(alert, one), Step.UPDATED)


@pytest.mark.parametrize("repeat", [DAY, 2 * DAY])
def test_an_alert_is_repeated_as_soon_as_its_time_is_over(repeat: timedelta) -> None:
    pace = Pace(repeat=repeat)
    for quiet in (at(TICK - repeat), at(0 * DAY)):
        alert = replace(OPEN, told_at=quiet)
        assert step(alert, pace=pace) == (alert, None)
    for due in (at(-repeat), at(TICK)):  # one that is to come is of a clock that leapt
        alert = replace(OPEN, told_at=due)
        critical = replace(alert, severity=Severity.CRITICAL)
        assert step(alert, pace=pace) == (told(critical), Step.ESCALATED)
        assert step(critical, pace=pace) == (told(critical), Step.REPEATED)
        known = replace(alert, acknowledged_at=at(-HOUR))
        assert step(known, pace=pace) == (known, None)


@pytest.mark.parametrize(
    ("until", "sleeps"),
    [(TICK, True), (LONGEST_SNOOZE, True), (0 * DAY, False), (LONGEST_SNOOZE + TICK, False)],
)
def test_an_alert_sleeps_until_then_and_no_longer_than_anybody_may(
    until: timedelta, sleeps: bool
) -> None:
    alert = replace(OPEN, snoozed_until=at(until), **PERSON)
    many = replace(SO, size=99)
    awake = (told(replace(alert, snoozed_until=None), many), Step.REPEATED)
    assert step(alert, many) == ((alert, None) if sleeps else awake)


def test_a_kind_is_held_by_any_of_a_lesser_rank_that_holds() -> None:
    held = {
        Kind.CREDENTIALS_REJECTED: 7,
        Kind.PROVIDER_UNREACHABLE: 6,
        Kind.MASS_DISAPPEARANCE: 4,
        Kind.PROVIDER_FROZEN: 3,
    }
    assert {one: sum(holds(one, other) for other in Kind) for one in Kind} == {
        kind: held.get(kind, 0) for kind in Kind
    }
