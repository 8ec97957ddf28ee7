"""The lists that are not in order: kept until the same page of a list was read without a fault.

Some lists are read in one poll of several, so that one poll alone cannot say that all is well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from paywatch.domain.payments import instant, moment, timestamp
from paywatch.ports import ListQuery, Page

LONGEST_DETAIL = 200
# A page that could not be read once was not read again in vain: that is no flaw yet.
LOOKS = 2
# Every page is read once a day, by reconcile if by nothing else.
KEPT_FOR = timedelta(hours=26)


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a page of a list: so many `rows` make no sense; 0 if none can be read.

    `at` is when it was last seen so, and `looks` in how many polls.
    """

    word: str
    page: int
    rows: int = 0
    detail: str = ""
    at: str = ""
    looks: int = 1


@dataclass
class Looked:
    """How the lists were found in one poll, each order of a list for itself.

    `sound` are the pages that were read whole, `ends` the last page as it was stated.
    """

    flaws: dict[str, Flaw] = field(default_factory=dict)
    sound: dict[str, set[int]] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)

    def failed(self, query: ListQuery, detail: str) -> None:
        """Take note of a page that could not be read."""
        if not _is_part(query):
            word, told = query.status or "", detail[:LONGEST_DETAIL]
            self.flaws[_name(query)] = Flaw(word, query.page, detail=told)

    def read(self, query: ListQuery, page: Page) -> None:
        """Take note of a page, and of its rows that make no sense."""
        if _is_part(query):
            return
        name, flaw = _name(query), self.flaws.get(_name(query))
        if page.refused:
            self.flaws[name] = Flaw(query.status or "", query.page, len(page.refused))
            return
        self.sound.setdefault(name, set()).add(query.page)
        self.ends[name] = page.last_page
        if flaw is not None and flaw.page == query.page:
            del self.flaws[name]


@dataclass
class Flaws:
    """The lists that have a flaw."""

    lists: dict[str, Flaw] = field(default_factory=dict)

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Flaws:
        """Read what `store` wrote."""
        return cls(
            {
                str(name): Flaw(
                    str(word), int(page), int(rows), str(detail), instant(at), int(looks)
                )
                for name, (word, page, rows, detail, at, looks) in stored.items()
            }
        )

    def store(self) -> dict[str, Any]:
        """Write it down."""
        return {name: list(vars(flaw).values()) for name, flaw in sorted(self.lists.items())}

    def note(self, looked: Looked, now: datetime, is_read: Callable[[str], bool]) -> None:
        """Take note of a poll; `is_read` says whether a list of a word is read at all.

        A list that was not read is as it was; one that has become shorter has no flaw beyond it.
        """
        for name, pages in looked.sound.items():
            flaw = self.lists.get(name)
            if flaw is not None and (flaw.page in pages or flaw.page > looked.ends[name]):
                del self.lists[name]
        for name, flaw in looked.flaws.items():
            before = self.lists.get(name)
            looks = 1 if before is None else min(before.looks + 1, LOOKS)
            self.lists[name] = replace(flaw, at=timestamp(now), looks=looks)
        for name, flaw in list(self.lists.items()):
            fresh = timedelta(0) <= now - moment(flaw.at) <= KEPT_FOR
            if not fresh or not is_read(flaw.word):
                del self.lists[name]

    def lines(self) -> list[str]:
        """Say what is not in order, a line for each list."""
        told = [flaw for _, flaw in sorted(self.lists.items()) if flaw.rows or flaw.looks >= LOOKS]
        return list(dict.fromkeys(map(_line, told)))

    @property
    def words(self) -> set[str]:
        """The lists that could not be read when they were last asked for."""
        return {flaw.word for flaw in self.lists.values() if not flaw.rows}


def _line(flaw: Flaw) -> str:
    name = f"the list {flaw.word}" if flaw.word else "the list of all payments"
    if not flaw.rows:
        return f"{name} cannot be read ({flaw.detail})"
    if flaw.rows == 1:
        return f"a row of {name} makes no sense"
    return f"{flaw.rows} rows of {name} make no sense"


def _is_part(query: ListQuery) -> bool:
    """Whether it asks for some payments, and not for a list."""
    return bool(query.ids or query.external_id or query.currency)


def _name(query: ListQuery) -> str:
    return f"{query.status or ''}/{query.order or ''}"
