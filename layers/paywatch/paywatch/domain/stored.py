"""What is read of stored JSON: each value is of its type and within bounds, or raises ValueError.

A hand, or another release, may have left anything there; what is no such value is not used.
"""

from __future__ import annotations

from typing import Any

from paywatch.domain.payments import instant

# No count and no page is greater, and no text is longer.
LARGEST = 10**12
LONGEST = 16_384


def whole_number(stored: Any, least: int = 0) -> int:
    """Return a whole number that is not below `least`."""
    if type(stored) is not int or not least <= stored <= LARGEST:
        raise ValueError(f"{stored!r:.40} is no number from {least} on")
    return stored


def flag(stored: Any) -> bool:
    """Return True or False."""
    if not isinstance(stored, bool):
        raise ValueError(f"{stored!r:.40} is neither true nor false")
    return stored


def text(stored: Any) -> str:
    """Return a text that can be written and is not too long."""
    if not isinstance(stored, str) or len(stored.encode()) > LONGEST:
        raise ValueError(f"{stored!r:.40} is no text of up to {LONGEST} bytes")
    return stored


def sequence(stored: Any) -> list[Any]:
    """Return a list."""
    if not isinstance(stored, list):
        raise ValueError(f"{stored!r:.40} is no list")
    return stored


def texts(stored: Any) -> list[str]:
    """Return a list of such texts."""
    return [text(each) for each in sequence(stored)]


def mapping(stored: Any) -> dict[str, Any]:
    """Return a map whose keys are such texts."""
    if not isinstance(stored, dict):
        raise ValueError(f"{stored!r:.40} is no map")
    return {text(key): value for key, value in stored.items()}


def date(stored: Any) -> str:
    """Return a moment as `timestamp` writes it."""
    return instant(text(stored))


def date_or_none(stored: Any) -> str:
    """Return a moment, or the empty text that stands for none."""
    return "" if stored == "" else date(stored)
