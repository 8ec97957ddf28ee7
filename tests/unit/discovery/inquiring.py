"""Questions after leavers, put to a provider in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from typing import Any

from paywatch.discovery.verdicts import Inquiry
from paywatch.domain.payments import Payment
from tests.examples import at, payment, record
from tests.unit.discovery.shelf import COMPAGO_CAN, Shelf, always


def paid(count: int, *, first: int = 0, word: str = "paid", start: float = 0) -> list[Payment]:
    """Return paid payments, oldest first, each created and paid a second after the one before."""
    return [
        payment(f"p{n:04}", word, created_at=at(start + n), paid_at=at(start + n), amount=f"{n}.00")
        for n in range(first, first + count)
    ]


def opened(*ids: str) -> list[Payment]:
    return [payment(payment_id, "created", created_at=at(-50)) for payment_id in ids]


def inquire(
    shelf: Shelf,
    wanted: Sequence[str],
    *,
    memory: dict[str, Any] | None = None,
    listed: Sequence[str] = ("l1", "l2"),
    since: float = -30,
    created: float | None = -50,
    may_go_on: Callable[[], bool] = always,
    requests: int = 600,
    doubtful: Collection[str] = (),
) -> Inquiry:
    """Ask for the wanted payments, stored as open; `memory` goes through its stored form."""
    inquiry = Inquiry(
        shelf.reader(requests=requests),
        json.loads(json.dumps(memory or {})),
        may_go_on,
        shelf.clock.now(),
        doubtful,
    )
    born = None if created is None else at(created)
    known = {key: record(payment(key, created_at=born)) for key in wanted}
    inquiry.ask(known, lambda payment_id: at(since), list(listed))
    return inquiry


def compago(rows: list[Payment], *, by_id: bool = True) -> Shelf:
    return Shelf(rows, abilities=COMPAGO_CAN, by_id=by_id)
