"""A cause holds its symptoms: they are told inside it, and weighed anew when it ends."""

from __future__ import annotations

import pytest

from paywatch.domain.alert_steps import holds
from paywatch.domain.alerts import CHARACTERS, Kind, State, Step
from tests.unit.domain.watching import HOUR, MINUTE, START, Watch, clear, found, opened

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
