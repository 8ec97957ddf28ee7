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
    def at(self) -> int:
        """The next page to read; page 1 if the walk is not begun."""
        return self.page or 1

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
        before = max(walk.at - 1, 1)
        walk.page = walk.resumed_at = before if before != walk.resumed_at else walk.at

    @property
    def left(self) -> int:
        """The pages from the next one up to the stated last one."""
        return max(self._walk.last_page - self._walk.at + 1, 1)

    def query(self) -> ListQuery:
        """Ask for the next page up."""
        walk = self._walk
        return ListQuery(walk.word, self._order, page=walk.at, page_size=self._page_size)

    def advance(self, page: Page) -> None:
        """Go up until the stated end, or as long as there are rows where that proved wrong."""
        walk, ids = self._walk, tuple(row.id for row in page.rows)
        walk.page = page.number + 1
        if ids and ids == self._before:
            walk.why = f"page {page.number} repeats the one before it"
            walk.close()
        elif not page.goes_on and not (page.full and walk.overflows):
            walk.close()
        elif walk.empty >= EMPTY_PAGES:
            walk.why = "the stated total lies: its pages are empty"
            walk.close()
        self._before = ids

    def skip(self) -> None:
        """Go up past a page that cannot be read."""
        walk = self._walk
        walk.page = walk.at + 1
        if walk.page > walk.last_page:
            walk.close()


class Backwards:
    """From the last page to the first, the list sorted by creation, oldest first."""

    def __init__(self, walk: Walk, abilities: Abilities, guess: int) -> None:
        self._walk = walk
        self._abilities = abilities
        walk.page = walk.page or max(guess, 1)
        self._forwards = self._up() if walk.reads_on else None

    @property
    def left(self) -> int:
        """The pages from the next one down to the first."""
        return self._walk.at if self._forwards is None else self._forwards.left

    def query(self) -> ListQuery:
        """Ask for the next page down."""
        if self._forwards is not None:
            return self._forwards.query()
        return ListQuery(self._walk.word, Order.OLDEST_FIRST, page=self._walk.at)

    def advance(self, page: Page) -> None:
        """Find the end once, then go down to page 1; turn round where the totals prove wrong."""
        walk = self._walk
        if self._forwards is not None:
            self._forwards.advance(page)
        elif walk.pages == 1 and page.number != page.last_page:
            # The list has grown or shrunk since the last walk. What is added behind the end that
            # is stated now is new, and not this walk's matter.
            walk.page = page.last_page
        elif walk.empty >= EMPTY_PAGES and page.number > 1:
            self._turn("the stated total lies: its pages are empty")
        elif page.number > 1:
            walk.page = page.number - 1
        elif walk.overflows and page.full:
            self._turn("more rows than the stated total")
        elif page.last_page == 1 and page.goes_on:
            self._turn("the stated last page is not the last")
        else:
            walk.close()

    def skip(self) -> None:
        """Go down past a page that cannot be read."""
        walk = self._walk
        if self._forwards is not None:
            self._forwards.skip()
        elif walk.at == 1:
            walk.close()
        else:
            # The first one may have been guessed too high: page 1 says where the end is.
            walk.page = walk.at - 1 if walk.pages else 1

    def _turn(self, why: str) -> None:
        """Begin again at page 1, upwards: what the list says of its end is not true."""
        walk = self._walk
        walk.why, walk.page, walk.reads_on, walk.empty = why, None, True, 0
        self._forwards = self._up()

    def _up(self) -> Forwards:
        return Forwards(self._walk, self._abilities, Order.OLDEST_FIRST)
