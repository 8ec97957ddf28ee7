"""How long a payment may wait: learned from this source's own payments, by status and method.

Only what is in motion (processing, or a status that nobody knows) is judged from the first day on,
by the ceiling. A pending payment waits for its payer, and many payers never come: it is judged only
where the history shows that nearly all of its kind are settled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from math import ceil, log2
from typing import Any

from paywatch.domain.payments import Payment, Status, instant, moment, timestamp

SHARE = 0.99
# A payment is overdue when it has waited so many times longer than that share of its kind.
TIMES = 3
# Stays are counted in steps of a fourth of a doubling, from a minute on.
STEPS = 4
SHORTEST = 60.0
LONGEST_STEP = 80
# So many stays have to be known of what is in motion, and of what waits for its payer.
KNOWN, KNOWN_PENDING = 30, 100
# More than this share that is never settled, and waiting is no fault.
LAPSING = 0.01
# Above so many, all counts of a kind are halved: what is old weighs less.
STAYS = 5_000
KINDS = 40
LONGEST_LIMIT = 10 * 365 * 86_400


def kind_of(status: Status, payment: Payment) -> str:
    """Name the payments that are alike in how long they wait."""
    return f"{status}/{(payment.payment_method_type or '-')[:40]}"


@dataclass
class Patience:
    """How long payments stayed in an open status, by kind: counts by the step of their length.

    `lapsed` counts those that were never settled; `since` is when learning began; `limits` are the
    seconds in force, between `bounds`, renewed once a `day`, so that what rests on them does not
    move all the time.
    """

    stays: dict[str, dict[int, int]] = field(default_factory=dict)
    lapsed: dict[str, int] = field(default_factory=dict)
    since: str = ""
    day: str = ""
    bounds: str = ""
    limits: dict[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Patience:
        """Read what `store` wrote."""
        stays = {
            str(kind): {_step(step): int(count) for step, count in steps.items()}
            for kind, steps in stored.get("stays", {}).items()
        }
        lapsed = {str(kind): int(count) for kind, count in stored.get("lapsed", {}).items()}
        limits = {str(kind): int(limit) for kind, limit in stored.get("limits", {}).items()}
        if not all(0 < limit <= LONGEST_LIMIT for limit in limits.values()):
            raise ValueError("a limit is out of bounds")
        since = instant(stored["since"]) if stored.get("since") else ""
        day, bounds = str(stored.get("day", "")), str(stored.get("bounds", ""))
        return cls(stays, lapsed, since, day, bounds, limits)

    def store(self) -> dict[str, Any]:
        """Write it down."""
        return {
            "stays": {k: {str(s): n for s, n in steps.items()} for k, steps in self.stays.items()},
            "lapsed": self.lapsed,
            "since": self.since,
            "day": self.day,
            "bounds": self.bounds,
            "limits": self.limits,
        }

    def note(self, kind: str, stay: timedelta) -> None:
        """Take note of a payment that left an open status after so long."""
        if kind not in self.stays and len(self.stays) >= KINDS:
            return
        steps = self.stays.setdefault(kind, {})
        length = max(stay.total_seconds(), SHORTEST)
        step = min(ceil(STEPS * log2(length / SHORTEST)), LONGEST_STEP)
        steps[step] = steps.get(step, 0) + 1
        if sum(steps.values()) > STAYS:
            self.stays[kind] = {s: n // 2 for s, n in steps.items() if n > 1}
            if kind in self.lapsed:
                self.lapsed[kind] //= 2

    def note_lapse(self, kind: str) -> None:
        """Take note of a payment that nobody settled."""
        if kind in self.lapsed or len(self.lapsed) < KINDS:
            self.lapsed[kind] = self.lapsed.get(kind, 0) + 1

    def usual(self, kind: str) -> timedelta | None:
        """Return within how long 99 of 100 left the status; None where too few are known."""
        steps = self.stays.get(kind, {})
        known = sum(steps.values())
        if known < KNOWN:
            return None
        ordered = sorted(steps)
        counted = accumulate(steps[step] for step in ordered)
        step = ordered[sum(n < SHARE * known for n in counted)]
        return timedelta(seconds=SHORTEST * 2 ** (step / STEPS))

    def renew(self, now: datetime, floor: timedelta, ceiling: timedelta) -> bool:
        """Renew the limits on another day or between other bounds; say whether that was due."""
        # A date to come is of a clock that had leapt.
        self.since = min(self.since or timestamp(now), timestamp(now))
        day = timestamp(now)[:10]
        bounds = f"{floor.total_seconds():.0f}-{ceiling.total_seconds():.0f}"
        if (day, bounds) == (self.day, self.bounds):
            return False
        self.day, self.bounds = day, bounds
        self.limits = {}
        for kind in self.stays:
            limit = self._limit(kind, now, floor, ceiling)
            if limit is not None:
                self.limits[kind] = round(limit.total_seconds())
        return True

    def limit(self, kind: str, ceiling: timedelta) -> timedelta | None:
        """Return how long a payment of this kind may wait; None where that is no fault."""
        known = self.limits.get(kind)
        if known is not None:
            return timedelta(seconds=known)
        return None if _waits_for_its_payer(kind) else ceiling

    def _limit(
        self, kind: str, now: datetime, floor: timedelta, ceiling: timedelta
    ) -> timedelta | None:
        known, lapsed = sum(self.stays[kind].values()), self.lapsed.get(kind, 0)
        if _waits_for_its_payer(kind):
            young = now - moment(self.since) < 2 * ceiling
            if young or known < KNOWN_PENDING or lapsed > LAPSING * (known + lapsed):
                return None
        usual = self.usual(kind)
        return None if usual is None else min(max(TIMES * usual, floor), ceiling)


def _step(stored: str) -> int:
    step = int(stored)
    if not 0 <= step <= LONGEST_STEP:
        raise ValueError(f"there is no step {step}")
    return step


def _waits_for_its_payer(kind: str) -> bool:
    return kind.startswith(f"{Status.PENDING}/")
