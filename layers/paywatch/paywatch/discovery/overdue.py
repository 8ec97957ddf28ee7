"""Which open payments have waited for too long, counted bucket by bucket as the books are read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from paywatch.discovery.coverage import Coverage
from paywatch.discovery.ledger import expiry_of
from paywatch.discovery.patience import Patience, kind_of
from paywatch.domain.changes import Record
from paywatch.domain.payments import BUCKETS, Status, bucket_of, instant, moment, timestamp
from paywatch.domain.thresholds import Thresholds

# An amount with more digits than this before or behind its point is none.
DIGITS = 30
CURRENCIES = 20


@dataclass(frozen=True)
class Waiting:
    """The overdue payments of one bucket: how many, their money, and since when the oldest waits.

    `kind` is what the oldest one is, as `patience.kind_of` names it.
    """

    count: int
    money: Mapping[str, str]
    oldest: str
    kind: str


@dataclass
class Overdue:
    """The overdue payments of one source; only buckets that are read are counted anew.

    `judged` is when they were counted last.
    """

    patience: Patience
    coverage: Coverage
    thresholds: Thresholds
    now: datetime
    judged: str = ""
    buckets: dict[int, Waiting] = field(default_factory=dict)

    def load(self, stored: Mapping[str, Any]) -> Overdue:
        """Read what `store` wrote."""
        buckets = {}
        for bucket, (count, money, oldest, kind) in stored.get("buckets", {}).items():
            amounts = {str(currency): str(finite(amount)) for currency, amount in money.items()}
            buckets[int(bucket)] = Waiting(int(count), amounts, instant(oldest), str(kind))
        self.judged = instant(stored["judged"]) if stored.get("judged") else ""
        self.buckets = {b: waiting for b, waiting in buckets.items() if 0 <= b < BUCKETS}
        return self

    def store(self) -> dict[str, Any]:
        """Write it down."""
        return {
            "judged": self.judged,
            "buckets": {
                str(b): [w.count, dict(w.money), w.oldest, w.kind]
                for b, w in sorted(self.buckets.items())
            },
        }

    def due(self, record: Record) -> datetime | None:
        """Return when a payment becomes overdue, or became it; None where it never does.

        Time in which nobody looked does not count. One that may be paid until a date of its own is
        not overdue before.
        """
        limit = self._limit(record)
        if limit is None:
            return None
        return self._after(record, limit)

    def deadlines(self, record: Record) -> Iterator[datetime]:
        """Give the moments still to come at which the record's bucket has to be read again."""
        due = self.due(record) or self._lapses(record)
        if due is not None and due > self.now:
            yield due

    def count(self, read: Collection[int], records: Iterable[Record]) -> None:
        """Count the overdue ones anew in the buckets that were read; learn of those that lapsed."""
        late: dict[int, list[Record]] = {bucket: [] for bucket in read}
        for record in records:
            bucket = bucket_of(record.id)
            if bucket not in late or not record.open:
                continue
            if self.is_overdue(record):
                late[bucket].append(record)
            if self.coverage.steady and self._has_lapsed(record):
                self.patience.note_lapse(kind_of(record.status, record.payment))
        for bucket, overdue in late.items():
            self.buckets.pop(bucket, None)
            if overdue:
                oldest = min(overdue, key=lambda record: record.since)
                kind = kind_of(oldest.status, oldest.payment)
                money = money_of(overdue)
                self.buckets[bucket] = Waiting(len(overdue), money, oldest.since, kind)
        self.judged = timestamp(self.now)

    def is_overdue(self, record: Record) -> bool:
        """Whether an open payment has waited for too long."""
        due = self.due(record)
        return record.open and due is not None and due <= self.now

    @property
    def waiting(self) -> Waiting | None:
        """All of them together; None if there are none."""
        if not self.buckets:
            return None
        oldest = min(self.buckets.values(), key=lambda waiting: waiting.oldest)
        money: dict[str, Decimal] = {}
        for waiting in self.buckets.values():
            for currency, amount in waiting.money.items():
                money[currency] = money.get(currency, Decimal(0)) + Decimal(amount)
        count = sum(waiting.count for waiting in self.buckets.values())
        amounts = {name: f"{money[name]:f}" for name in sorted(money)[:CURRENCIES]}
        return Waiting(count, amounts, oldest.oldest, oldest.kind)

    def _limit(self, record: Record) -> timedelta | None:
        if record.status is Status.EXPIRED:
            return None
        kind = kind_of(record.status, record.payment)
        return self.patience.limit(kind, self.thresholds.overdue_ceiling)

    def _has_lapsed(self, record: Record) -> bool:
        """Whether it was just now that a payment became one that is never settled."""
        lapses = self._lapses(record)
        if lapses is None or not self.judged or not moment(self.judged) < lapses:
            return False
        return lapses <= self.now

    def _lapses(self, record: Record) -> datetime | None:
        """Return when a payment that is not judged counts as one that is never settled."""
        if record.status is not Status.PENDING:
            return None
        return self._after(record, self.thresholds.overdue_ceiling)

    def _after(self, record: Record, limit: timedelta) -> datetime:
        since = moment(record.since)
        due = since + limit
        due += self.coverage.blind(since, self.now)
        expiry = expiry_of(record.payment)
        return due if expiry is None else max(due, expiry)


def finite(text: object) -> Decimal:
    """Read decimal text; raise InvalidOperation or ValueError for what is no amount."""
    amount = Decimal(str(text))
    if not amount.is_finite() or not -DIGITS <= amount.adjusted() <= DIGITS:
        raise ValueError(f"{str(text)[:40]} is no amount")
    return amount


def money_of(records: Iterable[Record]) -> dict[str, str]:
    """Add amounts up by currency, as decimal text; what is no amount is left out.

    So are the last of more than 20 currencies: there is no end to what a provider may write.
    """
    sums: dict[str, Decimal] = {}
    for record in records:
        amount, currency = record.payment.amount, record.payment.currency
        if amount is None:
            continue
        try:
            value = finite(amount)
        except (InvalidOperation, ValueError):
            continue
        name = currency or "?"
        sums[name] = sums.get(name, Decimal(0)) + value
    return {name: f"{sums[name]:f}" for name in sorted(sums)[:CURRENCIES]}
