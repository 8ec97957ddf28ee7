"""Every known difference between moto, ministack and AWS, with the document that AWS's side is in.

What compares the emulators allows exactly these. Each has an example that is tried: one that no
longer differs has to leave the list. DG is the Amazon DynamoDB Developer Guide, cited by page and
section, and API the Amazon DynamoDB API Reference, by action and parameter. Where they do not say
it, or not all of it, alternator does: a file and a function of scylladb/scylladb under
test/alternator, whose tests are meant to pass on the service itself. "None found" is followed by
what the side rests on instead.
"""

from __future__ import annotations

from tests.contract.differences_by_example import BY_EXAMPLE
from tests.contract.differing import ANSWERED, FAILED, INVALID, Difference
from tests.contract.examples import KEY, put, query, update
from tests.contract.excuses import (
    beginning_with_no_text,
    of_no_key,
    reaching_nothing,
    with_any,
    with_last_page,
    without_capacity,
    written_in_part,
)
from tests.contract.rephrasings import (
    asking_whether_it_is_a_number,
    asking_whether_it_is_there,
    asking_whether_there_is_a_size,
    asking_whether_types_are_alike,
    removing_from_an_item,
    removing_from_no_item,
    with_no_size_for_nought,
    with_the_key_that_is_to_be,
    with_the_key_written_out,
    without_double_negation,
    without_exponents,
    without_the_list_that_is_not_there,
    without_what_is_left_over,
)
from tests.contract.requests import Request

STATIC = (
    rf"{INVALID}(1 validation error detected: )?(Invalid \w+Expression|Value provided|Expression)"
)
# What is refused before any item is looked at.
STATIC_FAULTS = (
    *("unused", "undefined", "parentheses", "reserved", "bounds"),
    *("operand", "sum", "overlap"),
)
CONDITIONS = "DG, Condition and filter expressions, operators, and functions in DynamoDB: "
OF_CONDITIONS = "alternator: test_condition_expression.py, "
OF_UPDATES = "alternator: test_update_expression.py, "

