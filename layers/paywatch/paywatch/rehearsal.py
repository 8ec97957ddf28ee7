"""Ports for a dry run: they read what is there and write nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from paywatch.domain.changes import Record
from paywatch.domain.events import Message
from paywatch.domain.payments import Source
from paywatch.ports import Control, Controls, Lease, Payments


class RehearsedPayments:
    """Stored payments that take every write for done."""

    def __init__(self, payments: Payments) -> None:
        self._payments = payments

    def watched(
        self, source: Source, bucket: int, unread: set[str] | None = None
    ) -> Sequence[Record]:
        """Read the stored ones."""
        return self._payments.watched(source, bucket, unread)

    def fetch(
        self, source: Source, ids: Collection[str], unread: set[str] | None = None
    ) -> Mapping[str, Record]:
        """Read the stored ones."""
        return self._payments.fetch(source, ids, unread)

    def save(self, record: Record, replacing: Record | None) -> None:
        """Write nothing."""

    def acknowledge(self, record: Record, version: int) -> None:
        """Write nothing."""


class RehearsedControls:
    """Control items that are read without taking the lease."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls

    def acquire(self, source: Source, kind: str, now: datetime, until: datetime) -> Control | None:
        """Read the item as if the lease were ours."""
        control = self._controls.peek(source, kind)
        began = control.watch_began if control.lease.epoch else now
        lease = Lease(source, kind, control.lease.epoch + 1, until)
        return replace(control, lease=lease, watch_began=began)

    def peek(self, source: Source, kind: str) -> Control:
        """Read the item."""
        return self._controls.peek(source, kind)

    def mark(self, lease: Lease, buckets: Collection[int]) -> None:
        """Write nothing."""

    def keep(self, lease: Lease, memory: Mapping[str, str]) -> None:
        """Write nothing."""

    def finish(self, lease: Lease, buckets: Mapping[int, str], memory: Mapping[str, str]) -> bool:
        """Write nothing."""
        return True


class RehearsedTopic:
    """A topic that refuses everything, so that nothing counts as published."""

    def publish(self, messages: Sequence[Message]) -> Mapping[str, str | None]:
        """Publish nothing."""
        return {message.id: "dry run" for message in messages}
