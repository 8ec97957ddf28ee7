"""What an answer's status means, and how long to wait before asking again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random

from paywatch.errors import (
    CredentialsRejected,
    ProviderError,
    RateLimited,
    Unavailable,
    UnexpectedResponse,
)
from paywatch.providers import headers
from paywatch.providers.pace import Pace

ATTEMPTS = 3
UNREADABLE_ATTEMPTS = 2
BACKOFF_BASE = 0.5
BACKOFF_CAP = 8.0


@dataclass(frozen=True)
class Fault:
    """An attempt that failed in a way that another may not; `error` is raised if none helps."""

    error: ProviderError
    retry_after: float | None = None
    timed_out: bool = False
    unreadable: bool = False


class Retries:
    """The attempts at one answer."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._attempts = 0
        self._unreadable = 0

    def pause(self, fault: Fault) -> float | None:
        """Return the seconds to wait before the next attempt, None if there is none."""
        self._attempts += 1
        self._unreadable += fault.unreadable
        if self._attempts >= ATTEMPTS or self._unreadable >= UNREADABLE_ATTEMPTS:
            return None
        most = min(BACKOFF_CAP, BACKOFF_BASE * 2 ** (self._attempts - 1))
        return max(self._random.uniform(0, most), fault.retry_after or 0.0)


def learn(pace: Pace, status: int, said: Mapping[str, str], now: datetime) -> float | None:
    """Let the pace follow what the answer's headers say; return `Retry-After` in seconds."""
    now = headers.http_date(said.get("date")) or now
    retry_after = headers.retry_after(said.get("retry-after"), now)
    limit = headers.count(said.get("x-ratelimit-limit"))
    if limit:
        pace.allow(limit / 60)
    if status == 429:
        pace.slow_down()
    elif status in (200, 404):
        pace.succeeded()
    if headers.count(said.get("x-ratelimit-remaining")) == 0:
        pace.drain()
        pace.hold(headers.reset_after(said.get("x-ratelimit-reset"), now) or 0.0)
    pace.hold(retry_after or 0.0)
    return retry_after


def judge(status: int, location: str | None, retry_after: float | None, where: str) -> Fault:
    """Return the fault that a status other than 200 stands for; raise where no retry helps."""
    sentence = f"{where}: answered {status}"
    if status == 429:
        return Fault(RateLimited(sentence, retry_after), retry_after)
    if status >= 500:
        return Fault(Unavailable(sentence), retry_after)
    if status in (401, 403):
        raise CredentialsRejected(f"{sentence}: the key is wrong, was turned, or lacks rights")
    if 300 <= status < 400:
        raise UnexpectedResponse(f"{sentence}, a redirect towards {location}")
    raise UnexpectedResponse(sentence)
