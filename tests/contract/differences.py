"""Every known difference between moto, ministack and AWS, with the document that AWS's side is in.

What compares the emulators allows exactly these. Each has an example that is tried: one that no
longer differs has to leave the list. DG is the Amazon DynamoDB Developer Guide, API the Amazon
DynamoDB API Reference. Where no document of AWS says it, the tests of scylladb/scylladb under
test/alternator do, which are held against the service itself.
"""

from __future__ import annotations

from tests.contract.differences_by_example import BY_EXAMPLE
from tests.contract.differing import ANSWERED, FAILED, INVALID, Difference
from tests.contract.examples import (
    KEY,
    of_a_new_item,
    of_an_old_item,
    put,
    query,
    speaks_of_null,
    update,
    with_last_page,
    without_capacity,
)
from tests.contract.requests import Request

STATIC = (
    rf"{INVALID}(1 validation error detected: )?(Invalid \w+Expression|Value provided|Expression)"
)

MOTO: tuple[Difference, ...] = (
    Difference(
        "capacity is told although nobody asked",
        right="ministack",
        document="API, UpdateItem, Response Elements: ConsumedCapacity",
        mending=without_capacity,
        example=update("SET seen = :a", returned="ALL_NEW", a={"S": "a"}),
    ),
    Difference(
        "a page that is full with the last item is not told as such",
        right="ministack",
        document="API, Query, LastEvaluatedKey; DG, Paginating table query results",
        mending=with_last_page,
        before=[put()],
        example=query(limit=1),
    ),
    Difference(
        "a refused update leaves an item, or a part of what it was to write",
        right="ministack",
        document="API, UpdateItem; DG, Read and write operations: a write is atomic",
        moto=INVALID,
        ministack=INVALID,
        leaves_traces=True,
        example=update("SET seen = :a DELETE tags :n", a={"S": "a"}, n={"N": "1"}),
    ),
    Difference(
        "an expression is not checked before the condition is, or not at all",
        right="ministack",
        document="DG, Using expressions in DynamoDB; API, Common Errors: ValidationException",
        moto=f"({ANSWERED}|{FAILED}|crash: (KeyError|ValueError|IncorrectOperandType))",
        ministack=STATIC,
        example=query(unused={"S": "a"}),
    ),
    Difference(
        "the size of what is not there breaks it",
        right="ministack",
        document="DG, Condition and filter expressions, operators, and functions: size",
        moto=rf"(crash: (ValueError: Invalid (attribute|filter)|TypeError: sequence)"
        rf"|{INVALID}Bad Filter Expression: Invalid|{INVALID}Bad Filter Expression: sequence)",
        ministack=f"({ANSWERED}|{FAILED}|{INVALID})",
        example=query("size(seen) > :n", n={"N": "1"}),
        before=[put()],
    ),
    Difference(
        "a condition that is negated twice breaks it",
        right="ministack",
        document="DG, Condition and filter expressions, operators, and functions: syntax",
        moto=rf"(crash: ValueError: Bad NOT|{INVALID}Bad Filter Expression: Bad NOT)",
        ministack=f"({ANSWERED}|{FAILED}|{INVALID})",
        example=query("NOT NOT attribute_exists(seen)"),
        before=[put()],
    ),
    Difference(
        "a sum with a number that has an exponent breaks it",
        right="ministack",
        document="DG, Supported data types and naming rules: Number",
        moto="crash: ValueError: invalid literal for int",
        ministack=f"({ANSWERED}|{FAILED}|{INVALID})",
        example=update("SET epoch = if_not_exists(epoch, :n) + :n", n={"N": "1E+2"}),
    ),
    Difference(
        "a list that is not there and is appended to breaks it",
        right="ministack",
        document="DG, Using update expressions: list_append",
        moto="crash: AssertionError",
        ministack=f"({FAILED}|{INVALID})",
        example=update("SET history = list_append(:l, history)", l={"L": []}),
    ),
    Difference(
        "what orders values of different types breaks it",
        right="ministack",
        document="alternator: test_update_condition_between",
        moto=r"crash: TypeError: .* not supported between",
        ministack=f"({ANSWERED}|{FAILED}|{INVALID})",
        example=query("seen < version"),
        before=[put(seen={"S": "a"}, version={"N": "1"})],
    ),
    Difference(
        "what is not there equals null",
        right="ministack",
        document="alternator: test_update_condition_in",
        moto=f"({ANSWERED}|{FAILED}|{INVALID})",
        ministack=f"({ANSWERED}|{FAILED}|{INVALID})",
        where=speaks_of_null,
        example=query("seen IN (:null)", null={"NULL": True}),
        before=[put()],
    ),
    Difference(
        "an index's key may be of any type, and empty",
        right="ministack",
        document="API, PutItem, Item: attributes that are part of an index key",
        moto=ANSWERED,
        ministack=f"{INVALID}One or more parameter values",
        example=Request(
            "update_item",
            {
                "Key": KEY,
                "UpdateExpression": "SET #watched = :a",
                "ExpressionAttributeNames": {"#watched": "watched"},
                "ExpressionAttributeValues": {":a": {"S": ""}},
            },
        ),
    ),
    Difference(
        "a key may not even be read in an update",
        right="ministack",
        document="DG, Using update expressions: if_not_exists",
        moto=f"{INVALID}.*Cannot update attribute",
        ministack=f"({ANSWERED}|{FAILED})",
        example=update("SET seen = if_not_exists(pk, :a)", a={"S": "a"}),
    ),
    Difference(
        "something inside may not be removed from an item that is not there",
        right="ministack",
        document="alternator: test_nested_attribute_remove_from_missing_item",
        moto=f"{INVALID}The document path",
        ministack=ANSWERED,
        where=of_a_new_item,
        example=update("REMOVE outbox.a"),
    ),
)

