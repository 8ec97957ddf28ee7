"""Which time was watched: a clock that stands still while we were blind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from paywatch.domain.payments import moment, timestamp

# A pause is none of the schedule's if it is so many times the usual one, and so much longer.
TIMES, MORE = 3, timedelta(minutes=2)
# How many believed polls it takes after one that was not before anything is concluded from ages.
GRACE = 2
GAPS = 20
USUAL = 60.0
WEIGHT = 0.2


@dataclass
class Coverage:
    """The times in which the open lists were not read and believed.

    `last` is when they last were, `pause` the usual seconds between two polls, `good` how many
    polls running were believed; a gap is from the last poll before it to the first one after it.
    """

    last: str = ""
    pause: float = USUAL
    good: int = 0
    gaps: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Coverage:
        """Read what `store` wrote."""
        gaps = [(timestamp(moment(a)), timestamp(moment(b))) for a, b in stored.get("gaps", [])]
        last = str(stored.get("last", ""))
        if last:
            moment(last)
        return cls(last, float(stored.get("pause", USUAL)), int(stored.get("good", 0)), gaps)

    def store(self) -> dict[str, Any]:
        """Write it down."""
        return {
            "last": self.last,
            "pause": round(self.pause, 1),
            "good": self.good,
            "gaps": [list(gap) for gap in self.gaps],
        }

    @property
    def steady(self) -> bool:
        """Whether enough polls running were believed to conclude something from ages."""
        return self.good >= GRACE

    def note(self, now: datetime, believed: bool) -> timedelta:
        """Take note of a poll; return how much time it adds to what was watched."""
        if not believed:
            self.good = 0
            return timedelta(0)
        before = moment(self.last) if self.last else now
        self.last, self.good = timestamp(now), min(self.good + 1, GRACE)
        pause = now - before
        if pause <= timedelta(0):
            return timedelta(0)
        if pause > TIMES * timedelta(seconds=self.pause) + MORE:
            self.gaps.append((timestamp(before), timestamp(now)))
            if len(self.gaps) > GAPS:
                # Rather blind for too long than an age that is too great.
                (begin, _), (_, end), *rest = self.gaps
                self.gaps = [(begin, end), *rest]
            # A schedule that was made slower is the usual one after a while.
            self.pause *= 1 + WEIGHT
            self.good = 1
            return timedelta(0)
        self.pause += WEIGHT * (pause.total_seconds() - self.pause)
        return pause

    def blind(self, since: datetime, until: datetime) -> timedelta:
        """Return how much of a time was not watched."""
        blind = timedelta(0)
        for begin, end in self.gaps:
            blind += max(min(moment(end), until) - max(moment(begin), since), timedelta(0))
        return blind
