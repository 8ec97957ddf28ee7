"""A Compago of any size whose rows are computed, and stored payments that are only counted."""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs

import httpx

from paylab import LabClock
from paywatch.domain.changes import Record, stamp
from paywatch.domain.payments import Source
from paywatch.errors import StaleState
from paywatch.providers.compago.mapping import payment

YEARS = timedelta(days=3 * 365)


def number_of(payment_id: str) -> int:
    """Return the number that a payment's id was made of."""
    return int(payment_id[:8], 16)


class Synthetic(httpx.BaseTransport):
    """Settled payments from the newest, number 0, to the oldest; no row is kept.

    `gone` is how many of the newest are listed no more. Every request takes `latency` seconds.
    """

    def __init__(self, size: int, clock: LabClock, latency: float) -> None:
        self.size = size
        self.gone = 0
        self.requests = 0
        self._clock = clock
        self._latency = latency
        self._newest = clock.now() - timedelta(days=2)
        self._apart = YEARS / size

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer for a page of a list."""
        self.requests += 1
        self._clock.advance(self._latency)
        query = parse_qs(request.url.query.decode())
        page, size = int(query["page"][0]), int(query.get("pageSize", ["100"])[0])
        listed = query.get("status", ["CONFIRMED"])[0] == "CONFIRMED"
        count = self.size - self.gone if listed else 0
        first = self.gone + (page - 1) * size
        last = min(first + size, self.size) if listed else first
        items = ",".join(self.row(number) for number in range(first, last))
        body = f'{{"count":{count},"page":{page},"pageSize":{size},"items":[{items}]}}'
        date = format_datetime(self._clock.now(), usegmt=True)
        headers = {"Content-Type": "application/json", "Date": date}
        return httpx.Response(200, headers=headers, stream=_Body(body.encode()), request=request)

    def row(self, number: int) -> str:
        """Return a payment's row as JSON text."""
        at = (self._newest - self._apart * number).strftime("%Y-%m-%dT%H:%M:%SZ")
        return (
            f'{{"id":"{number:08x}-0000-4000-8000-000000000000","status":"CONFIRMED",'
            f'"description":"Pedido {number}","amount":{100 + number % 900}.5,"currency":"MXN",'
            f'"externalId":"order-{number}","expiresAt":"{at}","redirectUrl":null,'
            f'"homepageUrl":null,"createdAt":"{at}","updatedAt":"{at}","billingInformation":null}}'
        )


class Counted:
    """Stored payments (ports.Payments) of which only the evidence and the writes are kept.

    The records are computed anew from the provider's rows. What is no silent first record of a
    settled payment is refused.
    """

    def __init__(self, provider: Synthetic) -> None:
        self.writes = bytearray(provider.size)
        self._provider = provider
        self._runs = array("I", bytes(4 * provider.size))
        self._requests = array("I", bytes(4 * provider.size))

    def watched(self, source: Source, bucket: int) -> Sequence[Record]:
        """Return nothing: nothing is open, and nothing is owed."""
        return []

    def fetch(self, source: Source, ids: Collection[str]) -> Mapping[str, Record]:
        """Return the records that were saved among these ids."""
        return {key: self._record(source, key) for key in ids if self.writes[number_of(key)]}

    def save(self, record: Record, replacing: Record | None) -> None:
        """Note a first record."""
        number = number_of(record.id)
        if self.writes[number] and replacing is None:
            raise StaleState(f"{record.id} is stored already")
        assert (record.version, record.open, record.history) == (0, False, ())
        self.writes[number] += 1
        run, request = record.seen.split(".")
        self._runs[number], self._requests[number] = int(run), int(request)

    def acknowledge(self, record: Record, version: int) -> None:
        """Fail: there is nothing to publish."""
        raise AssertionError(f"{record.id} was published")

    def _record(self, source: Source, key: str) -> Record:
        number = number_of(key)
        paid = payment(json.loads(self._provider.row(number), parse_float=str))
        seen = stamp(self._runs[number], self._requests[number])
        return Record(source, paid, paid.status, 0, 0, seen, first_seen="", since="")


class _Body(httpx.SyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body
