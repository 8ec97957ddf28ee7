"""What Amazon SNS refuses and an emulator of it takes, in one list.

SNS is the Amazon SNS API Reference, cited by action and parameter or error, and the Guide its
Developer Guide. "None found" is followed by what the entry rests on instead. No test may rely on
an emulator to refuse these: where paywatch could send one, it is refused before (domain/limits.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from paywatch.domain.events import Message
from paywatch.domain.limits import MESSAGE_BYTES, refusal_of
from tests.contract import stack
from tests.contract.conftest import message
from tests.e2e.emulator import Emulator

if TYPE_CHECKING:
    from mypy_boto3_sns.client import SNSClient

TAKEN = "taken"
FULL = "x" * MESSAGE_BYTES


@dataclass(frozen=True)
class Difference:
    """One request that AWS refuses: what moto and ministack say, TAKEN or the error's code.

    `document` is where AWS says so, or once did. `batch` holds entries for PublishBatch; `params`,
    where there are any, are for Publish. `refused` is the message as paywatch would make it, if it
    could.
    """

    name: str
    moto: str
    ministack: str
    document: str
    params: Mapping[str, Any] | None = None
    batch: tuple[Mapping[str, Any], ...] = ()
    refused: Message | None = None


def _attribute(name: str, value: str) -> dict[str, Any]:
    return {name: {"DataType": "String", "StringValue": value}}


BATCH = "SNS, PublishBatch, Errors: "
PUBLISH = "SNS, Publish, Request Parameters: "
ATTRIBUTES = "Guide, Amazon SNS message attributes, Message attribute items and validation: "

DIFFERENCES = (
    Difference(
        "a batch that is too long as a whole",
        *(TAKEN, TAKEN),
        BATCH + "BatchRequestTooLong",
        batch=({"Id": "1", "Message": FULL[:200_000]}, {"Id": "2", "Message": FULL[:200_000]}),
    ),
    Difference(
        "an empty batch",
        *(TAKEN, "InvalidParameterException"),
        BATCH + "EmptyBatchRequest",
        batch=(),
    ),
    Difference(
        "an entry's id of other characters",
        *(TAKEN, TAKEN),
        BATCH + "InvalidBatchEntryId; SNS, PublishBatchRequestEntry, Id",
        batch=({"Id": "a b", "Message": "m"},),
    ),
    Difference(
        "a body that is full, and an attribute",
        *(TAKEN, "InvalidParameter"),
        PUBLISH + "Message, the combined size of body and attributes; " + ATTRIBUTES + "size",
        {"Message": FULL, "MessageAttributes": _attribute("a", "b")},
        refused=message("m", FULL, a="b"),
    ),
    Difference(
        "a subject of two lines",
        *(TAKEN, TAKEN),
        PUBLISH + "Subject, no line breaks",
        {"Message": "m", "Subject": "a\nb"},
        refused=message("m", subject="a\nb"),
    ),
    Difference(
        "a subject of 101 characters",
        *("InvalidParameter", TAKEN),
        PUBLISH + "Subject, less than 100 characters",
        {"Message": "m", "Subject": "a" * 101},
        refused=message("m", subject="a" * 101),
    ),
    Difference(
        "a subject of 100 characters",
        *(TAKEN, TAKEN),
        PUBLISH + "Subject, less than 100 characters",
        {"Message": "m", "Subject": "a" * 100},
        refused=message("m", subject="a" * 100),
    ),
    Difference(
        "a subject that begins with a space",
        *(TAKEN, TAKEN),
        "none found: SNS, Publish, Subject once asked for ASCII text that begins with a letter, "
        "number, or punctuation mark, and has no word on the beginning any more",
        {"Message": "m", "Subject": " a"},
        refused=message("m", subject=" a"),
    ),
    Difference(
        "an empty body",
        *(TAKEN, TAKEN),
        ATTRIBUTES + "the body should not be empty; so says SNS, MessageAttributeValue",
        {"Message": ""},
        refused=message("m", body=""),
    ),
    Difference(
        "JSON for each protocol without a default",
        *(TAKEN, TAKEN),
        PUBLISH + 'MessageStructure, a key of "default"',
        {"Message": json.dumps({"email": "a"}), "MessageStructure": "json"},
    ),
    Difference(
        "JSON for each protocol that is no JSON",
        *(TAKEN, TAKEN),
        PUBLISH + "MessageStructure, a valid JSON object",
        {"Message": "{", "MessageStructure": "json"},
    ),
    Difference(
        "an attribute without a value",
        *("InvalidParameter", TAKEN),
        ATTRIBUTES + "name, type, and value must not be empty",
        {"Message": "m", "MessageAttributes": _attribute("a", "")},
        refused=message("m", a=""),
    ),
    Difference(
        "an attribute with a reserved name",
        *(TAKEN, TAKEN),
        ATTRIBUTES + "Name, its prefixes",
        {"Message": "m", "MessageAttributes": _attribute("AWS.a", "b")},
        refused=Message("m", "{}", "A sentence", {"AWS.a": "b"}),
    ),
    Difference(
        "an attribute whose name has a space",
        *(TAKEN, TAKEN),
        ATTRIBUTES + "Name, its characters",
        {"Message": "m", "MessageAttributes": _attribute("a b", "b")},
        refused=Message("m", "{}", "A sentence", {"a b": "b"}),
    ),
)


def answer(client: SNSClient, difference: Difference) -> str:
    """Make the request of a topic of its own."""
    arn = client.create_topic(Name="notifications")["TopicArn"]
    call: Any = client.publish_batch if difference.params is None else client.publish
    params = difference.params or {"PublishBatchRequestEntries": list(difference.batch)}
    try:
        call(TopicArn=arn, **params)
    except ClientError as error:
        return error.response["Error"]["Code"]
    finally:
        client.delete_topic(TopicArn=arn)
    return TAKEN


@pytest.fixture
def moto() -> Iterator[SNSClient]:
    with mock_aws():
        yield stack.sns()


every_difference = pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda each: each.name)


@every_difference
def test_moto_answers_as_the_list_says(moto: SNSClient, difference: Difference) -> None:
    assert answer(moto, difference) == difference.moto


@every_difference
def test_what_an_emulator_takes_is_refused_before_it_is_sent(difference: Difference) -> None:
    assert TAKEN in (difference.moto, difference.ministack)
    if difference.refused is not None:
        assert refusal_of(difference.refused)


@pytest.mark.soak
@every_difference
def test_ministack_answers_as_the_list_says(ministack: Emulator, difference: Difference) -> None:
    assert answer(stack.client("sns", ministack.endpoint), difference) == difference.ministack
