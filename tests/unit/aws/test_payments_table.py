"""What the payments' table is asked, and what happens when it answers oddly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from paywatch.aws.items import attributes_of
from paywatch.aws.payments_table import READ_ATTEMPTS, DynamoPayments, partition
from paywatch.aws.values import to_item
from paywatch.domain.changes import Record
from paywatch.domain.payments import Status
from paywatch.errors import PaywatchError, RowError, StaleState
from paywatch.rehearsal import RehearsedPayments
from tests.contract import stack
from tests.contract.conftest import StandingClock
from tests.contract.records import COMPAGO, acknowledged, moved, opened

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


def store(client: DynamoDBClient) -> DynamoPayments:
    return DynamoPayments(client, stack.TABLE, StandingClock())


def item_of(record: Record) -> dict[str, Any]:
    """Return the item that is stored of a record."""
    plain = {name: value for name, value in attributes_of(record).items() if value is not None}
    return to_item({"pk": partition(record.source, record.bucket), "sk": record.id, **plain})


def test_a_change_costs_one_write_to_save_and_one_to_acknowledge(
    dynamodb: DynamoDBClient, calls: list[str]
) -> None:
    payments = store(dynamodb)
    first = opened("p1")
    payments.save(first, None)
    assert calls == ["UpdateItem"]
    payments.acknowledge(first, 1)
    assert calls == ["UpdateItem"] * 2
    now = acknowledged(first, 1)
    paid = moved(now, Status.PAID)
    payments.save(paid, now)
    assert calls == ["UpdateItem"] * 3
    payments.acknowledge(paid, 2)
    assert calls == ["UpdateItem"] * 4


def test_a_refusal_costs_one_write(dynamodb: DynamoDBClient, calls: list[str]) -> None:
    payments = store(dynamodb)
    record = moved(opened("p1"), Status.PAID)
    payments.save(record, None)
    calls.clear()
    with pytest.raises(StaleState):
        payments.save(record, None)
    with pytest.raises(StaleState):
        payments.acknowledge(record, 2)
    assert calls == ["UpdateItem"] * 2


def test_a_repeated_acknowledgement_costs_one_write(
    dynamodb: DynamoDBClient, calls: list[str]
) -> None:
    payments = store(dynamodb)
    record = moved(opened("p1"), Status.PAID)
    payments.save(record, None)
    payments.acknowledge(record, 1)
    payments.acknowledge(record, 2)
    calls.clear()
    payments.acknowledge(record, 2)
    assert calls == ["UpdateItem"]


def test_a_change_recorded_meanwhile_costs_a_second_write(
    dynamodb: DynamoDBClient, calls: list[str]
) -> None:
    payments = store(dynamodb)
    paid = replace(moved(opened("p1"), Status.PAID), published=1, outbox=((2, "{}"),))
    payments.save(paid, None)
    payments.save(moved(paid, Status.REFUNDED, request=3), paid)
    calls.clear()
    payments.acknowledge(paid, 2)
    assert calls == ["UpdateItem"] * 2


def test_a_bucket_costs_one_query_and_100_ids_one_read(
    dynamodb: DynamoDBClient, calls: list[str]
) -> None:
    payments = store(dynamodb)
    payments.watched(COMPAGO, 1)
    assert calls == ["Query"]
    calls.clear()
    payments.fetch(COMPAGO, [f"p{number}" for number in range(201)] * 2)
    assert calls == ["BatchGetItem"] * 3


def test_keys_are_what_a_person_can_type(dynamodb: DynamoDBClient) -> None:
    record = opened("p1")
    store(dynamodb).save(record, None)
    (item,) = dynamodb.scan(TableName=stack.TABLE)["Items"]
    assert (item["pk"], item["sk"]) == ({"S": f"compago/default#{record.bucket:02x}"}, {"S": "p1"})
    assert partition(COMPAGO, 63) == "compago/default#3f"


def test_what_others_have_written_to_an_item_stays(dynamodb: DynamoDBClient) -> None:
    payments = store(dynamodb)
    record = opened("p1")
    payments.save(record, None)
    key = {"pk": {"S": partition(COMPAGO, record.bucket)}, "sk": {"S": "p1"}}
    dynamodb.update_item(
        TableName=stack.TABLE,
        Key=key,
        UpdateExpression="SET note = :note",
        ExpressionAttributeValues={":note": {"S": "asked the bank"}},
    )
    payments.save(moved(record, Status.PAID), record)
    assert dynamodb.get_item(TableName=stack.TABLE, Key=key)["Item"]["note"] == {
        "S": "asked the bank"
    }


def telling(dynamodb: DynamoDBClient) -> tuple[DynamoPayments, list[tuple[str, str, str]]]:
    """Return a table, and the list of what it tells of items that cannot be read."""
    told: list[tuple[str, str, str]] = []
    clock = StandingClock()
    return DynamoPayments(dynamodb, stack.TABLE, clock, lambda *about: told.append(about)), told


def test_an_item_that_cannot_be_read_is_told_and_holds_up_no_other(
    dynamodb: DynamoDBClient,
) -> None:
    payments, told = telling(dynamodb)
    good, bad = opened("p1"), opened("p2")
    # Into the same partition, as a hand may have put it.
    item = item_of(bad) | {"pk": {"S": partition(COMPAGO, good.bucket)}, "version": {"S": "1"}}
    dynamodb.put_item(TableName=stack.TABLE, Item=item)
    payments.save(good, None)
    unread: set[str] = set()
    assert payments.watched(COMPAGO, good.bucket, unread) == [good]
    why = "sk belongs into another bucket: a hand wrote it"
    assert told == [(partition(COMPAGO, good.bucket), "p2", why)]
    # It says nothing of the payment, which may be stored well where it belongs.
    assert unread == set()


def test_isolation_a_payment_whose_item_cannot_be_read_is_named_to_whoever_reads(
    dynamodb: DynamoDBClient,
) -> None:
    payments, told = telling(dynamodb)
    good, bad = opened("p1"), opened("p2")
    payments.save(good, None)
    dynamodb.put_item(TableName=stack.TABLE, Item=item_of(bad) | {"format": {"N": "2"}})
    for port in (payments, RehearsedPayments(payments)):
        in_bucket, by_id = set[str](), set[str]()
        assert port.watched(COMPAGO, bad.bucket, in_bucket) == []
        assert port.fetch(COMPAGO, ["p1", "p2"], by_id) == {"p1": good}
        assert port.fetch(COMPAGO, ["p1", "p2"]) == {"p1": good}
        assert in_bucket == by_id == {"p2"}
    why = "format is not 1: another release, or another hand, wrote it"
    assert told == [(partition(COMPAGO, bad.bucket), "p2", why)] * 6

    dynamodb.put_item(TableName=stack.TABLE, Item=item_of(bad) | {"format": {"N": "2"}})
    assert payments.fetch(COMPAGO, ["p1", "p2"]) == {"p1": good}
    assert told[1][:2] == (partition(COMPAGO, bad.bucket), "p2")
    assert store(dynamodb).fetch(COMPAGO, ["p1", "p2"]) == {"p1": good}


def test_every_page_of_the_index_is_read_consistently() -> None:
    client = stack.dynamodb()
    one, other = opened("p1"), opened("p2")
    asked = {
        "TableName": stack.TABLE,
        "IndexName": "watched",
        "ConsistentRead": True,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "compago/default#01"}},
    }
    edge, next_edge = item_of(one), item_of(other)
    with Stubber(client) as stub:
        for items, last, start in [
            ([item_of(one)], {"LastEvaluatedKey": edge}, {}),
            ([], {"LastEvaluatedKey": next_edge}, {"ExclusiveStartKey": edge}),
            ([item_of(other)], {}, {"ExclusiveStartKey": next_edge}),
        ]:
            stub.add_response("query", {"Items": items, **last}, {**asked, **start})
        assert store(client).watched(COMPAGO, 1) == [one, other]
        stub.assert_no_pending_responses()


def keys(*records: Record) -> dict[str, Any]:
    """Return what a read of these records asks for."""
    return {
        stack.TABLE: {
            "Keys": [
                {"pk": {"S": partition(COMPAGO, record.bucket)}, "sk": {"S": record.id}}
                for record in records
            ],
            "ConsistentRead": True,
        }
    }


def test_reads_that_are_left_over_are_asked_for_again() -> None:
    client, clock = stack.dynamodb(), StandingClock()
    one, other = opened("p1"), opened("p2")
    with Stubber(client) as stub:
        for asked, answered, left in [
            (keys(one, other), [], keys(one, other)),
            (keys(one, other), [item_of(other)], keys(one)),
            (keys(one), [item_of(one)], {}),
        ]:
            stub.add_response(
                "batch_get_item",
                {"Responses": {stack.TABLE: answered}, "UnprocessedKeys": left},
                {"RequestItems": asked},
            )
        payments = DynamoPayments(client, stack.TABLE, clock)
        assert payments.fetch(COMPAGO, ["p1", "p2", "p1"]) == {"p1": one, "p2": other}
    assert clock.slept == [0.1, 0.05]


def test_reads_that_are_never_answered_are_given_up() -> None:
    client, clock = stack.dynamodb(), StandingClock()
    with Stubber(client) as stub:
        for _ in range(READ_ATTEMPTS):
            stub.add_response(
                "batch_get_item", {"Responses": {}, "UnprocessedKeys": keys(opened("p1"))}
            )
        with pytest.raises(PaywatchError, match="1 reads"):
            DynamoPayments(client, stack.TABLE, clock).fetch(COMPAGO, ["p1"])
        stub.assert_no_pending_responses()
    assert clock.slept == sorted(clock.slept)
    assert sum(clock.slept) < 15


def test_a_payment_that_does_not_fit_into_an_item_is_one_rows_fault() -> None:
    client = stack.dynamodb()
    with Stubber(client) as stub:
        stub.add_client_error(
            "update_item",
            "ValidationException",
            "Item size to update has exceeded the maximum allowed size",
        )
        with pytest.raises(RowError) as fault:
            store(client).save(opened("p1"), None)
    assert fault.value.payment_id == "p1"


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException", "Throttling"])
def test_a_fault_of_our_own_is_raised_as_it_is(code: str) -> None:
    client = stack.dynamodb()
    with Stubber(client) as stub:
        stub.add_client_error("update_item", code, "no")
        with pytest.raises(ClientError, match=code):
            store(client).save(opened("p1"), None)
