"""The watch over settled lists: refunds, disputes and late failures happen to settled payments.

Each poll probes one list: its stated total and its newest rows. A short one (its rows carry no
date of the move: refunded, disputed, failed) that changed is read whole; what is not known there is
news once the list had been read whole before. What a long one does not show, totals do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from paywatch.discovery.known import pack_rows, packed, unknown
from paywatch.discovery.reader import Observation, Reader
from paywatch.domain.changes import DetectedBy
from paywatch.domain.stored import flag, mapping, texts, whole_number
from paywatch.errors import ProviderError, Unavailable, UnexpectedResponse
from paywatch.ports import Abilities, ListQuery, Order, Page

# So many pages are read at once, however little time there is: their ids can be kept.
AT_ONCE = 5
# A list of more pages than this is not short: it is left to totals and to reconcile.
SHORT_PAGES = 200
PAGE_SIZE = 100
# Of lists up to this long the ids are kept, so that one that leaves is asked for.
KEPT_IDS = 100
# Of a list that is not being walked from poll to poll.
_AT_REST: dict[str, Any] = {"next": 0, "then": -1, "then_rows": ""}


@dataclass
class SettledWatch:
    """What was seen of each settled list the last time it was read, by its word.

    An entry holds `total`, `rows` (the newest ones, packed), `whole` (whether the list was ever
    read whole) and `ids` (None where there are too many). Where a list changed and was longer than
    one poll had time for, `next` is the page at which to go on (else 0), `then` and `then_rows`
    its total and its newest rows when that walk began. `stated` holds the totals of this run,
    `vanished` the ids that left a list whose ids were kept.
    """

    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    stated: dict[str, int] = field(default_factory=dict)
    vanished: set[str] = field(default_factory=set)

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> SettledWatch:
        """Read what `store` wrote."""
        seen = {}
        for word, entry in mapping(stored).items():
            ids = entry["ids"]
            seen[word] = {
                "total": whole_number(entry["total"], least=-1),
                "rows": packed(entry["rows"]),
                "whole": flag(entry["whole"]),
                "ids": None if ids is None else texts(ids),
                "next": whole_number(entry.get("next", 0)),
                "then": whole_number(entry.get("then", -1), least=-1),
                "then_rows": packed(entry.get("then_rows", "")),
            }
        return cls(seen)

    def store(self) -> dict[str, Any]:
        """Write down what was seen."""
        return self.seen

    def whole(self, word: str) -> bool:
        """Whether the list was read whole since the watch began."""
        return bool(self.seen.get(word, {}).get("whole"))

    def note_whole(self, word: str) -> None:
        """Note that a list that is too long for one poll was read whole all the same."""
        entry = self.seen.setdefault(word, {"total": -1, "rows": "", "ids": None, **_AT_REST})
        entry["whole"] = True

    def read(
        self,
        reader: Reader,
        turn: int,
        may_go_on: Callable[[], bool],
        into: list[Observation],
        later: Collection[str] = (),
    ) -> None:
        """Probe the list whose turn it is, and each short one that was never read.

        One of more pages than there is time for is left where `go_on` takes it up, and so are those
        of `later`.

        OutOfTime and ProviderError pass through, those of one list after the other lists; the entry
        of what was not read to its end stays as it was.
        """
        words, short = reader.abilities.settled_words, reader.abilities.short_words
        faults: list[ProviderError] = []
        for number, word in enumerate(words):
            due = turn % len(words) == number or (word in short and not self._settled(word))
            if may_go_on() and due and word not in later:
                try:
                    self._probe(reader, word, word in short, may_go_on, into)
                except (Unavailable, UnexpectedResponse) as fault:
                    faults.append(fault)
        if faults:
            raise faults[0]

    def read_flawed(
        self,
        reader: Reader,
        turn: int,
        may_go_on: Callable[[], bool],
        into: list[Observation],
        flawed: Collection[str],
    ) -> None:
        """Probe the list whose turn it is, if it is one of those that `read` was to leave."""
        words, short = reader.abilities.settled_words, reader.abilities.short_words
        word = words[turn % len(words)]
        if word in flawed and may_go_on():
            self._probe(reader, word, word in short, may_go_on, into)

    def go_on(self, reader: Reader, may_go_on: Callable[[], bool], into: list[Observation]) -> None:
        """Walk on in the lists that were too long so far."""
        for word in reader.abilities.settled_words:
            if self.seen.get(word, {}).get("next") and may_go_on():
                self._probe(reader, word, word in reader.abilities.short_words, may_go_on, into)

    def _settled(self, word: str) -> bool:
        """Whether a short list needs no reading out of its turn: it is whole, or too long."""
        entry = self.seen.get(word)
        return entry is not None and (entry["whole"] or entry["ids"] is None)

    def _probe(
        self,
        reader: Reader,
        word: str,
        short: bool,
        may_go_on: Callable[[], bool],
        into: list[Observation],
    ) -> None:
        before = self.seen.get(word)
        page, rows = read_settled(reader, word, 1)
        self.stated[word] = page.total
        page_one, packed = page.total, pack_rows(rows)
        entry = {"total": page_one, "rows": packed, "whole": False, "ids": None, **_AT_REST}
        was_empty, resumed = False, 0
        if before is not None:
            entry |= {"whole": before["whole"], "ids": before["ids"]}
            was_empty, resumed = before["total"] == 0, before["next"]
            unchanged = before["total"] == page.total and before["rows"] == entry["rows"]
            if unchanged and not resumed and (before["whole"] or not short):
                return
        short = short and page.last_page <= SHORT_PAGES
        news = short and before is not None and before["whole"]

        def take(read: list[Observation]) -> None:
            # At once: what was read is evidence also where the rest of the list has to wait.
            new = read if before is None else unknown(read, before["rows"])
            into.extend(replace(o, news=news) for o in new)

        take(rows)
        if short:
            ids, totals = {o.payment.id for o in rows}, {page.total}
            # Rows that come in push others down, behind where the last poll stopped: none is left
            # out. What comes in before that page is read when this walk has ended.
            for number in range(max(resumed, 2), page.last_page + 1):
                if number > AT_ONCE and not may_go_on():
                    if before is not None:
                        then = (before["then"], before["then_rows"])
                        then = then if resumed else (page_one, packed)
                        self.seen[word] = {
                            **before,
                            "next": number,
                            "then": then[0],
                            "then_rows": then[1],
                        }
                    return
                page, rows = read_settled(reader, word, number)
                take(rows)
                ids |= {o.payment.id for o in rows}
                totals.add(page.total)
            if before is not None and before["ids"] is not None and not resumed:
                self.vanished |= set(before["ids"]) - ids
            # Pages move while they are read, and an empty answer may lie: news is only what was
            # not in a list that showed as many as it states, or was empty twice.
            sealed = not resumed and totals == {len(ids)} and (bool(ids) or was_empty)
            entry["whole"] = entry["whole"] or sealed
            entry["ids"] = sorted(ids) if len(ids) <= KEPT_IDS and not resumed else None
        if before is not None and resumed:
            # What changed while the walk was under way is walked for at the list's next turn.
            entry |= {"total": before["then"], "rows": before["then_rows"]}
        self.seen[word] = entry


def settled_query(abilities: Abilities, word: str, page: int) -> ListQuery:
    """Return the query for a page of a settled list, the latest moves first where that can be."""
    order = None
    if word == abilities.paid_word and Order.LATEST_PAID_FIRST in abilities.orders:
        order = Order.LATEST_PAID_FIRST
    elif Order.NEWEST_FIRST in abilities.orders:
        order = Order.NEWEST_FIRST
    size = None if abilities.page_size is None else min(PAGE_SIZE, abilities.page_size)
    return ListQuery(word, order, page=page, page_size=size)


def read_settled(reader: Reader, word: str, number: int) -> tuple[Page, list[Observation]]:
    """Read one page of a settled list."""
    query = settled_query(reader.abilities, word, number)
    page, rows = reader.page(query, DetectedBy.SETTLED_SCAN)
    return page, list(rows)
