"""A cause holds its symptoms: they are told inside it, and weighed anew when it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from paywatch.domain.alert_board import Board
from paywatch.domain.alert_steps import holds
from paywatch.domain.alerts import CHARACTERS, Alert, Finding, Kind, Pace, Severity, State, Step
from paywatch.domain.payments import timestamp
from tests.unit.domain.watching import HOUR, MINUTE, START, Watch, clear, found, opened

AT = timestamp(START)
CAUSES = [(a, b) for a in Kind for b in Kind if holds(a, b)]


def test_the_order_of_causes() -> None:
    assert holds(Kind.CREDENTIALS_REJECTED, Kind.PAYMENT_OVERDUE)
    assert holds(Kind.PROVIDER_UNREACHABLE, Kind.PROVIDER_FROZEN)
    assert holds(Kind.PROVIDER_FROZEN, Kind.PAYMENT_OVERDUE)
    assert holds(Kind.MASS_DISAPPEARANCE, Kind.PAYMENT_UNEXPLAINED)
    for a, b in CAUSES:
        assert not holds(b, a)
    for kind in Kind:
        assert not holds(Kind.DELIVERY_BACKLOG, kind)
        assert not holds(kind, Kind.DELIVERY_BACKLOG)
        assert not holds(Kind.PAYMENT_OVERDUE, kind)


@pytest.mark.parametrize(("cause", "symptom"), CAUSES)
def test_a_symptom_is_held_while_its_cause_lasts_and_is_told_inside_it(
    watch: Watch, cause: Kind, symptom: Kind
) -> None:
    both = [found(symptom), found(cause)]
    lasting = CHARACTERS[cause].after + CHARACTERS[symptom].after + HOUR
    assert watch.live(lasting, *both) == [Step.OPENED]
    assert watch.told[0][1] == found(cause).name
    assert watch.symptoms[0] == (found(symptom).cause,)
    # The cause ends: now the symptom is weighed anew.
    calm = CHARACTERS[cause].calm
    later = watch.live(calm + CHARACTERS[symptom].after + 5 * MINUTE, found(symptom), clear(cause))
    assert later == [Step.RESOLVED, Step.OPENED]


@pytest.mark.parametrize(("cause", "symptom"), CAUSES)
def test_an_open_symptom_says_nothing_while_its_cause_lasts(
    watch: Watch, cause: Kind, symptom: Kind
) -> None:
    opened(watch, symptom)
    steps = watch.live(60 * HOUR, found(symptom, 100), found(cause))
    assert steps[0] is Step.OPENED
    assert {name for _, name, _ in watch.told[1:]} == {found(cause).name}
    # Nor does it end while nobody can say.
    assert watch.live(HOUR, clear(symptom), found(cause)) == []
    assert watch.alert(found(symptom)).state is State.OPEN
    assert watch.live(HOUR, clear(symptom), clear(cause)) == [Step.RESOLVED, Step.RESOLVED]


def test_another_source_s_cause_holds_nothing(watch: Watch) -> None:
    findings = [
        found(Kind.PAYMENT_OVERDUE, subject="compago"),
        found(Kind.CREDENTIALS_REJECTED, subject="onepay"),
    ]
    assert watch.live(MINUTE, *findings) == [Step.OPENED, Step.OPENED]


@pytest.mark.parametrize(("cause", "symptom"), CAUSES)
def test_what_has_lasted_is_not_forgotten_for_a_cause_that_is_never_told(
    watch: Watch, cause: Kind, symptom: Kind
) -> None:
    if not CHARACTERS[cause].after or not CHARACTERS[symptom].after:
        return
    told: list[Step] = []
    for _ in range(20):  # a bad poll now and then, while the symptom lasts
        told += watch.live(MINUTE, found(symptom), found(cause))
        told += watch.live(3 * MINUTE, found(symptom), clear(cause))
    assert told == [Step.OPENED]
    assert watch.told[0][1] == found(symptom).name
    assert watch.told[0][0] <= START + CHARACTERS[symptom].after + 3 * MINUTE


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (None, True),
        ((Kind.PROVIDER_UNREACHABLE, "onepay"), False),
        ((Kind.PROVIDER_UNREACHABLE, "compago"), True),
        ((Kind.PAYMENT_OVERDUE, "onepay"), True),
    ],
)
def test_what_has_lasted_is_forgotten_only_for_a_cause_that_was_told(
    told: tuple[Kind, str] | None, kept: bool
) -> None:
    begun = Alert(Kind.CONTRACT_DRIFT, "onepay", State.PENDING, AT, Severity.WARNING)
    board = Board({begun.name: begun})
    if told is not None:
        cause = Alert(*told, State.OPEN, AT, Severity.CRITICAL, told_at=AT, told_size=1)
        board.alerts[cause.name] = cause
    board.judge([found(begun.kind), found(Kind.PROVIDER_UNREACHABLE)], START, Pace())
    assert board.alerts.get(begun.name) == (begun if kept else None)


def test_what_had_come_back_has_to_last_anew_after_its_cause() -> None:
    kind = Kind.CONTRACT_DRIFT
    back = Alert(
        kind, "onepay", State.RESOLVED, AT, Severity.WARNING, resolved_at=AT, calm_since=AT
    )
    board = Board({back.name: back})
    board.judge([found(kind), found(Kind.PROVIDER_UNREACHABLE)], START, Pace())
    assert board.alerts[back.name] == replace(back, calm_since=None)


def test_a_cause_lists_what_it_holds_of_its_own_source_found_now_or_open_since_before() -> None:
    before = [
        Alert(kind, subject, State.OPEN, AT, Severity.WARNING, cause, AT, told_at=AT, told_size=1)
        for kind, subject, cause in [
            (Kind.PAYMENT_OVERDUE, "compago", "late there"),
            (Kind.PAYMENT_OVERDUE, "onepay", "late before"),
            (Kind.PAYMENT_UNEXPLAINED, "onepay", "lost"),
            (Kind.MISSED_BY_POLL, "onepay", "missed"),
            (Kind.DELIVERY_BACKLOG, "onepay", "never held"),
        ]
    ]
    findings = [
        found(Kind.CREDENTIALS_REJECTED),
        Finding(Kind.PROVIDER_FROZEN, "onepay", True, "frozen"),
        Finding(Kind.PROVIDER_FROZEN, "compago", True, "frozen there"),
        Finding(Kind.CONTRACT_DRIFT, "onepay", False, "no drift"),
        Finding(Kind.PAYMENT_OVERDUE, "onepay", True, "late now"),
    ]
    told = Board({alert.name: alert for alert in before}).judge(findings, START, Pace())
    assert told[0].symptoms == ("frozen", "late now", "missed", "lost")
