"""What each status and each kind of answer means."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import httpx
import pytest

from paywatch.errors import (
    CredentialsRejected,
    ProviderError,
    RateLimited,
    Unavailable,
    UnexpectedResponse,
)
from paywatch.ports import Allowance
from paywatch.providers.body import Number
from paywatch.providers.http import Reply, segment

from .conftest import KEY, START, FakeClock, Handler, Script, http_client

JSON = {"content-type": "application/json"}


def get(script: Handler, clock: FakeClock, allowance: Allowance, **options: bool) -> Reply:
    return http_client(script, clock).get("/rows", {"page": "1"}, allowance, "it: rows", **options)


def test_an_answer_says_when_and_as_which_request_it_was_read(
    clock: FakeClock, allowance: Allowance
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        clock.passed += 2
        return httpx.Response(200, json={"a": 1}, headers={"Date": "Fri, 09 Jan 2026 11:59:58 GMT"})

    reply = get(Script([httpx.Response(500), answer]), clock, allowance)

    assert reply.body == {"a": "1"}
    assert reply.answer.request == 2
    assert reply.answer.sent_at == START
    assert (reply.answer.received_at - START).total_seconds() == 2
    assert reply.answer.dated == datetime(2026, 1, 9, 11, 59, 58, tzinfo=UTC)


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 99 Jan 2026 11:59:58 GMT", "\xff"])
def test_an_unreadable_date_is_no_date(date: str, clock: FakeClock, allowance: Allowance) -> None:
    answer = httpx.Response(200, json={}, headers=[(b"date", date.encode("latin-1"))])
    assert get(Script([answer]), clock, allowance).answer.dated is None


def test_the_request_asks_for_json_in_gzip_and_names_us(
    clock: FakeClock, allowance: Allowance
) -> None:
    script = Script([httpx.Response(200, json={})])

    get(script, clock, allowance)

    sent = script.requests[0]
    assert str(sent.url) == "https://provider.test/api/rows?page=1"
    assert sent.headers["accept"] == "application/json"
    assert sent.headers["accept-encoding"] == "gzip"
    assert sent.headers["user-agent"].startswith("paywatch/")
    assert sent.headers["x-api-key"] == KEY
    assert "cookie" not in sent.headers


def test_a_cookie_is_not_kept(clock: FakeClock, allowance: Allowance) -> None:
    script = Script([httpx.Response(200, json={}, headers={"Set-Cookie": "session=1; Path=/"})])
    client = http_client(script, clock)

    for _ in range(2):
        client.get("/rows", {}, allowance, "it")

    assert "cookie" not in script.requests[1].headers


def test_numbers_keep_their_digits(clock: FakeClock, allowance: Allowance) -> None:
    text = b"[1e400, 0.10, 100, -0, NaN, Infinity, -Infinity, %s]" % (b"9" * 5000)
    script = Script([httpx.Response(200, content=text, headers=JSON)])

    numbers = get(script, clock, allowance).body

    assert isinstance(numbers, list)
    assert numbers[:7] == ["1e400", "0.10", "100", "-0", "NaN", "Infinity", "-Infinity"]
    assert all(type(number) is Number for number in numbers)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_not_tried_again(
    status: int, clock: FakeClock, allowance: Allowance
) -> None:
    script = Script([httpx.Response(status, json={"message": "no"})])

    with pytest.raises(CredentialsRejected, match=f"^it: rows: answered {status}: the key"):
        get(script, clock, allowance)

    assert len(script.requests) == 1


@pytest.mark.parametrize("status", [201, 204, 206, 400, 404, 409, 422, 451])
def test_any_other_status_is_unexpected_and_not_tried_again(
    status: int, clock: FakeClock, allowance: Allowance
) -> None:
    script = Script([httpx.Response(status)])

    with pytest.raises(UnexpectedResponse, match=f"answered {status}$"):
        get(script, clock, allowance)

    assert len(script.requests) == 1


def test_a_404_is_an_answer_where_it_is_allowed(clock: FakeClock, allowance: Allowance) -> None:
    reply = get(Script([httpx.Response(404)]), clock, allowance, missing_allowed=True)
    assert (reply.status, reply.body, reply.answer.request) == (404, None, 1)


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (401, CredentialsRejected),
        (410, UnexpectedResponse),
        (429, RateLimited),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
def test_no_invention_nothing_but_a_404_says_that_there_is_no_such_payment(
    status: int, fault: type[ProviderError], clock: FakeClock, allowance: Allowance
) -> None:
    script = Script([httpx.Response(status)] * 3)
    with pytest.raises(fault, match=f"answered {status}"):
        get(script, clock, allowance, missing_allowed=True)


@pytest.mark.parametrize(
    ("location", "named"),
    [
        ("https://login.example.com/sign-in?token=abc", "https://login.example.com"),
        ("http://user:pass@other.test:8080/x", "http://other.test:8080"),
        ("/login", "https://provider.test"),
        ("//[::1]:99/x", "https://[::1]:99"),
        ("http://[broken", "an unreadable target"),
        ("http://host:port/", "an unreadable target"),
        ("javascript:alert(1)", "an unreadable target"),
        (None, "no target"),
    ],
)
def test_a_redirect_is_refused_and_only_its_origin_named(
    location: str | None, named: str, clock: FakeClock, allowance: Allowance
) -> None:
    script = Script([httpx.Response(302, headers={"Location": location} if location else {})])

    with pytest.raises(UnexpectedResponse) as caught:
        get(script, clock, allowance)

    assert str(caught.value) == f"it: rows: answered 302, a redirect towards {named}"
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("text/html; charset=utf-8", "text/html"),
        ("application/jsonp", "application/jsonp"),
        ("text/json-and-more+json", "text/json-and-more+json"),
        ("<script>", "an unnamed type"),
        ("", "an unnamed type"),
    ],
)
def test_a_page_that_is_not_json_is_refused_whatever_its_status_says(
    kind: str, named: str, clock: FakeClock, allowance: Allowance
) -> None:
    script = Script([httpx.Response(200, content=b"<html>", headers={"content-type": kind})])

    with pytest.raises(UnexpectedResponse) as caught:
        get(script, clock, allowance)

    assert str(caught.value) == f"it: rows: the answer is {named}, not JSON"
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", "application/hal+json"]
)
def test_json_goes_by_several_names(kind: str, clock: FakeClock, allowance: Allowance) -> None:
    script = Script([httpx.Response(200, content=b"{}", headers={"content-type": kind})])
    assert get(script, clock, allowance).body == {}


def test_a_byte_order_mark_is_passed_over(clock: FakeClock, allowance: Allowance) -> None:
    script = Script([httpx.Response(200, content=b"\xef\xbb\xbf{}", headers=JSON)])
    assert get(script, clock, allowance).body == {}


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401),
        httpx.Response(429),
        httpx.Response(500),
        httpx.Response(302, headers={"Location": f"https://x.test/?key={KEY}"}),
        httpx.Response(200, content=f'{{"{KEY}'.encode(), headers=JSON),
        httpx.Response(200, content=b"[" * 100_000, headers=JSON),
        httpx.LocalProtocolError(f"Illegal header value {KEY!r}"),
        httpx.RemoteProtocolError(f"{KEY}"),
        httpx.ReadTimeout(f"{KEY}"),
        ConnectionResetError(f"{KEY}"),
    ],
)
def test_neither_the_key_nor_the_body_nor_an_error_of_httpx_goes_out(
    answer: httpx.Response | Exception,
    clock: FakeClock,
    allowance: Allowance,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    client = http_client(Script([answer]), clock)

    with pytest.raises(ProviderError) as caught:
        client.get("/rows", {}, allowance, "it")

    told = [str(caught.value), repr(caught.value), caplog.text, repr(client)]
    assert not any(KEY in text for text in told)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (
            httpx.ConnectError("[Errno -2] Name not\nknown"),
            "could not be reached ([Errno -2] Name not known)",
        ),
        (httpx.RemoteProtocolError("x"), "the answer broke off or was not HTTP"),
        (httpx.ReadError("x"), "the connection failed (ReadError)"),
        (httpx.ReadTimeout("x"), "no whole answer came in time (20 s at most)"),
        (httpx.StreamConsumed(), "the connection failed (StreamConsumed)"),
    ],
)
def test_a_fault_of_the_transport_is_told_in_words(
    fault: Exception, sentence: str, clock: FakeClock, allowance: Allowance
) -> None:
    with pytest.raises(Unavailable) as caught:
        get(Script([fault]), clock, allowance)
    assert str(caught.value) == f"it: rows: {sentence}"


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("pay-1", "pay-1"),
        ("..", "%2E%2E"),
        ("../admin?x=1#y", "%2E%2E%2Fadmin%3Fx%3D1%23y"),
        ("a%2Fb é", "a%252Fb%20%C3%A9"),
    ],
)
def test_a_segment_of_a_path_stays_one(
    text: str, quoted: str, clock: FakeClock, allowance: Allowance
) -> None:
    script = Script([httpx.Response(200, json={})])

    http_client(script, clock).get(f"/rows/{segment(text)}", {}, allowance, "it")

    assert script.requests[0].url.raw_path.decode() == f"/api/rows/{quoted}"


def test_no_text_is_no_segment() -> None:
    with pytest.raises(ValueError, match="empty"):
        segment("")


def test_what_no_url_can_hold_is_a_bug_of_ours(clock: FakeClock, allowance: Allowance) -> None:
    with pytest.raises(ValueError, match="cannot be asked for"):
        http_client(Script([]), clock).get("/rows", {"ids": "x" * 70_000}, allowance, "it")
    assert allowance.requests == 0


def test_rate_limited_says_what_the_provider_said(clock: FakeClock, allowance: Allowance) -> None:
    with pytest.raises(RateLimited) as caught:
        get(Script([httpx.Response(429, headers={"Retry-After": "3600"})]), clock, allowance)
    assert caught.value.retry_after == 3600
