"""A run that reconciles a source in memory, and what earlier runs read and suspected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from paywatch.discovery.reader import UNFILTERED
from paywatch.discovery.reconcile import Reconcile, Suspect
from paywatch.discovery.settled import SettledWatch
from paywatch.domain.payments import Payment
from paywatch.reconciling import Reconciling
from paywatch.round import Round
from tests.examples import WATCH, at
from tests.unit.discovery.rounds import Rounds
from tests.unit.discovery.shelf import Shelf

# The number of the run, and of the one before it.
EPOCH = int(WATCH.timestamp()) + 2
BEFORE = EPOCH - 1
COMPLETED = {"began": at(-9), "ended": at(-8), "rows": 5, "misses": 0, "skipped": 0}
# When every open payment was listed last.
LISTED = at(90)


def suspect(word: str, *, page: int = 1, epoch: int = BEFORE - 9, tries: int = 0) -> Suspect:
    """Return a suspicion, of a run long ago unless told otherwise."""
    return Suspect(word, page, epoch, tries)


class Slowly:
    """A run over stored payments; `current` is the reconcile that is under way, if one is.

    `whole` are the lists that were read whole before; `walk` is the number of the last sweep.
    """

    def __init__(
        self,
        shown: Sequence[Payment] = (),
        held: Iterable[Payment] = (),
        *,
        lists: Sequence[str] | None = None,
        suspects: Mapping[str, Suspect] | None = None,
        stored: Mapping[str, Any] | None = None,
        walk: int | None = BEFORE,
        whole: Iterable[str] = (),
        shelf: Shelf | None = None,
        **current: Any,
    ) -> None:
        self.shelf = shelf or Shelf(shown)
        self.rounds = Rounds(self.shelf)
        for row in held:
            self.rounds.hold(row)
        sections: dict[str, Any] = {"walk": {"began": at(50)}}
        if walk is not None:
            sections["walk"]["epoch"] = walk
        state = {"completed": COMPLETED} if stored is None else dict(stored)
        if lists is not None or suspects is not None:
            left = [UNFILTERED] if lists is None else list(lists)
            now = Reconcile(left, at(-1), suspects=dict(suspects or {}), **current)
            state["current"] = now.store()
        if state:
            sections["reconcile"] = state
        self.rounds.write(**sections)
        self.watch = SettledWatch()
        for word in whole:
            self.watch.note_whole(word)
        self.begin()

    def begin(self, **limits: Any) -> None:
        """Begin the run, with other limits."""
        self.round: Round = self.rounds.begin(**limits)
        self.reconciling = Reconciling(self.round, self.watch)

    def go_on(self) -> None:
        self.reconciling.go_on(lambda key: LISTED)

    @property
    def state(self) -> Any:
        """What the run stores."""
        return self.round.memory["reconcile"]

    @property
    def current(self) -> Reconcile:
        """The reconcile that is under way, as the run stores it."""
        return Reconcile.load(self.state["current"])

    @property
    def told(self) -> list[tuple[str, str, str]]:
        """Of every change that the run recorded: its payment, its status, and how it was found."""
        changes = self.round.recording.applied.changes
        return [(c.payment.id, str(c.status), str(c.detected_by)) for c in changes]
