"""Rows that were read and recorded before, just as they are, so that nothing is read for them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from paywatch.discovery.reader import Observation
from paywatch.domain.payments import REMEMBERED, Payment

HASH_BYTES = 6
# The newest so many rows of a reading are kept (a control item has 400 KB for everything).
KNOWN_ROWS = 500


@lru_cache(REMEMBERED)
def short_hash(text: str) -> bytes:
    """Return 6 bytes that stand for a text where 36 would not fit."""
    return hashlib.sha256(text.encode()).digest()[:HASH_BYTES]


def row_hash(row: Payment) -> bytes:
    """Return what stands for a row in just this state."""
    return short_hash(f"{row.id} {row.fingerprint}")


def pack_hashes(hashes: Iterable[bytes]) -> str:
    """Write short hashes as one base64 text."""
    return base64.b64encode(b"".join(sorted(hashes))).decode()


def packed(stored: Any, most: int = KNOWN_ROWS) -> str:
    """Return a stored text of so many packed hashes at most; raise ValueError for anything else."""
    data = base64.b64decode(stored, validate=True) if isinstance(stored, str) else b"-"
    if len(data) % HASH_BYTES or len(data) > most * HASH_BYTES:
        raise ValueError(f"{stored!r:.40} is no text of packed hashes")
    return str(stored)


def unpack_hashes(text: str) -> set[bytes]:
    """Read what `pack_hashes` wrote."""
    data = base64.b64decode(text)
    return {data[i : i + HASH_BYTES] for i in range(0, len(data) - HASH_BYTES + 1, HASH_BYTES)}


def pack_rows(observations: Iterable[Observation]) -> str:
    """Write down the newest rows of a reading."""
    rows = sorted((o.payment for o in observations), key=lambda row: row.created_at or "")
    return pack_hashes({row_hash(row) for row in rows[-KNOWN_ROWS:]})


def unknown(observations: Sequence[Observation], packed: str) -> list[Observation]:
    """Return the observations that are not among the rows that `pack_rows` wrote down."""
    known = unpack_hashes(packed)
    return [o for o in observations if row_hash(o.payment) not in known]
