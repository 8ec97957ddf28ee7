"""The watch over short settled lists (refunded, disputed, failed), whose rows carry no date of it.

Each poll probes one of them: its stated total and its newest rows. A list that changed is read
whole. What is not known there is news once the list had been read whole before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from paywatch.discovery.known import pack_rows
from paywatch.discovery.reader import Observation, Reader
from paywatch.domain.changes import DetectedBy
from paywatch.ports import ListQuery, Order, Page

# A list of more pages than this is not short: it is left to reconcile.
SHORT_PAGES = 25
# Of lists up to this long the ids are kept, so that one that leaves is asked for.
KEPT_IDS = 100


@dataclass
class ShortLists:
    """What was seen of each short list the last time it was read, by its word.

    An entry holds `probe` (total and newest rows), `whole` (whether it was ever read whole) and
    `ids` (None where there are too many).
    """

    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    too_long: list[str] = field(default_factory=list)

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> ShortLists:
        """Read what `store` wrote."""
        return cls(seen={word: dict(entry) for word, entry in stored.items()})

    def store(self) -> dict[str, Any]:
        """Write down what was seen."""
        return self.seen

    def read(
        self,
        reader: Reader,
        turn: int,
        may_go_on: Callable[[], bool],
        into: list[Observation],
    ) -> None:
        """Probe the list whose turn it is, and each that was never read; read whole what changed.

        `left` then holds the ids that vanished from a list. OutOfTime and ProviderError pass
        through; the stored entries of what was not read to its end stay as they were.
        """
        words = reader.abilities.short_words
        for number, word in enumerate(words):
            if may_go_on() and (word not in self.seen or turn % len(words) == number):
                self._read_list(reader, word, may_go_on, into)

    def _read_list(
        self,
        reader: Reader,
        word: str,
        may_go_on: Callable[[], bool],
        into: list[Observation],
    ) -> None:
        before = self.seen.get(word)
        page, rows = _read(reader, word, 1)
        probe = f"{page.total} {pack_rows(rows)}"
        if before is not None and before["probe"] == probe:
            return
        if page.last_page > SHORT_PAGES:
            self.too_long.append(word)
            self.seen[word] = {"probe": probe, "whole": False, "ids": None}
            return
        for number in range(2, page.last_page + 1):
            if not may_go_on():
                return
            page, more = _read(reader, word, number)
            rows.extend(more)
        ids = sorted({o.payment.id for o in rows})
        if before is not None and before["ids"] is not None:
            self.left |= set(before["ids"]) - set(ids)
        news = before is not None and before["whole"]
        into.extend(replace(o, news=news) for o in rows)
        kept = ids if len(ids) <= KEPT_IDS else None
        self.seen[word] = {"probe": probe, "whole": True, "ids": kept}


def _read(reader: Reader, word: str, number: int) -> tuple[Page, list[Observation]]:
    newest = Order.NEWEST_FIRST in reader.abilities.orders
    query = ListQuery(word, Order.NEWEST_FIRST if newest else None, page=number)
    page, rows = reader.page(query, DetectedBy.SETTLED_SCAN)
    return page, list(rows)
