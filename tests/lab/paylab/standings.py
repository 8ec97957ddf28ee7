"""What stood when, and which of the poller's ticks could have read it."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from typing import NamedTuple

from paylab.request_log import Served
from paylab.truth import Transition, TruthLog

Key = tuple[str, str]


# A reader that got nothing may leave the provider alone for so long, and no longer.
REST = timedelta(minutes=4)

# How far along its way a payment is; paid and cancelled are at 3.
RANKS = {
    "unrecognized": 0,
    "pending": 0,
    "processing": 1,
    "failed": 2,
    "refunded": 4,
    "disputed": 4,
}


class Tick(NamedTuple):
    """One invocation of the poller, from and to instants of the lab's clock.

    A tick that was killed is not `finished`: nobody may rely on what it read.
    """

    start: datetime
    end: datetime
    finished: bool = True


class Read(NamedTuple):
    """A row that was read: when, its status, and when that was true (an old copy tells of then)."""

    at: datetime
    status: str
    true_at: datetime


@dataclass(frozen=True)
class Standing:
    """A state of a payment from its transition to the next one, or to the payment's removal."""

    transition: Transition
    end: datetime | None
    backward: bool

    @property
    def begin(self) -> datetime:
        """Return when the state began."""
        return self.transition.at

    @property
    def latest_date(self) -> datetime:
        """Return the latest date that the row carried, in the provider's whole seconds."""
        t = self.transition
        return max(at for at in (t.created_at, t.updated_at, t.paid_at) if at is not None)

    def stood_at(self, at: datetime) -> bool:
        """Say whether a reader at that instant found this state."""
        return self.begin <= at and (self.end is None or at < self.end)


def standings(truth: TruthLog) -> dict[Key, list[Standing]]:
    """Return every payment's states, in order, by (source, payment id)."""
    moves: dict[Key, list[Transition]] = defaultdict(list)
    for transition in truth:
        moves[transition.source, transition.payment_id].append(transition)
    removed = truth.removed
    found = {}
    for key, transitions in moves.items():
        ends = [*(later.at for _, later in pairwise(transitions)), removed.get(key)]
        found[key] = [
            Standing(move, end, _goes_back(move))
            for move, end in zip(transitions, ends, strict=True)
        ]
    return found


def _goes_back(move: Transition) -> bool:
    """Say whether a move needs a second read before it is believed (DESIGN.md, Evidence)."""
    if move.previous is None:
        return False
    return RANKS.get(move.our_status, 3) < RANKS.get(move.previous, 3)


class Readers:
    """The ticks, and for each source which of them got an answer to everything they asked.

    `lag` is how old the oldest copy was that a source's rows were read from.
    """

    def __init__(self, ticks: Sequence[Tick], log: Iterable[Served]) -> None:
        if not ticks:
            raise ValueError("an audit needs at least one tick")
        self.ticks = ticks
        self.watch = ticks[0].start
        self._starts = [tick.start for tick in ticks]
        self._ends = [tick.end for tick in ticks]
        self._by_source: dict[str, list[Served]] = defaultdict(list)
        self.reads: dict[Key, list[Read]] = defaultdict(list)
        self.lag: dict[str, timedelta] = defaultdict(timedelta)
        for served in log:
            if served.source is not None:
                self._by_source[served.source].append(served)
                true_at = served.as_of or served.at
                if served.rows:
                    self.lag[served.source] = max(self.lag[served.source], served.at - true_at)
                for payment_id, status in served.rows:
                    read = Read(served.at, status, true_at)
                    self.reads[served.source, payment_id].append(read)
        self._able: dict[str, list[bool]] = {}
        self._sums: dict[str, list[int]] = {}

    def able(self, source: str) -> list[bool]:
        """Say for each tick whether it could read the source.

        It could if every distinct URL that it asked was answered in the end. One that asked
        nothing could have, unless an earlier answer had asked it to wait beyond its end, or the
        last one that asked had no answer and was not long ago.
        """
        if source not in self._able:
            asked = self._by_source[source]
            times = [served.at for served in asked]
            wait_until = rest_until = self.watch
            able = []
            for tick in self.ticks:
                first, last = bisect_left(times, tick.start), bisect_right(times, tick.end)
                mine = asked[first:last]
                answered = {served.target for served in mine if _answered(served)}
                whole = all(served.target in answered for served in mine)
                could = whole if mine else max(wait_until, rest_until) <= tick.end
                able.append(tick.finished and could)
                if mine:
                    rest_until = tick.start if whole else tick.start + REST
                for served in mine:
                    wait_until = max(wait_until, served.at + timedelta(seconds=served.retry_after))
            self._able[source] = able
            self._sums[source] = list(accumulate(able, initial=0))
        return self._able[source]

    def whole_able_ticks(self, source: str, begin: datetime, end: datetime | None) -> int:
        """Count the able ticks that began and ended while a state stood."""
        self.able(source)
        first = bisect_left(self._starts, begin)
        last = len(self.ticks) if end is None else bisect_left(self._ends, end)
        return self._sums[source][last] - self._sums[source][first] if last > first else 0

    def was_able_at(self, source: str, at: datetime, before: datetime | None = None) -> bool:
        """Say whether an instant lies in an able tick (that ended before another instant)."""
        able = self.able(source)
        tick = bisect_right(self._starts, at) - 1
        if tick < 0 or not able[tick] or at > self._ends[tick]:
            return False
        return before is None or self._ends[tick] < before

    def touches_a_tick(self, standing: Standing) -> bool:
        """Say whether a state stood at any moment of any tick."""
        first = bisect_left(self._ends, standing.begin)
        return first < len(self.ticks) and (
            standing.end is None or self._starts[first] < standing.end
        )

    def first_tick_to_see(self, at: datetime) -> int:
        """Return the index of the first tick that ended at an instant or later."""
        return bisect_left(self._ends, at)

    def start_of_tick_at(self, at: datetime) -> datetime:
        """Return the start of the last tick that began by an instant."""
        return self._starts[max(0, bisect_right(self._starts, at) - 1)]

    def first_able_end(self, source: str) -> datetime:
        """Return the end of the first tick that could read the source, when its watch had begun."""
        able = self.able(source)
        return self._ends[able.index(True)] if True in able else self._ends[-1]


def _answered(served: Served) -> bool:
    return served.undamaged and served.status < 500 and served.status not in (401, 429)