MOTO: tuple[Difference, ...] = (
    Difference(
        "capacity is told although nobody asked",
        right="ministack",
        document="API, UpdateItem, ConsumedCapacity: only if ReturnConsumedCapacity was specified",
        mending=without_capacity,
        example=update("SET seen = :a", returned="ALL_NEW", a={"S": "a"}),
    ),
    Difference(
        "a page that is full with the last item is not told as such",
        right="ministack",
        document="API, Query, Limit and LastEvaluatedKey; DG, Paginating table query results in "
        "DynamoDB",
        mending=with_last_page,
        before=[put()],
        example=query(limit=1),
    ),
    Difference(
        "a refused update leaves an item, or a part of what it was to write",
        right="ministack",
        document="DG, Working with items and attributes in DynamoDB: UpdateItem is atomic; "
        "alternator: test_update_expression.py, test_update_expression_empty_attribute",
        moto=INVALID,
        ministack=INVALID,
        leaves_traces=True,
        where=written_in_part,
        example=update("SET seen = :a DELETE tags :n", a={"S": "a"}, n={"N": "1"}),
    ),
    Difference(
        "an expression is not checked before the condition is, or not at all",
        right="ministack",
        document=OF_CONDITIONS + "test_update_condition_unused_entries_failed; "
        "test_filter_expression.py, test_filter_expression_unused_val",
        moto=f"({ANSWERED}|{FAILED}"
        "|crash: (KeyError|ValueError|IncorrectOperandType|AttributeError: 'str' object has no))",
        ministack=STATIC,
        where=with_any(*STATIC_FAULTS),
        example=query(unused={"S": "a"}),
    ),
    Difference(
        "the size of what is not there breaks it",
        right="ministack",
        document="none found: DG has no word on the size of what is not there. It is held to be "
        "like a path to nothing, which differs from every value and fails all else (alternator: "
        "test_condition_expression.py, test_update_condition_nested_attributes and "
        "test_update_condition_ne)",
        moto=rf"(crash: (ValueError: Invalid attribute|TypeError: sequence)"
        rf"|{INVALID}Bad Filter Expression: (Invalid attribute|sequence))",
        ministack=f"({ANSWERED}|{FAILED}|{INVALID})",
        rephrasing=asking_whether_there_is_a_size,
        example=query("size(seen) > :n", n={"N": "1"}),
        before=[put()],
    ),
    Difference(
        "the size of a number breaks it; ministack says nought",
        right="neither",
        document="alternator: test_filter_expression.py, test_filter_expression_num_size: it is "
        "neither less than a number nor not",
        moto=f"(crash: ValueError: Invalid filter|{INVALID}Bad Filter Expression: Invalid filter)",
        ministack=f"({ANSWERED}|{FAILED}|{INVALID})",
        rephrasing=with_no_size_for_nought,
        example=query("size(version) < :n", n={"N": "1"}),
        before=[put(version={"N": "1"})],
    ),
    Difference(
        "a condition that is negated twice breaks it",
        right="ministack",
        document=CONDITIONS + "Syntax; " + OF_CONDITIONS + "test_update_condition_not",
        moto=rf"(crash: ValueError: Bad NOT|{INVALID}Bad Filter Expression: Bad NOT)",
        ministack=f"({ANSWERED}|{FAILED}|{INVALID})",
        rephrasing=without_double_negation,
        example=query("NOT NOT attribute_exists(seen)"),
        before=[put()],
    ),
    Difference(
        "a sum with a number that has an exponent breaks it",
        right="ministack",
        document="DG, Supported data types and naming rules in Amazon DynamoDB: Number; "
        "alternator: test_number.py, test_invalid_numbers, test_update_expression_plus_imprecise",
        moto="crash: ValueError: invalid literal for int",
        ministack=f"({ANSWERED}|{FAILED}|{INVALID})",
        rephrasing=without_exponents,
        example=update("SET epoch = if_not_exists(epoch, :n) + :n", n={"N": "1E+2"}),
    ),
    Difference(
        "a list that is not there and is appended to breaks it",
        right="ministack",
        document=OF_UPDATES + "test_update_expression_list_append_non_list_arguments",
        moto="crash: AssertionError",
        ministack=f"({FAILED}|{INVALID})",
        rephrasing=without_the_list_that_is_not_there,
        example=update("SET history = list_append(:l, history)", l={"L": []}),
    ),
    Difference(
        "what orders values of different types breaks it",
        right="ministack",
        document=OF_CONDITIONS + "test_update_condition_lt and test_update_condition_between",
        moto=r"crash: TypeError: .* not supported between",
        ministack=f"({ANSWERED}|{FAILED}|{INVALID})",
        rephrasing=asking_whether_types_are_alike,
        example=query("seen < version"),
        before=[put(seen={"S": "a"}, version={"N": "1"})],
    ),
    Difference(
        "what is not there equals null",
        right="ministack",
        document=OF_CONDITIONS + "test_update_condition_in, test_update_condition_eq_unequal and "
        "test_update_condition_ne",
        moto=f"({ANSWERED}|{FAILED}|{INVALID})",
        ministack=f"({ANSWERED}|{FAILED}|{INVALID})",
        rephrasing=asking_whether_it_is_there,
        example=query("seen IN (:null)", null={"NULL": True}),
        before=[put()],
    ),
    Difference(
        "one is true, and nought is not",
        right="ministack",
        document=OF_CONDITIONS + "test_update_condition_eq_different and test_update_condition_ne",
        moto=f"({ANSWERED}|{FAILED}|{INVALID})",
        ministack=f"({ANSWERED}|{FAILED}|{INVALID})",
        rephrasing=asking_whether_it_is_a_number,
        example=query("version IN (:a, :true)", a={"N": "0"}, true={"BOOL": True}),
        before=[put(version={"N": "1"})],
    ),
    Difference(
        "an index's key may be of any type, and empty",
        right="ministack",
        document="API, PutItem, Item: the types of an index's key, and their length; "
        "alternator: test_gsi.py, test_gsi_wrong_type_attribute_update and test_gsi_empty_value",
        moto=ANSWERED,
        ministack=f"{INVALID}One or more parameter values",
        where=of_no_key,
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
        document=OF_UPDATES + "test_update_expression_set_key",
        moto=f"{INVALID}.*Cannot update attribute",
        ministack=f"({ANSWERED}|{FAILED}|{INVALID})",
        rephrasing=with_the_key_written_out,
        before=[put()],
        example=update("SET seen = if_not_exists(pk, :a)", a={"S": "a"}),
    ),
    Difference(
        "a key may not even be read of an item that is not there; ministack reads what it is to be",
        right="neither",
        document="DG, Using update expressions in DynamoDB: Preventing overwrites to an existing "
        "attribute: a value is taken where the item has no attribute, and what is not there has "
        "none",
        moto=f"{INVALID}.*Cannot update attribute",
        ministack=f"({ANSWERED}|{FAILED}|{INVALID})",
        rephrasing=with_the_key_that_is_to_be,
        example=update("SET seen = if_not_exists(pk, :a)", a={"S": "a"}),
    ),
    Difference(
        "something inside may not be removed from an item that is not there; ministack makes it",
        right="neither",
        document=OF_UPDATES + "test_nested_attribute_remove_from_missing_item; "
        "test_item.py, test_update_item_non_existent",
        moto=f"{INVALID}The document path",
        ministack=ANSWERED,
        rephrasing=removing_from_no_item,
        example=update("REMOVE outbox.a"),
    ),
)

