"""A scenario of more than thirty changes, moved by hand between the ticks of a poller."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from paylab import LabPayment, World
from paywatch.domain.payments import bucket_of
from tests.polling import START, Polling

# A fault may come in the first so many ticks.
TICKS = 5
# By so many ticks after it everything has to be well (DESIGN.md, invariant 6).
RECOVERY = 2
CHANGES = 31

BEFORE = START - timedelta(days=1)
BUCKETS_USED = 4


class Scenario:
    """What happens at both providers. The ids lie in few buckets: most calls are about payments."""

    def __init__(self, polling: Polling) -> None:
        self._polling = polling
        self._ids = _ids()
        compago, onepay = polling.world("compago"), polling.world("onepay")
        soon = START + timedelta(seconds=20)
        self._waiting = [self._add(compago, "PENDING", BEFORE) for _ in range(4)]
        self._waiting.append(self._add(compago, "PENDING", BEFORE, expires_at=soon))
        self._created = [self._add(onepay, "created", BEFORE) for _ in range(4)]
        self._paid = [self._add(onepay, "paid", BEFORE) for _ in range(2)]
        self._add(compago, "CONFIRMED", BEFORE)
        self._add(onepay, "refunded", BEFORE)

    def before(self, tick: int) -> None:
        """Let happen what happens before a tick, counted from 0."""
        if tick == 1:
            self._many_things_happen()
        elif tick == 2:
            self._and_go_on()

    def _many_things_happen(self) -> None:
        """18 changes: moves, arrivals, what is created and settled at once, a refund."""
        compago, onepay = self._polling.world("compago"), self._polling.world("onepay")
        now = self._polling.clock.now()
        for payment in self._waiting[:2]:
            compago.move(payment.id, "CONFIRMED")
        compago.move(self._waiting[2].id, "CANCELLED")
        self._waiting += [self._add(compago, "PENDING", now) for _ in range(4)]
        self._add(compago, "CONFIRMED", now)
        for payment in self._created[:3]:
            onepay.move(payment.id, "processing")
        onepay.move(self._created[3].id, "failed")
        self._created += [self._add(onepay, "created", now) for _ in range(4)]
        self._add(onepay, "paid", now)
        onepay.move(self._paid[0].id, "refunded")

    def _and_go_on(self) -> None:
        """12 changes, second ones of a payment among them; a later tick finds the expiry."""
        compago, onepay = self._polling.world("compago"), self._polling.world("onepay")
        for payment in (self._waiting[3], *self._waiting[5:8]):
            compago.move(payment.id, "CONFIRMED")
        for payment in self._created[:2]:
            onepay.move(payment.id, "paid")
        onepay.move(self._created[2].id, "failed")
        for payment in self._created[4:]:
            onepay.move(payment.id, "processing")
        onepay.move(self._paid[1].id, "disputed")

    def _add(self, world: World, status: str, at: datetime, **particulars: Any) -> LabPayment:
        return world.add(status, at=at, id=next(self._ids), **particulars)


def _ids() -> Iterator[str]:
    ids = (str(UUID(int=number << 64, version=4)) for number in count(1))
    return (payment_id for payment_id in ids if bucket_of(payment_id) < BUCKETS_USED)
