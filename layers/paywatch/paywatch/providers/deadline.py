"""A network that keeps a total time limit, however slowly an answer drips.

A read limit alone starts anew with every byte, so a header sent byte by byte would never end.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from math import inf
from typing import Any

import httpcore

from paywatch.ports import Clock


class Deadline:
    """The instant, by the clock's monotonic time, after which an attempt is given up."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at = inf

    def start(self, seconds: float) -> None:
        """Set it to so many seconds from now."""
        self._at = self._clock.monotonic() + seconds

    def check(self) -> None:
        """Raise TimeoutError once it has passed."""
        if self._clock.monotonic() >= self._at:
            raise TimeoutError

    def cut(self, timeout: float | None) -> float:
        """Shorten one step's limit to what is left; raise TimeoutError if nothing is."""
        self.check()
        left = self._at - self._clock.monotonic()
        return max(0.001, left if timeout is None else min(timeout, left))


def timed_pool(deadline: Deadline, ssl_context: ssl.SSLContext) -> httpcore.ConnectionPool:
    """Make a pool of connections whose every step ends by the deadline."""
    network = _TimedBackend(deadline, httpcore.SyncBackend())
    return httpcore.ConnectionPool(ssl_context=ssl_context, network_backend=network)


class _TimedBackend(httpcore.NetworkBackend):
    def __init__(self, deadline: Deadline, backend: httpcore.NetworkBackend) -> None:
        self._deadline = deadline
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._backend.connect_tcp(
            host, port, self._deadline.cut(timeout), local_address, socket_options
        )
        return _TimedStream(self._deadline, stream)


class _TimedStream(httpcore.NetworkStream):
    def __init__(self, deadline: Deadline, stream: httpcore.NetworkStream) -> None:
        self._deadline = deadline
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.cut(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.cut(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.cut(timeout))
        return _TimedStream(self._deadline, secured)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
