"""A year of a small merchant, polled every minute: everything is told, once, within two polls.

A row that was read before is not read anew, but taken from a cache (tests/remembering.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

import pytest

from paywatch.providers import rows
from tests.gates import CLOCK
from tests.proofs import Proof, seed_offset
from tests.remembering import remembering
from tests.simulation.chronicle import Chronicle
from tests.simulation.model import Model
from tests.simulation.stage import Stage

MINUTES_A_DAY = 24 * 60
YEAR = 365 * MINUTES_A_DAY
DAY = 86_400
# Payments a day, all of which settle within an hour; some are refunded in the days after. Most of
# them come within the same half hour, and are more than a page shows.
A_DAY, AT_ONCE = 10, 7
RUSH = (7200, 9000)
# The topic is away for some minutes, and the process is replaced.
OUTAGES_A_WEEK = 3
# So few rows a page that the daily reconcile of a year's payments has hundreds of pages.
PAGE = 5
# Polls after it, with which the last reconcile ends.
AFTERWARDS = 16
SEED = 1
# What the polls need not find is found by the reconcile, which comes once a day.
SLOWEST = timedelta(days=1, hours=1)
# The only thing that anybody is to be told of: changes that waited for so long to be published, a
# poll or two more or less; and that it is over, some polls later, or by the next day where it comes
# again and again.
ALERT = "delivery_backlog/changes-topic"
BACKLOG, POLLS, OVER = timedelta(minutes=10), timedelta(minutes=2), timedelta(hours=25)

REGRETS = ("refunded", "disputed")
WAYS = (
    ("paid",),
    ("processing", "paid"),
    ("processing", "failed"),
    ("paid", "refunded"),
    ("processing", "paid", "disputed"),
)


class Year:
    """A merchant at OnePay; nothing of its past is ever dropped from the lists."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"{seed}/year")
        self.stage = Stage("onepay", seed=seed)
        self.polling, self.world = self.stage.polling, self.stage.world
        self.model = Model(self.polling.clock.now(), timedelta(seconds=1))
        self._chronicle = Chronicle(self.polling, self.model)
        self.world.per_page = PAGE
        self.polls = self.io = self.clock = self.outages = self.misses = 0
        self.wrong: list[str] = []
        # When each change was observed that had to wait, and when it came.
        self.waits: list[tuple[datetime, datetime]] = []

    def live(self, minutes: int) -> None:
        """Poll once a minute; what happens in a day is drawn at its begin."""
        away = 0
        for minute in range(minutes):
            if minute % MINUTES_A_DAY == 0:
                self._draw_a_day()
            if self._random.random() < OUTAGES_A_WEEK / (7 * MINUTES_A_DAY):
                away, self.outages = self._random.randrange(1, 20), self.outages + 1
                self.polling.restart()
            self.polling.inbox.fault = "away" if away > 0 else None
            away -= 1
            action = "reconcile" if minute % MINUTES_A_DAY == 300 else "poll"
            self.poll(action, undisturbed=away < 0)

    def poll(self, action: str, *, undisturbed: bool = True) -> None:
        """Poll once; what is wrong with what was told is noted."""
        start = self.polling.clock.now()
        self.stage.tick(action=action)
        clock = self.stage.gate.count(*CLOCK)
        self.polls, self.clock = self.polls + 1, self.clock + clock
        self.io += len(self.stage.steps) - clock
        self.misses += self.polling.reports[-1]["sources"][self.stage.source]["misses"]
        came = self.polling.ticks[-1].end
        for delivery in self.polling.deliveries:
            observed = datetime.fromisoformat(delivery.event["time"])
            if came - observed > BACKLOG - POLLS:
                self.waits.append((observed, came))
        self.wrong += self._chronicle.go_on()
        self._chronicle.forget()
        self.model.polled(start, came, undisturbed=undisturbed)
        if self.polls % MINUTES_A_DAY == 0:
            self.polling.forget()
            del self.polling.ticks[:-1]

    def _draw_a_day(self) -> None:
        """Let payments come and go at any second of the day."""
        now = max(self.polling.clock.now(), self.world.served_until or self.world.started)
        for number in range(A_DAY):
            span = RUSH if number < AT_ONCE else (1, DAY - 3700)
            at = now + timedelta(seconds=self._random.uniform(*span))
            made = self.world.add("created", at=at)
            for word in self._random.choice(WAYS):
                # A provider's rows carry whole seconds, and a poll may come between any two moves.
                most = 1800 if word not in REGRETS else 3 * DAY
                at += timedelta(seconds=self._random.uniform(1, most))
                self.world.move(made.id, word, at=at)

    def findings(self) -> Iterator[str]:
        """Say what does not hold, once the year is over."""
        yield from self.wrong
        yield from self.model.owed()
        yield from self._of_alerts()
        if self.misses:
            yield f"{self.misses} changes were found by a reconcile only"
        if self.model.repeats:
            yield f"{self.model.repeats} events came again, where nobody had died"
        if self.model.slowest > SLOWEST:
            yield f"a change of a settled payment was told after {self.model.slowest}"

    def _of_alerts(self) -> Iterator[str]:
        """Changes that waited are told of, for as long as they do; nothing else is."""
        opened: list[datetime] = []
        resolved: list[datetime] = []
        for message in self.polling.mailbox.told:
            event = json.loads(message.bodies["default"])
            name, step, at = event["data"]["alert"], event["data"]["step"], event["time"]
            if name != ALERT:
                yield f"{name} was told, and nothing called for it"
            elif step in ("opened", "reopened", "resolved"):
                (resolved if step == "resolved" else opened).append(datetime.fromisoformat(at))
        for at in opened:
            if not any(begin + BACKLOG - POLLS <= at <= end for begin, end in self.waits):
                yield f"{ALERT} was opened at {at}, and nothing had waited"
        now = self.polling.clock.now()
        if len(opened) == len(resolved) + 1:
            resolved.append(now)  # it is open still, which has to have a reason as well
        if len(opened) != len(resolved):
            yield f"{ALERT} was opened {len(opened)} times and resolved {len(resolved)} times"
        for at in resolved:
            if not any(end <= at <= end + OVER for _, end in self.waits):
                yield f"{ALERT} was resolved at {at}, and nothing had waited"
        for begin, end in self.waits:
            late = end - begin > BACKLOG + POLLS
            if late and not any(a <= end < r for a, r in zip(opened, resolved, strict=False)):
                yield f"a change waited from {begin} to {end}, and nobody was told"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the time go into what is proved here, not into reading the same rows again."""
    monkeypatch.setattr(rows, "read_row", remembering(rows.read_row))


def check(proof: Proof, minutes: int) -> None:
    seed = SEED + seed_offset()
    year = Year(seed)
    year.live(minutes)
    year.polling.inbox.fault = None
    year.world.rest()
    for number in range(AFTERWARDS):
        year.poll("poll" if number else "reconcile")
    wrong = list(year.findings())
    told = [step for _, step in year.polling.alerted() if step in ("opened", "reopened")]
    proof(
        "a merchant's minutes, one poll each",
        cases=minutes,
        violations=len(wrong),
        seed=seed,
        figures=f"{minutes / YEAR:.4f} years of {YEAR:,} polls, {year.io:,} I/O steps and "
        f"{year.clock:,} reads of the clock; {year.model.events:,} events of "
        f"{len(year.model.payments):,} payments, {year.model.repeats} of them repeats, "
        f"{year.misses} misses; of a settled payment told after "
        f"{year.model.slowest.total_seconds() / 60:.1f} minutes at most; the topic was away "
        f"{year.outages} times, {len(year.waits)} changes waited for it for long, "
        f"{len(told)} alerts; rows that were read before are not read anew",
    )
    assert not wrong, "\n".join(wrong[:10])
    assert year.model.events > len(year.model.payments)


def test_everything_is_told_in_half_a_day_of_polls(proof: Proof) -> None:
    check(proof, MINUTES_A_DAY // 2)


@pytest.mark.soak
@pytest.mark.takes(24)
def test_everything_is_told_in_a_year_of_polls(proof: Proof) -> None:
    check(proof, YEAR)
