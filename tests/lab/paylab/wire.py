"""The JSON text that both providers send: compact, UTF-8, exact decimals."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from paylab.messages import Response

JSON_TYPE = "application/json"
_encode = json.JSONEncoder(ensure_ascii=False).encode


def text(value: object) -> str:
    """Return a value as compact JSON text, keys in their order, decimals as numbers."""
    if value is None or isinstance(value, str | int | float):
        return _encode(value)
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{text(k)}:{text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ",".join(text(v) for v in value) + "]"
    return _encode(value)


def number(amount: Decimal) -> str:
    """Return an exact JSON number, without a point where the amount is whole."""
    if amount.adjusted() < 30 and amount == amount.to_integral_value():
        return str(int(amount))
    return str(amount.normalize())


def answer(
    status: int, body: str, rows: tuple[tuple[str, str], ...] = (), **headers: str
) -> Response:
    """Return a JSON answer; underscores in header names become dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, body.encode(), {"Content-Type": JSON_TYPE, **named}, rows)


def seconds_z(at: datetime | None) -> str | None:
    """Return Compago's form of an instant: whole seconds and a Z."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micros_z(at: datetime | None) -> str | None:
    """Return OnePay's form of an instant: six decimals and a Z."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def instant(value: str | None) -> datetime | None:
    """Read either provider's form of an instant."""
    return None if value is None else datetime.fromisoformat(value).astimezone(UTC)
