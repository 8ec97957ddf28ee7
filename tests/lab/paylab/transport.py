"""The lab without a network: an httpx transport that asks it in process."""

from collections.abc import Iterator

import httpx

from paylab.lab import Exchange, Lab
from paylab.messages import Damage, Request


class LabTransport(httpx.BaseTransport):
    """Carry requests to a lab, whatever their host; errors are those of a real connection.

    `latency` is what each request takes on the lab's clock, in seconds, before it is answered.
    """

    def __init__(self, lab: Lab, *, latency: float = 0.0) -> None:
        self._lab = lab
        self._latency = latency

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, or raise `ReadTimeout` where the answer is slower than the client waits."""
        self._lab.clock.advance(self._latency)
        exchange = self._lab.exchange(
            Request(
                request.method,
                request.url.path,
                request.url.query.decode(),
                dict(request.headers.items()),
            )
        )
        damage = exchange.response.damage or Damage()
        if damage.delay:
            self._wait(request, exchange, damage)
        response = exchange.response
        headers = {**response.headers, "Content-Length": str(len(response.body))}
        stream = _Body(self._lab, exchange, damage, request)
        return httpx.Response(response.status, headers=headers, stream=stream, request=request)

    def _wait(self, request: httpx.Request, exchange: Exchange, damage: Damage) -> None:
        patience = request.extensions.get("timeout", {}).get("read")
        if patience is not None and damage.delay >= patience:
            self._lab.clock.advance(patience)
            raise httpx.ReadTimeout("The read operation timed out", request=request)
        self._lab.clock.advance(damage.delay)
        if not damage.pause:
            self._lab.arrived(exchange)


class _Body(httpx.SyncByteStream):
    def __init__(
        self, lab: Lab, exchange: Exchange, damage: Damage, request: httpx.Request
    ) -> None:
        self._lab = lab
        self._exchange = exchange
        self._damage = damage
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        body, damage = self._exchange.response.body, self._damage
        pieces = damage.pieces(body)
        for piece in pieces:
            self._wait()
            yield piece
        if damage.cut_after is not None:
            raise httpx.RemoteProtocolError(
                "peer closed connection without sending complete message body "
                f"(received {sum(map(len, pieces))} bytes, expected {len(body)})"
            )
        if damage.pause:
            self._lab.arrived(self._exchange)

    def _wait(self) -> None:
        patience = self._request.extensions.get("timeout", {}).get("read")
        if patience is not None and self._damage.pause >= patience:
            self._lab.clock.advance(patience)
            raise httpx.ReadTimeout("The read operation timed out", request=self._request)
        self._lab.clock.advance(self._damage.pause)
