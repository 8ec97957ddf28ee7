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


def _published(
    name: str,
    moto: str,
    ministack: str,
    document: str,
    body: str = "m",
    subject: str | None = None,
    attributes: Mapping[str, str] | None = None,
) -> Difference:
    """Make a Publish, and of the same the message that paywatch refuses."""
    params: dict[str, Any] = {"Message": body}
    if subject is not None:
        params["Subject"] = subject
    if attributes is not None:
        typed = {n: {"DataType": "String", "StringValue": v} for n, v in attributes.items()}
        params["MessageAttributes"] = typed
    refused = Message("m", body, subject or "A sentence", attributes or {})
    return Difference(name, moto, ministack, document, params, refused=refused)


BATCH = "SNS, PublishBatch, Errors: "
PUBLISH = "SNS, Publish, Request Parameters: "
ATTRIBUTES = "Guide, Amazon SNS message attributes, Message attribute items and validation: "
SUBJECT = PUBLISH + "Subject"

DIFFERENCES = (
    Difference(
        "a batch that is too long as a whole",
        *(TAKEN, TAKEN),
        BATCH + "BatchRequestTooLong",
        batch=({"Id": "1", "Message": FULL[:200_000]}, {"Id": "2", "Message": FULL[:200_000]}),
    ),
    Difference("an empty batch", TAKEN, "InvalidParameterException", BATCH + "EmptyBatchRequest"),
    Difference(
        "an entry's id of other characters",
        *(TAKEN, TAKEN),
        BATCH + "InvalidBatchEntryId; SNS, PublishBatchRequestEntry, Id",
        batch=({"Id": "a b", "Message": "m"},),
    ),
    _published(
        "a body that is full, and an attribute",
        *(TAKEN, "InvalidParameter"),
        PUBLISH + "Message, the combined size of body and attributes; " + ATTRIBUTES + "size",
        body=FULL,
        attributes={"a": "b"},
    ),
    _published(
        "a subject of two lines", TAKEN, TAKEN, SUBJECT + ", no line breaks", subject="a\nb"
    ),
    _published(
        "a subject of 101 characters",
        *("InvalidParameter", TAKEN),
        SUBJECT + ", less than 100 characters",
        subject="a" * 101,
    ),
    _published(
        "a subject of 100 characters",
        *(TAKEN, TAKEN),
        SUBJECT + ", less than 100 characters",
        subject="a" * 100,
    ),
    _published(
        "a subject that begins with a space",
        *(TAKEN, TAKEN),
        "none found: SNS, Publish, Subject once asked for ASCII text that begins with a letter, "
        "number, or punctuation mark, and has no word on the beginning any more",
        subject=" a",
    ),
    _published(
        "an empty body",
        *(TAKEN, TAKEN),
        ATTRIBUTES + "the body should not be empty; so says SNS, MessageAttributeValue",
        body="",
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
    _published(
        "an attribute without a value",
        *("InvalidParameter", TAKEN),
        ATTRIBUTES + "name, type, and value must not be empty",
        attributes={"a": ""},
    ),
    _published(
        "an attribute with a reserved name",
        *(TAKEN, TAKEN),
        ATTRIBUTES + "Name, its prefixes",
        attributes={"AWS.a": "b"},
    ),
    _published(
        "an attribute whose name has a space",
        *(TAKEN, TAKEN),
        ATTRIBUTES + "Name, its characters",
        attributes={"a b": "b"},
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
