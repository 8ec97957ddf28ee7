"""A year of a small merchant, polled every minute: everything is told, once, within two polls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest

from tests.proofs import Proof
from tests.simulation.model import Model
from tests.simulation.stage import Stage

MINUTES_A_DAY = 24 * 60
YEAR = 365 * MINUTES_A_DAY
DAY = 86_400
# Payments a day, all of which settle within an hour; some are refunded in the days after.
A_DAY = 10
# The topic is away for some minutes, and the process is replaced.
OUTAGES_A_WEEK = 3
# So few rows a page that the daily reconcile of a year's payments has hundreds of pages.
PAGE = 10
SEED = 1

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
        self.world.per_page = PAGE
        self.polls = self.steps = self.outages = self._known = 0
        self.wrong: list[str] = []

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
            start = self.polling.clock.now()
            self.stage.tick(action="reconcile" if minute % MINUTES_A_DAY == 300 else "poll")
            self.polls, self.steps = self.polls + 1, self.steps + len(self.stage.steps)
            self.model.polled(start, self.polling.ticks[-1].end, undisturbed=away < 0)
            self.wrong += self._heard()

    def _draw_a_day(self) -> None:
        """Let payments come and go at any second of the day."""
        now = max(self.polling.clock.now(), self.world.served_until or self.world.started)
        for _ in range(A_DAY):
            at = now + timedelta(seconds=self._random.uniform(1, DAY - 3700))
            made = self.world.add("created", at=at)
            for word in self._random.choice(WAYS):
                # A provider's rows carry whole seconds, and a poll may come between any two moves.
                most = 1800 if word not in REGRETS else 3 * DAY
                at += timedelta(seconds=self._random.uniform(1, most))
                self.world.move(made.id, word, at=at)

    def _heard(self) -> Iterator[str]:
        """Let the model know what happened and what was told since the last poll."""
        polling = self.polling
        self.world.settle()
        for move in polling.truth.since(self._known):
            self.model.happened(move)
            self._known += 1
        for delivery in polling.deliveries:
            yield from self.model.hears(delivery.event)
        polling.deliveries.clear()
        if self.polls % MINUTES_A_DAY == 0:
            polling.forget()
            del polling.ticks[:-1]


def check(proof: Proof, minutes: int) -> None:
    year = Year(SEED)
    year.live(minutes)
    year.polling.inbox.fault = None
    year.world.rest()
    for number in range(16):
        year.stage.tick(action="poll" if number else "reconcile")
        year.wrong += year._heard()
    wrong = [*year.wrong, *year.model.owed()]
    told = [step for _, step in year.polling.alerted()]
    proof(
        "a merchant's minutes, one poll each",
        cases=year.polls,
        violations=len(wrong),
        seed=SEED,
        figures=f"{minutes / YEAR:.4f} years of {YEAR:,} polls, {year.steps:,} I/O steps, "
        f"{year.model.events:,} events of {len(year.model.payments):,} payments, "
        f"{year.outages} times that the topic was away, {told.count('opened')} alerts",
    )
    assert not wrong, "\n".join(wrong[:10])
    assert year.model.events > len(year.model.payments)


def test_everything_is_told_in_half_a_day_of_polls(proof: Proof) -> None:
    check(proof, MINUTES_A_DAY // 2)


@pytest.mark.soak
@pytest.mark.takes(18)
def test_everything_is_told_in_a_year_of_polls(proof: Proof) -> None:
    check(proof, YEAR)
