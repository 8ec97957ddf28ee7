"""Asking again: how often, after how long, and when not."""

from __future__ import annotations

from random import Random

import httpx
import pytest

from paywatch.errors import OutOfTime, RateLimited, Unavailable, UnexpectedResponse
from paywatch.ports import Allowance
from paywatch.providers.http import Reply
from paywatch.providers.pace import Pace
from paywatch.providers.retries import Fault, Retries

from .conftest import FakeClock, Handler, Lowest, Script, http_client

JSON = {"content-type": "application/json"}
CUT = httpx.Response(200, content=b'{"items": [', headers=JSON)
GOOD = httpx.Response(200, json={})

FAULTS: list[httpx.Response | Exception] = [
    httpx.Response(429),
    httpx.Response(500),
    httpx.Response(503),
    httpx.Response(599),
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.ReadError("reset"),
    httpx.RemoteProtocolError("cut off"),
    httpx.DecodingError("bad"),
    OSError("broken pipe"),
]


def get(
    script: Handler, clock: FakeClock, allowance: Allowance, chance: Random | None = None
) -> Reply:
    """Get at a pace that never waits."""
    pace = Pace(clock, 1e9)
    return http_client(script, clock, chance, pace=pace).get("/rows", {}, allowance, "it")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_passing_fault_is_survived_and_every_attempt_is_counted(
    fault: httpx.Response | Exception, clock: FakeClock, allowance: Allowance
) -> None:
    reply = get(Script([fault, fault, GOOD]), clock, allowance)
    assert (reply.answer.request, allowance.requests) == (3, 3)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_lasting_fault_is_told_after_three_attempts(
    fault: httpx.Response | Exception, clock: FakeClock, allowance: Allowance
) -> None:
    script = Script([fault])
    with pytest.raises((Unavailable, RateLimited)):
        get(script, clock, allowance)
    assert (len(script.requests), allowance.requests) == (3, 3)


def test_the_jitter_is_full_and_its_bound_doubles(
    clock: FakeClock, allowance: Allowance, chance: Lowest
) -> None:
    get(Script([*FAULTS[1:3], GOOD]), clock, allowance, chance)
    assert chance.bounds == [(0, 0.5), (0, 1.0)]


def test_the_waits_are_those_of_the_dice(clock: FakeClock, allowance: Allowance) -> None:
    get(Script([*FAULTS[1:3], GOOD]), clock, allowance, Random(7))
    dice = Random(7)
    assert clock.slept == [dice.uniform(0, 0.5), dice.uniform(0, 1.0)]


def test_no_bound_passes_the_cap(chance: Lowest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paywatch.providers.retries.ATTEMPTS", 9)
    retries = Retries(chance)
    for _ in range(8):
        retries.pause(Fault(Unavailable("it")))
    assert [most for _, most in chance.bounds] == [0.5, 1, 2, 4, 8, 8, 8, 8]


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": " 1.5 "}, 1.5),
        ({"Retry-After": "Fri, 09 Jan 2026 12:00:30 GMT"}, 30.0),
        # The provider's clock is an hour behind ours; what counts is the difference of its dates.
        (
            {
                "Retry-After": "Fri, 09 Jan 2026 11:00:30 GMT",
                "Date": "Fri, 09 Jan 2026 11:00:10 GMT",
            },
            20.0,
        ),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"Retry-After": "-5"}, 0.0),
        ({"Retry-After": "soon"}, 0.0),
        ({"Retry-After": "NaN"}, 0.0),
        ({"Retry-After": ""}, 0.0),
        ({}, 0.0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(
    status: int, said: dict[str, str], wait: float, clock: FakeClock, allowance: Allowance
) -> None:
    get(Script([httpx.Response(status, headers=said), GOOD]), clock, allowance)
    assert clock.passed == pytest.approx(wait, abs=1e-6)


def test_the_jitter_counts_where_it_is_longer_than_retry_after(
    clock: FakeClock, allowance: Allowance
) -> None:
    class Highest(Random):
        def uniform(self, a: float, b: float) -> float:
            return b

    get(
        Script([httpx.Response(503, headers={"Retry-After": "0"}), GOOD]),
        clock,
        allowance,
        Highest(),
    )
    assert clock.slept == [0.5]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("600", 600.0),
        ("599.8", 599.8),
        ("9" * 400, 86_400.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400.0),
    ],
)
def test_a_wait_that_does_not_fit_into_the_run_is_told_at_once(
    said: str, told: float, clock: FakeClock, allowance: Allowance
) -> None:
    script = Script([httpx.Response(429, headers={"Retry-After": said})])

    with pytest.raises(RateLimited) as caught:
        get(script, clock, allowance)

    assert caught.value.retry_after == told
    assert (len(script.requests), clock.slept) == (1, [])


def test_a_provider_that_is_away_for_longer_than_the_run_is_unavailable_at_once(
    clock: FakeClock, allowance: Allowance
) -> None:
    script = Script([httpx.Response(503, headers={"Retry-After": "3600"})])
    with pytest.raises(Unavailable, match="answered 503"):
        get(script, clock, allowance)
    assert (len(script.requests), clock.slept) == (1, [])


@pytest.mark.parametrize(
    "body", [b"", b'{"items": [', b"{}{}", b"\xff\xfe", b'{"a": 01}', b"{'a': 1}"]
)
def test_a_damaged_body_is_asked_for_once_more_and_then_unexpected(
    body: bytes, clock: FakeClock, allowance: Allowance
) -> None:
    script = Script([httpx.Response(200, content=body, headers=JSON)])
    with pytest.raises(
        UnexpectedResponse, match=r"^it: the answer is not whole, well-formed JSON$"
    ):
        get(script, clock, allowance)
    assert len(script.requests) == 2


def test_a_body_damaged_once_is_survived(clock: FakeClock, allowance: Allowance) -> None:
    assert get(Script([httpx.Response(500), CUT, GOOD]), clock, allowance).answer.request == 3


def test_the_last_fault_is_the_one_that_is_told(clock: FakeClock, allowance: Allowance) -> None:
    with pytest.raises(Unavailable, match="answered 502"):
        get(Script([CUT, httpx.Response(429), httpx.Response(502)]), clock, allowance)


def test_the_budget_ends_the_attempts(clock: FakeClock) -> None:
    script = Script([httpx.Response(500)])
    with pytest.raises(OutOfTime, match="2 requests"):
        get(script, clock, Allowance(clock, 600, requests_allowed=2))
    assert len(script.requests) == 2


def test_nothing_is_sent_after_the_deadline(clock: FakeClock) -> None:
    script = Script([GOOD])
    clock.passed = 10.0
    with pytest.raises(OutOfTime):
        get(script, clock, Allowance(clock, 10.0, 50))
    assert script.requests == []


def test_an_answer_that_the_runs_end_cut_short_is_not_the_providers_fault(
    clock: FakeClock,
) -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        limit = request.extensions["timeout"]["read"]
        assert limit == 4.0
        clock.passed += limit
        raise httpx.ReadTimeout("slow")

    with pytest.raises(OutOfTime, match="the run's time ended"):
        get(slow, clock, Allowance(clock, 4.0, 50))


def test_a_fault_that_the_provider_told_is_its_own_even_at_the_runs_end(clock: FakeClock) -> None:
    def late(request: httpx.Request) -> httpx.Response:
        clock.passed += 4.0
        return httpx.Response(500)

    with pytest.raises(Unavailable, match="answered 500"):
        get(late, clock, Allowance(clock, 4.0, 50))
