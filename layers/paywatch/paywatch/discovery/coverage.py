"""Which time was watched: a clock that stands still while we were blind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from paywatch.domain.payments import instant, moment, timestamp

# A pause is none of the schedule's if it is so many times the usual one, and so much longer.
TIMES, MORE = 3, timedelta(minutes=2)
# How many believed polls it takes after one that was not before anything is concluded from ages.
GRACE = 2
GAPS = 20
USUAL = 60.0
WEIGHT = 0.2
LONGEST_PAUSE = 86_400.0


class Gap(NamedTuple):
    """A time of which so much was not watched: all of it, unless it is several gaps in one."""

    begin: datetime
    end: datetime
    blind: timedelta

    @classmethod
    def load(cls, stored: Any) -> Gap:
        """Read what `store` wrote."""
        begin, end, seconds = stored
        gap = cls(moment(instant(begin)), moment(instant(end)), timedelta(seconds=seconds))
        if not timedelta(0) <= gap.blind <= gap.end - gap.begin:
            raise ValueError(f"{gap} is no gap")
        return gap

    def store(self) -> list[Any]:
        """Write it down."""
        return [timestamp(self.begin), timestamp(self.end), self.blind.total_seconds()]

    def within(self, since: datetime, until: datetime) -> timedelta:
        """Return how much of a part of it was not watched: the same share as of the whole."""
        whole, part = self.end - self.begin, min(self.end, until) - since
        return self.blind * (part / whole) if part > timedelta(0) else timedelta(0)


@dataclass
class Coverage:
    """The times in which the open lists were not read and believed.

    `last` is when they last were, `ran` when a poll last tried, `pause` the usual seconds between
    two polls, whether believed or not, and `odd` the last such pause if it was none of the
    schedule's; `good` is how many polls running were believed. A gap is from the last believed poll
    before it to the first one after it.
    """

    last: str = ""
    pause: float = USUAL
    good: int = 0
    gaps: list[Gap] = field(default_factory=list)
    ran: str = ""
    odd: float = 0.0

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Coverage:
        """Read what `store` wrote."""
        gaps = [Gap.load(gap) for gap in stored.get("gaps", [])]
        pause, odd = float(stored.get("pause", USUAL)), float(stored.get("odd", 0.0))
        if not 0 < pause <= LONGEST_PAUSE or not 0 <= odd <= LONGEST_PAUSE:
            raise ValueError(f"{pause} and {odd} seconds are no pauses")
        last, ran = (stored.get(name, "") for name in ("last", "ran"))
        last, ran = ("" if at == "" else instant(at) for at in (last, ran))
        return cls(last, pause, int(stored.get("good", 0)), gaps, ran, odd)

    def store(self) -> dict[str, Any]:
        """Write it down."""
        return {
            "last": self.last,
            "pause": round(self.pause, 1),
            "good": self.good,
            "gaps": [gap.store() for gap in self.gaps],
            "ran": self.ran,
            "odd": round(self.odd, 1),
        }

    @property
    def steady(self) -> bool:
        """Whether enough polls running were believed to conclude something from ages."""
        return self.good >= GRACE

    def note(self, now: datetime, believed: bool) -> timedelta:
        """Take note of a poll; return how much time it adds to what was watched."""
        before = moment(self.last) if self.last else now
        odd = self._is_odd(now - before)
        self._learn(now)
        if not believed:
            self.good = 0
            return timedelta(0)
        self.last, self.good = timestamp(now), min(self.good + 1, GRACE)
        pause = now - before
        if pause <= timedelta(0):
            # The clock had leapt: what it said of a time to come was no gap.
            self.gaps = [gap for gap in self.gaps if gap.end <= now]
            return timedelta(0)
        if odd:
            self.gaps.append(Gap(before, now, pause))
            if len(self.gaps) > GAPS:
                self._merge()
            self.good = 1
            return timedelta(0)
        return pause

    def blind(self, since: datetime, until: datetime) -> timedelta:
        """Return how much of a time was not watched, the time since the last poll included."""
        blind, gaps = timedelta(0), sorted(self.gaps)
        last = moment(self.last) if self.last else until
        if self._is_odd(until - last):
            gaps.append(Gap(last, until, until - last))
        for gap in gaps:
            since = max(since, gap.begin)
            blind += gap.within(since, until)
            since = max(since, min(gap.end, until))
        return blind

    def _learn(self, now: datetime) -> None:
        """Learn the schedule's pause: a very long one is believed if the one before was, too."""
        pause = (now - moment(self.ran)).total_seconds() if self.ran else 0.0
        self.ran = timestamp(now)
        if pause <= 0:
            return
        pause = min(pause, LONGEST_PAUSE)
        if not self._is_odd(timedelta(seconds=pause)):
            self.pause += WEIGHT * (pause - self.pause)
            self.odd = 0.0
        elif self.odd:
            self.pause, self.odd = min(pause, self.odd), 0.0
        else:
            self.odd = pause

    def _merge(self) -> None:
        """Make one of the two neighbours that make the shortest one: what was watched between
        them still counts as watched."""
        self.gaps.sort()
        spans = [after.end - before.begin for before, after in pairwise(self.gaps)]
        first = spans.index(min(spans))
        one, two = self.gaps[first : first + 2]
        end = max(one.end, two.end)
        blind = min(one.blind + two.blind, end - one.begin)
        self.gaps[first : first + 2] = [Gap(one.begin, end, blind)]

    def _is_odd(self, pause: timedelta) -> bool:
        return pause > TIMES * timedelta(seconds=self.pause) + MORE
