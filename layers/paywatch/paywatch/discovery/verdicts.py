"""Verdicts: what direct evidence says of payments that left the lists of open ones.

A leaver is a reason to ask. It is looked for where a list shows many at once, then by its id where
the provider can; where it cannot, in the settled lists. Without evidence nothing is concluded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from paywatch.discovery.abilities import can_ask_by_id, can_ask_for_many, load_found_out
from paywatch.discovery.known import pack_rows, unknown, unpack_hashes
from paywatch.discovery.reader import UNFILTERED, Observation, Reader
from paywatch.discovery.tail import OVERLAP, observed_order
from paywatch.domain.changes import DetectedBy, Record
from paywatch.domain.payments import moment, timestamp
from paywatch.domain.stored import mapping, whole_number
from paywatch.errors import ProviderError, Unavailable, UnexpectedResponse
from paywatch.ports import ListQuery, Order

T = TypeVar("T")

# Where a scan of a list begins that no run has begun.
FROM_THE_START: Mapping[str, Any] = {"page": 1, "down": False}
SCAN_PAGES = 6
# Fewer rows than this may lie in order by chance.
ORDERED_ROWS = 6
# From so many on, a list that shows the latest paid ones is cheaper than asking one by one.
MANY = 3
# So many ids go into one filter: what fits on a page.
TOGETHER = 20


def load_inquiry(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Read the `memory` of an earlier run's questions."""
    memory: dict[str, Any] = {**load_found_out(stored)}
    if "scans" in stored:
        memory["scans"] = {
            str(word): {"page": max(int(cursor["page"]), 1), "down": bool(cursor["down"])}
            for word, cursor in stored["scans"].items()
        }
    if "shown" in stored:
        for packed in stored["shown"].values():
            unpack_hashes(packed)  # what is no such text raises
        memory["shown"] = dict(stored["shown"])
    if "failing" in stored:
        memory["failing"] = {k: whole_number(n) for k, n in mapping(stored["failing"]).items()}
    return memory


