"""Every row that is read becomes an observation: when it was read, by which request and route."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from paywatch.discovery.flaws import Looked
from paywatch.domain.changes import DetectedBy, stamp
from paywatch.domain.payments import Payment
from paywatch.errors import ProviderError
from paywatch.ports import Abilities, Allowance, Answer, ListQuery, Page, Provider

# Where a row came from: an answer by id, a list by its status word, or the list of all.
BY_ID = "id"
UNFILTERED = "*"


@dataclass(frozen=True)
class Observation:
    """One row as it was read.

    `seen` is its evidence stamp; `route` names the list or the lookup that it came from. `news`
    says that the row is news even if all its dates lie before the watch (its list had been read
    whole before, and it was not there).
    """

    payment: Payment
    seen: str
    sent_at: datetime
    received_at: datetime
    dated: datetime | None
    detected_by: DetectedBy
    route: str
    news: bool = False


class Reader:
    """Reads one source within one run's allowance and stamps what it reads with the run's epoch."""

    def __init__(self, provider: Provider, allowance: Allowance, epoch: int) -> None:
        self._provider = provider
        self._epoch = epoch
        self.allowance = allowance
        self.seen = 0
        self.refused = 0
        self.looked = Looked()

    @property
    def abilities(self) -> Abilities:
        """What the lists can do."""
        return self._provider.abilities

    def page(self, query: ListQuery, by: DetectedBy) -> tuple[Page, Sequence[Observation]]:
        """Read one page; rows that could not be understood are counted and left out."""
        try:
            page = self._provider.list(query, self.allowance)
        except ProviderError as fault:
            self.looked.failed(query, str(fault))
            raise
        self.looked.read(query, page)
        self.seen += len(page.rows)
        self.refused += len(page.refused)
        route = f"list:{query.status or UNFILTERED}"
        return page, [self._observe(row, page.answer, by, route) for row in page.rows]

    def lookup(self, payment_id: str) -> Observation | None:
        """Ask for one payment by its id; None where the provider answers 404."""
        found = self._provider.get(payment_id, self.allowance)
        if found.payment is None:
            return None
        self.seen += 1
        return self._observe(found.payment, found.answer, DetectedBy.LOOKUP, BY_ID)

    def _observe(self, row: Payment, answer: Answer, by: DetectedBy, route: str) -> Observation:
        return Observation(
            payment=row,
            seen=stamp(self._epoch, answer.request),
            sent_at=answer.sent_at,
            received_at=answer.received_at,
            dated=answer.dated,
            detected_by=by,
            route=route,
        )
