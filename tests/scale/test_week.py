"""A week of polls over thousands of open payments of which one in a hundred moves every minute."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import ceil

import pytest

from paylab import Delivery
from paywatch.providers import rows
from tests.polling import Polling
from tests.proofs import Proof
from tests.remembering import remembering
from tests.scale.crowd import Crowd
from tests.scale.measuring import Found, changes, table

SOURCES = ("compago", "onepay")
MOVING = 0.01
DAY = 24 * 60
WEEK = 7 * DAY
# Settled lists are read in turn, and totals have to differ twice.
BY_TOTALS = 5
REGRETS = ("refunded", "disputed")


@dataclass
class Spent:
    """Requests to a source while payments moved: what was sent, and what it takes at least."""

    polls: int = 0
    sent: int = 0
    least: int = 0

    def __str__(self) -> str:
        return f"{self.sent / self.polls:.1f} (at least {self.least / self.polls:.1f})"


@dataclass
class Weather:
    """One source with a crowd, polled every minute.

    Each source has a thread and the whole of the run's time, where the function is deployed: on one
    driven clock, one after the other, they would take it from each other.
    """

    source: str
    open_payments: int
    polling: Polling = field(init=False)
    crowd: Crowd = field(init=False)
    spent: Spent = field(default_factory=Spent)
    told: list[Delivery] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.polling = Polling([self.source], pace=10.0, latency=0.05)
        self.crowd = Crowd(self.polling.world(self.source), self.open_payments, 0.0)

    def minute(self, action: str = "poll", *, count: bool = False) -> None:
        """Let a minute's share move, and poll; nothing may be wrong with it."""
        least = self.least()
        self.crowd.minute()
        part = self.polling.poll(self.source, action=action)
        state = (part["outcome"], part["misses"], part["braked"], part["outbox_left"])
        assert state == ("ok", 0, False, 0), f"poll {len(self.polling.ticks)}: {part}"
        if count:
            self.spent.polls += 1
            self.spent.sent += part["requests"]
            self.spent.least += least
        self.polling.forget()
        self.told += [brief(delivery) for delivery in self.polling.deliveries]
        self.polling.deliveries.clear()

    def least(self) -> int:
        """Return the pages of the open lists, one of the newest, one settled; none for leavers."""
        counts = self.crowd.counts()
        if self.source == "compago":
            return max(1, ceil(counts["PENDING"] / 500)) + 2
        pages = [max(1, ceil(counts[word] / 20)) for word in ("created", "processing")]
        return sum(pages) + 2

    def until_reconciled(self) -> None:
        """Poll until a reconcile has come to its end, and none is under way."""
        while True:
            state = self.polling.memory("reconcile", self.source) or {}
            if state.get("completed") and "current" not in state:
                return
            self.minute()


def brief(delivery: Delivery) -> Delivery:
    """Return of a delivery what is held against the truth."""
    data = delivery.event["data"]
    kept = {name: data[name] for name in ("payment_id", "status", "detected_by")}
    return Delivery(delivery.tick, {"data": kept})


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let most of the time go into what is proved here, not into reading the same rows again."""
    monkeypatch.setattr(rows, "read_row", remembering(rows.read_row))


def found_by(weather: Weather) -> list[tuple[Found, bool]]:
    """Return how each change was found, and whether that was in time."""
    weather.polling.deliveries = weather.told
    found = changes(weather.polling, weather.source)
    weather.polling.deliveries = []
    return [(each, each.polls is not None and each.polls <= allowed(each)) for each in found]


def allowed(found: Found) -> int:
    """Return by which poll a change has to be found."""
    return BY_TOTALS if found.change.provider_status in REGRETS else 1


def check(source: str, open_payments: int, polls: int) -> tuple[int, str]:
    """Poll so many times, and hold what was found to the truth: how many changes, and figures."""
    weather = Weather(source, open_payments)
    weather.until_reconciled()
    weather.crowd.quicken(MOVING)
    for number in range(polls):
        weather.minute(count=True)
        if number % DAY == DAY - 1:
            told_late = [e for e, good in found_by(weather) if not good and e.polls is not None]
            assert not told_late, f"{len(told_late)} late: {told_late[:5]}"
    weather.crowd.quicken(0.0)
    for _ in range(BY_TOTALS + 1):
        weather.minute()
    told = len(weather.told)
    weather.minute(action="reconcile")
    weather.until_reconciled()
    assert len(weather.told) == told, "the final reconcile found what no poll had found"

    found = found_by(weather)
    late = [each for each, in_time in found if not in_time]
    assert not late, f"{len(late)} late or never told: {late[:5]}"
    delays: Counter[int] = Counter()
    regrets: Counter[int] = Counter()
    for each, _ in found:
        assert each.polls is not None
        (regrets if each.change.provider_status in REGRETS else delays)[each.polls] += 1
    # Of one that a difference began and that was under way just then: in time all the same.
    beside = sum(1 for d in weather.told if d.event["data"]["detected_by"] == "reconcile")
    hours = f"{polls / 60:.1f} simulated hours" if polls < WEEK else "one simulated week"
    by_totals = f", refunds and disputes by totals {{{table(regrets)}}}" if regrets else ""
    return delays.total() + regrets.total(), (
        f"{open_payments:,} open payments, {MOVING:.0%} moving a minute, {hours} ({polls:,} "
        f"polls): 0 misses, and the final reconcile found none; changes found by the poll under "
        f"way (0) or the next (1) {{{table(delays)}}}{by_totals}, {beside:,} of them by "
        f"a reconcile beside it; requests a poll: {weather.spent}"
    )


@pytest.mark.parametrize("source", SOURCES)
def test_no_change_is_missed_or_late_in_an_hour(source: str) -> None:
    check(source, open_payments=150, polls=60)


@pytest.mark.soak
@pytest.mark.takes(30)
@pytest.mark.parametrize("source", SOURCES)
def test_a_week_of_five_thousand_open_payments(source: str, proof: Proof) -> None:
    cases, figures = check(source, open_payments=2_500, polls=WEEK)
    name = f"a week, 2,500 open at {source}"
    proof(name, cases=cases, violations=0, figures=figures)
