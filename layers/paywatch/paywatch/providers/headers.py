"""What the headers of an answer say. Whatever cannot be read counts as not said."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

LONGEST_RETRY_AFTER = 86_400.0
LONGEST_RESET = 3_600.0

_EPOCH_FROM = 1_000_000_000


@lru_cache(16)
def http_date(text: str | None) -> datetime | None:
    """Read an HTTP date, in UTC."""
    if text is None:
        return None
    try:
        read = parsedate_to_datetime(text)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def count(text: str | None) -> int | None:
    """Read a whole number that is not negative."""
    text = (text or "").strip()
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def retry_after(text: str | None, now: datetime) -> float | None:
    """Read `Retry-After`, seconds or a date, as seconds from `now`: 0 if past, at most a day."""
    seconds: float
    text = (text or "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?", text):
        seconds = float(text)
    else:
        date = http_date(text)
        if date is None:
            return None
        seconds = (date - now).total_seconds()
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def reset_after(text: str | None, now: datetime) -> float | None:
    """Read `X-RateLimit-Reset`, an epoch or seconds, as seconds from `now`.

    A window that is past, or longer than an hour, is no window and counts as not said.
    """
    value = count(text)
    if value is None:
        return None
    seconds = value - now.timestamp() if value >= _EPOCH_FROM else float(value)
    return seconds if 0 < seconds <= LONGEST_RESET else None


def origin(location: str | None, request_url: str) -> str:
    """Name the scheme, host and port that a redirect points to, and nothing else of it."""
    if not location:
        return "no target"
    try:
        parts = urlsplit(urljoin(request_url, location))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "an unreadable target"
    if not re.fullmatch(r"[a-z0-9.:_-]{1,100}", host) or parts.scheme not in ("http", "https"):
        return "an unreadable target"
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def media_type(text: str | None) -> str:
    """Return `type/subtype` in lower case, or `an unnamed type`."""
    kind = (text or "").partition(";")[0].strip().lower()
    return (
        kind if re.fullmatch(r"[a-z0-9.+_-]{1,40}/[a-z0-9.+_-]{1,60}", kind) else "an unnamed type"
    )


def is_json(kind: str) -> bool:
    """Whether a media type is JSON."""
    return kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )
