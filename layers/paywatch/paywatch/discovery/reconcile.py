"""Reconcile: a slow, complete reading of a source, whatever the status, in slices.

It walks the unfiltered list forward from page 1: rows that are added while it reads can only push
others behind, so that they appear twice. It goes on in later runs from a page and its last row. It
claims coverage, not a seal. What differs from the books is suspected first, and believed only if a
later run, which polled before, still finds it so by a second read.

The first one is the baseline: before the unfiltered list it reads the long lists of those settled
words whose rows carry no date, so that one of those not listed there is news.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from paywatch.discovery.reader import UNFILTERED, Observation, Reader
from paywatch.discovery.tail import observed_order
from paywatch.domain.changes import DetectedBy
from paywatch.domain.payments import Payment
from paywatch.domain.stored import sequence, text
from paywatch.errors import OutOfTime
from paywatch.ports import ListQuery, Order, Page

# With so many suspects the walk waits until they are settled.
SUSPECTS = 200
# Where a suspect is sought, run by run: on its page, then around it, for rows move down as others
# come in, and up as others vanish. If it is on none of these, the next reconcile finds it.
AROUND = (0, 1, -1, 2, -2)
TRIES = len(AROUND)
# A list that states less than half of what it stated before is not believed so many times.
DOUBTS = 5
# A page that could not be read so often is left out: a run in which all else was answered counts
# for three in which something was.
SURE, UNSURE, FAILURES = 3, 1, 15
COUNTS = (
    "page", "pages", "rows", "misses", "top", "listed", "doubts", "failed", "skipped", "last", "gap"
)  # fmt: skip


@dataclass
class Suspect:
    """A row that differed from the books: its word, page and run, and how often sought since.

    `failed` says that an answer for it could not be used.
    """

    word: str
    page: int
    epoch: int
    tries: int = 0
    failed: bool = False


@dataclass
class Reconcile:
    """Where a reconcile stands: the lists to read, the next page of the first of them, the edge.

    `edge` is the creation date of the last row that was read, `pages` and `rows` count what was
    read, `misses` what the polls had missed. Of the list that is being read, `top` is the greatest
    total that it stated, `last` its stated end, `listed` the number of its rows so far, and
    `doubts` how often an answer was not believed. `failed` weighs how often the next page could not
    be read, `skipped` the pages that were left out because of that, `gap` those of them in a row.
    `stepping_back` says that the page before is being read.
    """

    lists: list[str]
    began: str
    page: int = 1
    edge: str = ""
    pages: int = 0
    rows: int = 0
    misses: int = 0
    top: int = 0
    listed: int = 0
    doubts: int = 0
    failed: int = 0
    skipped: int = 0
    last: int = 1
    gap: int = 0
    stepping_back: bool = field(default=False, init=False)
    suspects: dict[str, Suspect] = field(default_factory=dict)

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Reconcile:
        """Read what `store` wrote."""
        suspects = {}
        for key, (word, page, epoch, tries, failed) in stored["suspects"].items():
            suspects[key] = Suspect(str(word), int(page), int(epoch), int(tries), bool(failed))
        counts = {name: int(stored[name]) for name in COUNTS}
        if min([counts["page"], *(each.page for each in suspects.values())]) < 1:
            raise ValueError("pages count from 1")
        lists = [text(str(word)) for word in sequence(stored["lists"])]
        edge, began = text(str(stored["edge"])), text(str(stored["began"]))
        return cls(lists=lists, began=began, edge=edge, suspects=suspects, **counts)

    def store(self) -> dict[str, Any]:
        """Write down where to go on."""
        return {
            "lists": self.lists,
            "began": self.began,
            "edge": self.edge,
            **{name: getattr(self, name) for name in COUNTS},
            "suspects": {
                key: [suspect.word, suspect.page, suspect.epoch, suspect.tries, suspect.failed]
                for key, suspect in self.suspects.items()
            },
        }

    @property
    def done(self) -> bool:
        """Whether everything is read and every suspicion settled."""
        return not self.lists and not self.suspects

    @property
    def may_read_on(self) -> bool:
        """Whether there is something left to read, and room for suspects."""
        return bool(self.lists) and len(self.suspects) < SUSPECTS

    def read_page(self, reader: Reader) -> tuple[Page, list[Observation]]:
        """Read the next page."""
        answer = _read(reader, self.lists[0], self.page)
        self.failed = self.gap = 0
        return answer

    def give_up(self, weight: int = SURE) -> bool:
        """Note that a page could not be read though others could; return whether it is left out.

        The more in a row are left out, the more at once: a list may have an end that nobody states.
        """
        self.failed += weight
        if self.failed < FAILURES:
            return False
        if self.stepping_back:
            # It was the page before: go on without a look at it.
            self.failed, self.gap = 0, 1
            return False
        left_out = max(1, self.gap)
        self.failed = 0
        self.gap += left_out
        self.skipped += left_out
        self.page += left_out
        if self.page > self.last:
            self._end_list()
        return True

    def doubts_page(self, page: Page) -> bool:
        """Whether the list has collapsed since its earlier pages, too much to be believed yet."""
        if self._collapsed(page):
            self.doubts += 1
            return True
        self.top = max(self.top, page.total)
        return False

    def _collapsed(self, page: Page) -> bool:
        return 2 * page.total < self.top and self.doubts < DOUBTS

    def advance(self, page: Page) -> bool:
        """Go on behind a page whose rows are recorded; return whether it ended a list, read whole.

        Whole is a list that showed as many rows as it stated, no more and no less at any time.
        """
        self.pages += 1
        self.rows += len(page.rows)
        self.listed += len(page.rows)
        dates = [row.created_at for row in page.rows if row.created_at is not None]
        self.edge = dates[-1] if dates else self.edge
        self.page = page.number + 1
        self.last = max(self.last, page.last_page)
        if page.goes_on:
            return False
        whole = 0 < self.listed == page.total == self.top
        self._end_list()
        return whole

    def _end_list(self) -> None:
        self.lists.pop(0)
        self.page, self.edge, self.top, self.listed, self.doubts = 1, "", 0, 0, 0
        self.failed, self.last, self.gap = 0, 1, 0

    def suspect(self, row: Payment, page: int, epoch: int) -> None:
        """Note a row that differs from the books."""
        self.suspects[row.id] = Suspect(row.provider_status, page, epoch)

    def due(self, epoch: int) -> list[str]:
        """Return the suspects of earlier runs, those that were sought in vain behind the others."""
        due = [key for key, suspect in self.suspects.items() if suspect.epoch < epoch]
        return sorted(due, key=lambda key: (self.suspects[key].failed, self.suspects[key].tries))

    def seek(self, reader: Reader, payment_id: str) -> list[Observation]:
        """Read the page again on which a suspect stood; return the rows of all suspects there."""
        suspect = self.suspects[payment_id]
        around = suspect.page + AROUND[suspect.tries % TRIES]
        suspect.tries += 1
        try:
            page, rows = _read(reader, UNFILTERED, max(1, around))
        except OutOfTime:
            # Nobody has looked there: the next run does.
            suspect.tries -= 1
            raise
        if suspect.tries >= TRIES and all(row.id != payment_id for row in page.rows):
            del self.suspects[payment_id]
        return [row for row in rows if row.payment.id in self.suspects]

    def step_back(self, reader: Reader) -> tuple[Page, list[Observation]] | None:
        """Go back as far as rows have moved up meanwhile, because others were deleted.

        Return the page before the next one, with those of its rows that lie behind the edge.
        """
        while self.page > 1:
            if self.gap:
                return None
            self.stepping_back = True
            page, rows = _read(reader, self.lists[0], self.page - 1)
            self.stepping_back = False
            if self._collapsed(page):
                return None
            if page.rows and not _lies_behind(page.rows, self.edge):
                return page, [row for row in rows if _may_be_new(row.payment, page, self.edge)]
            self.page -= 1
        return None


def _lies_behind(rows: Sequence[Payment], edge: str) -> bool:
    """Whether all rows of a page come behind the edge, in the order that the page is in."""
    order = observed_order(rows)
    if not edge or order is None:
        return False
    dates = [row.created_at for row in rows if row.created_at is not None]
    return max(dates) < edge if order is Order.NEWEST_FIRST else min(dates) > edge


def _may_be_new(row: Payment, page: Page, edge: str) -> bool:
    """Whether a row of a page that was read before does not come before its edge."""
    order = observed_order(page.rows)
    if row.created_at is None or not edge or order is None:
        return True
    return row.created_at <= edge if order is Order.NEWEST_FIRST else row.created_at >= edge


def _read(reader: Reader, name: str, number: int) -> tuple[Page, list[Observation]]:
    abilities = reader.abilities
    query = ListQuery(
        status=None if name == UNFILTERED else name,
        order=Order.NEWEST_FIRST if Order.NEWEST_FIRST in abilities.orders else None,
        page=number,
        page_size=abilities.page_size,
    )
    page, rows = reader.page(query, DetectedBy.RECONCILE)
    return page, list(rows)
