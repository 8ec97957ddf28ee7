"""What stands between the function and AWS: every request passes, is counted, and may be the last.

It is where a run can be struck at a call: before the call has had its effect, or after the effect
and before the answer. Requests pass one by one, for the emulator loses its atomicity under threads.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

# An emulator that answers nothing for so long has come to its end.
PATIENCE = 30.0
_OF_THE_CONNECTION = ("connection", "content-length", "transfer-encoding", "date", "server")


@dataclass(frozen=True)
class Passing:
    """A call on its way: its operation, its number in the run and among those of its operation."""

    operation: str
    number: int
    of_its_kind: int
    answered: bool


@dataclass(frozen=True)
class Answer:
    """What AWS has answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


# Sees every call before and after its effect; True: what is asked or answered goes no further.
Watcher = Callable[[Passing], bool]


class Relay:
    """Forwards to AWS; `calls` counts those since the last `watch`, by operation."""

    def __init__(self, upstream: str) -> None:
        address = urlsplit(upstream)
        assert address.hostname is not None
        self._upstream = (address.hostname, address.port)
        self._one_by_one = threading.Lock()
        self._watcher: Watcher | None = None
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.relay = self
        self.calls: Counter[str] = Counter()

    @property
    def endpoint(self) -> str:
        """Return the address that the function takes for AWS."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def watch(self, watcher: Watcher | None) -> None:
        """Begin to count anew, and show every call to a watcher from now on."""
        with self._one_by_one:
            self.calls.clear()
            self._watcher = watcher

    def carry(self, operation: str, path: str, headers: Any, body: bytes) -> Answer | None:
        """Forward a call and return the answer; None if there will be none."""
        with self._one_by_one:
            self.calls[operation] += 1
            watcher = self._watcher or (lambda passing: False)
            here = (operation, self.calls.total(), self.calls[operation])
            if watcher(Passing(*here, answered=False)):
                return None
            answer = self._forward(path, headers, body)
            return None if watcher(Passing(*here, answered=True)) else answer

    def wait_for_the_dead(self) -> None:
        """Wait until what a dead process has sent has had its effect."""
        last = time.monotonic() + PATIENCE
        while self._server.connections:
            assert time.monotonic() < last, "a connection outlives its process"
            time.sleep(0.002)

    def _forward(self, path: str, headers: Any, body: bytes) -> Answer:
        connection = HTTPConnection(*self._upstream, timeout=PATIENCE)
        try:
            connection.request("POST", path, body, dict(headers.items()))
            response = connection.getresponse()
            kept = [h for h in response.getheaders() if h[0].lower() not in _OF_THE_CONNECTION]
            return Answer(response.status, kept, response.read())
        finally:
            connection.close()

    @contextmanager
    def serving(self) -> Iterator[Relay]:
        """Listen, until the block ends."""
        thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    relay: Relay

    def __init__(self, *given: Any) -> None:
        self._lock = threading.Lock()
        self.connections = 0
        super().__init__(*given)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self.connections += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._lock:
            self.connections -= 1

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet: whoever asked is dead."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet for head and body

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:  # whoever was asking died in the middle of a word
            self.close_connection = True
            return
        relay = cast(_Server, self.server).relay
        answer = relay.carry(_operation(self.headers, body), self.path, self.headers, body)
        if answer is None:
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the relay counts."""


def _operation(headers: Any, body: bytes) -> str:
    """Return an operation's name from the header or, as SNS has it, from the form."""
    target = headers.get("X-Amz-Target")
    if target is not None:
        return str(target).rpartition(".")[2]
    return parse_qs(body.decode()).get("Action", ["?"])[0]
