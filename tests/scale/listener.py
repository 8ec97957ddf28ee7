"""A subscriber who knows the truth, and holds each event to it as it comes; nobody dies meanwhile.

It keeps next to nothing of an event, so that it can listen for a week.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from paylab import Delivery, Served
from paylab.truth import Transition, TruthLog

# DESIGN.md, Words: how long a payment is PENDING past its deadline until it is expired.
GRACE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Found:
    """A change and how it was found: by which poll of those that began after it (0: before).

    `polls` and `by` are None where no event told of it.
    """

    change: Transition
    polls: int | None
    by: str | None


@dataclass(slots=True)
class _Payment:
    """What happened to a payment, and what was told of it; `told` is the place of the last."""

    history: list[Transition] = field(default_factory=list)
    told: int = -1
    version: int = 0
    status: str | None = None
    expired: datetime | None = None


class Listener:
    """Hears of one source; `found` is what was told, and not told, `wrong` what is not so.

    A change that passed before a whole poll could read it may be skipped, and is in neither.
    """

    def __init__(self, truth: TruthLog, source: str) -> None:
        self.found: list[Found] = []
        self.wrong: list[str] = []
        self.events = self.expiries = self.passed = 0
        self._truth, self._source = truth, source
        self._known = 0
        self._payments: dict[str, _Payment] = {}
        self._starts: list[datetime] = []

    def hear(self, start: datetime, deliveries: Sequence[Delivery], log: Iterable[Served]) -> None:
        """Hold what came with a poll, that began at `start` and asked this, to the truth."""
        self._starts.append(start)
        self._learn()
        claimed = {_claimed(delivery.event["data"]) for delivery in deliveries}
        read = claimed.intersection(row for served in log for row in served.rows)
        for delivery in deliveries:
            self.events += 1
            fault = self._fault(delivery, read)
            if fault is not None:
                self.wrong.append(f"{delivery.event['id']}: {fault}")

    def end(self) -> None:
        """Look for what should have been told, and was not; the truth is settled."""
        self._learn()
        for payment in self._payments.values():
            self._pass_over(payment, len(payment.history))
            if self._should_have_expired(payment):
                self.wrong.append(f"{payment.history[0].payment_id}: its expiry was never told")

    def _learn(self) -> None:
        """Take note of what has happened since."""
        new = self._truth.since(self._known)
        self._known += len(new)
        for change in new:
            if change.source != self._source:
                continue
            payment = self._payments.setdefault(change.payment_id, _Payment())
            payment.history.append(change)
            if change.at <= self._starts[0]:
                # From before the watch: recorded in silence, an expiry that was over included.
                payment.told += 1
                payment.status, deadline = change.our_status, _deadline(change)
                if deadline is not None and deadline < self._starts[0]:
                    payment.status, payment.expired = "expired", deadline

    def _fault(self, delivery: Delivery, read: set[tuple[str, str]]) -> str | None:
        """Return what is wrong with an event; take note of what it tells."""
        event, data = delivery.event, delivery.event["data"]
        key = data["payment_id"]
        payment = self._payments.get(key)
        if payment is None:
            return "the provider has no such payment"
        if data["version"] != payment.version + 1:
            return f"it came after version {payment.version}"
        payment.version += 1
        if (event["id"], event["subject"]) != (f"{self._source}/{key}/{payment.version}", key):
            return f"its id is not that of version {payment.version}"
        before, payment.status = payment.status, data["status"]
        if data["previous_status"] != before:
            return f"it was {before} before, not {data['previous_status']}"
        if _claimed(data) not in read:
            return f"no row of this poll said that it is {data['provider_status']}"
        place = self._place(payment, data, datetime.fromisoformat(event["time"]))
        if place is None:
            return f"it was not {data['status']}, or that was told before"
        change = payment.history[place]
        if data["derived"] and self._polls_past(payment.expired) > 1:
            return f"it expired at {payment.expired}, polls before"
        if place > payment.told:
            self._pass_over(payment, place)
            payment.told = place
            polls = self._polls_from(change.at)
            self.found.append(Found(change, polls, data["detected_by"]))
        said = (Decimal(data["amount"]), data["currency"], data["external_id"])
        if said != (change.amount, change.currency, change.external_id):
            return f"it says {said}"
        return None

    def _place(self, payment: _Payment, data: Mapping[str, Any], time: datetime) -> int | None:
        """Return the state that an event tells of: one that was not told yet, or its expiry."""
        expired, history = data["status"] == "expired", payment.history
        if expired is not data["derived"]:
            return None
        for place in range(payment.told + (not expired), len(history)):
            change = history[place]
            if change.at > time or change.provider_status != data["provider_status"]:
                continue
            if not expired and change.our_status == data["status"]:
                return place
            deadline = _deadline(change)
            if expired and deadline is not None and payment.expired != deadline <= time:
                payment.expired, self.expiries = deadline, self.expiries + 1
                return place
        return None

    def _polls_from(self, at: datetime) -> int:
        """Return how many polls have begun since then."""
        return len(self._starts) - bisect_left(self._starts, at)

    def _polls_past(self, deadline: datetime | None) -> int:
        """Return how many have begun behind a deadline; at its instant it is not over."""
        return len(self._starts) - (bisect_right(self._starts, deadline) if deadline else 0)

    def _pass_over(self, payment: _Payment, until: int) -> None:
        """Take note of what was not told though a whole poll could read it."""
        for place in range(payment.told + 1, until):
            if self._stood(payment.history, place):
                self.found.append(Found(payment.history[place], None, None))
            else:
                self.passed += 1

    def _stood(self, history: Sequence[Transition], place: int) -> bool:
        """Whether a change stood from before a poll until after it."""
        first = bisect_left(self._starts, history[place].at)
        if first + 1 >= len(self._starts):
            return False
        return place + 1 == len(history) or history[place + 1].at > self._starts[first + 1]

    def _should_have_expired(self, payment: _Payment) -> bool:
        """Whether it was PENDING past its deadline for a whole poll, and nobody said so."""
        for place, change in enumerate(payment.history):
            deadline = _deadline(change)
            if deadline is None or payment.expired == deadline:
                continue
            first = bisect_left(self._starts, deadline)
            last = place + 1 == len(payment.history)
            ends = self._starts[-1] if last else payment.history[place + 1].at
            if first + 1 < len(self._starts) and ends > self._starts[first + 1]:
                return True
        return False


def _claimed(data: Mapping[str, Any]) -> tuple[str, str]:
    return data["payment_id"], data["provider_status"]


def _deadline(change: Transition) -> datetime | None:
    """Return from when on a payment counts as expired."""
    pending = change.our_status == "pending" and change.expires_at is not None
    return change.expires_at + GRACE if pending and change.expires_at else None
