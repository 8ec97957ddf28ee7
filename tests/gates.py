"""The one place where every I/O of paywatch passes: counted, and a test may act at any of them.

What passes are its ports, the requests to a provider, the secret, and its clock: each read of it,
for a clock decides what is still done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import TypeVar

import httpx

from paywatch.domain.alert_messages import AlertMessage
from paywatch.domain.changes import Record
from paywatch.domain.events import Message
from paywatch.domain.payments import Source
from paywatch.ports import (
    AlertsTopic,
    Clock,
    Control,
    Controls,
    Lease,
    Payments,
    Subscribers,
    Topic,
)
from paywatch.providers.http import Transport
from tests.polling import Polling

T = TypeVar("T")

TABLE_READS = frozenset({"watched", "fetch", "peek"})
TABLE_WRITES = frozenset({"save", "acknowledge", "acquire", "mark", "keep", "finish"})
TABLE = TABLE_READS | TABLE_WRITES
TOPICS = frozenset({"publish", "tell"})
CLOCK = frozenset({"now", "monotonic", "sleep"})
REQUEST = "request"
# What leaves something behind, here or at whoever it was sent to.
EFFECTS = TABLE_WRITES | TOPICS | {REQUEST}


class Killed(BaseException):
    """The process ends here, as at a power cut: nothing in it may catch this, or go on."""


class Fault(Enum):
    """What can happen at a step."""

    DEATH_BEFORE = "death before the call"
    DEATH_AFTER = "the effect, then death"
    ERROR_BEFORE = "an error, no effect"
    ERROR_AFTER = "the effect, then an error"
    LATE = "the effect, and an answer after the deadline"
    REFUSED = "one message of a batch is refused, the others are published"
    UNANSWERED = "the batch is published, and of one message no answer says so"
    GONE = "nobody answers this request, nor those after it"


class Gate:
    """Counts the steps that come by, by the name of their method.

    `before` and `after` are called with each step's number, from 1, and its name, and may raise.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.dead = False
        self.before: Callable[[int, str], None] = lambda number, name: None
        self.after: Callable[[int, str], None] = lambda number, name: None

    def through(self, name: str, act: Callable[[], T]) -> T:
        """Let a step pass; once the process is dead, none does."""
        if self.dead:
            raise Killed(name)
        self.calls.append(name)
        number = len(self.calls)
        self.before(number, name)
        answer = act()
        self.after(number, name)
        return answer

    def count(self, *names: str) -> int:
        """Return how many steps of these names came by."""
        return sum(self.calls.count(name) for name in names)

    def to(self, names: Collection[str]) -> list[str]:
        """Return the steps of these names, in order."""
        return [name for name in self.calls if name in names]

    def open(self) -> None:
        """Let a new process begin, at which nothing acts and which counts from 1."""
        self.calls.clear()
        self.dead = False
        self.before = self.after = lambda number, name: None


class GatedPayments:
    """Stored payments behind a gate (ports.Payments)."""

    def __init__(self, inner: Payments, gate: Gate) -> None:
        self.inner = inner
        self._gate = gate

    def watched(
        self, source: Source, bucket: int, unread: set[str] | None = None
    ) -> Sequence[Record]:
        return self._gate.through("watched", lambda: self.inner.watched(source, bucket, unread))

    def fetch(
        self, source: Source, ids: Collection[str], unread: set[str] | None = None
    ) -> Mapping[str, Record]:
        return self._gate.through("fetch", lambda: self.inner.fetch(source, ids, unread))

    def save(self, record: Record, replacing: Record | None) -> None:
        self._gate.through("save", lambda: self.inner.save(record, replacing))

    def acknowledge(self, record: Record, version: int) -> None:
        self._gate.through("acknowledge", lambda: self.inner.acknowledge(record, version))


class GatedControls:
    """Control items behind a gate (ports.Controls)."""

    def __init__(self, inner: Controls, gate: Gate) -> None:
        self.inner = inner
        self._gate = gate

    def acquire(self, source: Source, kind: str, now: datetime, until: datetime) -> Control | None:
        return self._gate.through("acquire", lambda: self.inner.acquire(source, kind, now, until))

    def peek(self, source: Source, kind: str) -> Control:
        return self._gate.through("peek", lambda: self.inner.peek(source, kind))

    def mark(self, lease: Lease, buckets: Collection[int]) -> None:
        if buckets:
            self._gate.through("mark", lambda: self.inner.mark(lease, buckets))

    def keep(self, lease: Lease, memory: Mapping[str, str]) -> None:
        self._gate.through("keep", lambda: self.inner.keep(lease, memory))

    def finish(self, lease: Lease, buckets: Mapping[int, str], memory: Mapping[str, str]) -> bool:
        return self._gate.through("finish", lambda: self.inner.finish(lease, buckets, memory))


class GatedTopic:
    """A topic behind a gate (ports.Topic)."""

    def __init__(self, inner: Topic, gate: Gate) -> None:
        self.inner = inner
        self._gate = gate

    def publish(self, messages: Sequence[Message]) -> Mapping[str, str | None]:
        return self._gate.through("publish", lambda: self.inner.publish(messages))


class GatedAlerts:
    """A topic of alerts behind a gate (ports.AlertsTopic)."""

    def __init__(self, inner: AlertsTopic, gate: Gate) -> None:
        self.inner = inner
        self._gate = gate

    def tell(self, message: AlertMessage) -> None:
        self._gate.through("tell", lambda: self.inner.tell(message))


class GatedSubscribers:
    """Subscribers behind a gate (ports.Subscribers)."""

    def __init__(self, inner: Subscribers, gate: Gate) -> None:
        self.inner = inner
        self._gate = gate

    def not_reached(self, since: datetime, until: datetime) -> int:
        return self._gate.through("not_reached", lambda: self.inner.not_reached(since, until))


class GatedClock:
    """A clock behind a gate (ports.Clock)."""

    def __init__(self, inner: Clock, gate: Gate) -> None:
        self.inner = inner
        self._gate = gate

    def now(self) -> datetime:
        return self._gate.through("now", self.inner.now)

    def monotonic(self) -> float:
        return self._gate.through("monotonic", self.inner.monotonic)

    def sleep(self, seconds: float) -> None:
        self._gate.through("sleep", lambda: self.inner.sleep(seconds))


class GatedTransport(httpx.BaseTransport):
    """The way to a provider behind a gate."""

    def __init__(self, inner: Transport, gate: Gate) -> None:
        self.inner = inner
        self._gate = gate

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._gate.through(REQUEST, lambda: self.inner.handle_request(request))


def gate(polling: Polling) -> Gate:
    """Put all I/O of a polling behind one gate, in a process that begins with it."""
    one = Gate()
    polling.payments = GatedPayments(polling.payments, one)
    polling.controls = GatedControls(polling.controls, one)
    polling.topic = GatedTopic(polling.topic, one)
    polling.alerts = GatedAlerts(polling.alerts, one)
    polling.audience = GatedSubscribers(polling.audience, one)
    polling.watch = GatedClock(polling.watch, one)
    secret, carried = polling.secret, polling.carried
    polling.secret = lambda source: one.through("secret", lambda: secret(source))
    polling.carried = lambda transport: GatedTransport(carried(transport), one)
    polling.restart()
    return one
