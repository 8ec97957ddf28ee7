"""Lies that an emulator may tell, put between it and whoever asks it."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

OFTEN = 3

# Refusals and crashes as the list of differences quotes them, and one that it does not know.
REFUSALS = (
    "ConditionalCheckFailedException: The conditional request failed",
    "ValidationException: no",
    "ValidationException: Invalid UpdateExpression: no",
    "ValidationException: Invalid FilterExpression: no",
    "ValidationException: 1 validation error detected: Invalid ConditionExpression: no",
    "ValidationException: Value provided in ExpressionAttributeNames unused in expressions",
    "ValidationException: ExpressionAttributeValues can only be specified when using expressions",
    "ValidationException: Invalid FilterExpression: Incorrect operand type: begins_with",
    "ValidationException: One or more parameter values are not valid",
    "ValidationException: One or more parameter values: Cannot update attribute pk",
    "ValidationException: The document path provided is invalid for update",
    "ValidationException: Invalid UpdateExpression: Two document paths overlap",
    "ValidationException: Value provided in ExpressionAttributeNames unused: {#b}",
    "ValidationException: Invalid ConditionExpression: a reserved keyword: status",
    "ValidationException: An operand in the update expression has an incorrect data type",
    "ValidationException: Invalid UpdateExpression: Incorrect operand type",
    "ValidationException: Bad Filter Expression: Invalid attribute name seen",
    "ValidationException: Bad Filter Expression: Invalid filter expression",
    "ValidationException: Bad Filter Expression: Bad NOT",
)
CRASHES = (
    "crash: ValueError: Invalid attribute name seen",
    "crash: ValueError: Invalid filter expression",
    "crash: ValueError: Bad NOT",
    "crash: ValueError: invalid literal for int() with base 10: '1E+2'",
    "crash: TypeError: sequence item 1: expected str",
    "crash: TypeError: '<' not supported between instances",
    "crash: AssertionError: ",
    "crash: KeyError: ':v0'",
    "crash: AttributeError: 'str' object has no attribute 'values'",
)


def refusing(refusal: str) -> Callable[..., Any]:
    """Refuse, or break at, every third request: as if it were not in order."""
    calls = count(1)

    def refuse(**call: Any) -> Any:
        if next(calls) % OFTEN:
            return None
        code, _, message = refusal.partition(": ")
        if code == "crash":
            kind, _, told = message.partition(": ")
            raise getattr(builtins, kind)(told)
        error: dict[str, Any] = {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {},
        }
        return AWSResponse("", 400, HTTPHeaders(), None), error

    return refuse


def leave_out_the_last(parsed: Any, **_: Any) -> None:
    """Answer a query without its last item."""
    del parsed.get("Items", [])[-1:]


def keep_back(parsed: Any, **_: Any) -> None:
    """Refuse an update without saying what is stored."""
    parsed.pop("Item", None)


def do_nothing(**_: Any) -> Any:
    """Answer without doing anything."""
    return AWSResponse("", 200, HTTPHeaders(), None), {"ResponseMetadata": {}}


@contextmanager
def lying(client: Any, when: str, lie: Callable[..., Any]) -> Iterator[None]:
    """Let a client be lied to: `when` is an event of its own, before a call or after it."""
    client.meta.events.register(when, lie)
    try:
        yield
    finally:
        client.meta.events.unregister(when, lie)
