"""A provider with its lists in memory, which a test changes between any two of its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from paylab import LabClock
from paywatch.discovery.reader import Observation, Reader
from paywatch.domain.payments import Payment, Source
from paywatch.errors import PaywatchError, RowError
from paywatch.ports import Abilities, Allowance, Answer, Found, ListQuery, Order, Page
from paywatch.providers.compago.client import ABILITIES as COMPAGO_CAN
from paywatch.providers.onepay.client import ABILITIES as ONEPAY_CAN
from tests.examples import ONEPAY, WATCH

__all__ = ["COMPAGO_CAN", "ONEPAY_CAN", "Shelf", "always", "ids_of", "so_often"]


class Shelf:
    """Rows, in the order in which a list shows them that is not asked for any (ports.Provider).

    `before` is called with the number of each list request, from 1, before it is answered. `broken`
    holds pages, as (word, number), and ids of single payments that cannot be read. `lie` makes a
    stated total of the true one; `repeats` gives page 1 whichever is asked for; `short` takes so
    many rows from a page. `by_id` and `many_ids` say whether single payments are answered for, and
    several ids in one filter. Every request takes a second.
    """

    def __init__(
        self,
        rows: Iterable[Payment] = (),
        *,
        abilities: Abilities = ONEPAY_CAN,
        page_size: int = 20,
        by_id: bool = True,
        many_ids: bool = False,
    ) -> None:
        self.rows = list(rows)
        self.clock = LabClock(WATCH)
        self.before: Callable[[int], None] = lambda number: None
        self.broken: dict[tuple[str | None, int] | str, PaywatchError] = {}
        self.lie: Callable[[int], int] = lambda total: total
        self.repeats = False
        self.short: dict[int, int] = {}
        self.refused: dict[int, tuple[RowError, ...]] = {}
        self.asked: list[ListQuery] = []
        self.looked_up: list[str] = []
        self._abilities = abilities
        self._page_size = page_size
        self.by_id = by_id
        self.many_ids = many_ids

    @property
    def source(self) -> Source:
        return ONEPAY

    @property
    def abilities(self) -> Abilities:
        return self._abilities

    @property
    def pages(self) -> list[int]:
        """The numbers of the pages that were asked for, in order."""
        return [query.page for query in self.asked]

    def reader(self, *, epoch: int = 1, requests: int = 600) -> Reader:
        """Return a reader for one run."""
        return Reader(self, Allowance(self.clock, 1e9, requests), epoch)

    def remove(self, payment_id: str) -> None:
        self.rows = [row for row in self.rows if row.id != payment_id]

    def put(self, row: Payment) -> None:
        """Let a payment stand as this row, in the place where it stood before."""
        self.rows = [row if old.id == row.id else old for old in self.rows]

    def list(self, query: ListQuery, allowance: Allowance) -> Page:
        answer = self._answer(allowance)
        self.asked.append(query)
        self.before(len(self.asked))
        fault = self.broken.get((query.status, query.page))
        if fault is not None:
            raise fault
        size = query.page_size or self._page_size
        rows = self._in_order(query)
        number = 1 if self.repeats else query.page
        shown = rows[(number - 1) * size : number * size]
        total = self.lie(len(rows))
        return Page(
            answer=answer,
            number=query.page,
            rows=tuple(shown[self.short.get(query.page, 0) :]),
            refused=self.refused.get(query.page, ()),
            total=total,
            last_page=max(1, -(-total // size)),
            page_size=size,
        )

    def get(self, payment_id: str, allowance: Allowance) -> Found:
        answer = self._answer(allowance)
        self.looked_up.append(payment_id)
        fault = self.broken.get(payment_id)
        if fault is not None:
            raise fault
        found = [row for row in self.rows if row.id == payment_id] if self.by_id else []
        return Found(answer, found[0] if found else None)

    def _answer(self, allowance: Allowance) -> Answer:
        request, sent = allowance.spend(), self.clock.now()
        received = self.clock.advance(1)
        return Answer(request, sent, received, received)

    def _in_order(self, query: ListQuery) -> Sequence[Payment]:
        rows = [row for row in self.rows if query.status in (None, row.provider_status)]
        if query.ids:
            wanted = query.ids if self.many_ids else query.ids[:0]
            rows = [row for row in rows if row.id in wanted]
        if query.order in (Order.OLDEST_FIRST, Order.NEWEST_FIRST):
            rows.sort(key=lambda row: row.created_at or "")
        elif query.order is not None:
            rows.sort(key=lambda row: row.paid_at or "")
        if query.order in (Order.NEWEST_FIRST, Order.LATEST_PAID_FIRST):
            rows.reverse()
        return rows


def always() -> bool:
    """Let a step go on for as long as it likes."""
    return True


def never() -> bool:
    """Let no step go on."""
    return False


def so_often(times: int) -> Callable[[], bool]:
    """Let a step go on so many times."""
    left = [times]

    def may_go_on() -> bool:
        left[0] -= 1
        return left[0] >= 0

    return may_go_on


def ids_of(observations: Iterable[Observation]) -> list[str]:
    """Return the ids of what was read, in the order of reading."""
    return [o.payment.id for o in observations]
