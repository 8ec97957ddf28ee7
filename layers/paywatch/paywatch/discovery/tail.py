"""The tail: the unfiltered list from its newest end to known ground.

It finds what was created *and* settled between two polls, which no list of open payments shows.
Known ground is the mark (the newest creation of the last finished tail, less an overlap) and the
rows that were read then, as they were; it is never "an id that we hold".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from paywatch.discovery.known import pack_rows, unknown, unpack_hashes
from paywatch.discovery.reader import Observation, Reader
from paywatch.domain.changes import DetectedBy
from paywatch.domain.payments import Payment, instant, moment, timestamp
from paywatch.domain.stored import whole_number
from paywatch.errors import OutOfTime, Unavailable, UnexpectedResponse
from paywatch.ports import ListQuery, Order, Page

# How long after its creation a payment may still appear in the list behind younger ones.
OVERLAP = timedelta(minutes=2)
PAGE_SIZE = 100
# A page that ended the tail in so many runs in a row is passed over; a reconcile reads it again.
FAILURES = 10


def observed_order(rows: Sequence[Payment]) -> Order | None:
    """Return the order that a page's rows are in by creation; None where none can be seen."""
    dates = [row.created_at for row in rows if row.created_at is not None]
    if len(set(dates)) < 2:
        return None
    if dates == sorted(dates, reverse=True):
        return Order.NEWEST_FIRST
    return Order.OLDEST_FIRST if dates == sorted(dates) else None


@dataclass(frozen=True)
class Gap:
    """Ground that a tail did not reach: go on at `page` (downwards if `down`) as far as `floor`."""

    page: int
    floor: str
    down: bool

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Gap:
        """Read what `Tail.store` wrote."""
        floor = str(stored["floor"])
        return cls(max(int(stored["page"]), 1), floor and instant(floor), bool(stored["down"]))


@dataclass
class Tail:
    """Where the known ground begins, and what is still missing behind it.

    `failed` counts the runs in a row that a page behind the first has ended; `end` is the last
    page, as this run's first page states it, and `passed` those that were passed over: they are not
    stored.
    """

    mark: str | None = None
    known: str = ""
    gap: Gap | None = None
    failed: int = 0
    why: str = ""
    end: int = 1
    passed: list[int] = field(default_factory=list)

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Tail:
        """Read what `store` wrote."""
        gap, mark, known = stored.get("gap"), stored.get("mark"), stored.get("known", "")
        unpack_hashes(known)  # what is no such text raises
        return cls(
            mark=None if mark is None else instant(mark),
            known=known,
            gap=None if gap is None else Gap.load(gap),
            failed=whole_number(stored.get("failed", 0)),
        )

    def store(self) -> dict[str, Any]:
        """Write down the known ground."""
        gap = self.gap
        return {
            "mark": self.mark,
            "known": self.known,
            "gap": None
            if gap is None
            else {"page": gap.page, "floor": gap.floor, "down": gap.down},
            **({"failed": self.failed} if self.failed else {}),
        }

    def read(
        self,
        reader: Reader,
        watch_began: datetime,
        may_go_on: Callable[[], bool],
        into: list[Observation],
    ) -> None:
        """Read from the newest end to known ground, then what an earlier tail left over.

        What was read and is not known ground is in `into` also when OutOfTime or a ProviderError
        ends it; the known ground then stays as it was.
        """
        floor = _before(self.mark or timestamp(watch_began))
        if self.gap is not None and self.mark is not None:
            # The overlap waits, lest it take the time of what was never read.
            floor = self.mark
        found: list[Observation] = []
        try:
            left = self._head(reader, floor, may_go_on, found)
            if left is not None:
                # One gap covers both: it begins where this one stopped and goes down to the older.
                behind = floor if self.gap is None else min(floor, self.gap.floor)
                self.gap = Gap(left.page, behind, left.down)
            elif self.gap is not None:
                # Behind the end, a page may be refused, at every poll.
                gap = replace(self.gap, page=min(self.gap.page, self.end))
                self.gap = self._read_on(reader, gap, may_go_on, found)
        finally:
            into.extend(unknown(found, self.known))
        self.known, self.failed = pack_rows(found), 0
        if not self.why:
            self._move_mark(found)

    def go_on(
        self, reader: Reader, gap: Gap, may_go_on: Callable[[], bool], into: list[Observation]
    ) -> None:
        """Read on in the gap `read` left; what was read is in `into` also when that fails."""
        found: list[Observation] = []
        try:
            self.gap = self._read_on(reader, gap, may_go_on, found)
        finally:
            into.extend(unknown(found, self.known))

    def _move_mark(self, found: Sequence[Observation]) -> None:
        dates = [
            # A row dated in the future must not hide what comes before that future.
            min(o.payment.created_at, timestamp(o.received_at))
            for o in found
            if o.payment.created_at is not None
        ]
        self.mark = max([*dates, *([self.mark] if self.mark else [])], default=None)

    def _head(
        self,
        reader: Reader,
        floor: str,
        may_go_on: Callable[[], bool],
        found: list[Observation],
    ) -> Gap | None:
        """Read from the newest end, wherever that is; return what is left above `floor`."""
        page = _read(reader, 1, found)
        self.end = page.last_page
        told = Order.NEWEST_FIRST in reader.abilities.orders or page.last_page == 1
        order = Order.NEWEST_FIRST if told else observed_order(page.rows)
        if order is None:
            self.why = "the list is in no order; left to the sweeps and to reconcile"
            return None
        if order is Order.OLDEST_FIRST:
            return self._read_on(reader, Gap(page.last_page, floor, True), may_go_on, found)
        gap = Gap(2, floor, False)
        return None if _reached(page, gap) else self._read_on(reader, gap, may_go_on, found)

    def _read_on(
        self, reader: Reader, gap: Gap, may_go_on: Callable[[], bool], found: list[Observation]
    ) -> Gap | None:
        """Read the gap's pages until its floor is reached; return what is left of it.

        Pages that ended the tail too often are passed over, one more in a row at each run.
        """
        may_pass = most = max(self.failed - FAILURES + 1, 0)
        while may_go_on():
            try:
                reached, may_pass = _reached(_read(reader, gap.page, found), gap), most
            except OutOfTime:
                break
            except (Unavailable, UnexpectedResponse):
                if not may_pass:
                    self.failed += 1
                    raise
                may_pass -= 1
                self.passed.append(gap.page)
                reached = gap.page <= 1 if gap.down else gap.page >= self.end
            if reached:
                return None
            gap = replace(gap, page=gap.page + (-1 if gap.down else 1))
        return gap


def _read(reader: Reader, number: int, found: list[Observation]) -> Page:
    abilities = reader.abilities
    query = ListQuery(
        page=number,
        order=Order.NEWEST_FIRST if Order.NEWEST_FIRST in abilities.orders else None,
        page_size=None if abilities.page_size is None else min(PAGE_SIZE, abilities.page_size),
    )
    page, rows = reader.page(query, DetectedBy.TAIL)
    found.extend(rows)
    return page


def _reached(page: Page, gap: Gap) -> bool:
    """Whether the page lies at the list's far end, or reaches below the gap's floor."""
    if page.number <= 1 if gap.down else not page.goes_on:
        return True
    dates = [row.created_at for row in page.rows if row.created_at is not None]
    return bool(dates) and (dates[0] if gap.down else dates[-1]) < gap.floor


def _before(mark: str) -> str:
    return timestamp(moment(mark) - OVERLAP)
