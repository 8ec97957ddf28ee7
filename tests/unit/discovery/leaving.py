"""A run that asks after payments that left, over stored open ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from paywatch.discovery.brake import Plausible
from paywatch.discovery.known import short_hash
from paywatch.discovery.sweep import Sweep
from paywatch.discovery.walk import Walk
from paywatch.domain.payments import BUCKETS, Payment
from paywatch.leaving import Leaving
from paywatch.round import Round
from tests.examples import WATCH, at, payment
from tests.unit.discovery.rounds import Rounds
from tests.unit.discovery.shelf import Shelf


def swept(epoch: int, *ids: str) -> Sweep:
    """Return a sweep that the run of that epoch began and that listed these ids."""
    walk = Walk("created", ids={short_hash(payment_id) for payment_id in ids}, complete=True)
    return Sweep(WATCH, epoch, [walk], {})


def away(due: float = 0, **fields: Any) -> dict[str, Any]:
    """Return what is stored of a leaver."""
    given = {"line": "some line", "since": at(-9), "next": at(due), "asked": 0, "absent": 0}
    return {**given, **fields}


class Stage:
    """A run over stored open payments; what a run stored before it is given by sections."""

    def __init__(
        self,
        held: Iterable[Payment | str] = (),
        shown: Iterable[Payment] = (),
        *,
        shelf: Shelf | None = None,
        plausible: Plausible | None = None,
        **sections: Any,
    ) -> None:
        self.shelf = shelf or Shelf(shown)
        self.rounds = Rounds(self.shelf)
        for row in held:
            self.rounds.hold(payment(row) if isinstance(row, str) else row)
        self.rounds.write(**{"walk": {"began": at(50), "epoch": 1}, **sections})
        self.plausible = plausible
        self.begin()

    def begin(self, **limits: Any) -> None:
        """Begin the run, with other limits."""
        self.round: Round = self.rounds.begin(plausible=self.plausible, **limits)
        self.round.books.load(range(BUCKETS))
        self.leaving = Leaving(self.round)

    @property
    def stored(self) -> dict[str, Any]:
        """What the run stores of leavers."""
        stored: dict[str, Any] = self.round.memory["leavers"]
        return stored

    @property
    def looked_up(self) -> list[str]:
        """Whom the provider was asked for, in order."""
        return self.shelf.looked_up