@dataclass
class Inquiry:
    """One run's questions after leavers.

    `memory` is what was found out about the provider, carried from run to run: whether it answers
    by id, where the scans of its lists stopped, which rows they showed, and how often in a row the
    answer for a single payment could not be used. `found` has every row that they had not shown
    before: whatever was read is evidence. `doubtful` are those of the wanted that a list showed as
    open again: a list of settled ones cannot confirm that. `fault` is the first that ended a way of
    asking, `passed` are those of single questions.
    """

    reader: Reader
    memory: dict[str, Any]
    may_go_on: Callable[[], bool]
    now: datetime
    doubtful: Collection[str] = ()
    found: list[Observation] = field(default_factory=list)
    absent: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    fault: ProviderError | None = None
    passed: list[ProviderError] = field(default_factory=list)
    _shown: dict[str, list[Observation]] = field(default_factory=dict)

    def ask(
        self,
        wanted: Mapping[str, Record],
        listed_at: Callable[[str], str | None],
        open_ids: Sequence[str],
    ) -> None:
        """Look for the wanted payments; `open_ids` are listed ones, for finding abilities out.

        `listed_at` says when the last walk began that listed a payment. What was found is in
        `found` also when OutOfTime or a ProviderError ends it. A way of asking that fails leaves
        the others to be taken, and is raised at the end.
        """
        left = dict(wanted)
        if len(left) >= MANY and self._latest_paid():
            since = min(listed_at(record.id) or record.since for record in left.values())
            try:
                self._scan_paid(left, since)
            except (Unavailable, UnexpectedResponse) as fault:
                self.passed.append(fault)  # it would have been the shorter way
        if len(left) >= MANY and can_ask_for_many(self, open_ids):
            self._look_up_many(left)
        if left and can_ask_by_id(self, open_ids):
            self._look_up(left)
        elif left:
            self._scan_settled(left)
        if self.fault is not None:
            raise self._told(self.fault)

    def find_out(self, open_ids: Sequence[str]) -> None:
        """Find out whether the provider answers for a single payment, though nobody is wanted."""
        can_ask_by_id(self, open_ids)

    def _one_by_one(self, questions: Iterable[T], ask: Callable[[T], None]) -> bool:
        """Put the questions while there is time; return whether a refusal ended them.

        One that fails holds up no other, but two in a row, a refusal and a request to slow down
        are of the provider.
        """
        failed_before = False
        for question in questions:
            if not self.may_go_on():
                return False
            try:
                ask(question)
                failed_before = False
            except ProviderError as fault:
                self.passed.append(fault)
                refused = not isinstance(fault, (Unavailable, UnexpectedResponse))
                if failed_before or refused:
                    self.fault = self.fault or fault
                    return refused
                failed_before = True
        return False

    def _told(self, fault: ProviderError) -> ProviderError:
        """Return what to raise: a refusal beside lists that are answered is none of the key."""
        if self._shown and not isinstance(fault, (Unavailable, UnexpectedResponse)):
            return UnexpectedResponse(str(fault))
        return fault

    def _latest_paid(self) -> bool:
        abilities = self.reader.abilities
        return abilities.paid_word is not None and Order.LATEST_PAID_FIRST in abilities.orders

    def _scan_paid(self, left: dict[str, Record], since: str) -> None:
        """Read the latest paid ones while they hold wanted ones; the rest is asked for by id."""
        floor = timestamp(moment(since) - OVERLAP)
        for number in range(1, SCAN_PAGES + 1):
            if not left or not self.may_go_on():
                return
            query = ListQuery(self.reader.abilities.paid_word, Order.LATEST_PAID_FIRST, page=number)
            page, rows = self.reader.page(query, DetectedBy.SETTLED_SCAN)
            before = len(left)
            self._take(query.status, rows, left)
            dates = [row.paid_at for row in page.rows if row.paid_at is not None]
            past = bool(dates) and dates[-1] < floor
            if not page.goes_on or past or len(left) == before:
                return

    def _look_up_many(self, left: dict[str, Record]) -> None:
        """Ask for several at a time; whoever does not come back is asked for alone."""

        def ask(ids: Sequence[str]) -> None:
            _, rows = self.reader.page(ListQuery(ids=tuple(ids)), DetectedBy.LOOKUP)
            for observed in rows:
                if left.pop(observed.payment.id, None) is not None:
                    self.found.append(observed)
                    self.asked.add(observed.payment.id)

        ids = list(left)
        self._one_by_one([ids[n : n + TOGETHER] for n in range(0, len(ids), TOGETHER)], ask)

    def ask_lists(self, ids: Sequence[str], into: list[Observation]) -> None:
        """Ask for payments a second time by another route: a list, where it takes an id."""
        if self.reader.abilities.many_ids is False:
            return
        self.passed.clear()

        def ask(payment_id: str) -> None:
            into.extend(self.reader.page(ListQuery(ids=(payment_id,)), DetectedBy.LOOKUP)[1])

        self._one_by_one(ids, ask)
        if self.passed:
            raise self.passed[0]

    def _look_up(self, left: dict[str, Record]) -> None:
        """Ask one by one, those that failed before last; where that is refused, look in lists."""
        before: Mapping[str, int] = self.memory.get("failing", {})
        failing = self.memory["failing"] = {k: n for k, n in before.items() if k in left}

        def ask(payment_id: str) -> None:
            failing[payment_id] = failing.get(payment_id, 0) + 1
            observed = self.reader.lookup(payment_id)
            del failing[payment_id]
            self.asked.add(payment_id)
            if observed is None:
                self.absent.add(payment_id)
            else:
                self.found.append(observed)
                del left[payment_id]

        if self._one_by_one(sorted(left, key=lambda key: failing.get(key, 0)), ask):
            self._scan_settled(left)
        elif self.absent and self.absent >= self.asked:
            # Nobody is known by id any more: find the ability out again, next time.
            self.memory.pop("by_id", None)
            if self.reader.abilities.by_id is None:
                self._scan_settled({key: left[key] for key in left if key in self.absent})

    def _scan_settled(self, left: dict[str, Record]) -> None:
        """Read the settled lists from their newest end, going on where the last run stopped."""
        wanted = set(left)
        cursors = self.memory.setdefault("scans", {})
        doubted = {key: left[key] for key in self.doubtful if key in left}
        if doubted and self.may_go_on():
            self._scan_word(None, doubted, cursors)
            for key in wanted.intersection(self.doubtful) - set(doubted):
                del left[key]
        words = self.reader.abilities.settled_words
        begun = set(cursors).intersection(words)
        # Those that the last run did not finish come first, and are all that is still to be read.
        for word in sorted(words, key=lambda word: word not in begun):
            if left and self.may_go_on():
                self._scan_word(word, left, cursors)
            elif left and (word in begun or not begun):
                cursors.setdefault(word, dict(FROM_THE_START))
        if not cursors:
            self.asked |= wanted

    def _scan_word(
        self, word: str | None, left: dict[str, Record], cursors: dict[str, dict[str, Any]]
    ) -> None:
        created = [record.payment.created_at or "" for record in left.values()]
        floor = timestamp(moment(min(created)) - OVERLAP) if all(created) else ""
        cursor = cursors.pop(word or UNFILTERED, FROM_THE_START)
        number, down = int(cursor["page"]), bool(cursor["down"])
        for _ in range(SCAN_PAGES):
            if not left or not self.may_go_on():
                break
            query = ListQuery(word, page=number, page_size=self.reader.abilities.page_size)
            page, rows = self.reader.page(query, DetectedBy.SETTLED_SCAN)
            self._take(word, rows, left)
            order = observed_order(page.rows)
            if number == 1 and not down and order is Order.OLDEST_FIRST and page.last_page > 1:
                number, down = page.last_page, True
                continue
            if number <= 1 if down else not page.goes_on:
                return
            dates = [row.created_at for row in page.rows if row.created_at is not None]
            if order is not None and len(set(dates)) >= ORDERED_ROWS and min(dates) < floor:
                return
            number += -1 if down else 1
        if left:
            cursors[word or UNFILTERED] = {"page": number, "down": down}

    def _take(self, word: str | None, rows: Sequence[Observation], left: dict[str, Record]) -> None:
        shown = self._shown.setdefault(word or "", [])
        shown.extend(rows)
        self.found.extend(unknown(rows, self.memory.get("shown", {}).get(word or "", "")))
        for observed in rows:
            if left.pop(observed.payment.id, None) is not None:
                self.asked.add(observed.payment.id)
                if observed not in self.found:
                    self.found.append(observed)

    def remember_shown(self) -> None:
        """Note what the lists showed, once it is recorded."""
        kept = self.memory.setdefault("shown", {})
        kept.update({word: pack_rows(rows) for word, rows in self._shown.items()})
