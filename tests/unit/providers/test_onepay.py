"""OnePay: what goes over the wire, and what is made of what comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from paywatch.domain.payments import Origin, Payment, Status
from paywatch.errors import UnexpectedResponse
from paywatch.ports import Allowance, ListQuery, Order, Page

from .conftest import FakeClock, Script, provider

DOCUMENTED = (Path(__file__).parent / "data" / "onepay-list.json").read_text()
ROW: dict[str, Any] = json.loads(DOCUMENTED)["data"][1]
JSON = {"content-type": "application/json"}


def page_of(*rows: object, **said: object) -> httpx.Response:
    around = {
        "current_page": 1,
        "from": 1,
        "last_page": 1,
        "per_page": 20,
        "to": len(rows),
        "total": len(rows),
        **said,
    }
    return httpx.Response(200, content=json.dumps({**around, "data": rows}), headers=JSON)


def read(
    answer: httpx.Response, clock: FakeClock, allowance: Allowance, query: ListQuery | None = None
) -> Page:
    return provider("onepay", Script([answer]), clock).list(query or ListQuery(), allowance)


def test_the_documents_own_example_is_understood(clock: FakeClock, allowance: Allowance) -> None:
    page = read(httpx.Response(200, content=DOCUMENTED, headers=JSON), clock, allowance)

    assert page.rows == (
        Payment(
            id="a1b2c3d4-1111-2222-3333-444455556666",
            status=Status.PROCESSING,
            provider_status="processing",
            amount="63040",
            currency="COP",
            created_at="2024-11-02T16:47:09.000000Z",
            payment_method_type="CreditCard",
            origin=Origin("Link", "9b7e45b5-05e2-4b4e-bb1c-3d8a6a3c15e2"),
            is_test=True,
        ),
        Payment(
            id="7777c3d4-8888-9999-aaaa-bbbbccccdddd",
            status=Status.PAID,
            provider_status="paid",
            amount="250000",
            currency="COP",
            created_at="2024-10-20T12:00:00.000000Z",
            paid_at="2024-10-20T12:10:10.000000Z",
            external_id="EXT-12345",
            payment_method_type="Account",
            origin=Origin("Payment", "12e34567-89ab-4cde-f012-3456789abcde"),
            is_test=True,
        ),
    )
    assert page.refused == ()
    assert (page.number, page.total, page.page_size, page.last_page) == (1, 50, 20, 3)


def test_nothing_personal_is_kept(clock: FakeClock, allowance: Allowance) -> None:
    row = {**ROW, "remarks": "call María"}
    page = read(page_of(row), clock, allowance)
    for personal in ("María", "Pago factura", "prov-123", ROW["payment_method_id"]):
        assert personal not in repr(page)


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        (ListQuery(), {"page": "1"}),
        (
            ListQuery(status="paid", page=7, order=Order.LATEST_PAID_FIRST),
            {"page": "7", "filter[status]": "paid", "sort": "-paid_at"},
        ),
        (
            ListQuery(ids=("a", "b", "c"), order=Order.OLDEST_FIRST),
            {"page": "1", "filter[id]": "a,b,c", "sort": "created_at"},
        ),
        (
            ListQuery(external_id="order 1&2", order=Order.NEWEST_FIRST),
            {"page": "1", "filter[external_id]": "order 1&2", "sort": "-created_at"},
        ),
        (ListQuery(order=Order.EARLIEST_PAID_FIRST), {"page": "1", "sort": "paid_at"}),
    ],
)
def test_every_parameter_goes_over_the_wire(
    query: ListQuery, sent: dict[str, str], clock: FakeClock, allowance: Allowance
) -> None:
    script = Script([page_of(current_page=query.page)])

    provider("onepay", script, clock).list(query, allowance)

    assert script.requests[0].url.path == "/api/payment-intents"
    assert dict(script.requests[0].url.params) == sent
    assert script.requests[0].headers["authorization"] == "Bearer sk_test_very-secret"


@pytest.mark.parametrize(
    "query",
    [
        ListQuery(page_size=20),
        ListQuery(currency="COP"),
        ListQuery(page=0),
        ListQuery(ids=("a", "")),
    ],
)
def test_what_the_list_cannot_do_is_not_asked(
    query: ListQuery, clock: FakeClock, allowance: Allowance
) -> None:
    with pytest.raises(ValueError, match=r"list has|pages count|empty id"):
        read(page_of(), clock, allowance, query)
    assert allowance.requests == 0


def test_the_abilities_are_those_of_the_documents(clock: FakeClock) -> None:
    abilities = provider("onepay", Script([]), clock).abilities
    assert abilities.open_words == ("created", "processing")
    assert abilities.settled_words == ("paid", "failed", "refunded", "disputed")
    assert abilities.short_words == ("refunded", "disputed", "failed")
    assert abilities.orders == frozenset(Order)
    assert (abilities.page_size, abilities.by_id) == (None, True)


def test_what_the_answer_says_of_itself_is_reported_as_it_is(
    clock: FakeClock, allowance: Allowance
) -> None:
    said = {"total": "41", "last_page": "2", "per_page": "50", "current_page": "1"}
    page = read(page_of(ROW, **said), clock, allowance)
    assert (page.total, page.last_page, page.page_size, page.number) == (41, 2, 50, 1)


def test_a_page_past_the_end_is_empty_and_still_a_page(
    clock: FakeClock, allowance: Allowance
) -> None:
    answer = page_of(current_page=9, **{"from": None}, to=None, total=50, last_page=3)
    page = read(answer, clock, allowance, ListQuery(page=9))
    assert (page.number, page.rows, page.total, page.last_page) == (9, (), 50, 3)


def test_an_empty_list_has_one_page(clock: FakeClock, allowance: Allowance) -> None:
    assert read(page_of(last_page=0), clock, allowance).last_page == 1


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"current_page": 3}, "page 3 was answered"),
        ({"current_page": True}, "current_page is not a whole number from 0 to 1000000000"),
        ({"last_page": -1}, "last_page is not a whole number from 0 to 1000000000"),
        ({"last_page": 10**10}, "last_page is not a whole number from 0 to 1000000000"),
        ({"per_page": 0}, "per_page is not above 0"),
        ({"total": None}, "total is not a whole number from 0 to 1000000000"),
        ({"total": -5}, "total is not a whole number from 0 to 1000000000"),
    ],
)
def test_a_page_that_says_nonsense_of_itself_is_refused(
    said: dict[str, object], complaint: str, clock: FakeClock, allowance: Allowance
) -> None:
    with pytest.raises(UnexpectedResponse) as caught:
        read(page_of(ROW, **said), clock, allowance)
    assert str(caught.value) == f"onepay: payment intents, page 1: {complaint}"


@pytest.mark.parametrize(
    ("word", "status", "kept"),
    [
        ("created", Status.PENDING, "created"),
        ("Processing", Status.PROCESSING, "processing"),
        ("PAID", Status.PAID, "paid"),
        ("failed", Status.FAILED, "failed"),
        ("refunded", Status.REFUNDED, "refunded"),
        ("disputed", Status.DISPUTED, "disputed"),
        ("Charged_Back", Status.UNRECOGNIZED, "charged_back"),
    ],
)
def test_a_status_is_read_in_any_letter_case(
    word: str, status: Status, kept: str, clock: FakeClock, allowance: Allowance
) -> None:
    (payment,) = read(page_of({**ROW, "status": word}), clock, allowance).rows
    assert (payment.status, payment.provider_status) == (status, kept)


@pytest.mark.parametrize(
    ("flag", "is_test"),
    [
        (True, True),
        (1, True),
        ("true", True),
        (False, False),
        (0, False),
        ("0", False),
        (None, False),
        ("maybe", False),
    ],
)
def test_the_test_flag_comes_in_many_ways(
    flag: object, is_test: bool, clock: FakeClock, allowance: Allowance
) -> None:
    (payment,) = read(page_of({**ROW, "is_test": flag}), clock, allowance).rows
    assert payment.is_test is is_test


@pytest.mark.parametrize(
    "source", [None, "Link", [], {}, {"type": "Link"}, {"type": None, "id": "x"}, {"id": "x"}]
)
def test_half_an_origin_is_none(source: object, clock: FakeClock, allowance: Allowance) -> None:
    (payment,) = read(page_of({**ROW, "source": source}), clock, allowance).rows
    assert payment.origin is None


def test_an_origin_may_be_numbered(clock: FakeClock, allowance: Allowance) -> None:
    (payment,) = read(page_of({**ROW, "source": {"type": "Plan", "id": 12}}), clock, allowance).rows
    assert payment.origin == Origin("Plan", "12")


def test_only_the_id_and_the_status_are_needed(clock: FakeClock, allowance: Allowance) -> None:
    for row in ({"id": 5, "status": "paid"}, {**dict.fromkeys(ROW), "id": "5", "status": "paid"}):
        (payment,) = read(page_of(row), clock, allowance).rows
        assert payment == Payment("5", Status.PAID, "paid", None, None, None)


def test_bad_rows_are_set_aside_each_by_itself(clock: FakeClock, allowance: Allowance) -> None:
    rows = [{"status": "paid"}, ROW, {**ROW, "id": "b", "created_at": "soon"}, 7, ROW]

    page = read(page_of(*rows), clock, allowance)

    assert [payment.id for payment in page.rows] == [ROW["id"], ROW["id"]]
    assert [(refused.payment_id, str(refused)) for refused in page.refused] == [
        (None, "onepay: payment intents, page 1: a payment without a usable id: id is missing"),
        ("b", "onepay: payment intents, page 1: payment b: created_at is not a date and time"),
        (None, "onepay: payment intents, page 1: a row is not a JSON object"),
    ]


@pytest.mark.parametrize("wrap", [lambda row: row, lambda row: {"data": row}])
def test_an_intent_is_asked_for_by_its_id_and_may_come_wrapped(
    wrap: Any, clock: FakeClock, allowance: Allowance
) -> None:
    script = Script([httpx.Response(200, json=wrap(ROW))])

    found = provider("onepay", script, clock).get(ROW["id"], allowance)

    assert script.requests[0].url.path == f"/api/payment-intents/{ROW['id']}"
    assert found.payment is not None
    assert found.payment.status is Status.PAID


def test_an_intent_that_is_not_there_is_an_answer(clock: FakeClock, allowance: Allowance) -> None:
    found = provider("onepay", Script([httpx.Response(404)]), clock).get("p", allowance)
    assert found.payment is None


@pytest.mark.parametrize("body", [ROW, {"data": ROW}, {"data": None}, {"data": [ROW]}, {}, [], 5])
def test_anything_but_the_intent_that_was_asked_for_is_refused(
    body: object, clock: FakeClock, allowance: Allowance
) -> None:
    onepay = provider("onepay", Script([httpx.Response(200, json=body)]), clock)
    with pytest.raises(UnexpectedResponse, match=r"^onepay: payment intent by id: "):
        onepay.get("another", allowance)
