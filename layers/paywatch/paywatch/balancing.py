"""The step that compares the provider's totals with our own counts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from paywatch.discovery.conservation import Conservation
from paywatch.discovery.reader import Observation
from paywatch.discovery.settled import SettledWatch, read_settled
from paywatch.reconciling import Reconciling
from paywatch.round import Round

# So many pages of a list are searched for what its total says is missing in our books.
SEARCHED = 5
# The share of the run after which no comparison is begun any more.
BALANCED = 0.9


class Balancing:
    """What totals show of settled payments that no other reading shows."""

    def __init__(self, round_: Round, watch: SettledWatch) -> None:
        self._round = round_
        self._watch = watch
        self._books = round_.recall("totals", Conservation.load)
        self._counted = 0

    def close(self, reconciling: Reconciling, listed_at: Callable[[str], str | None]) -> None:
        """Compare the totals of this run; a lasting difference is searched for, then reconciled."""
        round_, may_go_on = self._round, self._round.within(BALANCED)
        self._count()
        if reconciling.ended:
            self._books.release()
        if reconciling.baseline_is_complete and not reconciling.under_way:
            for word in self._watch.stated:
                if may_go_on():
                    compare = partial(self._compare, word, reconciling, listed_at)
                    round_.attempt("totals", compare)
        self._count()
        round_.memory["totals"] = self._books.store()

    def _count(self) -> None:
        moves = self._round.recording.applied.moves
        self._books.count(moves[self._counted :])
        self._counted = len(moves)

    def _compare(
        self,
        word: str,
        reconciling: Reconciling,
        listed_at: Callable[[str], str | None],
    ) -> None:
        round_, stated = self._round, self._watch.stated[word]
        if self._books.anchored(word) and not self._books.difference(word, stated):
            self._books.compare(word, stated)
            return
        page, rows = read_settled(round_.reader, word, 1)
        # Whatever was read is evidence, also where it was read for its total.
        self._record(rows, listed_at)
        if page.total != stated:
            return
        off = self._books.compare(word, stated)
        if not off:
            return
        round_.report.differences[word] = off
        for number in range(2, min(page.last_page, SEARCHED) + 1):
            self._record(read_settled(round_.reader, word, number)[1], listed_at)
        if self._books.difference(word, stated) and self._books.may_reconcile_early(round_.began):
            reconciling.begin()

    def _record(self, rows: list[Observation], listed_at: Callable[[str], str | None]) -> None:
        self._round.recording.apply(rows, listed_at, self._round.within(1.0))
        self._count()
