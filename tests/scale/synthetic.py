"""A Compago of any size whose rows are computed, and stored payments that are only counted."""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from email.utils import format_datetime
from typing import overload
from urllib.parse import parse_qs

import httpx

from paylab import LabClock
from paywatch.domain.changes import Record, stamp
from paywatch.domain.payments import BUCKETS, Source
from paywatch.errors import StaleState
from paywatch.memory import MemoryPayments
from paywatch.providers.compago.mapping import payment

YEARS = timedelta(days=3 * 365)
WRITTEN = "%Y-%m-%dT%H:%M:%SZ"


def id_of(number: int) -> str:
    """Return the id of the payment with a number."""
    return f"{number:08x}-0000-4000-8000-000000000000"


def number_of(payment_id: str) -> int:
    """Return the number that a payment's id was made of."""
    return int(payment_id[:8], 16)


class Synthetic(httpx.BaseTransport):
    """Settled payments from the newest, number 0, to the oldest; no row is kept.

    `gone` is how many of the newest are listed no more, `last` the number from which on the oldest
    are not. `moved` are those that were cancelled after all, and what `updatedAt` says of when
    (None: nothing). Every request takes `latency` seconds.
    """

    def __init__(self, size: int, clock: LabClock, latency: float) -> None:
        self.size = self.last = size
        self.gone = 0
        self.moved: dict[int, str | None] = {}
        self.requests = 0
        self._clock = clock
        self._latency = latency
        self._newest = clock.now() - timedelta(days=2)
        self._apart = YEARS / size

    def move(self, number: int, *, dated: bool) -> None:
        """Let a payment be cancelled now."""
        self.moved[number] = self._clock.now().strftime(WRITTEN) if dated else None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer for a page of a list."""
        self.requests += 1
        self._clock.advance(self._latency)
        query = parse_qs(request.url.query.decode())
        page, size = int(query["page"][0]), int(query.get("pageSize", ["100"])[0])
        listed = self._listed(query.get("status", [""])[0])
        numbers = listed[(page - 1) * size : page * size]
        items = ",".join(self.row(number) for number in numbers)
        body = f'{{"count":{len(listed)},"page":{page},"pageSize":{size},"items":[{items}]}}'
        date = format_datetime(self._clock.now(), usegmt=True)
        headers = {"Content-Type": "application/json", "Date": date}
        return httpx.Response(200, headers=headers, stream=_Body(body.encode()), request=request)

    def row(self, number: int, *, before: bool = False) -> str:
        """Return a payment's row as JSON text; `before` it moved, if it has."""
        at = updated = (self._newest - self._apart * number).strftime(WRITTEN)
        word = "CONFIRMED"
        if number in self.moved and not before:
            word, updated = "CANCELLED", self.moved[number] or at
        return (
            f'{{"id":"{id_of(number)}","status":"{word}",'
            f'"description":"Pedido {number}","amount":{100 + number % 900}.5,"currency":"MXN",'
            f'"externalId":"order-{number}","expiresAt":"{at}","redirectUrl":null,'
            f'"homepageUrl":null,"createdAt":"{at}","updatedAt":"{updated}",'
            f'"billingInformation":null}}'
        )

    def _listed(self, word: str) -> Sequence[int]:
        """Return the numbers of a list, the newest first."""
        everything = range(self.gone, self.last)
        if not word:
            return everything
        moved = sorted(number for number in self.moved if number in everything)
        if word == "CONFIRMED":
            return Without(everything, moved)
        return moved if word == "CANCELLED" else ()


class Without(Sequence[int]):
    """Numbers in a row, some left out."""

    def __init__(self, numbers: range, out: Sequence[int]) -> None:
        self._numbers, self._out = numbers, out

    def __len__(self) -> int:
        return len(self._numbers) - len(self._out)

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[int]: ...
    def __getitem__(self, place: int | slice) -> int | Sequence[int]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        number = self._numbers.start + place
        for out in self._out:
            if out > number:
                break
            number += 1
        return number


class Counted:
    """Stored payments (ports.Payments) of which only the evidence and the writes are kept.

    The records are computed anew from the provider's rows, but for those of payments that moved.
    """

    def __init__(self, provider: Synthetic) -> None:
        self.writes = bytearray(provider.size)
        self.moved = MemoryPayments()
        self._kept: set[str] = set()
        self._provider = provider
        self._runs = array("I", bytes(4 * provider.size))
        self._requests = array("I", bytes(4 * provider.size))

    def watched(
        self, source: Source, bucket: int, unread: set[str] | None = None
    ) -> Sequence[Record]:
        """Return what has something unpublished: nothing is open."""
        return self.moved.watched(source, bucket, unread)

    def fetch(
        self, source: Source, ids: Collection[str], unread: set[str] | None = None
    ) -> Mapping[str, Record]:
        """Return the records that were saved among these ids."""
        kept = self.moved.fetch(source, self._kept.intersection(ids), unread)
        known = (key for key in ids if key not in kept and self.writes[number_of(key)])
        return {**kept, **{key: self._record(source, key) for key in known}}

    def save(self, record: Record, replacing: Record | None) -> None:
        """Count a write; a first record of a payment that has not moved is kept as its evidence."""
        number = number_of(record.id)
        if record.id not in self._kept:
            if (replacing is None) is not (self.writes[number] == 0):
                raise StaleState(f"{record.id} is not stored as it was expected to be")
            if record.payment.provider_status == "CONFIRMED":
                assert (record.version, record.open, record.history) == (0, False, ())
                self._write(number, record)
                return
            if replacing is not None:
                self.moved.save(self._record(record.source, record.id), None)
            self._kept.add(record.id)
        self.moved.save(record, replacing)
        self._write(number, record)

    def acknowledge(self, record: Record, version: int) -> None:
        """Note that a version is published."""
        self.moved.acknowledge(record, version)

    def owed(self, source: Source) -> list[str]:
        """Return the payments of which something is not published."""
        buckets = (self.moved.watched(source, bucket) for bucket in range(BUCKETS))
        return [record.id for records in buckets for record in records]

    def _write(self, number: int, record: Record) -> None:
        self.writes[number] += 1
        run, request = record.seen.split(".")
        self._runs[number], self._requests[number] = int(run), int(request)

    def _record(self, source: Source, key: str) -> Record:
        number = number_of(key)
        row = self._provider.row(number, before=True)
        paid = payment(json.loads(row, parse_float=str))
        seen = stamp(self._runs[number], self._requests[number])
        return Record(source, paid, paid.status, 0, 0, seen, first_seen="", since="")


class _Body(httpx.SyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body
