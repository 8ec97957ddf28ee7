"""How a control item is read: its lease, digests and sections, each for itself.

`buckets` is a map from two hex digits to a digest or a token; each section of the memory is an
attribute of its own, named `memory_` and the section's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from paywatch.aws.values import whole_number
from paywatch.domain.payments import BUCKETS, Source, moment
from paywatch.ports import NO_LEASE, Control, Lease

SECTION = "memory_"

_BUCKET_NAMES = {f"{bucket:02x}": bucket for bucket in range(BUCKETS)}


def control_of(source: Source, kind: str, item: Mapping[str, Any]) -> Control:
    """Read a control item, leaving out whatever cannot be read."""
    epoch = max(whole_number(item.get("epoch")), 0)
    buckets = item.get("buckets", {}).get("M", {})
    return Control(
        lease=Lease(source, kind, epoch, _moment(item, "lease_until")),
        watch_began=_moment(item, "watch_began"),
        buckets={
            _BUCKET_NAMES[name]: digest["S"]
            for name, digest in buckets.items()
            if name in _BUCKET_NAMES and "S" in digest
        },
        memory={
            name.removeprefix(SECTION): text["S"]
            for name, text in item.items()
            if name.startswith(SECTION) and "S" in text
        },
    )


def _moment(item: Mapping[str, Any], name: str) -> datetime:
    try:
        stored = moment(item.get(name, {}).get("S", ""))
    except ValueError:
        return NO_LEASE
    return stored if stored.tzinfo is not None else NO_LEASE
