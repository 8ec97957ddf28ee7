"""A fortnight with everything that can go wrong in it, and one in which nothing does."""

from __future__ import annotations

from datetime import datetime

import pytest

from paywatch.domain.alerts import Step
from tests.alerts.fortnight import DAY, MINUTE, Fortnight, listing
from tests.alerts.promised import promises
from tests.held import Held
from tests.proofs import Proof, seed_offset

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


def check(held: Held, fortnight: Fortnight) -> None:
    """Run it, and hold it to what is promised."""
    fortnight.run()
    judge(held, fortnight)


def judge(held: Held, fortnight: Fortnight) -> None:
    """Hold what was told to what was wrong, and when it was told to what is promised of it."""
    messages = [(at, data["alert"], data["step"]) for at, data, _ in fortnight.messages()]
    told = [(name, step) for _, name, step in messages]
    # Whether a delivery that fails is told before or after others do depends on the minute.
    once = [each for each in told if each[1] != Step.UPDATED]
    held.to(once == EXPECTED, f"told was\n{listing(fortnight)}")
    held.to(len(told) <= len(EXPECTED) + 1, f"{len(told)} messages")
    held.to(len(listing(fortnight).splitlines()) <= SCREEN, "it is longer than a screen")
    held.cases += len(told)
    found = {(name, step): at for at, name, step in reversed(messages)}
    waits = []
    for name, promise in promises(fortnight).items():
        for step, (least, most) in (
            (Step.OPENED, promise.opened),
            (Step.RESOLVED, promise.resolved),
        ):
            at = found.get((name, step))
            within = at is not None and least <= at <= most
            held.to(within, f"{name} {step} at {at}, not between {least} and {most}")
            waits.append(f"{name} {step} {_after(at, promise.begins, promise.ends, step)}")
    held.figures = "; ".join(waits)


def _after(at: datetime | None, begins: datetime, ends: datetime, step: str) -> str:
    if at is None:
        return "never"
    since = begins if step == Step.OPENED else ends
    return f"{(at - since) / MINUTE:.0f} min after its {'begin' if since is begins else 'end'}"


def check_calm(held: Held, fortnight: Fortnight) -> None:
    """Run one in which nothing goes wrong, and hold it to not a word."""
    fortnight.run()
    held.to_none("nothing was wrong", (subject for _, _, subject in fortnight.messages()))
    held.to(fortnight.polling.clock.now() >= fortnight.start + fortnight.days * DAY, "cut short")


@pytest.mark.takes(0.3)
def test_what_goes_wrong_is_told_once_and_its_end_once() -> None:
    held = Held()
    check(held, Fortnight(every=30 * MINUTE))
    held.check()


def test_where_nothing_goes_wrong_nothing_is_told() -> None:
    held = Held()
    check_calm(held, Fortnight(calm=True, every=20 * MINUTE, days=2))
    held.check()


@pytest.mark.soak
@pytest.mark.takes(3)
def test_a_fortnight_every_five_minutes_and_calm_days(proof: Proof) -> None:
    seed, held = 1 + seed_offset(), Held()
    wrong = Fortnight(seed=seed, every=5 * MINUTE)
    calm = Fortnight(calm=True, seed=seed, days=2)
    with held.stated(proof, "alerts in a fortnight, and in calm days", seed):
        check(held, wrong)
        waits = held.figures
        check_calm(held, calm)
        held.figures = (
            f"messages: all there were in {len(wrong.polling.ticks):,} polls of a fortnight with "
            f"an outage, a key turned, frozen data, 40 stuck payments and a subscriber that is not "
            f"reached, and in {len(calm.polling.ticks):,} of two days without: {waits}"
        )
