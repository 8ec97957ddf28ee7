"""The step that reconciles: in slices, in what the poll leaves of a run's time and requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from paywatch.discovery.ledger import Outcome
from paywatch.discovery.reader import UNFILTERED, Observation
from paywatch.discovery.reconcile import SURE, UNSURE, Reconcile, Suspect
from paywatch.discovery.settled import SettledWatch
from paywatch.domain.changes import DetectedBy, stamp
from paywatch.domain.payments import timestamp
from paywatch.errors import Unavailable, UnexpectedResponse
from paywatch.ports import Page
from paywatch.round import NONSENSE, Round

# The share of the run after which no page is begun any more: the next poll's requests are not to
# wait for those of this one. However long the steps before it took, it has the least.
RECONCILED, LEAST_RECONCILED = 0.85, 0.03


class Reconciling:
    """One source's reconcile, begun on request, for the baseline, or because totals differ."""

    def __init__(self, round_: Round, watch: SettledWatch) -> None:
        self._round = round_
        self._watch = watch
        self._state = round_.memory.get("reconcile", {})
        self.ended = False
        self.missed: list[str] = []

    @property
    def baseline_is_complete(self) -> bool:
        """Whether everything was read once since the watch began."""
        return isinstance(self._state.get("completed"), dict)

    @property
    def under_way(self) -> bool:
        """Whether there is one to go on with."""
        return "current" in self._state

    @property
    def wanted(self) -> bool:
        """Whether one was asked for, by this run or by one that died, and is still to be begun."""
        return bool(self._state.get("wanted"))

    def want(self) -> None:
        """Note at once that one is asked for: who asks comes again in a day."""
        self._state = {**self._state, "wanted": True}
        self._round.keep("reconcile", self._state)

    def request(self) -> None:
        """Begin a reconcile; one that is under way, and past some page, is followed by another."""
        self._state = {name: each for name, each in self._state.items() if name != "wanted"}
        if self.under_way:
            self._state = {**self._state, "again": True}
            self._round.memory["reconcile"] = self._state
        self.begin()

    def begin(self) -> None:
        """Begin a reconcile unless one is under way."""
        if self.under_way:
            return
        words = [] if self.baseline_is_complete else self._round.reader.abilities.short_words
        lists = [word for word in words if not self._watch.whole(word)]
        began = timestamp(self._round.began)
        self._state = {**self._state, "current": Reconcile([*lists, UNFILTERED], began).store()}
        self._round.memory["reconcile"] = self._state

    def go_on(self, listed_at: Callable[[str], str | None]) -> None:
        """Settle what is suspected, then read as many pages as there is room for."""
        if not self.under_way:
            return
        try:
            reconcile = Reconcile.load(self._state["current"])
        except NONSENSE:
            self._round.report.hint("the stored reconcile made no sense and is begun anew")
            del self._state["current"]
            self.begin()
            reconcile = Reconcile.load(self._state["current"])
        self._round.attempt("reconcile", lambda: self._confirm(reconcile, listed_at))
        self._round.attempt("reconcile", lambda: self._read_what_can_be(reconcile, listed_at))
        current = reconcile.store()
        self._round.report.reconcile = {
            name: current[name] for name in ("lists", "page", "pages", "rows", "misses", "skipped")
        }
        if reconcile.done:
            self.ended = True
            ended = timestamp(self._round.clock.now())
            done = {"began": reconcile.began, "ended": ended}
            again = bool(self._state.get("again"))
            counts = {name: getattr(reconcile, name) for name in ("rows", "misses", "skipped")}
            self._state = {"completed": {**done, **counts}}
            if again:
                self.begin()
        else:
            self._state = {**self._state, "current": current}
        self._round.memory["reconcile"] = self._state

    def _confirm(self, reconcile: Reconcile, listed_at: Callable[[str], str | None]) -> None:
        """Read the suspects of earlier runs again, now that a poll could have seen them."""
        round_ = self._round
        may_go_on, failed_before = round_.within(RECONCILED, LEAST_RECONCILED), False
        for key in reconcile.due(round_.epoch):
            if not may_go_on():
                return
            suspect = reconcile.suspects.get(key)
            if suspect is None or not self._had_its_turn(key, suspect):
                continue
            try:
                rows = self._second_look(reconcile, key, suspect)
            except (Unavailable, UnexpectedResponse):
                # It holds up no other; two in a row are of the provider.
                suspect.failed = True
                if failed_before:
                    raise
                failed_before = True
                continue
            failed_before = False
            for row in rows:
                if row.payment.id in reconcile.suspects:
                    self._believe(reconcile, row, listed_at)

    def _second_look(self, reconcile: Reconcile, key: str, suspect: Suspect) -> list[Observation]:
        """Ask for a suspect by its id; where that failed before, read its page again."""
        reader = self._round.reader
        if not reader.abilities.by_id or suspect.failed:
            return reconcile.seek(reader, key)
        found = reader.lookup(key)
        if found is None:
            del reconcile.suspects[key]
            return []
        return [found]

    def _believe(
        self, reconcile: Reconcile, row: Observation, listed_at: Callable[[str], str | None]
    ) -> None:
        """Record what a second read of a suspect says; what that changes may be a miss."""
        round_, key = self._round, row.payment.id
        suspect = reconcile.suspects[key]
        seen = replace(row, detected_by=DetectedBy.RECONCILE, news=True)
        first = replace(seen, seen=stamp(suspect.epoch, 0), route=f"list:{UNFILTERED}")
        agreed = {key: first} if row.payment.provider_status == suspect.word else {}
        before, was_due = len(round_.recording.applied.changes), self._was_due(key, suspect)
        round_.recording.apply([seen], listed_at, round_.within(1.0), agreed)
        missed = len(round_.recording.applied.changes) - before if was_due else 0
        reconcile.misses += missed
        round_.report.misses += missed
        self.missed += [key] * bool(missed)
        if round_.recording.whole:
            del reconcile.suspects[key]

    def _had_its_turn(self, key: str, suspect: Suspect) -> bool:
        """Whether every settled list was probed since, where the suspect is of a settled payment.

        One list is probed at each poll: what that would find as well is no miss. Where a suspect
        can only be looked for on its page it is not waited for: pages move.
        """
        if not self._round.reader.abilities.by_id or suspect.failed:
            return True
        self._round.books.find([key])
        known = self._round.books.records.get(key)
        if known is None or known.open:
            return True
        turns = len(self._round.reader.abilities.settled_words)
        return self._round.epoch - suspect.epoch > turns

    def _was_due(self, key: str, suspect: Suspect) -> bool:
        """Whether the polls had their chance before: of an open payment, a sweep begun later."""
        self._round.books.find([key])
        known = self._round.books.records.get(key)
        if known is None:
            return self.baseline_is_complete
        return not known.open or suspect.epoch < int(
            self._round.memory.get("walk", {}).get("epoch", 0)
        )

    def _read_what_can_be(
        self, reconcile: Reconcile, listed_at: Callable[[str], str | None]
    ) -> None:
        """Read on; a page that fails where others are answered must not hold up the rest.

        The first page is no such page: without it nothing of the list is read at all.
        """
        report, seen = self._round.report, self._round.reader.seen
        try:
            self._read(reconcile, listed_at)
        except (Unavailable, UnexpectedResponse) as fault:
            sure = report.outcome == "ok"
            if reconcile.page == 1 or not (sure or seen):
                raise
            page, weight = reconcile.page, SURE if sure else UNSURE
            left_out = " and is left out" if reconcile.give_up(weight) else ""
            report.hint(f"reconcile: page {page} cannot be read{left_out}: {fault}")

    def _read(self, reconcile: Reconcile, listed_at: Callable[[str], str | None]) -> None:
        round_, resumed = self._round, True
        may_go_on = round_.within(RECONCILED, LEAST_RECONCILED)
        while reconcile.may_read_on and may_go_on():
            before = reconcile.step_back(round_.reader) if resumed else None
            resumed = False
            if before is not None:
                self._take(reconcile, *before, listed_at)
                if not round_.recording.whole:
                    return
            page, rows = reconcile.read_page(round_.reader)
            if reconcile.doubts_page(page):
                round_.report.hint(f"reconcile: page {page.number} states {page.total} in all")
                return
            name = reconcile.lists[0]
            self._take(reconcile, page, rows, listed_at)
            if not round_.recording.whole:
                return
            if reconcile.advance(page) and name != UNFILTERED:
                self._watch.note_whole(name)
            round_.books.forget_settled()

    def _judged(self, name: str, row: Observation) -> Observation:
        """Mark a row as news if its list was read whole before and it was not there."""
        word = row.payment.provider_status
        undated = word in self._round.reader.abilities.short_words
        return replace(row, news=name == UNFILTERED and undated and self._watch.whole(word))

    def _take(
        self,
        reconcile: Reconcile,
        page: Page,
        rows: list[Observation],
        listed_at: Callable[[str], str | None],
    ) -> None:
        """Record at once what is new or silent, and suspect what would be a move."""
        round_ = self._round
        rows = [self._judged(reconcile.lists[0], row) for row in rows]
        round_.books.find({row.payment.id for row in rows})
        rulings = round_.books.rule(round_.rules, rows, listed_at, {})
        silent = []
        for steps in rulings.values():
            for row, ruling in steps:
                settled = ruling.record is not None and not ruling.record.open
                first_sight = row.payment.id not in round_.books.records
                if ruling.outcome is Outcome.CHANGED and first_sight:
                    # No poll has to have seen it yet; what it says now may be gone by the next.
                    silent.append(row)
                elif ruling.outcome in (Outcome.CHANGED, Outcome.BACKWARDS):
                    reconcile.suspect(row.payment, page.number, round_.epoch)
                elif ruling.outcome is Outcome.SILENT or settled:
                    silent.append(row)
        round_.recording.apply(silent, listed_at, round_.within(1.0))
