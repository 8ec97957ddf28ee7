"""A payment as the domain sees it, whichever provider it came from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property, lru_cache

PROVIDERS = ("compago", "onepay")


class Status(StrEnum):
    """Our word for where a payment stands."""

    PENDING = "pending"
    PROCESSING = "processing"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    UNRECOGNIZED = "unrecognized"

    @property
    def settled(self) -> bool:
        """Whether no further move is expected. What is unrecognized is watched like an open one."""
        return self in _SETTLED


_SETTLED = frozenset(
    {Status.PAID, Status.FAILED, Status.CANCELLED, Status.REFUNDED, Status.DISPUTED}
)

# How far along its way a payment is; words that have no place on the way (unrecognized) are absent.
_STAGE = {
    Status.PENDING: 0,
    Status.EXPIRED: 0,
    Status.PROCESSING: 1,
    Status.FAILED: 2,
    Status.PAID: 3,
    Status.CANCELLED: 3,
    Status.REFUNDED: 4,
    Status.DISPUTED: 4,
}


def is_backwards(before: Status, after: Status) -> bool:
    """Whether a move goes against the way, as settled to open, or refunded to paid."""
    if before not in _STAGE or after not in _STAGE:
        return False
    return _STAGE[after] < _STAGE[before]


@dataclass(frozen=True, order=True)
class Source:
    """A merchant's account at a provider, written `compago/default`, or `compago` for short."""

    provider: str
    account: str = "default"

    @classmethod
    def parse(cls, text: str) -> Source:
        """Read `provider` or `provider/account`; raise ValueError for anything else."""
        provider, slash, account = text.partition("/")
        for part in (provider, account) if slash else (provider,):
            if (
                not part
                or not part.isascii()
                or not part.replace("-", "").replace("_", "").isalnum()
            ):
                raise ValueError(f"{text!r} does not name a source like 'onepay' or 'onepay/norte'")
        return cls(provider, account if slash else "default")

    def __str__(self) -> str:
        return f"{self.provider}/{self.account}"

    @property
    def short(self) -> str:
        """`compago` for `compago/default`, else the whole name."""
        return self.provider if self.account == "default" else str(self)


@dataclass(frozen=True)
class Origin:
    """What an intent was made for: the type and id of a link, payment, plan or subscription."""

    type: str
    id: str


@dataclass(frozen=True)
class Payment:
    """One row of a provider's list, translated, with nothing personal in it.

    `amount` is decimal text in the provider's own unit. All dates are RFC 3339 text in UTC as
    `timestamp` writes them, or None where the provider gives none.
    """

    id: str
    status: Status
    provider_status: str
    amount: str | None
    currency: str | None
    created_at: str | None
    updated_at: str | None = None
    paid_at: str | None = None
    expires_at: str | None = None
    external_id: str | None = None
    payment_method_type: str | None = None
    origin: Origin | None = None
    is_test: bool = False

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits that differ when anything in the row that matters differs."""
        # Nearly half of a large poll's work was the copy that dataclasses.asdict makes.
        text = json.dumps(vars(self), default=vars, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def dates(self) -> tuple[str, ...]:
        """The dates of what has happened to the payment (so not `expires_at`)."""
        return tuple(d for d in (self.created_at, self.updated_at, self.paid_at) if d is not None)


def timestamp(moment: datetime) -> str:
    """Write an aware datetime as RFC 3339 in UTC; text order is then time order."""
    naive = moment.astimezone(UTC).replace(tzinfo=None)
    return naive.isoformat(timespec="microseconds") + "Z"


def moment(text: str) -> datetime:
    """Read what `timestamp` wrote."""
    return datetime.fromisoformat(text)


def instant(text: object) -> str:
    """Return a stored moment as it is written; raise ValueError for what is none, or not in UTC."""
    stored = moment(str(text))
    if stored.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return timestamp(stored)


BUCKETS = 64
# Open payments are looked at again in every poll; what was computed of so many texts is kept.
REMEMBERED = 16_384


@lru_cache(REMEMBERED)
def bucket_of(payment_id: str) -> int:
    """The bucket, 0 to 63, that a payment's item lives in; stable for ever."""
    return hashlib.sha256(payment_id.encode()).digest()[0] % BUCKETS
