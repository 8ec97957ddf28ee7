"""How a record is written as an item."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given

from paywatch.aws.items import attributes_of, record_of
from paywatch.aws.values import Unreadable, from_item, to_item
from paywatch.domain.changes import Record
from paywatch.domain.payments import Origin, Status
from tests.contract.records import COMPAGO, LATER, acknowledged, moved, opened, records


def written(record: Record) -> dict[str, Any]:
    """Return the item as a read of the table gives it, without types."""
    attributes = {name: value for name, value in attributes_of(record).items() if value is not None}
    return from_item(to_item({"pk": "any", "sk": record.id, **attributes}))


def paid() -> Record:
    return moved(opened("p1"), Status.PAID)


@given(record=records())
@example(record=moved(replace(opened("p1"), status=Status.EXPIRED), Status.PAID))
def test_every_record_is_read_as_it_was_written(record: Record) -> None:
    assert record_of(record.source, written(record)) == record


def test_an_item_is_readable_and_has_nothing_that_is_absent() -> None:
    record = acknowledged(paid(), 1)
    item = written(record)
    assert item.pop("outbox") == {"2": record.outbox[0][1]}
    assert item.pop("fingerprint") == record.payment.fingerprint
    assert item == {
        "pk": "any",
        "sk": "p1",
        "format": 1,
        "status": "paid",
        "provider_status": "PAID",
        "version": 2,
        "published": 1,
        "seen": "0000000001.000002",
        "first_seen": "2026-03-01T12:00:00.000000Z",
        "since": "2026-03-01T12:01:00.000000Z",
        "watched": "2026-03-01T11:59:30.000000Z",
        "amount": "1250.00",
        "currency": "MXN",
        "created_at": "2026-03-01T11:59:30.000000Z",
        "updated_at": "2026-03-01T12:01:00.000000Z",
        "external_id": "order-1234",
        "is_test": False,
        "history": [
            {
                "v": 1,
                "to": "pending",
                "word": "PENDING",
                "at": "2026-03-01T12:01:00.000000Z",
                "after": "2026-03-01T12:00:00.000000Z",
                "by": "open_sweep",
                "row": {"status": "pending", "provider_status": "PENDING"},
            },
            {
                "v": 2,
                "from": "pending",
                "from_word": "PENDING",
                "to": "paid",
                "word": "PAID",
                "at": "2026-03-01T12:01:00.000000Z",
                "after": "2026-03-01T12:00:00.000000Z",
                "by": "open_sweep",
            },
        ],
    }


def test_a_field_that_a_change_lacked_is_kept_as_lacking() -> None:
    record = paid()
    row = replace(record.payment, paid_at=LATER, origin=Origin("link", "l1"))
    record = replace(record, payment=row)
    first = written(record)["history"][0]
    assert first["row"]["paid_at"] is None
    assert first["row"]["origin"] is None
    assert record_of(COMPAGO, written(record)) == record


def test_a_published_payment_of_three_changes_has_about_one_kilobyte() -> None:
    record = moved(paid(), Status.REFUNDED, request=3)
    for version in (1, 2, 3):
        record = acknowledged(record, version)
    item = to_item(attributes_of(record))
    assert size_of({"M": item}) < 1200


def size_of(value: dict[str, Any]) -> int:
    """Count an attribute's bytes about as DynamoDB does."""
    ((kind, content),) = value.items()
    if kind == "M":
        return 3 + sum(1 + len(name) + size_of(each) for name, each in content.items())
    if kind == "L":
        return 3 + sum(1 + size_of(each) for each in content)
    return 1 if kind in ("BOOL", "NULL") else len(str(content).encode())


@pytest.mark.parametrize(
    ("spoilt", "attribute"),
    [
        ({"format": 2}, "format"),
        ({"format": None}, "format"),
        ({"status": "gone"}, "status"),
        ({"status": None}, "status"),
        ({"row_status": 7}, "status"),
        ({"provider_status": None}, "provider_status"),
        ({"version": "2"}, "version"),
        ({"version": None}, "version"),
        ({"version": True}, "version"),
        ({"published": -1}, "published"),
        ({"published": 3}, "published"),
        ({"seen": 1}, "seen"),
        ({"first_seen": "yesterday"}, "first_seen"),
        ({"since": "2026-03-01T12:00:00"}, "since"),
        ({"created_at": ""}, "created_at"),
        ({"paid_at": 1}, "paid_at"),
        ({"amount": 1250}, "amount"),
        ({"is_test": "no"}, "is_test"),
        ({"is_test": None}, "is_test"),
        ({"origin": "link"}, "origin"),
        ({"origin": {"type": "link"}}, "id"),
        ({"outbox": None}, "outbox"),
        ({"outbox": ["body"]}, "outbox"),
        ({"outbox": {"two": "body"}}, "outbox"),
        ({"outbox": {"2": {}}}, "2"),
        ({"history": None}, "history"),
        ({"history": {}}, "history"),
        ({"history": ["paid"]}, "history"),
        ({"history": [{}]}, "v"),
        ({"history": [{"v": 1, "to": "paid", "word": "PAID", "at": LATER, "by": "x"}]}, "by"),
        ({"history": [{"row": "x"}]}, "row"),
        ({"history": [{"row": {"amount": 7}, "v": 1}]}, "amount"),
        ({"sk": None}, "id"),
    ],
    ids=str,
)
def test_an_item_that_a_hand_has_spoilt_says_where(spoilt: dict[str, Any], attribute: str) -> None:
    item = {**written(paid()), **from_item(to_item(spoilt))}
    item = {name: value for name, value in item.items() if spoilt.get(name, value) is not None}
    if "history" in spoilt and isinstance(spoilt["history"], list) and spoilt["history"]:
        first = spoilt["history"][0]
        if isinstance(first, dict) and "row" in first:
            whole = written(paid())["history"][0]
            item["history"] = [whole | from_item(to_item(first))]
    with pytest.raises(Unreadable, match=rf"\b{attribute}\b"):
        record_of(COMPAGO, item)


@pytest.mark.parametrize(
    "value", [{"N": "123456789012345678901234567890123456789.5"}, {"X": "1"}, {}], ids=str
)
def test_a_value_that_has_no_plain_form_says_where(value: dict[str, str]) -> None:
    with pytest.raises(Unreadable, match="amount"):
        from_item({"amount": value})
