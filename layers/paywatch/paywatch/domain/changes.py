"""Changes of a payment, and the record that holds them: state, history and outbox in one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from paywatch.domain.payments import (
    Payment,
    Source,
    Status,
    bucket_of,
    is_backwards,
    moment,
)

OUTBOX_LIMIT = 40
HISTORY_LIMIT = 12


class DetectedBy(StrEnum):
    """How a change came to our knowledge."""

    OPEN_SWEEP = "open_sweep"
    TAIL = "tail"
    LOOKUP = "lookup"
    SETTLED_SCAN = "settled_scan"
    RECONCILE = "reconcile"
    CLOCK = "clock"


@dataclass(frozen=True)
class Change:
    """One recorded transition of a payment, with the row as it was read then.

    `observed_at`, `changed_after` and `changed_before` are RFC 3339 text in UTC.
    """

    version: int
    status: Status
    provider_status: str
    previous_status: Status | None
    previous_provider_status: str | None
    observed_at: str
    changed_after: str | None
    changed_before: str
    detected_by: DetectedBy
    payment: Payment

    @property
    def derived(self) -> bool:
        """True where no word of the provider says so, only a date of its that has passed."""
        return self.status is Status.EXPIRED

    @property
    def correction(self) -> bool:
        """True where the payment moved against its way, such as from paid back to pending."""
        return self.previous_status is not None and is_backwards(self.previous_status, self.status)

    @property
    def delay(self) -> float | None:
        """Seconds from the provider's own date of the move to our reading; None without a date."""
        payment = self.payment
        date = payment.paid_at if self.status is Status.PAID else payment.updated_at
        if date is None or self.derived:
            return None
        return (moment(self.observed_at) - moment(date)).total_seconds()


@dataclass(frozen=True)
class Record:
    """What is stored of one payment.

    `status` differs from `payment.status` only when it is `expired`, which is derived.
    `seen` is the evidence stamp of the row that was applied last; `first_seen` a date.
    `outbox` maps each version that is not yet published to its finished event body (JSON text);
    `history` holds the latest changes, published or not, oldest first.
    `since` is when the present status was first read, the lower bound of the next change.
    """

    source: Source
    payment: Payment
    status: Status
    version: int
    published: int
    seen: str
    first_seen: str
    since: str
    history: tuple[Change, ...] = ()
    outbox: tuple[tuple[int, str], ...] = ()

    @property
    def id(self) -> str:
        """The payment's id at its provider."""
        return self.payment.id

    @property
    def bucket(self) -> int:
        """The bucket that holds it."""
        return bucket_of(self.payment.id)

    @property
    def open(self) -> bool:
        """Whether the payment is still expected to move."""
        return not self.status.settled

    @property
    def owes(self) -> bool:
        """Whether a recorded change is not yet published."""
        return self.published < self.version

    @property
    def watched(self) -> bool:
        """Whether it belongs in the sparse index: open, or with something unpublished."""
        return self.open or self.owes


def stamp(epoch: int, request: int) -> str:
    """The evidence stamp of a row: sorts as text by the run's epoch, then by the request in it."""
    return f"{epoch:010d}.{request:06d}"
