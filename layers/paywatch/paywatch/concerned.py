"""The payments that an alert concerns: how many, how much, how old, and the oldest five."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from paywatch.discovery.coverage import Coverage
from paywatch.discovery.overdue import money_of
from paywatch.domain.alerts import Detail, MayGoOn
from paywatch.domain.changes import Record
from paywatch.domain.payments import BUCKETS, Source, moment
from paywatch.ports import Payments

OLDEST = 5
AGES = (
    ("under 1 h", timedelta(hours=1)),
    ("1 to 6 h", timedelta(hours=6)),
    ("6 to 24 h", timedelta(hours=24)),
    ("1 to 7 d", timedelta(days=7)),
)
OLDER = "over 7 d"

Wanted = Callable[[Record], bool]


@dataclass
class Chosen:
    """The open or owing payments of sources that are wanted; `partial` if time did not suffice."""

    payments: Payments
    sources: Iterable[Source]
    wanted: Wanted
    may_go_on: MayGoOn = lambda: True
    partial: bool = False

    def __iter__(self) -> Iterator[Record]:
        """Read bucket after bucket."""
        for source in self.sources:
            for bucket in range(BUCKETS):
                if not self.may_go_on():
                    self.partial = True
                    return
                for record in self.payments.watched(source, bucket):
                    if self.wanted(record):
                        yield record


def summary(
    records: Iterable[Record],
    now: datetime,
    coverage: Coverage | None = None,
    partial: Callable[[], bool] = lambda: False,
) -> Detail:
    """Say how many payments there are, their money, how long they have waited, the oldest five."""
    found = sorted(records, key=lambda record: (record.since, record.id))
    ages = dict.fromkeys([*(name for name, _ in AGES), OLDER], 0)
    for record in found:
        since = moment(record.since)
        age = now - since
        if coverage is not None:
            age -= coverage.blind(since, now)
        ages[next((name for name, bound in AGES if age < bound), OLDER)] += 1
    return Detail(
        count=len(found),
        money=money_of(found),
        ages={name: count for name, count in ages.items() if count},
        oldest=[_row(record) for record in found[:OLDEST]],
        partial=partial(),
    )


def _row(record: Record) -> dict[str, Any]:
    payment = record.payment
    return {
        "payment_id": payment.id,
        "external_id": payment.external_id,
        "status": str(record.status),
        "amount": payment.amount,
        "currency": payment.currency,
        "since": record.since,
    }
