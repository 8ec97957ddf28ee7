"""The sweep: one reading of every list of open payments, which may go on in the next run.

A list that can be sorted by creation is walked from its last page to the first: rows that leave
then only make others appear twice. One that cannot is walked forward. Neither proves an absence:
what a completed walk did not list is asked for, never concluded from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from paywatch.discovery.known import pack_hashes, packed, short_hash, unpack_hashes
from paywatch.discovery.reader import Observation, Reader
from paywatch.discovery.walk import Direction, Walk, direction
from paywatch.domain.changes import DetectedBy
from paywatch.domain.payments import moment, timestamp
from paywatch.domain.stored import date, flag, text, whole_number
from paywatch.errors import Unavailable, UnexpectedResponse
from paywatch.ports import Page

# Above this many ids an unfinished sweep no longer remembers which it listed (item size).
LISTED_LIMIT = 30_000
# A sweep is nearly at its end where so many times the pages left are no more than this run read.
NEARLY = 5


@dataclass
class Sweep:
    """One reading of every open list, one after the other.

    `began` is the instant and `epoch` the run in which it began; `fresh` says that this is that
    run. `forgot` says that it listed more than could be remembered from run to run.
    """

    began: datetime
    epoch: int
    walks: list[Walk]
    guesses: dict[str, int]
    fresh: bool = True
    forgot: bool = False

    @classmethod
    def start(
        cls, words: Sequence[str], guesses: Mapping[str, int], now: datetime, epoch: int
    ) -> Sweep:
        """Begin a new sweep of these lists."""
        return cls(now, epoch, [Walk(word) for word in words], _pages(guesses))

    @classmethod
    def resume(cls, stored: Mapping[str, Any]) -> Sweep:
        """Go on with an unfinished sweep that `store` wrote."""
        walks = []
        for item in stored["walks"]:
            walks.append(
                Walk(
                    word=text(item["word"]),
                    page=None if item["page"] is None else whole_number(item["page"], least=1),
                    pages=whole_number(item["pages"]),
                    totals=[whole_number(total) for total in item["totals"]],
                    ids=unpack_hashes(packed(item["ids"], LISTED_LIMIT)),
                    last_page=whole_number(item["last_page"], least=1),
                    reads_on=flag(item["reads_on"]),
                    resumed_at=whole_number(item["resumed_at"]),
                    skipped=whole_number(item["skipped"]),
                    complete=flag(item["complete"]),
                    why=text(item["why"]),
                )
            )
        began, epoch = moment(date(stored["began"])), whole_number(stored["epoch"])
        guesses, forgot = _pages(stored["guesses"]), flag(stored["forgot"])
        return cls(began, epoch, walks, guesses, fresh=False, forgot=forgot)

    def store(self) -> dict[str, Any]:
        """Write down where to go on."""
        forgot = self.forgot or sum(len(walk.ids) for walk in self.walks) > LISTED_LIMIT
        return {
            "forgot": forgot,
            "began": timestamp(self.began),
            "epoch": self.epoch,
            "guesses": self.guesses,
            "walks": [
                {
                    "word": walk.word,
                    "page": walk.page,
                    "pages": walk.pages,
                    "totals": walk.totals[:1] + walk.totals[-1:],
                    "ids": "" if forgot else pack_hashes(walk.ids),
                    "last_page": walk.last_page,
                    "reads_on": walk.reads_on,
                    "resumed_at": walk.resumed_at,
                    "skipped": walk.skipped,
                    "complete": walk.complete,
                    "why": walk.why,
                }
                for walk in self.walks
            ],
        }

    @property
    def complete(self) -> bool:
        """Whether every list was walked to its end."""
        return all(walk.complete for walk in self.walks)

    @property
    def walked_out(self) -> bool:
        """Whether to ask for what was not listed: complete, and nothing of it forgotten."""
        return self.complete and not self.forgot

    @property
    def unread(self) -> set[str]:
        """The lists of which nothing could be read: nobody of them is known to be missing."""
        return {walk.word for walk in self.walks if walk.skipped and not walk.ids}

    @property
    def conclusive(self) -> bool:
        """Whether it counts as a reading of the lists: walked out, and no page was skipped."""
        return self.walked_out and not any(walk.skipped for walk in self.walks)

    @property
    def sealed(self) -> bool:
        """Whether every list that holds anything is sealed, and at least one is."""
        filled = [walk for walk in self.walks if walk.ids]
        return self.complete and bool(filled) and all(walk.sealed for walk in filled)

    @property
    def distinct(self) -> int:
        """How many payments the lists showed."""
        return len(set().union(*(walk.ids for walk in self.walks)))

    def listed(self, payment_id: str) -> bool:
        """Whether some list of this sweep showed the payment."""
        mark = short_hash(payment_id)
        return any(mark in walk.ids for walk in self.walks)

    def read(
        self,
        reader: Reader,
        may_go_on: Callable[[], bool],
        may_end: Callable[[], bool],
        into: list[Observation],
    ) -> None:
        """Read on until every list is walked to its end, or this run's share is used up.

        One that is nearly at its end then goes on for as long as it `may_end`: cut there, it would
        take the next run as well. What was read is in `into` also when OutOfTime or a ProviderError
        ends it.
        """
        read = 0
        for number, walk in enumerate(self.walks):
            if walk.complete:
                continue
            way = direction(walk, reader.abilities, self.guesses.get(walk.word, 1))
            behind = sum(self.guesses.get(after.word, 1) for after in self.walks[number + 1 :])
            while not walk.complete:
                if not may_go_on() and not (NEARLY * (way.left + behind) <= read and may_end()):
                    return
                page = _read_page(reader, walk, way, into)
                read += 1
                if page is not None:
                    walk.count(page)
                    way.advance(page)
            self.guesses[walk.word] = walk.last_page


def _pages(guesses: Mapping[str, Any]) -> dict[str, int]:
    return {str(word): int(page) for word, page in guesses.items()}


def _read_page(reader: Reader, walk: Walk, way: Direction, into: list[Observation]) -> Page | None:
    """Read the next page, or skip it if it cannot be read and the one before it could."""
    try:
        page, rows = reader.page(way.query(), DetectedBy.OPEN_SWEEP)
    except (Unavailable, UnexpectedResponse) as fault:
        if walk.unreadable:
            raise
        walk.unreadable = True
        walk.refused = isinstance(fault, UnexpectedResponse)
        walk.skipped += 1
        walk.why = f"page {walk.page} could not be read: {fault}"
        way.skip()
        return None
    walk.unreadable = False
    into.extend(rows)
    return page
