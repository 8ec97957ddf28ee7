"""How a payment's record is written as an item of the table, and read from it.

Everything is a plain attribute that a person can read in the console. A change in `history` keeps
of its row only what differs from the present one (`row`), so that an item stays near 1 KB.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from paywatch.aws.values import Unreadable
from paywatch.domain.changes import Change, DetectedBy, Record
from paywatch.domain.payments import Origin, Payment, Source, Status

FORMAT = 1

_TEXTS = ("amount", "currency", "external_id", "payment_method_type")
_DATES = ("created_at", "updated_at", "paid_at", "expires_at")

Plain = Mapping[str, Any]


def attributes_of(record: Record) -> dict[str, Any]:
    """Write the record as attributes, keys aside; None stands for one that must be absent."""
    row = _row_of(record.payment)
    attributes = {name: value for name, value in row.items() if name not in ("id", "status")}
    return attributes | {
        "format": FORMAT,
        "status": record.status.value,
        # Only where it is not the same word: for `expired`, which no provider says.
        "row_status": None if row["status"] == record.status else row["status"],
        "version": record.version,
        "published": record.published,
        "seen": record.seen,
        "first_seen": record.first_seen,
        "since": record.since,
        "fingerprint": record.payment.fingerprint,
        "history": [_change_to_map(change, row) for change in record.history],
        "outbox": {str(version): body for version, body in record.outbox},
        "watched": (row["created_at"] or record.first_seen) if record.watched else None,
    }


def record_of(source: Source, item: Plain) -> Record:
    """Read a record from an item's attributes; raise Unreadable."""
    if item.get("format") != FORMAT:
        raise Unreadable(f"format is not {FORMAT}: another release, or another hand, wrote it")
    status = _text(item, "status")
    row = {**item, "id": item.get("sk"), "status": item.get("row_status", status)}
    record = Record(
        source=source,
        payment=_payment(row),
        status=_status(item, "status"),
        version=_number(item, "version"),
        published=_number(item, "published"),
        seen=_text(item, "seen"),
        first_seen=_date(item, "first_seen"),
        since=_date(item, "since"),
        history=tuple(_change(change, row) for change in _sequence(item, "history")),
        outbox=_outbox(item),
    )
    if record.published > record.version:
        raise Unreadable("published is beyond version")
    return record


def _row_of(payment: Payment) -> dict[str, Any]:
    origin = payment.origin
    return {
        "id": payment.id,
        "status": payment.status.value,
        "provider_status": payment.provider_status,
        "is_test": payment.is_test,
        "origin": None if origin is None else {"type": origin.type, "id": origin.id},
        **{name: getattr(payment, name) for name in _TEXTS + _DATES},
    }


def _payment(row: Plain) -> Payment:
    origin = row.get("origin")
    if origin is not None:
        if not isinstance(origin, Mapping):
            raise Unreadable("origin is not a map")
        origin = Origin(_text(origin, "type"), _text(origin, "id"))
    return Payment(
        id=_text(row, "id"),
        status=_status(row, "status"),
        provider_status=_text(row, "provider_status"),
        is_test=_flag(row, "is_test"),
        origin=origin,
        **{name: None if row.get(name) is None else _text(row, name) for name in _TEXTS},
        **{name: None if row.get(name) is None else _date(row, name) for name in _DATES},
    )


def _change_to_map(change: Change, present: Plain) -> dict[str, Any]:
    row = _row_of(change.payment)
    written = {
        "v": change.version,
        "to": change.status.value,
        "word": change.provider_status,
        "from": None if change.previous_status is None else change.previous_status.value,
        "from_word": change.previous_provider_status,
        "at": change.observed_at,
        "after": change.changed_after,
        "before": None if change.changed_before == change.observed_at else change.changed_before,
        "by": change.detected_by.value,
        # None is kept here: the row then lacked what the present one has.
        "row": {name: value for name, value in row.items() if value != present[name]} or None,
    }
    return {name: value for name, value in written.items() if value is not None}


def _change(written: Any, present: Plain) -> Change:
    if not isinstance(written, Mapping):
        raise Unreadable("history holds something that is not a map")
    row = written.get("row", {})
    if not isinstance(row, Mapping):
        raise Unreadable("row is not a map")
    return Change(
        version=_number(written, "v"),
        status=_status(written, "to"),
        provider_status=_text(written, "word"),
        previous_status=_status(written, "from") if "from" in written else None,
        previous_provider_status=_text(written, "from_word") if "from_word" in written else None,
        observed_at=_date(written, "at"),
        changed_after=_date(written, "after") if "after" in written else None,
        changed_before=_date(written, "before" if "before" in written else "at"),
        detected_by=_detected_by(written, "by"),
        payment=_payment({**present, **row}),
    )


def _outbox(item: Plain) -> tuple[tuple[int, str], ...]:
    outbox = item.get("outbox")
    if not isinstance(outbox, Mapping):
        raise Unreadable("outbox is not a map")
    if not all(version.isascii() and version.isdigit() for version in outbox):
        raise Unreadable("outbox has a key that is not a version")
    return tuple(sorted((int(version), _text(outbox, version)) for version in outbox))


def _text(written: Plain, name: str) -> str:
    value = written.get(name)
    if not isinstance(value, str):
        raise Unreadable(f"{name} is not text")
    return value


def _date(written: Plain, name: str) -> str:
    text = _text(written, name)
    try:
        aware = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise Unreadable(f"{name} is not a date with its offset")
    return text


def _status(written: Plain, name: str) -> Status:
    try:
        return Status(_text(written, name))
    except ValueError:
        raise Unreadable(f"{name} is not a status") from None


def _detected_by(written: Plain, name: str) -> DetectedBy:
    try:
        return DetectedBy(_text(written, name))
    except ValueError:
        raise Unreadable(f"{name} does not say how it was detected") from None


def _number(written: Plain, name: str) -> int:
    value = written.get(name)
    if not isinstance(value, Decimal) or value != value.to_integral_value() or value < 0:
        raise Unreadable(f"{name} is not a whole number")
    return int(value)


def _flag(written: Plain, name: str) -> bool:
    value = written.get(name)
    if not isinstance(value, bool):
        raise Unreadable(f"{name} is not true or false")
    return value


def _sequence(written: Plain, name: str) -> list[Any]:
    value = written.get(name)
    if not isinstance(value, list):
        raise Unreadable(f"{name} is not a list")
    return value
