"""Providers whose rows move between any two requests of a poll."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from paylab import AuditReport, LabPayment, LabTransport, World
from paylab.standings import Standing, standings
from paylab.world import Order
from paywatch.providers.http import Transport
from tests.differing import OPEN, differing, left_to_reconcile
from tests.polling import Polling

HOUR = timedelta(hours=1)
# After this, whoever vanished is asked for again.
LONGEST_PAUSE = HOUR
FOREVER = datetime.max.replace(tzinfo=UTC)
# A reconcile of some dozens of rows, three a page, and the second look at what it suspects.
RECONCILED = 20
# Rows a page: so few that every list has several pages.
PAGE = 3

# Where a payment may go from each status; what is settled moves once more at most.
MOVES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "compago": {
        "PENDING": ("CONFIRMED", "CANCELLED"),
        "CONFIRMED": ("PENDING", "CANCELLED"),
        "CANCELLED": ("CONFIRMED",),
    },
    "onepay": {
        "created": ("processing", "paid", "failed"),
        "processing": ("paid", "failed", "created"),
        "paid": ("refunded", "disputed", "created"),
        "failed": ("processing", "paid"),
        "disputed": ("refunded",),
    },
}


class Between(httpx.BaseTransport):
    """Does what is due before every request, and lets Compago give few rows a page."""

    def __init__(self, inner: Transport, before: Callable[[], None]) -> None:
        self._inner = inner
        self._before = before

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._before()
        url = re.sub(r"pageSize=\d+", f"pageSize={PAGE}", str(request.url))
        return self._inner.handle_request(
            httpx.Request(
                request.method, url, headers=request.headers, extensions=request.extensions
            )
        )


class Moving(Polling):
    """A polling of one source; `later` queues what happens after so many more requests.

    `scans` counts the polls between whose requests something did happen.
    """

    def __init__(self, source: str, order: Order = "newest_first", by_id: bool = True) -> None:
        super().__init__([source], order=order, by_id=by_id, latency=0.05, pace=20.0)
        self.source = source
        self.here: World = self.world(source)
        self.here.per_page = PAGE
        self.hidden: dict[str, LabPayment] = {}
        self.scans = 0
        self.disordered = order == "none"
        # When each payment that vanished did, and until when.
        self._away: dict[str, list[tuple[datetime, datetime]]] = {}
        self._asked = 0
        self._moved = False
        self._resettled: set[str] = set()
        self._queue: list[tuple[int, Callable[[], None]]] = []

    def carrier(self) -> Transport:
        return Between(LabTransport(self.lab, latency=self.latency), self._before)

    def poll(self, source: str = "compago", **options: Any) -> dict[str, Any]:
        self._asked, self._moved = 0, False
        try:
            return super().poll(source, **options)
        finally:
            self.scans += self._moved

    def later(self, requests: int, act: Callable[[], None]) -> None:
        """Let something happen after so many more requests."""
        self._queue.append((requests, act))

    def calm(self) -> None:
        """Let everything happen that is queued, and show what is hidden."""
        for _, act in self._queue:
            act()
        self._queue = []
        for payment_id in sorted(self.hidden):
            self.show(payment_id)

    def _before(self) -> None:
        due = [act for left, act in self._queue if left <= 0]
        self._queue = [(left - 1, act) for left, act in self._queue if left > 0]
        before = self._standing()
        for act in due:
            act()
        self._moved |= self._asked > 0 and self._standing() != before
        self._asked += 1

    def _standing(self) -> tuple[int, int, int, Order]:
        """Return what is another after anything that happens here."""
        vanished = sum(map(len, self._away.values()))
        return len(self.truth), len(self.hidden), vanished, self.here.order

    # --- What may happen --------------------------------------------------------------------------

    def add(self, status: str, age: timedelta | None = None) -> None:
        """Let a payment appear; one with an age was created before the watch."""
        particulars: dict[str, Any] = {}
        if age is not None:
            particulars["created_at"] = self.clock.now() - age
        self.here.add(status, **particulars)

    def move(self, number: int, choice: int) -> None:
        """Move one of the payments that are shown, by its number, to a status that may follow."""
        shown = list(self.here.payments())
        if not shown:
            return
        self._move(shown[number % len(shown)], choice)

    def _move(self, payment: LabPayment, choice: int) -> None:
        ways = MOVES[self.here.provider].get(payment.status, ())
        settled = payment.status not in OPEN[self.here.provider]
        if not ways or payment.id in self._resettled:
            return
        if settled:
            self._resettled.add(payment.id)
        self.here.move(payment.id, ways[choice % len(ways)])

    def hide(self, number: int) -> None:
        """Let a payment vanish from lists and lookups, for now."""
        shown = list(self.here.payments())
        if len(shown) > 1:
            payment = shown[number % len(shown)]
            self.hidden[payment.id] = self.here._payments.pop(payment.id)
            self._away.setdefault(payment.id, []).append((self.clock.now(), FOREVER))
            self.here._changed(payment.id)

    def show(self, payment_id: str) -> None:
        """Let a payment that vanished appear again, as it was."""
        self.here._payments[payment_id] = self.hidden.pop(payment_id)
        since, _ = self._away[payment_id].pop()
        self._away[payment_id].append((since, self.clock.now()))
        self.here._changed(payment_id)

    def show_one(self, number: int, choice: int | None = None) -> None:
        """Let one of those that vanished appear again, moved on by then if there is a choice."""
        if self.hidden:
            payment_id = sorted(self.hidden)[number % len(self.hidden)]
            self.show(payment_id)
            if choice is not None:
                self._move(self.here._payments[payment_id], choice)

    def reorder(self, order: Order) -> None:
        """Let Compago's lists be in another order from now on."""
        self.disordered |= order != self.here.order
        self.here.order = order

    # --- What must hold ---------------------------------------------------------------------------

    def wrong(self) -> list[str]:
        """Poll until all must be found, and say what was not: twice, and once more in an hour.

        The hour is for those that have ever vanished: they are asked for with growing pauses, and
        may come back behind the mark of the tail. Then a reconcile has to find what is left.
        """
        found = self._differing_twice_polled(but=self._away.keys())
        if self._away:
            self.clock.advance(LONGEST_PAUSE.total_seconds())
            found += self._differing_twice_polled()
        self.poll(self.source, action="reconcile")
        for _ in range(RECONCILED):
            if "current" not in self.memory("reconcile", self.source):
                break
            self.poll(self.source)
        else:
            found.append(f"a reconcile has not ended within {RECONCILED} polls")
        found += differing(self, self.source, settled_too=True)
        # In the pauses, totals may have started one that finds whoever has come back.
        return found + left_to_reconcile(self, self.source, but=self._away.keys())

    def _differing_twice_polled(self, but: Collection[str] = ()) -> list[str]:
        for _ in range(2):
            self.poll(self.source)
        return differing(self, self.source, settled_too=False, tailed=self._is_tailed(), but=but)

    def _is_tailed(self) -> bool:
        """Whether the list's first page shows in which order it is, and all came at its end."""
        if self.disordered or self._away:
            return False
        dates = [payment.created_at.replace(microsecond=0) for payment in self.here.payments()]
        dates.sort(reverse=self.here.order == "newest_first")
        asked_for = self.here.provider == "onepay" or len(dates) <= PAGE
        return asked_for or len(set(dates[:PAGE])) > 1

    def lost(self, report: AuditReport) -> list[str]:
        """Return what was lost of what could be read.

        What appears settled in a list without an order is left to a reconcile (DESIGN.md,
        Discovery), so that it may have moved on by then; what vanishes cannot be read meanwhile.
        """
        passed = {
            f"{source}/{key}: {state.transition.provider_status} from {state.begin}"
            for (source, key), states in standings(self.truth).items()
            for number, state in enumerate(states[:-1])
            if (number == 0 and self.disordered and self._settled(state))
            or (key in self._away and not self._was_shown(key, state))
        }
        return [each for each in report.lost if each not in passed]

    def _settled(self, state: Standing) -> bool:
        return state.transition.provider_status not in OPEN[self.here.provider]

    def _was_shown(self, key: str, state: Standing) -> bool:
        """Whether a payment was there in as many whole polls as it takes to believe its state."""
        whole = [
            tick
            for tick in self.ticks
            if state.begin <= tick.start
            and (state.end is None or tick.end < state.end)
            and not any(since <= tick.end and tick.start <= to for since, to in self._away[key])
        ]
        return len(whole) > state.backward
