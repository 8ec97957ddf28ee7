"""A provider that answers what it should not, while the other one is the lab."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import httpx

from paywatch.providers.http import Transport
from tests.faults.verdict import findings
from tests.integration.on_aws import OnAws
from tests.integration.seeding import in_memory
from tests.polling import START, Polling

MEGABYTE = 1024 * 1024
JSON = {"Content-Type": "application/json"}
OTHER = {"compago": "onepay", "onepay": "compago"}
PAID = {"compago": "CONFIRMED", "onepay": "paid"}

Row = dict[str, Any]
Answer = Callable[[httpx.Request], httpx.Response]


class Between(httpx.BaseTransport):
    """Carries to the lab, but what is asked of `source` is answered by `instead`, if that is set.

    `respond` is the lab's own answer, for those who spoil it; `asked` counts what was spoiled.
    """

    def __init__(self, inner: Transport, source: str) -> None:
        self._inner = inner
        self._host = f"{source}.test"
        self.instead: Answer | None = None
        self.asked = 0

    def respond(self, request: httpx.Request) -> httpx.Response:
        return self._inner.handle_request(request)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.instead is None or request.url.host != self._host:
            return self.respond(request)
        self.asked += 1
        return self.instead(request)


def answer(status: int, body: bytes = b"{}", **headers: str) -> Answer:
    """Give the same answer to everything; underscores in a header's name become dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request: httpx.Response(status, headers={**JSON, **named}, content=body)


class Stream(httpx.SyncByteStream):
    """A body that is made piece by piece while it is read; `sent` counts its bytes."""

    def __init__(self, pieces: Callable[[], Iterator[bytes]]) -> None:
        self._pieces = pieces
        self.sent = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces():
            self.sent += len(piece)
            yield piece

    def __call__(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=self.headers, stream=self)

    headers: Mapping[str, str] = JSON


class Packed(Stream):
    """The same, packed: small on the wire."""

    headers: Mapping[str, str] = {**JSON, "Content-Encoding": "gzip"}

    def __iter__(self) -> Iterator[bytes]:
        pack = zlib.compressobj(wbits=31)
        for piece in self._pieces():
            self.sent += len(piece)
            yield pack.compress(piece) + pack.flush(zlib.Z_SYNC_FLUSH)
        yield pack.flush()


def megabytes(count: int) -> Callable[[], Iterator[bytes]]:
    """Return what makes a JSON text of so many megabytes."""

    def pieces() -> Iterator[bytes]:
        yield b'{"items":"'
        for _ in range(count):
            yield b"x" * MEGABYTE
        yield b'"}'

    return pieces


def cut_short(body: bytes) -> Callable[[], Iterator[bytes]]:
    """Return what sends half of a body, and then breaks the connection."""

    def pieces() -> Iterator[bytes]:
        yield body[: len(body) // 2]
        raise httpx.RemoteProtocolError("peer closed connection")

    return pieces


def respelled(lab: Between, spell: Callable[[dict[str, Any]], object]) -> Answer:
    """Let the lab's pages be changed, each before it is sent; other answers stay as they are.

    A text `raw:…` becomes those characters, so that JSON can hold what Python has no number for.
    """

    def instead(request: httpx.Request) -> httpx.Response:
        given = lab.respond(request)
        page = json.loads(given.read())
        if "items" not in page and "data" not in page:
            return httpx.Response(given.status_code, headers=given.headers, json=page)
        spell(page)
        text = json.dumps(page)
        for mark in ('"raw:', ':raw"'):
            text = text.replace(mark, "")
        headers = {**JSON, "Date": given.headers["Date"]}
        return httpx.Response(given.status_code, headers=headers, content=text.encode())

    return instead


def rows(page: Mapping[str, Any]) -> list[Row]:
    """Return a page's rows, whichever provider's it is."""
    found: list[Row] = page["items"] if "items" in page else page["data"]
    return found


class Watched(OnAws):
    """Both sources with four open payments each, polled twice, and who spoils `source`."""

    def __init__(self, source: str = "compago") -> None:
        super().__init__(pace=10)
        for world in self.worlds.values():
            for hours in range(1, 5):
                world.add(created_at=START - timedelta(hours=hours))
        with in_memory(self):
            Polling.tick(self)
        self.source = source
        self.transport = self.lab_between = Between(self.transport, source)
        self.restart()
        self.tick()
        self.odd = self.world(source).payments()[0].id
        self.moved = {name: self.world(name).payments()[1].id for name in OTHER}

    def pay(self) -> None:
        """Let a payment of each source be paid."""
        for name, payment_id in self.moved.items():
            self.world(name).move(payment_id, PAID[name])

    def announced(self) -> dict[str, list[str]]:
        """Return what was announced of those that were paid, by source."""
        return {name: self.told(payment_id) for name, payment_id in self.moved.items()}

    def poll_with(self, instead: Answer) -> dict[str, Any]:
        """Poll once while the source answers so; return the report of the source."""
        self.pay()
        self.lab_between.instead = instead
        report = self.tick()["sources"]
        other = report[OTHER[self.source]]
        assert (other["outcome"], other["sealed"], other["published"]) == ("ok", True, 1)
        mine: dict[str, Any] = report[self.source]
        return mine

    def recover(self) -> None:
        """Poll once with a sound source, and see that everything is as if nothing had been."""
        self.lab_between.instead = None
        report = self.tick()["sources"][self.source]
        assert (report["outcome"], report["detail"]) == ("ok", "")
        assert self.announced() == {name: ["paid"] for name in OTHER}
        assert findings(self) == []
