"""One list, walked page by page while it changes: where to read next, and what was read so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from paywatch.discovery.known import short_hash
from paywatch.ports import Abilities, ListQuery, Order, Page

# So many empty pages in a row before the stated end mean that the stated total lies.
EMPTY_PAGES = 3


@dataclass
class Walk:
    """One list's share of a sweep, with what it says of itself and what was counted.

    `page` is the next page to read (None: not begun). `reads_on` says that the stated total proved
    wrong, so that the list is read forward for as long as it has rows; `unreadable` that the page
    before could not be read, `refused` that it was answered with what is no page. `resumed_at` is
    the page at which a walk up went on the last time.
    """

    word: str
    page: int | None = None
    pages: int = 0
    totals: list[int] = field(default_factory=list)
    ids: set[bytes] = field(default_factory=set)
    last_page: int = 1
    empty: int = 0
    reads_on: bool = False
    resumed_at: int = 0
    skipped: int = 0
    unreadable: bool = False
    refused: bool = False
    complete: bool = False
    why: str = ""

    @property
    def sealed(self) -> bool:
        """Whether the walk read just what the list says that it holds, and that did not move."""
        return self.complete and not self.why

    def certificate(self) -> dict[str, Any]:
        """Say what was read, for the report, the log and the control item."""
        return {
            "list": self.word,
            "pages": self.pages,
            "distinct": len(self.ids),
            "totals": [self.totals[0], self.totals[-1]] if self.totals else [],
            "sealed": self.sealed,
            "why": self.why or ("" if self.complete else "unfinished"),
        }

    def close(self) -> None:
        """End the walk and judge whether it is sealed."""
        self.complete = True
        if not self.ids:
            self.why = self.why or "the list is empty"
        elif len(set(self.totals)) > 1:
            self.why = self.why or "the stated total moved"
        elif len(self.ids) != self.totals[-1]:
            self.why = self.why or "distinct ids differ from the stated total"

    def count(self, page: Page) -> None:
        """Take note of what a page says and holds."""
        self.pages += 1
        self.totals.append(page.total)
        self.last_page = page.last_page
        self.ids |= {short_hash(row.id) for row in page.rows}
        self.ids |= {short_hash(row.payment_id) for row in page.refused if row.payment_id}
        self.empty = 0 if page.rows else self.empty + 1
        if page.refused:
            self.why = f"{len(page.refused)} rows of page {page.number} could not be understood"

    @property
    def overflows(self) -> bool:
        """Whether more was read than the list ever said that it holds: its end is not its end."""
        return bool(self.totals) and len(self.ids) > max(self.totals)


class Direction(Protocol):
    """How a walk goes through its list."""

    @property
    def left(self) -> int:
        """How many pages there are still to read, as far as the list has said."""

    def query(self) -> ListQuery:
        """Say which page to ask for next."""

    def advance(self, page: Page) -> None:
        """Choose the next page, or close the walk."""

    def skip(self) -> None:
        """Leave out the page that cannot be read, so that it does not hold up the others."""


def direction(walk: Walk, abilities: Abilities, guess: int) -> Direction:
    """Choose how to walk; `guess` is the page that was the last one the last time."""
    if Order.OLDEST_FIRST in abilities.orders:
        return Backwards(walk, abilities, guess)
    return Forwards(walk, abilities)


class Forwards:
    """From page 1 to the stated last page; a page that repeats the one before it ends the walk."""

    def __init__(self, walk: Walk, abilities: Abilities, order: Order | None = None) -> None:
        self._walk = walk
        self._page_size = abilities.page_size
        self._order = order
        self._before: tuple[str, ...] = ()
        # Rows that left while nobody read have moved the rest up: go on one page before, unless
        # the last run began there too and came no further.
        before = max((walk.page or 1) - 1, 1)
        walk.page = walk.resumed_at = before if before != walk.resumed_at else walk.page or 1

    @property
    def left(self) -> int:
        """The pages from the next one up to the stated last one."""
        return max(self._walk.last_page - (self._walk.page or 1) + 1, 1)

    def query(self) -> ListQuery:
        """Ask for the next page up."""
        walk = self._walk
        return ListQuery(walk.word, self._order, page=walk.page or 1, page_size=self._page_size)

    def advance(self, page: Page) -> None:
        """Go up until the stated end, or as long as there are rows where that proved wrong."""
        walk, ids = self._walk, tuple(row.id for row in page.rows)
        walk.page = page.number + 1
        full = len(page.rows) + len(page.refused) >= page.page_size
        if ids and ids == self._before:
            walk.why = f"page {page.number} repeats the one before it"
            walk.close()
        elif not page.goes_on and not (full and walk.overflows):
            walk.close()
        elif walk.empty >= EMPTY_PAGES:
            walk.why = "the stated total lies: its pages are empty"
            walk.close()
        self._before = ids

    def skip(self) -> None:
        """Go up past a page that cannot be read."""
        walk = self._walk
        walk.page = (walk.page or 1) + 1
        if walk.page > walk.last_page:
            walk.close()


class Backwards:
    """From the last page to the first, the list sorted by creation, oldest first."""

    def __init__(self, walk: Walk, abilities: Abilities, guess: int) -> None:
        self._walk = walk
        self._abilities = abilities
        self._at_the_end = walk.page is not None
        walk.page = walk.page or max(guess, 1)
        self._forwards = self._turn() if walk.reads_on else None

    @property
    def left(self) -> int:
        """The pages from the next one down to the first."""
        return (self._walk.page or 1) if self._forwards is None else self._forwards.left

    def query(self) -> ListQuery:
        """Ask for the next page down."""
        if self._forwards is not None:
            return self._forwards.query()
        return ListQuery(self._walk.word, Order.OLDEST_FIRST, page=self._walk.page or 1)

    def advance(self, page: Page) -> None:
        """Find the end once, then go down to page 1; turn round where the totals prove wrong."""
        walk = self._walk
        if self._forwards is not None:
            self._forwards.advance(page)
        elif not self._at_the_end and page.number != page.last_page:
            # The list has grown or shrunk since the last walk. What is added behind the end that
            # is stated now is new, and not this walk's matter.
            walk.page = page.last_page
        elif walk.empty >= EMPTY_PAGES and page.number > 1:
            walk.why, walk.page = "the stated total lies: its pages are empty", 1
            self._forwards = self._turn()
        elif page.number > 1:
            walk.page = page.number - 1
        elif walk.overflows and len(page.rows) >= page.page_size:
            walk.why, walk.page = "more rows than the stated total", 2
            self._forwards = self._turn()
        elif page.last_page == 1 and page.goes_on:
            walk.why, walk.page = "the stated last page is not the last", 2
            self._forwards = self._turn()
        else:
            walk.close()
        self._at_the_end = True

    def skip(self) -> None:
        """Go down past a page that cannot be read."""
        walk = self._walk
        if self._forwards is not None:
            self._forwards.skip()
        elif not walk.pages and (walk.page or 1) > 1:
            # It may have been guessed too high: page 1 says where the end is.
            walk.page = 1
        elif (walk.page or 1) > 1:
            walk.page, self._at_the_end = (walk.page or 1) - 1, True
        else:
            walk.close()

    def _turn(self) -> Forwards:
        self._walk.reads_on, self._walk.empty = True, 0
        return Forwards(self._walk, self._abilities, Order.OLDEST_FIRST)
