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
WEEK = 7 * 24 * 60
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
    """Two sources with a crowd each, polled every minute."""

    open_each: int
    polling: Polling = field(init=False)
    crowds: dict[str, Crowd] = field(init=False)
    spent: dict[str, Spent] = field(init=False)
    told: list[Delivery] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.polling = Polling(SOURCES, pace=10.0, latency=0.05)
        worlds = {source: self.polling.world(source) for source in SOURCES}
        self.crowds = {name: Crowd(world, self.open_each, 0.0) for name, world in worlds.items()}
        self.spent = {source: Spent() for source in SOURCES}

    def quicken(self, moving: float) -> None:
        """Let another share move from now on."""
        for crowd in self.crowds.values():
            crowd.quicken(moving)

    def minute(self, action: str = "poll", *, count: bool = False) -> None:
        """Let a minute's share move, and poll; nothing may be wrong with it."""
        least = {source: self.least(source) for source in SOURCES}
        for crowd in self.crowds.values():
            crowd.minute()
        report = self.polling.tick(action=action)
        for source, part in report["sources"].items():
            state = (part["outcome"], part["misses"], part["braked"], part["outbox_left"])
            assert state == ("ok", 0, False, 0), f"{source}, poll {len(self.polling.ticks)}: {part}"
            if count:
                spent = self.spent[source]
                spent.polls += 1
                spent.sent += part["requests"]
                spent.least += least[source]
        self.polling.forget()
        self.told += [brief(delivery) for delivery in self.polling.deliveries]
        self.polling.deliveries.clear()

    def least(self, source: str) -> int:
        """Return the pages of the open lists, one of the newest, one settled; none for leavers."""
        counts = self.crowds[source].counts()
        if source == "compago":
            return max(1, ceil(counts["PENDING"] / 500)) + 2
        pages = [max(1, ceil(counts[word] / 20)) for word in ("created", "processing")]
        return sum(pages) + 2

    def reconciled(self, source: str) -> bool:
        """Whether a reconcile has come to its end, and none is under way."""
        state = self.polling.memory("reconcile", source) or {}
        return bool(state.get("completed")) and "current" not in state

    def until_reconciled(self) -> int:
        """Poll until both reconciles have come to their ends; return in how many polls."""
        first = len(self.polling.ticks)
        while not all(map(self.reconciled, SOURCES)):
            self.minute()
        return len(self.polling.ticks) - first


def brief(delivery: Delivery) -> Delivery:
    """Return of a delivery what is held against the truth."""
    data = delivery.event["data"]
    kept = {name: data[name] for name in ("payment_id", "status", "detected_by")}
    return Delivery(delivery.tick, {"data": kept})


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let most of the time go into what is proved here, not into reading the same rows again."""
    monkeypatch.setattr(rows, "read_row", remembering(rows.read_row))


def check(open_each: int, polls: int) -> tuple[int, str]:
    """Poll so many times, and hold what was found to the truth: how many changes, and figures."""
    weather = Weather(open_each)
    weather.until_reconciled()
    weather.quicken(MOVING)
    moving = 0
    while moving < polls:
        weather.minute(count=True)
        moving += 1
    weather.quicken(0.0)
    for _ in range(BY_TOTALS + 1):
        weather.minute()
    weather.minute(action="reconcile")
    weather.until_reconciled()

    weather.polling.deliveries = weather.told
    delays: Counter[int] = Counter()
    regrets: Counter[int] = Counter()
    late: list[Found] = []
    for source in SOURCES:
        for found in changes(weather.polling, source):
            regretted = found.change.provider_status in REGRETS
            if found.polls is None or found.polls > (BY_TOTALS if regretted else 1):
                late.append(found)
            else:
                (regrets if regretted else delays)[found.polls] += 1
    assert not late, f"{len(late)} late or never told: {late[:5]}"
    told = [d.event["data"]["detected_by"] for d in weather.polling.deliveries]
    assert told
    assert "reconcile" not in told
    hours = f"{moving / 60:.1f} simulated hours" if moving < WEEK else "one simulated week"
    requests = ", ".join(f"{name} {spent}" for name, spent in weather.spent.items())
    return delays.total() + regrets.total(), (
        f"{2 * open_each:,} open payments at two providers, {MOVING:.0%} moving a minute, {hours} "
        f"({moving:,} polls): 0 misses, and the final reconcile found none; "
        f"changes found by the poll under way (0) or the next (1) "
        f"{{{table(delays)}}}, refunds and disputes by totals {{{table(regrets)}}}; "
        f"requests a poll: {requests}"
    )


def test_no_change_is_missed_or_late_in_an_hour() -> None:
    check(open_each=150, polls=60)


@pytest.mark.soak
@pytest.mark.takes(50)
def test_five_thousand_open_payments(proof: Proof) -> None:
    cases, figures = check(open_each=2_500, polls=WEEK)
    proof("a week of 5,000 open payments", cases=cases, violations=0, figures=figures)
