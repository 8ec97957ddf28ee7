"""Ports behind a gate: every call is counted, and a test may stop any of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from paywatch.domain.changes import Record
from paywatch.domain.events import Message
from paywatch.domain.payments import Source
from paywatch.ports import Control, Controls, Lease, Payments, Topic
from tests.polling import Polling


class Killed(BaseException):
    """The process ends here, as at a power cut: nothing that paywatch could catch."""


class Gate:
    """Counts the calls that come by, by the name of their method.

    `before` is called with each call's number, from 1, and its name, and may raise.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.before: Callable[[int, str], None] = lambda number, name: None
        self.after: Callable[[int, str], None] = lambda number, name: None

    def enter(self, name: str) -> None:
        self.calls.append(name)
        self.before(len(self.calls), name)

    def leave(self, name: str) -> None:
        self.after(len(self.calls), name)

    def count(self, *names: str) -> int:
        """Return how many calls of these names came by."""
        return sum(self.calls.count(name) for name in names)


class GatedPayments:
    """Stored payments behind a gate (ports.Payments)."""

    def __init__(self, inner: Payments, gate: Gate) -> None:
        self.inner = inner
        self._gate = gate

    def watched(self, source: Source, bucket: int) -> Sequence[Record]:
        self._gate.enter("watched")
        return self.inner.watched(source, bucket)

    def fetch(self, source: Source, ids: Collection[str]) -> Mapping[str, Record]:
        self._gate.enter("fetch")
        return self.inner.fetch(source, ids)

    def save(self, record: Record, replacing: Record | None) -> None:
        self._gate.enter("save")
        self.inner.save(record, replacing)
        self._gate.leave("save")

    def acknowledge(self, record: Record, version: int) -> None:
        self._gate.enter("acknowledge")
        self.inner.acknowledge(record, version)
        self._gate.leave("acknowledge")


class GatedControls:
    """Control items behind a gate (ports.Controls)."""

    def __init__(self, inner: Controls, gate: Gate) -> None:
        self.inner = inner
        self._gate = gate

    def acquire(self, source: Source, kind: str, now: datetime, until: datetime) -> Control | None:
        self._gate.enter("acquire")
        control = self.inner.acquire(source, kind, now, until)
        self._gate.leave("acquire")
        return control

    def peek(self, source: Source, kind: str) -> Control:
        self._gate.enter("peek")
        return self.inner.peek(source, kind)

    def mark(self, lease: Lease, buckets: Collection[int]) -> None:
        if buckets:
            self._gate.enter("mark")
        self.inner.mark(lease, buckets)
        if buckets:
            self._gate.leave("mark")

    def keep(self, lease: Lease, memory: Mapping[str, str]) -> None:
        self._gate.enter("keep")
        self.inner.keep(lease, memory)
        self._gate.leave("keep")

    def finish(self, lease: Lease, buckets: Mapping[int, str], memory: Mapping[str, str]) -> bool:
        self._gate.enter("finish")
        whole = self.inner.finish(lease, buckets, memory)
        self._gate.leave("finish")
        return whole


class GatedTopic:
    """A topic behind a gate (ports.Topic)."""

    def __init__(self, inner: Topic, gate: Gate) -> None:
        self.inner = inner
        self._gate = gate

    def publish(self, messages: Sequence[Message]) -> Mapping[str, str | None]:
        self._gate.enter("publish")
        answers = self.inner.publish(messages)
        self._gate.leave("publish")
        return answers


def gate(polling: Polling) -> Gate:
    """Put every port of a polling behind one gate."""
    one = Gate()
    polling.payments = GatedPayments(polling.payments, one)
    polling.controls = GatedControls(polling.controls, one)
    polling.topic = GatedTopic(polling.topic, one)
    return one
