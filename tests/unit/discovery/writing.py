"""Books to read and write in: what is stored in them, and what may stand in their way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from paywatch.discovery.books import Applied, Books
from paywatch.discovery.ledger import Ruling
from paywatch.discovery.reader import Observation
from paywatch.domain.changes import Record
from paywatch.domain.payments import BUCKETS, Payment
from paywatch.memory import MemoryPayments
from tests.examples import ONEPAY, record, rules
from tests.unit.discovery.shelf import so_often


class Refusing(MemoryPayments):
    """A store that has something against single payments, named by their ids."""

    def __init__(self, ids: Iterable[str] = (), fault: type[Exception] = OSError) -> None:
        super().__init__()
        self.ids = set(ids)
        self.fault = fault
        self.attempts: list[str] = []

    def save(self, record: Record, replacing: Record | None) -> None:
        self.attempts.append(record.id)
        if record.id in self.ids:
            raise self.fault(f"{record.id} cannot be written")
        super().save(record, replacing)


def stored(*rows: Payment) -> tuple[MemoryPayments, Books]:
    """Return a store that holds the rows as open and published, and books whose digests agree."""
    payments = MemoryPayments()
    for row in rows:
        first = record(row)
        payments.save(first, None)
        payments.acknowledge(first, 1)
    probe = Books(payments, ONEPAY, {})
    probe.load(range(BUCKETS))
    return payments, Books(payments, ONEPAY, {b: probe.value(b) for b in range(BUCKETS)})


def apply(books: Books, observations: Sequence[Observation], may_go_on: int = 999) -> Applied:
    """Find, rule and write, as a run does."""
    applied = Applied()
    books.find({o.payment.id for o in observations})

    def rule(own: Sequence[Observation]) -> dict[str, list[tuple[Observation, Ruling]]]:
        return books.rule(rules(), own, lambda key: None, {})

    books.write(
        rule(observations),
        lambda key: rule([o for o in observations if o.payment.id == key])[key],
        so_often(may_go_on),
        applied,
    )
    return applied
