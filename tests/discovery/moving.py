"""Providers whose rows move between any two requests of a poll."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import httpx

from paylab import LabPayment, LabTransport, World
from paylab.world import Order
from paywatch.providers.http import Transport
from tests.differing import OPEN, differing
from tests.polling import Polling

HOUR = timedelta(hours=1)
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
    """A polling of one source; `later` queues what happens after so many more requests."""

    def __init__(self, source: str, order: Order = "newest_first", by_id: bool = True) -> None:
        super().__init__([source], order=order, by_id=by_id, latency=0.05, pace=20.0)
        self.source = source
        self.here: World = self.world(source)
        self.here.per_page = PAGE
        self.hidden: dict[str, LabPayment] = {}
        self.was_hidden: set[str] = set()
        self._resettled: set[str] = set()
        self._queue: list[tuple[int, Callable[[], None]]] = []

    def carrier(self) -> Transport:
        return Between(LabTransport(self.lab, latency=self.latency), self._before)

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
        for act in due:
            act()

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
        payment = shown[number % len(shown)]
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
            self.was_hidden.add(payment.id)
            self.here._changed(payment.id)

    def show(self, payment_id: str) -> None:
        """Let a payment that vanished appear again, as it was."""
        self.here._payments[payment_id] = self.hidden.pop(payment_id)
        self.here._changed(payment_id)

    def show_one(self, number: int) -> None:
        """Let one of those that vanished appear again."""
        if self.hidden:
            self.show(sorted(self.hidden)[number % len(self.hidden)])

    def reorder(self, order: Order) -> None:
        """Let Compago's lists be in another order from now on."""
        self.here.order = order

    # --- What must hold ---------------------------------------------------------------------------

    def wrong(self, *, settled_too: bool) -> list[str]:
        """Say which payments are not stored, and told of, as they stand at the provider."""
        return differing(self, self.source, settled_too=settled_too)
