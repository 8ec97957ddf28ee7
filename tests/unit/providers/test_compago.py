"""Compago: what goes over the wire, and what is made of what comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from paywatch.domain.payments import Payment, Status
from paywatch.errors import UnexpectedResponse
from paywatch.ports import Allowance, ListQuery, Order, Page

from .conftest import FakeClock, Script, provider

DOCUMENTED = (Path(__file__).parent / "data" / "compago-list.json").read_text()
ROW: dict[str, Any] = json.loads(DOCUMENTED)["items"][0]


def page_of(*rows: object, **said: object) -> httpx.Response:
    around = {"count": len(rows), "page": 1, "pageSize": 100, **said}
    return httpx.Response(200, content=json.dumps({**around, "items": rows}), headers=JSON)


JSON = {"content-type": "application/json; charset=utf-8"}


def read(
    answer: httpx.Response, clock: FakeClock, allowance: Allowance, query: ListQuery | None = None
) -> Page:
    return provider("compago", Script([answer]), clock).list(query or ListQuery(), allowance)


def test_the_documents_own_example_is_understood(clock: FakeClock, allowance: Allowance) -> None:
    page = read(httpx.Response(200, content=DOCUMENTED, headers=JSON), clock, allowance)

    assert page.rows == (
        Payment(
            id="550e8400-e29b-41d4-a716-446655440000",
            status=Status.PENDING,
            provider_status="PENDING",
            amount="100",
            currency="MXN",
            created_at="2026-01-09T10:30:00.000000Z",
            updated_at="2026-01-09T10:30:00.000000Z",
            expires_at="2026-01-11T10:30:00.000000Z",
            external_id="order-1234",
        ),
    )
    assert page.refused == ()
    assert (page.number, page.total, page.page_size, page.last_page) == (1, 245, 100, 3)
    assert page.answer.request == 1


def test_nothing_personal_is_kept(clock: FakeClock, allowance: Allowance) -> None:
    page = read(httpx.Response(200, content=DOCUMENTED, headers=JSON), clock, allowance)
    for personal in ("María", "Insurgentes", "+5215512345678", "Payment for order"):
        assert personal in DOCUMENTED
        assert personal not in repr(page)


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        (ListQuery(), {"page": "1"}),
        (
            ListQuery(status="PENDING", page=7, page_size=500, currency="MXN"),
            {"page": "7", "pageSize": "500", "status": "PENDING", "currency": "MXN"},
        ),
    ],
)
def test_every_parameter_goes_over_the_wire(
    query: ListQuery, sent: dict[str, str], clock: FakeClock, allowance: Allowance
) -> None:
    script = Script([page_of(page=query.page)])

    provider("compago", script, clock).list(query, allowance)

    assert script.requests[0].url.path == "/api/one-time-payment"
    assert dict(script.requests[0].url.params) == sent
    assert script.requests[0].headers["x-api-key"] == "sk_test_very-secret"


@pytest.mark.parametrize(
    "query",
    [
        ListQuery(order=Order.NEWEST_FIRST),
        ListQuery(ids=("a",)),
        ListQuery(external_id="order-1"),
        ListQuery(page=0),
        ListQuery(page_size=0),
        ListQuery(page_size=501),
    ],
)
def test_what_the_list_cannot_do_is_not_asked(
    query: ListQuery, clock: FakeClock, allowance: Allowance
) -> None:
    with pytest.raises(ValueError, match=r"list has|pages count|a page holds"):
        read(page_of(), clock, allowance, query)
    assert allowance.requests == 0


def test_the_abilities_are_those_of_the_documents(clock: FakeClock) -> None:
    abilities = provider("compago", Script([]), clock).abilities
    assert (abilities.open_words, abilities.settled_words) == (
        ("PENDING",),
        ("CONFIRMED", "CANCELLED"),
    )
    assert (abilities.page_size, abilities.by_id, abilities.orders) == (500, None, frozenset())


@pytest.mark.parametrize(
    ("count", "size", "last"), [(0, 100, 1), (1, 100, 1), (100, 100, 1), (101, 100, 2), (7, 1, 7)]
)
def test_the_last_page_is_counted_with_the_answers_own_page_size(
    count: int, size: int, last: int, clock: FakeClock, allowance: Allowance
) -> None:
    page = read(page_of(count=count, pageSize=size), clock, allowance, ListQuery(page_size=500))
    assert (page.last_page, page.page_size, page.total) == (last, size, count)


def test_numbers_may_be_text(clock: FakeClock, allowance: Allowance) -> None:
    page = read(page_of(ROW, count="245", page="1", pageSize="20"), clock, allowance)
    assert (page.total, page.number, page.page_size, page.last_page) == (245, 1, 20, 13)


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"page": 2}, "page 2 was answered"),
        ({"page": 0}, "page is not above 0"),
        ({"page": None}, "page is not a whole number from 0 to 1000000000"),
        ({"page": True}, "page is not a whole number from 0 to 1000000000"),
        ({"count": -1}, "count is not a whole number from 0 to 1000000000"),
        ({"count": 10**12}, "count is not a whole number from 0 to 1000000000"),
        ({"count": "many"}, "count is not a whole number from 0 to 1000000000"),
        ({"count": 1.5}, "count is not a whole number from 0 to 1000000000"),
        ({"pageSize": 0}, "pageSize is not above 0"),
        ({"pageSize": False}, "pageSize is not a whole number from 0 to 1000000000"),
    ],
)
def test_a_page_that_says_nonsense_of_itself_is_refused(
    said: dict[str, object], complaint: str, clock: FakeClock, allowance: Allowance
) -> None:
    with pytest.raises(UnexpectedResponse) as caught:
        read(page_of(ROW, **said), clock, allowance)
    assert str(caught.value) == f"compago: one-time payments, page 1: {complaint}"


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("[]", "the answer is not a JSON object"),
        ("null", "the answer is not a JSON object"),
        ("{}", "count is missing"),
        ('{"count": 1, "page": 1, "pageSize": 1}', "items is missing"),
        ('{"count": 1, "page": 1, "pageSize": 1, "items": null}', "items is not a list"),
        ('{"count": 1, "page": 1, "pageSize": 1, "items": {"0": {}}}', "items is not a list"),
        ('{"count": 1, "page": 1, "pageSize": 1, "items": "none"}', "items is not a list"),
    ],
)
def test_an_answer_of_another_shape_is_refused(
    body: str, complaint: str, clock: FakeClock, allowance: Allowance
) -> None:
    with pytest.raises(UnexpectedResponse) as caught:
        read(httpx.Response(200, content=body, headers=JSON), clock, allowance)
    assert str(caught.value) == f"compago: one-time payments, page 1: {complaint}"


@pytest.mark.parametrize(
    ("word", "status", "kept"),
    [
        ("PENDING", Status.PENDING, "PENDING"),
        ("CONFIRMED", Status.PAID, "CONFIRMED"),
        (" confirmed ", Status.PAID, "CONFIRMED"),
        ("Cancelled", Status.CANCELLED, "CANCELLED"),
        ("REFUNDED", Status.UNRECOGNIZED, "REFUNDED"),
        ("on_hold", Status.UNRECOGNIZED, "ON_HOLD"),
    ],
)
def test_a_status_is_read_in_any_letter_case(
    word: str, status: Status, kept: str, clock: FakeClock, allowance: Allowance
) -> None:
    (payment,) = read(page_of({**ROW, "status": word}), clock, allowance).rows
    assert (payment.status, payment.provider_status) == (status, kept)


@pytest.mark.parametrize(
    ("row", "complaint", "payment_id"),
    [
        ({"status": "PENDING"}, "a payment without a usable id: id is missing", None),
        (
            {"id": "", "status": "PENDING"},
            "a payment without a usable id: id is not 1 to 256 printable characters",
            None,
        ),
        ({"id": "p", "status": None}, "payment p: status is not text", "p"),
        ({"id": "p", "status": 5}, "payment p: status is not text", "p"),
        ({"id": 17}, "payment 17: status is missing", "17"),
        ({**ROW, "id": "p", "amount": "abc"}, "payment p: amount is not a decimal number", "p"),
        ({**ROW, "id": "p", "amount": True}, "payment p: amount is not a decimal number", "p"),
        (
            {**ROW, "id": "p", "amount": "1e400"},
            "payment p: amount is beyond what an amount can be",
            "p",
        ),
        (
            {**ROW, "id": "p", "amount": float("nan")},
            "payment p: amount is not a decimal number",
            "p",
        ),
        (
            {**ROW, "id": "p", "currency": "pesos"},
            "payment p: currency is not a currency of three letters",
            "p",
        ),
        (
            {**ROW, "id": "p", "createdAt": "soon"},
            "payment p: createdAt is not a date and time",
            "p",
        ),
        ([], "a row is not a JSON object", None),
        (None, "a row is not a JSON object", None),
        ("row", "a row is not a JSON object", None),
    ],
)
def test_a_bad_row_is_set_aside_and_the_others_are_read(
    row: object, complaint: str, payment_id: str | None, clock: FakeClock, allowance: Allowance
) -> None:
    page = read(page_of(ROW, row, {**ROW, "id": "last"}), clock, allowance)

    assert [payment.id for payment in page.rows] == [ROW["id"], "last"]
    (refused,) = page.refused
    assert str(refused) == f"compago: one-time payments, page 1: {complaint}"
    assert refused.payment_id == payment_id
    assert refused.__context__ is None


def test_an_amount_of_1e400_as_a_number_spoils_its_row_alone(
    clock: FakeClock, allowance: Allowance
) -> None:
    body = DOCUMENTED.replace('"amount": 100', '"amount": 1e400')
    page = read(httpx.Response(200, content=body, headers=JSON), clock, allowance)
    assert page.rows == ()
    assert [refused.payment_id for refused in page.refused] == [ROW["id"]]


@pytest.mark.parametrize("unreadable", ["soon", "", 5, True, [], {}])
def test_unreadable_dates_that_nothing_rests_on_are_left_out(
    unreadable: object, clock: FakeClock, allowance: Allowance
) -> None:
    row = {**ROW, "updatedAt": unreadable, "expiresAt": unreadable}
    (payment,) = read(page_of(row), clock, allowance).rows
    assert (payment.updated_at, payment.expires_at) == (None, None)
    assert payment.created_at is not None


@pytest.mark.parametrize("emptied", [{}, dict.fromkeys(set(ROW) - {"id", "status"})])
def test_only_the_id_and_the_status_are_needed(
    emptied: dict[str, None], clock: FakeClock, allowance: Allowance
) -> None:
    row = {"id": "p", "status": "PENDING", **emptied}
    (payment,) = read(page_of(row), clock, allowance).rows
    assert payment == Payment("p", Status.PENDING, "PENDING", None, None, None)


def test_fields_that_no_document_names_are_passed_over(
    clock: FakeClock, allowance: Allowance
) -> None:
    (payment,) = read(page_of({**ROW, "isTest": True, "\ud800": 1}, x=1), clock, allowance).rows
    assert payment.is_test is False


def test_a_duplicate_row_stays_for_the_caller_to_see(
    clock: FakeClock, allowance: Allowance
) -> None:
    page = read(page_of(ROW, ROW), clock, allowance)
    assert len(page.rows) == 2


def test_a_payment_is_asked_for_by_its_id(clock: FakeClock, allowance: Allowance) -> None:
    script = Script([httpx.Response(200, json={**ROW, "id": "a/..?b"})])

    found = provider("compago", script, clock).get("a/..?b", allowance)

    assert script.requests[0].url.raw_path == b"/api/one-time-payment/a%2F%2E%2E%3Fb"
    assert found.payment is not None
    assert (found.payment.id, found.answer.request) == ("a/..?b", 1)


def test_a_payment_that_is_not_there_is_an_answer(clock: FakeClock, allowance: Allowance) -> None:
    found = provider("compago", Script([httpx.Response(404)]), clock).get("p", allowance)
    assert (found.payment, found.answer.request) == (None, 1)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({**ROW, "id": "q"}, "the answer is another payment than the one that was asked for"),
        ({**ROW, "id": "p", "amount": "abc"}, "payment p: amount is not a decimal number"),
        ({"count": 0, "items": []}, "a payment without a usable id: id is missing"),
        ({"data": {**ROW, "id": "p"}}, "a payment without a usable id: id is missing"),
        ([], "a row is not a JSON object"),
    ],
)
def test_another_payment_than_the_one_asked_for_is_refused(
    body: object, complaint: str, clock: FakeClock, allowance: Allowance
) -> None:
    compago = provider("compago", Script([httpx.Response(200, json=body)]), clock)
    with pytest.raises(UnexpectedResponse) as caught:
        compago.get("p", allowance)
    assert str(caught.value) == f"compago: one-time payment by id: {complaint}"


def test_an_empty_id_is_not_asked_for(clock: FakeClock, allowance: Allowance) -> None:
    with pytest.raises(ValueError, match="empty"):
        provider("compago", Script([]), clock).get("", allowance)
    assert allowance.requests == 0
