"""The lab over real HTTP, on a free port of the loopback interface."""

import select
import socket
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, cast

from paylab.lab import Lab
from paylab.messages import Damage, Request


class LabServer:
    """Serve a lab on 127.0.0.1 from `start()` to `stop()`; also a context manager.

    `latency` is what each request takes on the lab's clock, in seconds, before it is answered.
    """

    def __init__(self, lab: Lab, port: int = 0, *, latency: float = 0.0) -> None:
        self.lab = lab
        self.latency = latency
        self._wanted_port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """Return the port that the server listens on."""
        if self._server is None:
            raise RuntimeError("the lab's server is not started")
        return int(self._server.server_address[1])

    def base_url(self, source: str) -> str:
        """Return the base URL of a source, its path prefix included, without a final slash."""
        return f"http://127.0.0.1:{self.port}{self.lab.worlds[source].base_path}"

    def start(self) -> "LabServer":
        """Listen, and answer in threads of its own."""
        if self._server is not None:
            raise RuntimeError("the lab's server is started already")
        self._server = _Server(("127.0.0.1", self._wanted_port), _Handler)
        self._server.lab, self._server.latency = self.lab, self.latency
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close the port and every connection; a second call does nothing."""
        server, thread = self._server, self._thread
        self._server = self._thread = None
        if server is None or thread is None:
            return
        server.stopping.set()
        server.shutdown()
        server.close_connections()
        server.server_close()
        thread.join()

    def __enter__(self) -> "LabServer":
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    lab: Lab
    latency: float

    def __init__(self, address: tuple[str, int], handler: type["_Handler"]) -> None:
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, handler)

    def opened(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.discard(connection)

    def close_connections(self) -> None:
        with self._open_lock:
            for connection in self._open:
                with suppress(OSError):  # the client was faster
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that go away, and about nothing else."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet for head and body

    def setup(self) -> None:
        super().setup()
        self._server.opened(self.connection)

    def finish(self) -> None:
        self._server.closed(self.connection)
        with suppress(OSError):  # the client went away while the last bytes were flushed
            super().finish()

    @property
    def _server(self) -> _Server:
        return cast(_Server, self.server)

    def _serve(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))  # or the next request is in it
        path, _, query = self.path.partition("?")
        request = Request(self.command, path, query, dict(self.headers.items()))
        lab = self._server.lab
        lab.clock.advance(self._server.latency)
        exchange = lab.exchange(request)
        response = exchange.response
        damage = response.damage or Damage()
        if damage.delay:
            if self._server.stopping.wait(damage.delay) or self._client_left():
                self.close_connection = True
                return
            if not damage.pause:
                lab.arrived(exchange)
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        for piece in damage.pieces(response.body):
            if damage.pause and self._server.stopping.wait(damage.pause):
                self.close_connection = True
                return
            self.wfile.write(piece)
            self.wfile.flush()
        if damage.cut_after is not None:
            self.close_connection = True
        elif damage.pause:
            lab.arrived(exchange)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    def _client_left(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and self.connection.recv(1, socket.MSG_PEEK) == b""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the lab has a request log."""
