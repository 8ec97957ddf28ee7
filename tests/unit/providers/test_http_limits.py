"""The limits of one attempt: seconds on the clock, bytes on the wire, bytes unpacked."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

from paywatch.errors import Unavailable, UnexpectedResponse
from paywatch.ports import Allowance
from paywatch.providers.body import RefusedBody, collect
from paywatch.providers.http import HttpClient, Limits, Reply
from paywatch.providers.pace import Pace

from .conftest import FakeClock, Handler, Lowest, Script, http_client

CHUNK = 64 * 1024
MIB = 1024 * 1024
JSON = {"content-type": "application/json"}
GZIP = {**JSON, "content-encoding": "gzip"}


class Stream(httpx.SyncByteStream):
    """Chunks that are made as they are read, and counted."""

    def __init__(self, chunk: bytes, times: int, clock: FakeClock | None = None) -> None:
        self.chunk = chunk
        self.times = times
        self.read = 0
        self.closed = False
        self.clock = clock

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(self.times):
            self.read += 1
            if self.clock:
                self.clock.passed += 1
            yield self.chunk

    def close(self) -> None:
        self.closed = True


def get(
    script: Handler, clock: FakeClock, allowance: Allowance, limits: Limits | None = None
) -> Reply:
    return http_client(script, clock, limits=limits).get("/rows", {}, allowance, "it")


def bomb(size: int) -> bytes:
    """Pack so many spaces."""
    packer = zlib.compressobj(9, wbits=31)
    packed = b"".join(packer.compress(b" " * MIB) for _ in range(size // MIB))
    return packed + packer.flush()


def test_a_body_of_100_mb_is_left_at_the_limit(clock: FakeClock, allowance: Allowance) -> None:
    stream = Stream(b" " * CHUNK, 100 * MIB // CHUNK)

    with pytest.raises(UnexpectedResponse, match=r"^it: the answer is larger than 8388608 bytes$"):
        get(Script([httpx.Response(200, headers=JSON, stream=stream)]), clock, allowance)

    assert stream.read == 8 * MIB // CHUNK + 1
    assert stream.closed
    assert allowance.requests == 1


@pytest.mark.parametrize("chunk", [256, CHUNK])
def test_a_body_that_unpacks_to_100_mb_is_left_at_the_limit(
    chunk: int, clock: FakeClock, allowance: Allowance
) -> None:
    packed = bomb(100 * MIB)
    read = []

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(packed), chunk):
            read.append(start)
            yield packed[start : start + chunk]

    answer = httpx.Response(200, headers=GZIP, content=chunks())
    tracemalloc.start()
    try:
        with pytest.raises(UnexpectedResponse, match=r"unpacks to more than 8388608 bytes$"):
            get(Script([answer]), clock, allowance)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(read) * chunk < len(packed) / 10 + chunk
    assert peak < 25 * MIB


def test_one_small_chunk_cannot_unpack_beyond_the_limit() -> None:
    packed = bomb(100 * MIB)
    tracemalloc.start()
    try:
        with pytest.raises(RefusedBody, match="unpacks to more than 200000 bytes"):
            collect([packed], "gzip", limit=200_000)
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < MIB


def test_a_stream_that_unpacks_to_nothing_is_left_at_the_limit() -> None:
    packer = zlib.compressobj(wbits=31)
    head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    nothing = b"\x00\x00\x00\xff\xff" * 100  # empty stored blocks, for ever
    served = []

    def chunks() -> Iterator[bytes]:
        yield head
        while True:
            served.append(nothing)
            yield nothing

    with pytest.raises(RefusedBody, match="larger than 5000 bytes"):
        collect(chunks(), "gzip", 5000)
    assert len(served) == 10


def test_a_packed_body_is_unpacked(clock: FakeClock, allowance: Allowance) -> None:
    packed = gzip.compress(b'{"a": "b"}')
    answer = httpx.Response(200, headers=GZIP, content=iter([packed[:7], packed[7:]]))
    assert get(Script([answer]), clock, allowance).body == {"a": "b"}


def test_a_body_of_just_the_limit_is_read(clock: FakeClock, allowance: Allowance) -> None:
    body = b'"' + b"x" * 98 + b'"'
    for headers, content in ((JSON, body), (GZIP, gzip.compress(body))):
        answer = httpx.Response(200, headers=headers, content=iter([content]))
        assert get(Script([answer]), clock, allowance, Limits(body=100)).body == "x" * 98


@pytest.mark.parametrize(
    "packed",
    [b"", b"not gzip", gzip.compress(b"{}")[:-1], gzip.compress(b"{}") + b"more"],
    ids=["empty", "no gzip", "cut off", "more behind"],  # a package bears its date
)
def test_a_damaged_package_is_asked_for_once_more(
    packed: bytes, clock: FakeClock, allowance: Allowance
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=GZIP, content=iter([packed]))

    with pytest.raises(UnexpectedResponse, match="gzip"):
        get(answer, clock, allowance)
    assert allowance.requests == 2


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "x" * 5000])
def test_an_encoding_that_was_not_asked_for_is_refused_unread(
    encoding: str, clock: FakeClock, allowance: Allowance
) -> None:
    stream = Stream(b"{}", 1)
    answer = httpx.Response(200, headers={**JSON, "content-encoding": encoding}, stream=stream)
    with pytest.raises(UnexpectedResponse, match=r"content encoding that was not asked for$"):
        get(Script([answer]), clock, allowance)
    assert stream.read == 0


@pytest.mark.parametrize("nest", [b"[", b'{"a":'])
def test_json_nested_too_deeply_is_refused(
    nest: bytes, clock: FakeClock, allowance: Allowance
) -> None:
    answer = httpx.Response(200, headers=JSON, content=nest * 200_000)
    with pytest.raises(UnexpectedResponse, match=r"nested too deeply$"):
        get(Script([answer]), clock, allowance)
    assert allowance.requests == 1


def test_an_answer_that_drips_ends_at_the_total_limit(
    clock: FakeClock, allowance: Allowance
) -> None:
    streams = []

    def answer(request: httpx.Request) -> httpx.Response:
        streams.append(Stream(b" ", 1000, clock))
        return httpx.Response(200, headers=JSON, stream=streams[-1])

    with pytest.raises(Unavailable, match=r"in time \(20 s at most\)"):
        get(answer, clock, allowance)

    assert [stream.read for stream in streams] == [20, 20, 20]
    assert clock.passed == 60


def test_no_limit_goes_beyond_what_the_run_has_left(clock: FakeClock) -> None:
    script = Script([httpx.Response(200, json={})])
    client = http_client(script, clock)

    for left in (100.0, 7.0, 3.0):
        client.get("/rows", {}, Allowance(clock, left, 9), "it")

    timeouts = [request.extensions["timeout"] for request in script.requests]
    assert [t["connect"] for t in timeouts] == [5.0, 5.0, 3.0]
    assert [t["read"] for t in timeouts] == [10.0, 7.0, 3.0]


@pytest.fixture
def dripping() -> Iterator[str]:
    """Serve, on a real socket, headers that never end; give the server's URL."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    connection.sendall(b"HTTP/1.1 200 OK\r\n")
                    while True:
                        connection.sendall(b"X-More: yes\r\n")
                        time.sleep(0.0005)

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_headers_that_drip_over_a_real_connection_end_at_the_total_limit(dripping: str) -> None:
    clock = FakeClock(step=0.5)
    client = HttpClient(dripping, {}, Pace(clock, 1e9), clock, Lowest())
    with pytest.raises(Unavailable, match="in time"):
        client.get("/rows", {}, Allowance(clock, 600, 9), "it")


def test_a_port_that_nobody_listens_on_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    clock = FakeClock()
    client = HttpClient(f"http://127.0.0.1:{port}", {}, Pace(clock, 1e9), clock, Lowest())
    with pytest.raises(Unavailable, match="could not be reached"):
        client.get("/rows", {}, Allowance(clock, 600, 9), "it")
