"""The pace: exact on the clock, polite to a provider that complains, never slower than needed."""

from __future__ import annotations

import httpx
import pytest

from paywatch.errors import OutOfTime, RateLimited, Unavailable
from paywatch.ports import Allowance
from paywatch.providers.pace import Pace

from .conftest import START, FakeClock, Script, http_client

EPOCH = int(START.timestamp())
GOOD = httpx.Response(200, json={})


def take(pace: Pace, allowance: Allowance, times: int) -> None:
    for _ in range(times):
        pace.take(allowance)


def test_a_burst_of_ten_does_not_wait_and_what_follows_comes_one_a_second(
    clock: FakeClock, allowance: Allowance
) -> None:
    take(Pace(clock, 1.0), allowance, 13)
    assert clock.slept == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(("per_second", "wait"), [(4.0, 0.25), (0.5, 2.0)])
def test_the_setting_is_the_pace(
    per_second: float, wait: float, clock: FakeClock, allowance: Allowance
) -> None:
    take(Pace(clock, per_second), allowance, 12)
    assert clock.slept == [wait, wait]


def test_time_that_passes_fills_the_bucket_but_never_beyond_the_burst(
    clock: FakeClock, allowance: Allowance
) -> None:
    pace = Pace(clock, 1.0, burst=3)
    take(pace, allowance, 3)
    clock.passed += 1.5
    take(pace, allowance, 2)
    assert clock.slept == [0.5]
    clock.passed += 100
    take(pace, allowance, 4)
    assert clock.slept == [0.5, 1.0]


def test_a_wait_beyond_the_runs_end_is_not_begun(clock: FakeClock) -> None:
    pace = Pace(clock, 0.1, burst=1)
    allowance = Allowance(clock, deadline=9.0, requests_allowed=50)
    pace.take(allowance)
    with pytest.raises(OutOfTime, match=r"due in 10\.0 s"):
        pace.take(allowance)
    assert clock.slept == []


def test_a_complaint_halves_the_pace_down_to_a_floor(clock: FakeClock) -> None:
    pace = Pace(clock, 3.0)
    seen = []
    for _ in range(6):
        pace.slow_down()
        seen.append(pace.per_second)
    assert seen == [1.5, 0.75, 0.375, 0.1875, 0.1, 0.1]


def test_a_complaint_ends_the_burst(clock: FakeClock, allowance: Allowance) -> None:
    pace = Pace(clock, 1.0)
    pace.slow_down()
    pace.take(allowance)
    assert clock.slept == [2.0]


def test_the_pace_recovers_slowly_up_to_the_setting(clock: FakeClock) -> None:
    pace = Pace(clock, 2.0)
    pace.slow_down()
    seen = []
    for _ in range(11):
        pace.succeeded()
        seen.append(pace.per_second)
    assert seen == pytest.approx([1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0, 2.0])


def test_a_lower_limit_of_the_provider_is_the_ceiling_and_a_higher_one_is_not(
    clock: FakeClock,
) -> None:
    pace = Pace(clock, 2.0)
    seen = []
    for allowed in (30 / 60, 6000 / 60, 0.0001):
        pace.allow(allowed)
        for _ in range(40):
            pace.succeeded()
        seen.append(pace.per_second)
    assert seen == pytest.approx([0.5, 2.0, 2.0 / 30])


def answered(
    clock: FakeClock, allowance: Allowance, said: dict[str, str], status: int = 200
) -> Pace:
    """Let a pace learn from one answer with these headers (429 with a good one after it)."""
    pace = Pace(clock, 1.0)
    first = httpx.Response(status, json={}, headers=said)
    script = Script([first, GOOD])
    http_client(script, clock, pace=pace).get("/rows", {}, allowance, "it")
    return pace


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH + 40)}, 40.0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "40"}, 40.0),
        ({"X-RateLimit-Remaining": "0", "Retry-After": "17"}, 17.0),
        (
            {
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": str(EPOCH - 60),
                "Date": "Fri, 09 Jan 2026 11:58:30 GMT",
            },
            30.0,
        ),
        # A window that says nothing usable: only the bucket is empty.
        ({"X-RateLimit-Remaining": "0"}, 1.0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH * 1000)}, 1.0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH - 5)}, 1.0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "-1"}, 1.0),
        ({"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": str(EPOCH + 40)}, 0.0),
        ({"X-RateLimit-Remaining": "none"}, 0.0),
        ({"X-RateLimit-Remaining": "-1"}, 0.0),
    ],
)
def test_nothing_remaining_makes_it_wait(
    said: dict[str, str], wait: float, clock: FakeClock, allowance: Allowance
) -> None:
    pace = answered(clock, allowance, said)
    pace.take(allowance)
    assert clock.passed == pytest.approx(wait)


@pytest.mark.parametrize(
    ("limit", "per_second"),
    [
        ("30", 0.5),
        ("60", 1.0),
        ("600", 1.0),
        ("0", 1.0),
        ("-30", 1.0),
        ("many", 1.0),
        ("1", 1 / 30),
    ],
)
def test_a_stated_limit_per_minute_lowers_the_pace(
    limit: str, per_second: float, clock: FakeClock, allowance: Allowance
) -> None:
    pace = answered(clock, allowance, {"X-RateLimit-Limit": limit})
    assert pace.per_second == pytest.approx(per_second)


def test_a_429_halves_the_pace_and_the_good_answer_after_it_begins_to_restore_it(
    clock: FakeClock, allowance: Allowance
) -> None:
    pace = answered(clock, allowance, {}, status=429)
    assert pace.per_second == pytest.approx(0.55)
    assert clock.slept == [0.0, 2.0]  # the jitter, then the bucket


def test_what_the_provider_asked_for_holds_for_the_next_request_too(clock: FakeClock) -> None:
    script = Script([httpx.Response(429, headers={"Retry-After": "40"})])
    client = http_client(script, clock)
    allowance = Allowance(clock, 30, 9)

    with pytest.raises(RateLimited):
        client.get("/rows", {}, allowance, "it")
    with pytest.raises(OutOfTime, match=r"due in 40\.0 s"):
        client.get("/rows", {}, allowance, "it")

    assert len(script.requests) == 1


def test_no_header_silences_a_source_for_longer_than_a_minute(clock: FakeClock) -> None:
    script = Script([httpx.Response(503, headers={"Retry-After": "9" * 50}), GOOD])
    client = http_client(script, clock)

    with pytest.raises(Unavailable):
        client.get("/rows", {}, Allowance(clock, 30, 9), "it")
    clock.passed += 60
    client.get("/rows", {}, Allowance(clock, 90, 9), "it")

    assert clock.slept == []
