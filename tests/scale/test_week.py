"""Polls over thousands of open payments of which one in a hundred moves every minute.

Every event is held to the truth as it comes. A row that was read before is not read anew, but
taken from a cache (tests/remembering.py): the reading of rows is not what is proved here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import ceil

import pytest

from paywatch.providers import rows
from tests.held import Held
from tests.polling import Polling
from tests.proofs import Proof, hours, seed_offset
from tests.remembering import remembering
from tests.scale.crowd import Crowd
from tests.scale.listener import Found, Listener
from tests.scale.measuring import table

SOURCES = ("compago", "onepay")
MOVING = 0.01
HOUR = 60
DAY = 24 * HOUR
# So many hours are simulated; `make week` asks for seven days.
HOURS = hours()
# Settled lists are read in turn, and totals have to differ twice.
BY_TOTALS = 5
REGRETS = ("refunded", "disputed")
# With so many findings there is no need to go on.
ENOUGH = 1_000


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
    seed: int
    held: Held
    polling: Polling = field(init=False)
    crowd: Crowd = field(init=False)
    listener: Listener = field(init=False)
    spent: Spent = field(default_factory=Spent)

    def __post_init__(self) -> None:
        self.polling = Polling([self.source], pace=10.0, latency=0.05, seed=self.seed)
        world = self.polling.world(self.source)
        self.crowd = Crowd(world, self.open_payments, 0.0, seed=self.seed)
        self.listener = Listener(self.polling.truth, world.source)

    def minute(self, action: str = "poll", *, count: bool = False) -> None:
        """Let a minute's share move, poll, and hold it to the truth."""
        least = self.least()
        self.crowd.minute()
        part = self.polling.poll(self.source, action=action)
        state = (part["outcome"], part["misses"], part["braked"], part["outbox_left"])
        self.held.to(state == ("ok", 0, False, 0), f"poll {len(self.polling.ticks)}: {part}")
        polling = self.polling
        self.listener.hear(polling.ticks[-1].start, polling.deliveries, polling.lab.log)
        if count:
            self.spent.polls += 1
            self.spent.sent += part["requests"]
            self.spent.least += least
        polling.forget()
        polling.deliveries.clear()

    def least(self) -> int:
        """Return the pages of the open lists, one of the newest, one settled; none for leavers."""
        counts = self.crowd.counts()
        if self.source == "compago":
            return max(1, ceil(counts["PENDING"] / 500)) + 2
        pages = [max(1, ceil(counts[word] / 20)) for word in ("created", "processing")]
        return sum(pages) + 2

    def until_reconciled(self) -> None:
        """Poll until a reconcile has come to its end, and none is under way."""
        for _ in range(DAY):
            state = self.polling.memory("reconcile", self.source) or {}
            if state.get("completed") and "current" not in state:
                return
            self.minute()
        raise AssertionError("the reconcile comes to no end within a day")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let most of the time go into what is proved here, not into reading the same rows again."""
    monkeypatch.setattr(rows, "read_row", remembering(rows.read_row))


def allowed(found: Found) -> int:
    """Return by which poll a change has to be found."""
    return BY_TOTALS if found.change.provider_status in REGRETS else 1


def in_time(found: Found) -> bool:
    """Whether a change was told by the poll that had to tell it."""
    return found.polls is not None and found.polls <= allowed(found)


def check(held: Held, source: str, open_payments: int, polls: int, seed: int) -> None:
    """Poll so many times, and hold what was told to the truth."""
    weather = Weather(source, open_payments, seed, held)
    listener = weather.listener
    weather.until_reconciled()
    weather.crowd.quicken(MOVING)
    done = 0
    while done < polls and len(held.wrong) + len(listener.wrong) < ENOUGH:
        weather.minute(count=True)
        done += 1
    weather.crowd.quicken(0.0)
    for _ in range(BY_TOTALS + 1):
        weather.minute()
    # Nothing moves any more, but time passes: a payment may expire meanwhile, and is told.
    moved = listener.events - listener.expiries
    weather.minute(action="reconcile")
    weather.until_reconciled()
    by_the_last = listener.events - listener.expiries - moved
    held.to(by_the_last == 0, f"the final reconcile found {by_the_last} that no poll had found")
    weather.polling.lab.settle()
    listener.end()
    held.to_none("told", listener.wrong)
    held.to_none("late or never told", (each for each in listener.found if not in_time(each)))
    held.cases, held.figures = len(listener.found), figures(weather, done)


def figures(weather: Weather, polls: int) -> str:
    """Say what the polls came to."""
    delays: Counter[int] = Counter()
    regrets: Counter[int] = Counter()
    found = weather.listener.found
    for each in found:
        if each.polls is not None:
            kind = regrets if each.change.provider_status in REGRETS else delays
            kind[each.polls] += 1
    # Of one that a difference began and that was under way just then: in time all the same.
    beside = sum(1 for each in found if each.by == "reconcile")
    simulated = f"{polls / HOUR:g} hours"
    by_totals = f", refunds and disputes by totals {{{table(regrets)}}}" if regrets else ""
    listener = weather.listener
    return (
        f"{weather.open_payments:,} open payments, {MOVING:.0%} moving a minute, over {simulated} "
        f"({polls:,} polls); {listener.events:,} events, {listener.expiries:,} of them expiries, "
        f"each held to what was read and to the truth; changes found by the poll under way (0) "
        f"or the next (1) {{{table(delays)}}}{by_totals}, {beside:,} of them by a reconcile beside "
        f"it; {listener.passed:,} passed before a whole poll could read them; requests a poll: "
        f"{weather.spent}; rows that were read before are not read anew"
    )


@pytest.mark.parametrize("source", SOURCES)
def test_no_change_is_missed_or_late_in_an_hour(source: str) -> None:
    held = Held()
    check(held, source, open_payments=150, polls=60, seed=1)
    held.check()
    assert held.cases > 60


@pytest.mark.soak
@pytest.mark.takes(HOURS / 5)
@pytest.mark.parametrize("source", SOURCES)
def test_hours_of_five_thousand_open_payments(source: str, proof: Proof) -> None:
    seed, held = 1 + seed_offset(), Held()
    with held.stated(proof, f"{HOURS} hours, 2,500 open at {source}", seed):
        check(held, source, open_payments=2_500, polls=HOURS * HOUR, seed=seed)
