"""Whatever is answered, a provider gives what its port promises or one of the port's errors."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paywatch.errors import OutOfTime, ProviderError, RowError
from paywatch.ports import Allowance, Found, ListQuery, Page

from .conftest import FakeClock, provider, steady

ANY_TEXT = st.text(alphabet=st.characters(categories=None))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner),
    max_leaves=20,
)
SCALAR = st.one_of(
    ANY_JSON,
    st.sampled_from(["1", 1, 0, "PENDING", "paid", "MXN", "100.00", "2026-01-09T10:30:00Z"]),
)
FIELDS = (
    *("id", "status", "amount", "currency", "createdAt", "updatedAt", "expiresAt", "externalId"),
    *("created_at", "paid_at", "external_id", "payment_method_type", "source", "is_test", "data"),
)
ROW = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, SCALAR))
COUNT = st.sampled_from([1, "1", 20]) | ANY_JSON
PAGE = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("count", "page", "pageSize"), COUNT),
        **dict.fromkeys(("current_page", "last_page", "per_page", "total"), COUNT),
        **dict.fromkeys(("items", "data"), st.lists(ROW | ANY_JSON, max_size=4) | ANY_JSON),
    },
)
SOUND = {
    "count": 1,
    "page": 1,
    "pageSize": 1,
    "current_page": 1,
    "last_page": 1,
    "per_page": 1,
    "total": 1,
}
ALMOST_SOUND = st.lists(ROW | ANY_JSON, max_size=4).map(
    lambda rows: {**SOUND, "items": rows, "data": rows}
)

each_provider = pytest.mark.parametrize("name", ["compago", "onepay"])


def ask(name: str, answer: httpx.Response, *, by_id: bool) -> Page | Found | None:
    clock = FakeClock()
    asked = provider(name, lambda request: answer, clock)
    allowance = Allowance(clock, 600, 20)
    try:
        return asked.get("1", allowance) if by_id else asked.list(ListQuery(), allowance)
    except (ProviderError, OutOfTime) as error:
        sentence = str(error)
    assert sentence.startswith(name)
    assert len(sentence.splitlines()) == 1
    return None


def check_writable(result: Page | Found | None) -> None:
    """What was understood can be written as JSON in UTF-8, as the table and the topic need it."""
    rows = result.rows if isinstance(result, Page) else (result.payment,) if result else ()
    for payment in rows:
        if payment:
            json.dumps(payment.id, ensure_ascii=False).encode()
            json.dumps(payment.external_id, ensure_ascii=False).encode()
            json.dumps(payment.provider_status, ensure_ascii=False).encode()
            json.dumps(payment.payment_method_type, ensure_ascii=False).encode()
            assert payment.fingerprint
    for refused in result.refused if isinstance(result, Page) else ():
        assert isinstance(refused, RowError)
        assert len(str(refused).splitlines()) == 1
        str(refused).encode()


@each_provider
@steady
@given(body=ANY_JSON | PAGE | ALMOST_SOUND)
def test_any_json_is_a_page_or_a_providers_error(name: str, body: Any) -> None:
    text = json.dumps(body)
    answer = httpx.Response(200, content=text, headers={"content-type": "application/json"})
    check_writable(ask(name, answer, by_id=False))


@each_provider
@steady
@given(body=ANY_JSON | ROW | st.fixed_dictionaries({"data": ROW}))
def test_any_json_is_a_payment_or_a_providers_error(name: str, body: Any) -> None:
    text = json.dumps(body)
    answer = httpx.Response(200, content=text, headers={"content-type": "application/json"})
    check_writable(ask(name, answer, by_id=True))


@each_provider
@steady
@given(rows=st.lists(ROW | ANY_JSON, max_size=6))
def test_every_row_is_either_understood_or_set_aside(name: str, rows: list[Any]) -> None:
    body = json.dumps({**SOUND, "items": rows, "data": rows})
    answer = httpx.Response(200, content=body, headers={"content-type": "application/json"})
    page = ask(name, answer, by_id=False)
    assert isinstance(page, Page)
    assert len(page.rows) + len(page.refused) == len(rows)


NAMES = ("content-type", "content-encoding", "date", "retry-after", "location", "set-cookie")
LIMITS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")


@each_provider
@steady
@given(
    status=st.integers(200, 599),
    headers=st.dictionaries(
        st.sampled_from([*NAMES, *LIMITS]),
        st.one_of(
            st.binary(max_size=40),
            st.integers(-5, 10**12).map(lambda number: str(number).encode()),
            st.sampled_from([b"application/json", b"gzip", b"Fri, 09 Jan 2026 12:00:30 GMT"]),
        ),
    ),
    content=st.binary(max_size=200),
)
def test_any_answer_at_all_is_understood_or_a_providers_error(
    name: str, status: int, headers: dict[str, bytes], content: bytes
) -> None:
    raw = [(key.encode(), value) for key, value in headers.items()]
    answer = httpx.Response(status, headers=raw, stream=httpx.ByteStream(content))
    check_writable(ask(name, answer, by_id=False))
    check_writable(ask(name, answer, by_id=True))
