"""What really happened: an append-only log of every transition, the oracle of every claim."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from paylab.payments import LabPayment

# DESIGN.md, Words: status mapping. Written here a second time on purpose: an oracle shares nothing.
_STATUSES = {
    "compago": {"PENDING": "pending", "CONFIRMED": "paid", "CANCELLED": "cancelled"},
    "onepay": {
        "created": "pending",
        "processing": "processing",
        "paid": "paid",
        "failed": "failed",
        "refunded": "refunded",
        "disputed": "disputed",
    },
}


def our_status(source: str, provider_status: str) -> str:
    """Return our word for a provider's; one that is not in the documents is `unrecognized`."""
    known = _STATUSES[source.split("/")[0]]
    folded = {word.casefold(): ours for word, ours in known.items()}
    return folded.get(provider_status.casefold(), "unrecognized")


@dataclass(frozen=True)
class Transition:
    """One move of one payment; `n` counts from 1, the birth, which has no `previous`.

    The rest is the payment as its row stood right after the move.
    """

    source: str
    payment_id: str
    n: int
    provider_status: str
    our_status: str
    previous: str | None
    at: datetime
    amount: Decimal
    currency: str
    external_id: str | None
    created_at: datetime
    updated_at: datetime | None
    paid_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True)
class Amendment:
    """A change of a payment's particulars that is not a change of its status."""

    source: str
    payment_id: str
    at: datetime
    amount: Decimal
    currency: str
    external_id: str | None
    expires_at: datetime | None


class TruthLog:
    """Every transition, in the order in which it happened; several worlds may share one log."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Transition] = []
        self._last: dict[tuple[str, str], Transition] = {}
        self._removed: dict[tuple[str, str], datetime] = {}
        self._amendments: list[Amendment] = []
        self._tests: set[tuple[str, str]] = set()
        self._hidden: set[tuple[str, str]] = set()

    def __iter__(self) -> Iterator[Transition]:
        with self._lock:
            return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def removed(self) -> dict[tuple[str, str], datetime]:
        """Return when payments vanished, by (source, payment id)."""
        with self._lock:
            return dict(self._removed)

    @property
    def amendments(self) -> tuple[Amendment, ...]:
        """Return every change that was not a change of status."""
        with self._lock:
            return tuple(self._amendments)

    @property
    def tests(self) -> frozenset[tuple[str, str]]:
        """Return the test payments of live accounts, by (source, payment id)."""
        with self._lock:
            return frozenset(self._tests)

    @property
    def hidden(self) -> frozenset[tuple[str, str]]:
        """Return the payments that went through a state that only the list of all showed."""
        with self._lock:
            return frozenset(self._hidden)

    def since(self, number: int) -> list[Transition]:
        """Return the transitions after the first so many."""
        with self._lock:
            return self._entries[number:]

    def of(self, source: str, payment_id: str) -> list[Transition]:
        """Return one payment's transitions, birth first."""
        return [t for t in self if (t.source, t.payment_id) == (source, payment_id)]

    def record(self, source: str, payment: LabPayment, at: datetime) -> Transition:
        """Append the move that a payment has just made."""
        with self._lock:
            last = self._last.get((source, payment.id))
            moved = Transition(
                source=source,
                payment_id=payment.id,
                n=last.n + 1 if last else 1,
                provider_status=payment.status,
                our_status=our_status(source, payment.status),
                previous=last.our_status if last else None,
                at=at,
                amount=payment.amount,
                currency=payment.currency,
                external_id=payment.external_id,
                created_at=payment.created_at,
                updated_at=payment.updated_at,
                paid_at=payment.paid_at,
                expires_at=payment.expires_at,
            )
            self._entries.append(moved)
            self._last[source, payment.id] = moved
            return moved

    def record_removal(self, source: str, payment_id: str, at: datetime) -> None:
        """Note that a payment is no longer listed from this instant on."""
        with self._lock:
            self._removed[source, payment_id] = at

    def record_test(self, source: str, payment_id: str) -> None:
        """Note that a payment is a test in an account that is live."""
        with self._lock:
            self._tests.add((source, payment_id))

    def record_hidden(self, source: str, payment_id: str) -> None:
        """Note that a payment goes where no list by status has it, and no answer by id."""
        with self._lock:
            self._hidden.add((source, payment_id))

    def record_amendment(self, source: str, payment: LabPayment, at: datetime) -> None:
        """Append a change of particulars."""
        with self._lock:
            self._amendments.append(
                Amendment(
                    source,
                    payment.id,
                    at,
                    payment.amount,
                    payment.currency,
                    payment.external_id,
                    payment.expires_at,
                )
            )
