"""The kinds of field that the providers' rows and pages are made of.

Each kind is strict in itself; `Lenient` makes None of what it refuses. No message repeats a value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import PlainValidator, WrapValidator

from paywatch.domain.payments import timestamp
from paywatch.providers.body import Number

LONGEST_ID = 256
LONGEST_WORD = 64
LONGEST_TEXT = 1024
LONGEST_AMOUNT = 64
LARGEST_COUNT = 1_000_000_000
MOST_DIGITS = 30
LARGEST_EXPONENT = 20
YEARS = range(1970, 3000)

_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d{1,12})?) ?(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)


def identifier(value: object) -> str:
    """Read an id: text, or a whole number, kept as it came."""
    if not isinstance(value, str) or (isinstance(value, Number) and not value.isdecimal()):
        raise ValueError("is not text")
    if not 1 <= len(value) <= LONGEST_ID or not value.isprintable() or value.isspace():
        raise ValueError(f"is not 1 to {LONGEST_ID} printable characters")
    return str(value)


def _word(value: object) -> str:
    if not isinstance(value, str) or isinstance(value, Number):
        raise ValueError("is not text")
    word = value.strip()
    if not 1 <= len(word) <= LONGEST_WORD or not word.isprintable():
        raise ValueError(f"is not 1 to {LONGEST_WORD} printable characters")
    return word


def _text(value: object) -> str | None:
    """Read free text, or a number as text; empty is None.

    It goes into messages, mail subjects and logs, and back to whoever knows it: so it is not
    trimmed, but what has no place in a line of text becomes U+FFFD, and what is longer than 1,024
    characters ends there in an ellipsis, which no true value can be mistaken for.
    """
    if not isinstance(value, str):
        raise ValueError("is not text")
    if not value.strip():
        return None
    if len(value) > LONGEST_TEXT:
        value = value[: LONGEST_TEXT - 1] + "…"
    return "".join("\ufffd" if _is_unwritable(character) else character for character in value)


def _is_unwritable(character: str) -> bool:
    category = unicodedata.category(character)
    return category.startswith("C") or category in ("Zl", "Zp")


def _amount(value: object) -> str:
    """Read an amount; write it without an exponent, with all the digits that were given."""
    if not isinstance(value, str) or len(value) > LONGEST_AMOUNT:
        raise ValueError("is not a decimal number")
    text = value.strip()
    if not _DECIMAL.fullmatch(text):
        raise ValueError("is not a decimal number")
    number = Decimal(text)
    _, digits, exponent = number.as_tuple()
    if len(digits) > MOST_DIGITS or not -LARGEST_EXPONENT <= int(exponent) <= LARGEST_EXPONENT:
        raise ValueError("is beyond what an amount can be")
    return format(number if number else abs(number), "f")


def _currency(value: object) -> str:
    """Read a currency's three letters."""
    code = value.strip().upper() if isinstance(value, str) else ""
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise ValueError("is not a currency of three letters")
    return code


def _date(value: object) -> str:
    """Read RFC 3339, also with a space for the T; a date without an offset is taken as UTC."""
    match = _DATE.fullmatch(value.strip().upper()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("is not a date and time")
    day, time, offset = match.groups()
    try:
        read = datetime.fromisoformat(f"{day}T{time}{offset or 'Z'}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is not a date and time") from None
    if read.year not in YEARS:
        raise ValueError("is a date beyond belief")
    return timestamp(read)


def _flag(value: object) -> bool:
    """Read true or false, also as 1 or 0, also as text."""
    truths = {"true": True, "1": True, "false": False, "0": False}
    text = str(value).strip().lower()
    if not isinstance(value, bool | str) or text not in truths:
        raise ValueError("is neither true nor false")
    return truths[text]


def _count(value: object) -> int:
    """Read a whole number that is not negative, also as text."""
    text = value.strip() if isinstance(value, str) else ""
    if not re.fullmatch(r"[0-9]{1,12}", text) or int(text) > LARGEST_COUNT:
        raise ValueError(f"is not a whole number from 0 to {LARGEST_COUNT}")
    return int(text)


def _positive(value: object) -> int:
    """Read a whole number from 1."""
    number = _count(value)
    if number < 1:
        raise ValueError("is not above 0")
    return number


def _or_none(value: object, read: Callable[[object], Any]) -> Any:
    try:
        return read(value)
    except ValueError:
        return None


Identifier = Annotated[str, PlainValidator(identifier)]
Word = Annotated[str, PlainValidator(_word)]
Text = Annotated[str | None, PlainValidator(_text)]
Amount = Annotated[str, PlainValidator(_amount)]
Currency = Annotated[str, PlainValidator(_currency)]
Date = Annotated[str, PlainValidator(_date)]
Flag = Annotated[bool, PlainValidator(_flag)]
Count = Annotated[int, PlainValidator(_count)]
Positive = Annotated[int, PlainValidator(_positive)]

_T = TypeVar("_T")
Lenient = Annotated[_T | None, WrapValidator(_or_none)]
