"""The known differences that no random request goes to: limits, and what paywatch never asks."""

from __future__ import annotations

from tests.contract.differing import INVALID, Difference
from tests.contract.examples import KEY, put, query, update
from tests.contract.requests import Request

CONSTRAINTS = "DG, Constraints in Amazon DynamoDB: "
NUMBER = "DG, Supported data types and naming rules in Amazon DynamoDB: Number, 38 digits"
OF_RETURNED = "alternator: test_returnvalues.py, "
OF_UPDATES = "alternator: test_update_expression.py, "
_DIGITS = {"N": "12345678901234567890123456789012345678"}
_DEEP: dict[str, object] = {"S": "a"}
for _ in range(33):
    _DEEP = {"L": [_DEEP]}

BY_EXAMPLE: tuple[Difference, ...] = (
    Difference(
        "both let a list be written whole and a part of it removed",
        right="neither",
        document=OF_UPDATES + "test_update_expression_multi_overlap and "
        "test_update_expression_multi_overlap_nested",
        before=[put(history={"L": [{"S": "a"}, {"S": "b"}]})],
        example=update(
            "REMOVE history[0] SET history = list_append(history, :l)", l={"L": [{"S": "c"}]}
        ),
        drawn=False,
    ),
    Difference(
        "moto sets something inside what is no map, and does nothing",
        right="ministack",
        document=OF_UPDATES + "test_nested_attribute_update_bad_path_dot",
        ministack=INVALID,
        before=[put(outbox={"N": "1"})],
        example=update("SET outbox.b = :s", s={"S": "a"}),
        drawn=False,
    ),
    Difference(
        "moto breaks, and ministack does nothing, if something is removed from what is no map",
        right="neither",
        document=OF_UPDATES + "test_nested_attribute_update_bad_path_dot",
        moto="crash: TypeError",
        before=[put(outbox={"N": "1"})],
        example=update("REMOVE outbox.b"),
        drawn=False,
    ),
    Difference(
        "ministack adds with 28 digits",
        right="moto",
        document=NUMBER,
        before=[put(epoch=_DIGITS)],
        example=update("ADD epoch :n", n={"N": "1"}),
        drawn=False,
    ),
    Difference(
        "moto stores more than 38 digits",
        right="ministack",
        document=NUMBER + "; alternator: test_number.py, test_number_precision_not_allowed",
        ministack=INVALID,
        example=update("SET epoch = :n", n={"N": "1" * 39}),
        drawn=False,
    ),
    Difference(
        "moto counts the keys of a new item as updated",
        right="ministack",
        document="API, UpdateItem, ReturnValues: UPDATED_NEW; "
        + OF_RETURNED
        + "test_update_item_returnvalues_updated_new",
        example=update("SET seen = :a", returned="UPDATED_NEW", a={"S": "a"}),
        drawn=False,
    ),
    Difference(
        "moto does not tell the old value of what was written as it was",
        right="ministack",
        document="API, UpdateItem, ReturnValues: UPDATED_OLD; "
        + OF_RETURNED
        + "test_update_item_returnvalues_updated_old",
        before=[put(seen={"S": "a"})],
        example=update("SET seen = :a", returned="UPDATED_OLD", a={"S": "a"}),
        drawn=False,
    ),
    Difference(
        "moto breaks, and ministack answers, if a map is given to be ordered by",
        right="neither",
        document="alternator: test_condition_expression.py, test_update_condition_ge",
        moto="crash: TypeError",
        before=[put(buckets={"M": {}})],
        example=query("buckets >= :m", m={"M": {}}),
        drawn=False,
    ),
    Difference(
        "moto refuses items before they are too large",
        right="ministack",
        document=CONSTRAINTS + "Item size, 400 KB of 1024 bytes",
        moto=f"{INVALID}Item size",
        before=[put(seen={"S": "x" * 300_000})],
        example=update("SET lease_until = :a", a={"S": "x" * 109_000}),
        drawn=False,
    ),
    Difference(
        "moto takes expressions of any length",
        right="ministack",
        document=CONSTRAINTS + "Expression parameters, Lengths, 4 KB; "
        "alternator: test_limits.py, test_limit_expression_len",
        ministack=INVALID,
        example=update("SET seen = :a", "seen <> :a" + " AND seen <> :a" * 290, a={"S": "a"}),
        drawn=False,
    ),
    Difference(
        "moto is asked for a key that is too long",
        right="ministack",
        document=CONSTRAINTS + "Partition key length, 2048 bytes; "
        "alternator: test_limits.py, test_limit_partition_key_len_2048",
        ministack=INVALID,
        example=Request("get_item", {"Key": KEY | {"pk": {"S": "p" * 2049}}}),
        drawn=False,
    ),
    Difference(
        "moto stores an item with an empty key",
        right="ministack",
        document="API, PutItem, Item: the length of a key attribute; "
        + CONSTRAINTS
        + "Sort key length, at least 1 byte",
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
        document="none found: DG, Constraints in Amazon DynamoDB, has 1024 bytes for a sort key "
        "and no word on an index's. That the service refuses an index's key that is too long is in "
        "its errors, quoted in wellcomecollection/platform, issue 2285, and architect/dynalite, "
        "issue 35, both for 2048 bytes",
        example=update("SET watched = :a", a={"S": "w" * 1025}),
        drawn=False,
    ),
    Difference(
        "moto stores values nested deeper than 32 levels",
        right="ministack",
        document=CONSTRAINTS + "Nested attribute depth, 32 levels",
        ministack=INVALID,
        example=update("SET seen = :deep", deep=_DEEP),
        drawn=False,
    ),
    Difference(
        "ministack answers with more than 16 MB, and leaves no key over",
        right="moto",
        document="API, BatchGetItem: 16 MB in one answer, and UnprocessedKeys",
        before=[
            Request("put_item", {"Item": KEY | {"pk": {"S": str(n)}, "a": {"S": "x" * 380_000}}})
            for n in range(46)
        ],
        # A partition for each: of a single one, what is beyond 1 MB may be left over already.
        example=Request(
            "batch_get_item", {"Keys": [KEY | {"pk": {"S": str(n)}} for n in range(46)]}
        ),
        drawn=False,
    ),
    Difference(
        "both make an item of an update that only removes, where there is none",
        right="neither",
        document="alternator: test_item.py, test_update_item_non_existent; "
        "test_returnvalues.py, test_update_item_returnvalues_all_new",
        example=update("REMOVE seen", returned="ALL_NEW"),
        drawn=False,
    ),
)
