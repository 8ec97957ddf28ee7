"""The body of an answer: read within a limit, unpacked within the same limit, and parsed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable

GZIP = ("gzip", "x-gzip")
PLAIN = ("", "identity")


class RefusedBody(Exception):
    """The body is not of a kind that is read at all."""


class UnreadableBody(Exception):
    """The body is damaged; another attempt may bring a sound one."""


class Number(str):
    """A number of JSON by its own digits, so that no amount ever becomes a float."""


def collect(chunks: Iterable[bytes], encoding: str, limit: int) -> bytes:
    """Join what arrives, unpacked, and stop as soon as it passes `limit` bytes.

    The limit holds for the bytes as sent and for the bytes as unpacked, inside a chunk too: a
    kilobyte can unpack to a megabyte, and an endless stream to nothing.
    """
    if encoding not in GZIP + PLAIN:
        raise RefusedBody("has a content encoding that was not asked for")
    unpack = zlib.decompressobj(wbits=31) if encoding in GZIP else None
    body = bytearray()
    received = 0
    for chunk in chunks:
        received += len(chunk)
        if received > limit:
            raise RefusedBody(f"is larger than {limit} bytes")
        try:
            body += unpack.decompress(chunk, limit + 1 - len(body)) if unpack else chunk
        except zlib.error:
            raise UnreadableBody("is not the gzip that it says it is") from None
        if len(body) > limit:
            raise RefusedBody(f"unpacks to more than {limit} bytes")
    if unpack and (not unpack.eof or unpack.unused_data):
        raise UnreadableBody("is not one whole gzip stream")
    return bytes(body)


def parse(body: bytes) -> object:
    """Parse JSON; every number, and NaN and Infinity too, becomes a `Number`."""
    try:
        return json.loads(
            body.decode("utf-8-sig"), parse_float=Number, parse_int=Number, parse_constant=Number
        )
    except RecursionError:
        raise RefusedBody("is nested too deeply") from None
    except ValueError:
        raise UnreadableBody("is not whole, well-formed JSON") from None
