"""Runs of one source over a provider and ports in memory, for the steps that share a `Round`."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from paywatch.discovery.brake import Plausible
from paywatch.discovery.ledger import judge
from paywatch.discovery.reader import Reader
from paywatch.domain.changes import Record
from paywatch.domain.events import Message
from paywatch.domain.payments import Payment
from paywatch.domain.thresholds import Thresholds
from paywatch.errors import StaleState
from paywatch.memory import MemoryControls, MemoryPayments, MemoryTopic
from paywatch.ports import Allowance, Lease
from paywatch.round import Round
from tests.examples import ONEPAY, observed, record, rules
from tests.unit.discovery.shelf import Shelf


class Table(MemoryPayments):
    """Stored payments that note each write; the ids in `stale` and `broken` are not taken."""

    def __init__(self, calls: list[str]) -> None:
        super().__init__()
        self.calls = calls
        self.stale: set[str] = set()
        self.broken: set[str] = set()
        self.forgetful: set[str] = set()

    def save(self, record: Record, replacing: Record | None) -> None:
        self.calls.append(f"save {record.id}")
        if record.id in self.stale:
            raise StaleState(record.id)
        if record.id in self.broken:
            raise OSError(record.id)
        super().save(record, replacing)

    def acknowledge(self, record: Record, version: int) -> None:
        self.calls.append(f"acknowledge {record.id}/{version}")
        if record.id in self.forgetful:
            raise StaleState("someone else wrote first")
        super().acknowledge(record, version)


class Item(MemoryControls):
    """A control item that notes each mark."""

    def __init__(self, calls: list[str]) -> None:
        super().__init__()
        self.calls = calls
        self.marks: list[set[int]] = []

    def mark(self, lease: Lease, buckets: Collection[int]) -> None:
        self.calls.append("mark")
        self.marks.append(set(buckets))
        super().mark(lease, buckets)


class Listening(MemoryTopic):
    """A topic that notes what it is sent at once, by the payments' ids and versions."""

    def __init__(self, calls: list[str]) -> None:
        super().__init__()
        self.calls = calls

    def publish(self, messages: Sequence[Message]) -> Mapping[str, str | None]:
        ids = " ".join(message.id.removeprefix(f"{ONEPAY}/") for message in messages)
        self.calls.append(f"publish {ids}")
        return super().publish(messages)


class Rounds:
    """One source's runs: `shelf` is its provider, `calls` what it wrote and published, in order."""

    def __init__(self, shelf: Shelf | None = None) -> None:
        self.shelf = shelf or Shelf()
        self.clock = self.shelf.clock
        self.calls: list[str] = []
        self.payments = Table(self.calls)
        self.controls = Item(self.calls)
        self.topic = Listening(self.calls)

    def begin(
        self,
        *,
        seconds: float = 1000.0,
        requests: int = 600,
        leased: float = 800.0,
        plausible: Plausible | None = None,
        thresholds: Thresholds | None = None,
    ) -> Round:
        """Begin a run with so much time, so many requests and a lease for so long.

        One that has not ended is waited for until its lease has.
        """
        held = self.controls.peek(ONEPAY, "poll").lease.until
        now = self.clock.advance(max(0.0, (held - self.clock.now()).total_seconds()))
        until = now + timedelta(seconds=leased)
        control = self.controls.acquire(ONEPAY, "poll", now, until)
        assert control is not None
        allowance = Allowance(self.clock, self.clock.monotonic() + seconds, requests)
        return Round(
            control=control,
            controls=self.controls,
            payments=self.payments,
            topic=self.topic,
            reader=Reader(self.shelf, allowance, control.lease.epoch),
            clock=self.clock,
            plausible=plausible or Plausible(),
            thresholds=thresholds or Thresholds(),
        )

    def begin_after_a_death(self, *buckets: int) -> Round:
        """Begin a run after one that marked these buckets and never ended."""
        self.controls.mark(self.begin().control.lease, buckets)
        return self.begin()

    def write(self, **sections: Any) -> None:
        """Let a run store these sections."""
        round_ = self.begin()
        round_.memory.update(sections)
        round_.close()

    def hold(self, row: Payment, *later: Payment, owes: bool = False) -> Record:
        """Store a payment that went through these rows; what it `owes` is not yet published."""
        first = record(row)
        MemoryPayments.save(self.payments, first, None)
        for epoch, after in enumerate(later, start=2):
            self.move(after, epoch)
        if not owes:
            for version in range(1, self.stored(row.id).version + 1):
                MemoryPayments.acknowledge(self.payments, self.stored(row.id), version)
        return self.stored(row.id)

    def move(self, row: Payment, epoch: int) -> None:
        """Record a change of a stored payment, as the run of that epoch does."""
        before = self.stored(row.id)
        after = judge(rules(), before, observed(row, epoch=epoch, seconds=60.0 * (epoch % 60)))
        assert after.record is not None
        MemoryPayments.save(self.payments, after.record, before)

    def stored(self, payment_id: str) -> Record:
        """Return what is stored of a payment."""
        return self.payments.fetch(ONEPAY, [payment_id])[payment_id]

    def memory(self, section: str) -> Any:
        """Return a stored section."""
        return json.loads(self.controls.peek(ONEPAY, "poll").memory[section])

    @property
    def told(self) -> list[str]:
        """Every message that was published, as `payment/version`."""
        return [message.id.removeprefix(f"{ONEPAY}/") for message in self.topic.published]
