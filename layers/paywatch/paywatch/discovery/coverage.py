"""Which time was watched: a clock that stands still while we were blind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from paywatch.domain.payments import instant, moment, timestamp

# A pause is none of the schedule's if it is so many times the usual one, and so much longer.
TIMES, MORE = 3, timedelta(minutes=2)
# How many believed polls it takes after one that was not before anything is concluded from ages.
GRACE = 2
GAPS = 20
USUAL = 60.0
WEIGHT = 0.2
LONGEST_PAUSE = 86_400.0


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
        gaps = [(instant(begin), instant(end)) for begin, end in stored.get("gaps", [])]
        last, pause = stored.get("last", ""), float(stored.get("pause", USUAL))
        if not 0 < pause <= LONGEST_PAUSE:
            raise ValueError(f"{pause} seconds are no pause")
        return cls("" if last == "" else instant(last), pause, int(stored.get("good", 0)), gaps)

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
            # The clock had leapt: what it said of a time to come was no gap.
            self.gaps = [gap for gap in self.gaps if gap[1] <= self.last]
            return timedelta(0)
        if self._is_gap(pause):
            self.gaps.append((timestamp(before), timestamp(now)))
            if len(self.gaps) > GAPS:
                # Rather blind for too long than an age that is too great.
                (begin, _), (_, end), *rest = self.gaps
                self.gaps = [(begin, end), *rest]
            # A schedule that was made slower is the usual one after a while.
            self.pause = min(self.pause * (1 + WEIGHT), LONGEST_PAUSE)
            self.good = 1
            return timedelta(0)
        self.pause += WEIGHT * (pause.total_seconds() - self.pause)
        return pause

    def blind(self, since: datetime, until: datetime) -> timedelta:
        """Return how much of a time was not watched, the time since the last poll included."""
        blind, gaps = timedelta(0), sorted(self.gaps)
        if self.last and self._is_gap(until - moment(self.last)):
            gaps.append((self.last, timestamp(until)))
        for begin, end in gaps:
            since = max(since, moment(begin))
            seen_again = min(moment(end), until)
            if seen_again > since:
                blind += seen_again - since
                since = seen_again
        return blind

    def _is_gap(self, pause: timedelta) -> bool:
        return pause > TIMES * timedelta(seconds=self.pause) + MORE
