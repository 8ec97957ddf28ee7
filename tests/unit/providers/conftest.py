"""A clock, a scripted provider and the clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from random import Random

import httpx
import pytest
from hypothesis import settings

from paywatch.domain.payments import Source
from paywatch.ports import Allowance, Provider
from paywatch.providers.http import HttpClient, Limits
from paywatch.providers.pace import Pace
from paywatch.providers.registry import connect

# For tests of properties: as many examples as are quick, and no failure for a slow machine.
steady = settings(max_examples=60)

KEY = "sk_test_very-secret"
START = datetime(2026, 1, 9, 12, 0, tzinfo=UTC)


class FakeClock:
    """A clock that moves when it is slept on or told to; `step` passes at each look at it."""

    def __init__(self, step: float = 0.0) -> None:
        self.passed = 0.0
        self.slept: list[float] = []
        self.step = step

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        self.passed += self.step
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds


Handler = Callable[[httpx.Request], httpx.Response]


class Script:
    """A provider that gives these answers in turn, the last one for ever, and keeps the requests.

    An exception is raised instead of answered.
    """

    def __init__(self, answers: Iterable[httpx.Response | Exception | Handler]) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)


class Lowest(Random):
    """A source of chance that always gives the least, and keeps what it was asked for."""

    def __init__(self) -> None:
        super().__init__(0)
        self.bounds: list[tuple[float, float]] = []

    def uniform(self, a: float, b: float) -> float:
        self.bounds.append((a, b))
        return a


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def allowance(clock: FakeClock) -> Allowance:
    return Allowance(clock, deadline=600.0, requests_allowed=50)


@pytest.fixture
def chance() -> Lowest:
    return Lowest()


def http_client(
    script: Handler,
    clock: FakeClock,
    chance: Random | None = None,
    limits: Limits | None = None,
    pace: Pace | None = None,
) -> HttpClient:
    return HttpClient(
        "https://provider.test/api",
        {"x-api-key": KEY},
        pace or Pace(clock, 1.0),
        clock,
        chance or Lowest(),
        httpx.MockTransport(script),
        limits,
    )


def provider(name: str, script: Handler, clock: FakeClock) -> Provider:
    return connect(
        Source(name),
        KEY,
        "https://provider.test/api",
        1.0,
        clock,
        Random(1),
        httpx.MockTransport(script),
    )
