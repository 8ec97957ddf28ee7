"""DynamoDB's typed values, to and from plain ones."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, DecimalException
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer


class Unreadable(ValueError):
    """What is stored is not what this program writes; the message names the attribute at fault."""


def to_item(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give each value its DynamoDB type."""
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in values.items()}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Take the types off, numbers as Decimal; raise Unreadable for one that has no plain form."""
    deserialize = TypeDeserializer().deserialize
    plain = {}
    for name, value in item.items():
        try:
            plain[name] = deserialize(value)
        except (DecimalException, TypeError):
            raise Unreadable(f"{name} is of a type, or a size, that is not read") from None
    return plain


def whole_number(value: Mapping[str, Any] | None) -> int:
    """Read one typed value that ought to be a whole number, zero or more; -1 where it is not."""
    text = (value or {}).get("N")
    number = Decimal(text) if isinstance(text, str) else Decimal(-1)
    return int(number) if number >= 0 and number == number.to_integral_value() else -1