MINISTACK: tuple[Difference, ...] = (
    Difference(
        "an attribute may be updated twice in one expression",
        right="moto",
        document="alternator: test_update_expression_multi_overlap",
        moto=f"{INVALID}.*Two document paths overlap",
        ministack="",
        example=update("SET seen = :a REMOVE seen", a={"S": "a"}),
    ),
    Difference(
        "something inside may be removed from an attribute that is not there",
        right="moto",
        document="alternator: test_nested_attribute_update_bad_path_dot",
        moto=f"{INVALID}The document path",
        ministack=ANSWERED,
        where=of_an_old_item,
        before=[put()],
        example=update("REMOVE outbox.a"),
    ),
    Difference(
        "a name that is the beginning of another may be left over",
        right="moto",
        document="API, UpdateItem, ExpressionAttributeNames",
        moto=f"{INVALID}.*ExpressionAttribute(Names|Values) unused",
        ministack=f"({ANSWERED}|{FAILED}|{INVALID})",
        example=Request(
            "update_item",
            {
                "Key": KEY,
                "UpdateExpression": "REMOVE #buckets",
                "ExpressionAttributeNames": {"#buckets": "buckets", "#b": "b"},
            },
        ),
    ),
    Difference(
        "begins_with refuses an item whose attribute is no text",
        right="moto",
        document="DG, Condition and filter expressions, operators, and functions: begins_with",
        moto=f"({ANSWERED}|{FAILED})",
        ministack=f"{INVALID}.*begins_with",
        before=[put(version={"N": "1"})],
        example=query("begins_with(version, :a)", a={"S": "a"}),
    ),
    Difference(
        "a reserved word may stand in a filter that nothing reaches",
        right="moto",
        document="DG, Reserved words in DynamoDB",
        moto=f"{INVALID}.*reserved keyword",
        ministack=ANSWERED,
        example=query("status = :a", a={"S": "a"}),
    ),
    Difference(
        "values that are no numbers may be added where there is none yet",
        right="moto",
        document="DG, Using update expressions: incrementing and decrementing",
        moto=f"{INVALID}(An operand in the update expression|.*Incorrect operand type)",
        ministack=ANSWERED,
        example=update("SET epoch = if_not_exists(epoch, :l) + :l", l={"L": []}),
    ),
)

DIFFERENCES = (*MINISTACK, *MOTO, *BY_EXAMPLE)