MINISTACK: tuple[Difference, ...] = (
    Difference(
        "an attribute may be updated twice in one expression",
        right="moto",
        document=OF_UPDATES + "test_update_expression_multi_overlap",
        moto=f"{INVALID}.*Two document paths overlap",
        ministack=f"({ANSWERED}|{FAILED})",
        where=with_any("overlap"),
        example=update("SET seen = :a REMOVE seen", a={"S": "a"}),
    ),
    Difference(
        "something inside may be removed from an attribute that is not there",
        right="moto",
        document=OF_UPDATES + "test_nested_attribute_update_bad_path_dot",
        moto=f"{INVALID}The document path",
        ministack=ANSWERED,
        before=[put()],
        rephrasing=removing_from_an_item,
        example=update("REMOVE outbox.a"),
    ),
    Difference(
        "a name that is the beginning of another may be left over",
        right="moto",
        document=OF_UPDATES + "test_update_expression_spurious_name and "
        "test_update_expression_spurious_value",
        moto=f"{INVALID}.*ExpressionAttribute(Names|Values) unused",
        ministack=f"({ANSWERED}|{FAILED}|{INVALID})",
        rephrasing=without_what_is_left_over,
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
        document=OF_CONDITIONS + "test_update_condition_begins_with",
        moto=f"({ANSWERED}|{FAILED})",
        ministack=f"{INVALID}.*begins_with",
        before=[put(version={"N": "1"})],
        where=beginning_with_no_text,
        example=query("begins_with(version, :a)", a={"S": "a"}),
    ),
    Difference(
        "a reserved word may stand in a filter that nothing reaches",
        right="moto",
        document="DG, Reserved words in DynamoDB; DG, Expression attribute names (aliases) in "
        "DynamoDB: Reserved words",
        moto=f"{INVALID}.*reserved keyword",
        ministack=ANSWERED,
        where=reaching_nothing,
        example=query("status = :a", a={"S": "a"}),
    ),
    Difference(
        "values that are no numbers may be added where there is none yet",
        right="moto",
        document=OF_UPDATES + "test_update_expression_plus_basic",
        moto=f"{INVALID}(An operand in the update expression|.*Incorrect operand type)",
        ministack=ANSWERED,
        where=with_any("sum"),
        example=update("SET epoch = if_not_exists(epoch, :l) + :l", l={"L": []}),
    ),
)

DIFFERENCES = (*MINISTACK, *MOTO, *BY_EXAMPLE)
