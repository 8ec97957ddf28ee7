"""The same ports in memory: what the adapters for AWS do, without AWS. Safe to use from threads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

from paywatch.domain.alert_messages import AlertMessage
from paywatch.domain.changes import Record
from paywatch.domain.events import Message
from paywatch.domain.limits import is_storable_id, refusal_of
from paywatch.domain.payments import Source, bucket_of
from paywatch.errors import LeaseLost, RowError, StaleState, TopicUnavailable
from paywatch.ports import LONGEST_LEASE, NO_LEASE, Control, Lease


class MemoryPayments:
    """Stored payments (ports.Payments)."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._buckets: dict[tuple[Source, int], dict[str, Record]] = {}
        self._watched: dict[tuple[Source, int], dict[str, Record]] = {}

    def watched(
        self, source: Source, bucket: int, unread: set[str] | None = None
    ) -> Sequence[Record]:
        """Return the bucket's records that are open or have something unpublished."""
        with self._lock:
            return list(self._watched.get((source, bucket), {}).values())

    def fetch(
        self, source: Source, ids: Collection[str], unread: set[str] | None = None
    ) -> Mapping[str, Record]:
        """Return the stored records among these ids."""
        wanted = {payment_id for payment_id in ids if is_storable_id(payment_id)}
        with self._lock:
            return {
                payment_id: self._buckets[source, bucket_of(payment_id)][payment_id]
                for payment_id in wanted
                if payment_id in self._buckets.get((source, bucket_of(payment_id)), {})
            }

    def save(self, record: Record, replacing: Record | None) -> None:
        """Write the record if what is stored is what it replaces; raise StaleState otherwise."""
        if not is_storable_id(record.id):
            raise RowError("a payment's id must have 1 to 1024 bytes", record.id[:40])
        with self._lock:
            records = self._buckets.get((record.source, record.bucket), {})
            stored = records.get(record.id)
            if not _may_replace(stored, replacing, record.seen):
                raise StaleState(f"{record.id} is not stored as it was expected to be")
            self._put(record)

    def acknowledge(self, record: Record, version: int) -> None:
        """Note that `version`, the first unpublished one, is published, and drop its body."""
        with self._lock:
            records = self._buckets.get((record.source, record.bucket), {})
            stored = records.get(record.id)
            if stored is None or version > record.version or stored.published < version - 1:
                raise StaleState(f"{record.id} is not at the version before {version}")
            if stored.published >= version:
                return
            outbox = tuple(entry for entry in stored.outbox if entry[0] != version)
            self._put(replace(stored, published=version, outbox=outbox))

    def _put(self, record: Record) -> None:
        place = (record.source, record.bucket)
        self._buckets.setdefault(place, {})[record.id] = record
        watched = self._watched.setdefault(place, {})
        if record.watched:
            watched[record.id] = record
        else:
            watched.pop(record.id, None)


def _may_replace(stored: Record | None, replacing: Record | None, seen: str) -> bool:
    if stored is None or replacing is None:
        return stored is None and replacing is None
    return (
        stored.version == replacing.version
        and stored.published == replacing.published
        and stored.seen < seen
    )


@dataclass
class _Item:
    epoch: int = 0
    until: datetime = NO_LEASE
    watch_began: datetime | None = None
    buckets: dict[int, str] = field(default_factory=dict)
    memory: dict[str, str] = field(default_factory=dict)


class MemoryControls:
    """Control items (ports.Controls)."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._items: dict[tuple[Source, str], _Item] = {}

    def acquire(self, source: Source, kind: str, now: datetime, until: datetime) -> Control | None:
        """Take the lease with the next epoch; None while someone else holds it."""
        with self._lock:
            item = self._items.setdefault((source, kind), _Item())
            if now < item.until <= now + LONGEST_LEASE:
                return None
            # Beyond every epoch that was counted, should the item ever be lost.
            item.epoch = (item.epoch or int(now.timestamp())) + 1
            item.watch_began = item.watch_began or now
            item.until = until
            return _control(source, kind, item)

    def peek(self, source: Source, kind: str) -> Control:
        """Read the item without taking anything (epoch 0 if there is none)."""
        with self._lock:
            return _control(source, kind, self._items.get((source, kind), _Item()))

    def mark(self, lease: Lease, buckets: Collection[int]) -> None:
        """Replace these buckets' digests by the lease's token; raise LeaseLost."""
        if not buckets:
            return
        with self._lock:
            self._own(lease).buckets.update(dict.fromkeys(buckets, lease.token))

    def keep(self, lease: Lease, memory: Mapping[str, str]) -> None:
        """Store sections and go on holding the lease; raise LeaseLost."""
        if not memory:
            return
        with self._lock:
            self._own(lease).memory.update(memory)

    def finish(self, lease: Lease, buckets: Mapping[int, str], memory: Mapping[str, str]) -> bool:
        """Give the lease back and store digests and sections; raise LeaseLost.

        False, and no digest is stored, where one of the buckets does not carry the lease's token.
        """
        with self._lock:
            item = self._own(lease)
            ours = all(item.buckets.get(bucket) == lease.token for bucket in buckets)
            if ours:
                item.buckets.update(buckets)
            item.memory.update(memory)
            item.until = NO_LEASE
            return ours

    def _own(self, lease: Lease) -> _Item:
        item = self._items.get((lease.source, lease.kind))
        if item is None or item.epoch != lease.epoch:
            raise LeaseLost(f"epoch {lease.epoch} of {lease.source} ({lease.kind}) is over")
        return item


def _control(source: Source, kind: str, item: _Item) -> Control:
    lease = Lease(source, kind, item.epoch, item.until)
    began = item.watch_began or NO_LEASE
    return Control(lease, began, dict(item.buckets), dict(item.memory))


class MemoryAlertsTopic:
    """A topic of alerts that keeps what it is told (ports.AlertsTopic); `fault` makes it refuse."""

    def __init__(self) -> None:
        self.told: list[AlertMessage] = []
        self.fault: str | None = None

    def tell(self, message: AlertMessage) -> None:
        """Keep the message; raise TopicUnavailable while there is a fault."""
        if self.fault is not None:
            raise TopicUnavailable(self.fault)
        self.told.append(message)


class MemorySubscribers:
    """Subscribers of whom `failures` deliveries failed, each at its moment (ports.Subscribers)."""

    def __init__(self) -> None:
        self.failures: list[datetime] = []

    def not_reached(self, since: datetime, until: datetime) -> int:
        """Count the deliveries that failed in that time."""
        return sum(1 for at in self.failures if since <= at < until)


class MemoryTopic:
    """A topic that keeps what it is given (ports.Topic).

    `published` holds every message in order, repeats included. Put an id and a reason into
    `refusing` and that message is refused; set `fault` and the whole topic is.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self.published: list[Message] = []
        self.refusing: dict[str, str] = {}
        self.fault: str | None = None

    def publish(self, messages: Sequence[Message]) -> Mapping[str, str | None]:
        """Keep the messages; return for each id None, or why it was refused.

        Raise TopicUnavailable while there is a fault, unless there is nothing that could be sent.
        """
        with self._lock:
            results: dict[str, str | None] = {}
            for message in messages:
                refusal = refusal_of(message)
                if refusal is None and self.fault is not None:
                    raise TopicUnavailable(self.fault)
                refusal = refusal or self.refusing.get(message.id)
                results[message.id] = refusal
                if refusal is None:
                    self.published.append(message)
            return results
