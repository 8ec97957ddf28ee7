"""Whether a source is stiller than its own history makes plausible: how many moves are missing.

The history is how many moves there are in each hour of a working day and of a weekend (UTC). While
nothing moves, what was to be expected is added up; at night that is next to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from paywatch.domain.payments import instant, moment, timestamp

HOURS = 48
WEIGHT = 0.3
UNKNOWN = -1.0
SATURDAY = 5
# An hour of the week is known when it was seen so often.
SURE = 3
# A longer pause between two polls says nothing of what happened in it.
LONGEST_PAUSE = timedelta(hours=1)
# So many times the stillest time that turned out to be nothing.
TIMES = 2
# What was still for no reason weighs half as much after six days.
FADING = 0.995


@dataclass
class Stillness:
    """The moves an hour that are usual, and what was to be expected since the last one.

    `rates` holds 24 hours of a working day and 24 of a weekend, -1 where nothing is known, and
    `samples` from how many days each was learned, at most `SURE`. `hour` is the hour under way,
    with its `moves`; `whole` says that all of it was watched. `figures` are the totals that were
    last seen, `since` when they or anything else last changed, `expected` the moves that are
    missing since then, `longest` the most that were ever missing for no reason.
    """

    rates: list[float] = field(default_factory=lambda: [UNKNOWN] * HOURS)
    hour: str = ""
    moves: int = 0
    whole: bool = False
    figures: str = ""
    since: str = ""
    last: str = ""
    expected: float = 0.0
    longest: float = 0.0
    samples: list[int] = field(default_factory=lambda: [0] * HOURS)

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Stillness:
        """Read what `store` wrote."""
        rates = [float(rate) for rate in stored.get("rates", [])]
        figures = (float(stored.get("expected", 0.0)), float(stored.get("longest", 0.0)))
        if not all(map(isfinite, (*rates, *figures))):
            raise ValueError("a rate is no number")
        still = cls(
            rates if len(rates) == HOURS else [UNKNOWN] * HOURS,
            str(stored.get("hour", "")),
            int(stored.get("moves", 0)),
            bool(stored.get("whole")),
            str(stored.get("figures", "")),
            instant(stored["since"]) if stored.get("since") else "",
            instant(stored["last"]) if stored.get("last") else "",
            *figures,
        )
        samples = [min(max(int(count), 0), SURE) for count in stored.get("samples", [])]
        still.samples = samples if len(samples) == HOURS == len(rates) else [0] * HOURS
        if still.hour:
            _slot(_begins(still.hour))
        return still

    def store(self) -> dict[str, Any]:
        """Write it down."""
        return {
            **vars(self),
            "samples": list(self.samples),
            "rates": [round(rate, 2) for rate in self.rates],
            "expected": round(self.expected, 3),
            "longest": round(self.longest, 3),
        }

    def note(self, now: datetime, moves: int, figures: str) -> None:
        """Take note of a poll that was believed: its moves, and the totals that it saw, if any."""
        pause = now - moment(self.last) if self.last else timedelta(0)
        self.last = timestamp(now)
        unseen = not timedelta(0) <= pause <= LONGEST_PAUSE
        self._turn(now, whole=not unseen)
        if unseen:
            pause = timedelta(0)
        if self.samples[_slot(now)] >= SURE:
            self.expected += max(self.rates[_slot(now)], 0.0) * pause / timedelta(hours=1)
        self.moves += moves
        other = bool(figures) and figures != self.figures
        if moves or other or not self.since:
            self.longest = max(self.longest, self.expected)
            self.since, self.expected = timestamp(now), 0.0
            self.figures = figures or self.figures

    def skip(self, now: datetime) -> None:
        """Take note that a poll was not believed: of this hour not all is known."""
        self._turn(now, whole=True)
        self.whole = False

    def implausible(self, now: datetime, moves: float, least: timedelta) -> bool:
        """Whether so many moves, and more than ever for no reason, are missing for so long."""
        if not self.since or now - moment(self.since) < least:
            return False
        return self.expected >= max(moves, TIMES * self.longest)

    def doubtful(self, moves: float) -> bool:
        """Whether half as much is missing: what has not moved may then be the provider's data."""
        return 2 * self.expected >= max(moves, TIMES * self.longest)

    def _turn(self, now: datetime, *, whole: bool) -> None:
        """Learn from the hour that has ended; `whole` says that no time was left out till now."""
        self.whole = self.whole and whole
        hour = timestamp(now)[:13]
        if hour == self.hour:
            return
        if self.whole:
            slot = _slot(_begins(self.hour))
            known = self.rates[slot]
            self.samples[slot] = min(self.samples[slot] + 1, SURE)
            self.rates[slot] = self.moves + (
                0 if known < 0 else (1 - WEIGHT) * (known - self.moves)
            )
        self.whole = whole and bool(self.hour)
        self.hour, self.moves = hour, 0
        self.longest *= FADING


def _begins(hour: str) -> datetime:
    return moment(f"{hour}:00:00+00:00")


def _slot(at: datetime) -> int:
    return at.hour + (24 if at.weekday() >= SATURDAY else 0)
