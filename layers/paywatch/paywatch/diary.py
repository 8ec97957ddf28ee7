"""What happened at a source day by day, for the digest: changes, money, misses, delays, watch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from paywatch.discovery.overdue import finite
from paywatch.domain.changes import Change

# Yesterday, today, and a day more for a digest that comes late.
DAYS = 3
# Detection delays are counted by the first of these seconds that they do not exceed.
DELAYS = (15, 30, 60, 90, 120, 300, 900, 3600, 86_400)


@dataclass
class Day:
    """One day: changes by status, their money by status and currency, and how well we watched."""

    changes: dict[str, int] = field(default_factory=dict)
    money: dict[str, dict[str, str]] = field(default_factory=dict)
    delays: dict[str, int] = field(default_factory=dict)
    misses: int = 0
    watched: int = 0

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Day:
        """Read what `store` wrote."""
        return cls(
            {str(k): int(v) for k, v in stored.get("changes", {}).items()},
            {
                str(status): {str(c): str(finite(v)) for c, v in sums.items()}
                for status, sums in stored.get("money", {}).items()
            },
            {str(k): int(v) for k, v in stored.get("delays", {}).items()},
            int(stored.get("misses", 0)),
            int(stored.get("watched", 0)),
        )

    def note(self, change: Change) -> None:
        """Count a change."""
        status, payment = str(change.status), change.payment
        self.changes[status] = self.changes.get(status, 0) + 1
        if change.delay is not None:
            bound = next((str(b) for b in DELAYS if change.delay <= b), "more")
            self.delays[bound] = self.delays.get(bound, 0) + 1
        if payment.amount is not None and not payment.is_test:
            try:
                amount = finite(payment.amount)
            except (InvalidOperation, ValueError):
                return
            sums = self.money.setdefault(status, {})
            currency = payment.currency or "?"
            sums[currency] = f"{Decimal(sums.get(currency, '0')) + amount:f}"


def _date(text: str) -> str:
    return date.fromisoformat(text).isoformat()


@dataclass
class Diary:
    """The latest days by their date where the provider is; `offset` is its time less UTC."""

    days: dict[str, Day] = field(default_factory=dict)

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Diary:
        """Read what `store` wrote."""
        return cls({_date(date): Day.load(day) for date, day in stored.items()})

    def store(self) -> dict[str, Any]:
        """Write the latest days down."""
        return {each: vars(self.days[each]) for each in sorted(self.days)[-DAYS:]}

    def note(
        self,
        now: datetime,
        offset: timedelta,
        changes: Iterable[Change],
        misses: int,
        watched: timedelta,
    ) -> None:
        """Take note of a poll: its changes, its misses, and the time that it adds to the watch."""
        today = (now + offset).date()
        # What is of a day to come was written when the clock had leapt.
        latest = (today + timedelta(days=1)).isoformat()
        self.days = {each: day for each, day in self.days.items() if each <= latest}
        day = self.days.setdefault(today.isoformat(), Day())
        for change in changes:
            day.note(change)
        day.misses += misses
        day.watched += round(watched.total_seconds())
