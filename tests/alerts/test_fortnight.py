"""A fortnight with everything that can go wrong in it, and one in which nothing does."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

import pytest

from paywatch.domain.alerts import Step
from tests.alerts.fortnight import DAY, MINUTE, Fortnight, listing
from tests.proofs import Proof

# What is to be told, in order: nothing else, and each thing once.
EXPECTED = [
    ("provider_unreachable/compago", "opened"),
    ("provider_unreachable/compago", "resolved"),
    ("credentials_rejected/onepay", "opened"),
    ("credentials_rejected/onepay", "resolved"),
    ("provider_frozen/onepay", "opened"),
    ("provider_frozen/onepay", "resolved"),
    ("payment_overdue/onepay", "opened"),
    ("payment_overdue/onepay", "resolved"),
    ("delivery_backlog/subscribers", "opened"),
    ("delivery_backlog/subscribers", "resolved"),
]
SCREEN = 24


def check(fortnight: Fortnight) -> None:
    """Run it, and hold what was told to what was wrong."""
    fortnight.run()
    told = [(data["alert"], data["step"]) for _, data, _ in fortnight.messages()]
    # Whether a delivery that fails is told before or after others do depends on the minute.
    assert [each for each in told if each[1] != Step.UPDATED] == EXPECTED, listing(fortnight)
    assert len(told) <= len(EXPECTED) + 1
    assert len(listing(fortnight).splitlines()) <= SCREEN
    # Each true: none begins before what was wrong did, or lasts an hour and a poll beyond it.
    spans = defaultdict(list)
    for at, data, _ in fortnight.messages():
        spans[data["alert"]].append(at - fortnight.start)
    late = timedelta(hours=1) + fortnight.every
    for name, (begins, ends) in fortnight.wrong.items():
        assert begins <= spans[name][0] <= begins + timedelta(hours=3, minutes=30), name
        assert ends - timedelta(hours=2) <= spans[name][-1] <= ends + late, name
    # None repeated within a day.
    for name in spans:
        steps = [step for alert, step in told if alert == name]
        assert steps.count(Step.OPENED) == steps.count(Step.RESOLVED) == 1
        assert Step.REPEATED not in steps


@pytest.mark.takes(0.5)
def test_what_goes_wrong_is_told_once_and_its_end_once() -> None:
    check(Fortnight(every=20 * MINUTE))


def test_where_nothing_goes_wrong_nothing_is_told() -> None:
    days = Fortnight(calm=True, every=20 * MINUTE, days=5)
    days.run()
    assert listing(days) == "No alert at all."
    assert days.polling.clock.now() >= days.start + 5 * DAY


@pytest.mark.soak
@pytest.mark.takes(6)
def test_a_fortnight_of_minutes(proof: Proof) -> None:
    wrong, calm = Fortnight(), Fortnight(calm=True)
    check(wrong)
    calm.run()
    assert listing(calm) == "No alert at all."
    proof(
        "a fortnight of alerts",
        cases=len(wrong.polling.ticks) + len(calm.polling.ticks),
        violations=0,
        figures=f"polls; with an outage, a key turned, frozen data, 40 stuck payments and a "
        f"subscriber that is not reached {len(wrong.polling.mailbox.told)} messages; without: 0",
    )
