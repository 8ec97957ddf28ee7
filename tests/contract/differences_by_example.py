"""The known differences that no random request goes to: limits, and what paywatch never asks."""

from __future__ import annotations

from tests.contract.differing import INVALID, Difference
from tests.contract.examples import KEY, put, query, update
from tests.contract.requests import Request

QUOTAS = "DG, Quotas in Amazon DynamoDB: "
_DIGITS = {"N": "12345678901234567890123456789012345678"}
_DEEP: dict[str, object] = {"S": "a"}
for _ in range(33):
    _DEEP = {"L": [_DEEP]}

BY_EXAMPLE: tuple[Difference, ...] = (
    Difference(
        "both let a list be written whole and a part of it removed",
        right="neither",
        document="alternator: test_update_expression_multi_overlap_nested",
        before=[put(history={"L": [{"S": "a"}, {"S": "b"}]})],
        example=update(
            "REMOVE history[0] SET history = list_append(history, :l)", l={"L": [{"S": "c"}]}
        ),
        drawn=False,
    ),
    Difference(
        "moto sets something inside what is no map, and does nothing",
        right="ministack",
        document="alternator: test_nested_attribute_update_bad_path_dot",
        ministack=INVALID,
        before=[put(outbox={"N": "1"})],
        example=update("SET outbox.b = :s", s={"S": "a"}),
        drawn=False,
    ),
    Difference(
        "moto breaks, and ministack does nothing, if something is removed from what is no map",
        right="neither",
        document="alternator: test_nested_attribute_update_bad_path_dot",
        moto="crash: TypeError",
        before=[put(outbox={"N": "1"})],
        example=update("REMOVE outbox.b"),
        drawn=False,
    ),
    Difference(
        "ministack adds with 28 digits",
        right="moto",
        document="DG, Supported data types and naming rules: Number, 38 digits",
        before=[put(epoch=_DIGITS)],
        example=update("ADD epoch :n", n={"N": "1"}),
        drawn=False,
    ),
    Difference(
        "moto stores more than 38 digits",
        right="ministack",
        document="DG, Supported data types and naming rules: Number, 38 digits",
        ministack=INVALID,
        example=update("SET epoch = :n", n={"N": "1" * 39}),
        drawn=False,
    ),
    Difference(
        "moto counts the keys of a new item as updated",
        right="ministack",
        document="API, UpdateItem, ReturnValues: UPDATED_NEW",
        example=update("SET seen = :a", returned="UPDATED_NEW", a={"S": "a"}),
        drawn=False,
    ),
    Difference(
        "moto does not tell the old value of what was written as it was",
        right="ministack",
        document="API, UpdateItem, ReturnValues: UPDATED_OLD",
        before=[put(seen={"S": "a"})],
        example=update("SET seen = :a", returned="UPDATED_OLD", a={"S": "a"}),
        drawn=False,
    ),
    Difference(
        "moto breaks, and ministack answers, if a map is given to be ordered by",
        right="neither",
        document="DG, Condition and filter expressions, operators, and functions; alternator: "
        "test_update_condition_ge",
        moto="crash: TypeError",
        before=[put(buckets={"M": {}})],
        example=query("buckets >= :m", m={"M": {}}),
        drawn=False,
    ),
    Difference(
        "moto refuses items before they are too large",
        right="ministack",
        document=QUOTAS + "items, item size: 400 KB",
        moto=f"{INVALID}Item size",
        before=[put(seen={"S": "x" * 300_000})],
        example=update("SET lease_until = :a", a={"S": "x" * 109_000}),
        drawn=False,
    ),
    Difference(
        "moto takes expressions of any length",
        right="ministack",
        document=QUOTAS + "expression parameters, lengths: 4 KB",
        ministack=INVALID,
        example=update("SET seen = :a", "seen <> :a" + " AND seen <> :a" * 290, a={"S": "a"}),
        drawn=False,
    ),
    Difference(
        "moto is asked for a key that is too long",
        right="ministack",
        document=QUOTAS + "primary key, partition key length: 2048 bytes",
        ministack=INVALID,
        example=Request("get_item", {"Key": KEY | {"pk": {"S": "p" * 2049}}}),
        drawn=False,
    ),
    Difference(
        "moto stores an item with an empty key",
        right="ministack",
        document="API, PutItem, Item: empty values of key attributes",
        ministack=INVALID,
        example=Request(
            "update_item",
            {
                "Key": KEY | {"sk": {"S": ""}},
                "UpdateExpression": "SET seen = :a",
                "ExpressionAttributeValues": {":a": {"S": "a"}},
            },
        ),
        drawn=False,
    ),
    Difference(
        "both store an index's key that is too long",
        right="neither",
        document=QUOTAS + "primary key, sort key length: 1024 bytes, also in secondary indexes",
        example=update("SET watched = :a", a={"S": "w" * 1025}),
        drawn=False,
    ),
    Difference(
        "moto stores values nested deeper than 32 levels",
        right="ministack",
        document=QUOTAS + "attributes, nested depth: 32",
        ministack=INVALID,
        example=update("SET seen = :deep", deep=_DEEP),
        drawn=False,
    ),
    Difference(
        "ministack answers with more than 16 MB, and leaves no key over",
        right="moto",
        document="API, BatchGetItem: 16 MB, UnprocessedKeys",
        before=[
            Request("put_item", {"Item": KEY | {"sk": {"S": str(n)}, "a": {"S": "x" * 380_000}}})
            for n in range(46)
        ],
        example=Request(
            "batch_get_item", {"Keys": [KEY | {"sk": {"S": str(n)}} for n in range(46)]}
        ),
        drawn=False,
    ),
)
