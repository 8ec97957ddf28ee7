"""How SNS is asked, and what each of its answers means for each message."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from paywatch.aws.topics import SnsTopic
from paywatch.domain.events import Message
from paywatch.domain.limits import MESSAGE_BYTES
from paywatch.errors import TopicUnavailable
from tests.contract import stack
from tests.contract.conftest import message

if TYPE_CHECKING:
    from mypy_boto3_sns.client import SNSClient

ARN = "arn:aws:sns:us-east-1:123456789012:changes"

Reply = Exception | dict[str, Any] | None


def refusal(code: str, told: str = "it says why") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": told}}, "PublishBatch")


class ScriptedSns:
    """SNS that answers as it is told to: for each batch, and for each body that is sent alone."""

    def __init__(
        self,
        *batches: Reply,
        alone: Callable[[str], Reply] = lambda body: None,
    ) -> None:
        self._batches = list(batches)
        self._alone = alone
        self.asked: list[list[str]] = []

    def publish_batch(self, **asked: Any) -> dict[str, Any]:
        assert asked.keys() == {"TopicArn", "PublishBatchRequestEntries"}
        entries = asked["PublishBatchRequestEntries"]
        assert [entry["Id"] for entry in entries] == [str(n) for n in range(len(entries))]
        self.asked.append([entry["Message"] for entry in entries])
        reply = self._batches.pop(0) if self._batches else None
        if isinstance(reply, Exception):
            raise reply
        return reply or {"Successful": [{"Id": e["Id"], "MessageId": "x"} for e in entries]}

    def publish(self, **asked: Any) -> dict[str, Any]:
        assert asked.keys() == {"TopicArn", "Message", "Subject", "MessageAttributes"}
        self.asked.append([asked["Message"]])
        reply = self._alone(asked["Message"])
        if isinstance(reply, Exception):
            raise reply
        return {"MessageId": "x"}


def topic(sns: ScriptedSns) -> SnsTopic:
    return SnsTopic(cast("SNSClient", sns), ARN)


def messages(count: int, size: int = 0) -> list[Message]:
    return [message(f"m{number}", body=f"b{number}" + "x" * size) for number in range(count)]


def test_an_entry_is_sent_whole() -> None:
    asked = {}

    class Sns(ScriptedSns):
        def publish_batch(self, **arguments: Any) -> dict[str, Any]:
            asked.update(arguments)
            return super().publish_batch(**arguments)

    topic(Sns()).publish([message("m", body="{}", subject="A sentence", status="paid")])
    assert asked == {
        "TopicArn": ARN,
        "PublishBatchRequestEntries": [
            {
                "Id": "0",
                "Message": "{}",
                "Subject": "A sentence",
                "MessageAttributes": {"status": {"DataType": "String", "StringValue": "paid"}},
            }
        ],
    }


def test_ten_messages_are_one_request() -> None:
    sns = ScriptedSns()
    topic(sns).publish(messages(21))
    assert [len(bodies) for bodies in sns.asked] == [10, 10, 1]


def test_large_messages_are_requests_of_their_own() -> None:
    sns = ScriptedSns()
    topic(sns).publish(messages(4, size=MESSAGE_BYTES // 3))
    assert [len(bodies) for bodies in sns.asked] == [2, 2]


def test_a_refused_message_is_never_sent() -> None:
    sns = ScriptedSns()
    topic(sns).publish([message("m0", body=""), message("m1", body="b1")])
    assert sns.asked == [["b1"]]


def test_each_entry_is_answered_alone() -> None:
    failed = {"Id": "1", "Code": "InternalError", "Message": "try again", "SenderFault": False}
    silent = {"Id": "2", "Code": "KMSThrottling", "SenderFault": False}
    sns = ScriptedSns({"Successful": [{"Id": "0"}], "Failed": [failed, silent]})
    assert topic(sns).publish(messages(4)) == {
        "m0": None,
        "m1": "InternalError: try again",
        "m2": "KMSThrottling: no reason given",
        "m3": "no reply",
    }


@pytest.mark.parametrize(
    "fault",
    [
        refusal("NotFound"),
        refusal("AuthorizationError"),
        refusal("KMSAccessDenied"),
        refusal("KMSDisabled"),
        refusal("Throttled"),
        refusal("InternalError"),
        refusal("InvalidParameter", "Invalid parameter: TopicArn"),
        EndpointConnectionError(endpoint_url="https://sns"),
    ],
    ids=str,
)
def test_a_fault_of_the_whole_topic_is_told(fault: Exception) -> None:
    sns = ScriptedSns(fault)
    name = fault.response["Error"]["Code"] if isinstance(fault, ClientError) else "Endpoint"
    with pytest.raises(TopicUnavailable, match=name):
        topic(sns).publish(messages(11))
    assert len(sns.asked) == 1


def test_what_was_answered_before_a_fault_is_not_lost() -> None:
    failed = {"Id": "1", "Code": "InternalError", "Message": "", "SenderFault": False}
    answered = {"Successful": [{"Id": str(n)} for n in range(10) if n != 1], "Failed": [failed]}
    sns = ScriptedSns(answered, refusal("KMSDisabled", "the key is off"))
    answer = topic(sns).publish([*messages(21), message("misfit", subject="")])
    assert [name for name, refused in answer.items() if refused is None] == [
        f"m{number}" for number in range(10) if number != 1
    ]
    assert answer["m1"] == "InternalError: "
    for number in range(10, 21):
        assert answer[f"m{number}"] == "topic unavailable: KMSDisabled: the key is off"
    assert answer["misfit"] == "the subject is not 1 to 99 printable ASCII characters"
    assert len(sns.asked) == 2


@pytest.mark.parametrize(
    "code", ["InvalidParameter", "BatchRequestTooLong", "ParameterValueInvalid", "ValidationError"]
)
def test_one_message_at_fault_does_not_hold_up_its_batch(code: str) -> None:
    sns = ScriptedSns(
        refusal(code), alone=lambda body: refusal("InvalidParameter") if body == "b1" else None
    )
    assert topic(sns).publish(messages(12)) == {
        f"m{number}": "InvalidParameter: it says why" if number == 1 else None
        for number in range(12)
    }
    assert [len(bodies) for bodies in sns.asked] == [10, *[1] * 10, 2]


def test_a_topic_that_fails_message_by_message_is_told_once() -> None:
    sns = ScriptedSns(
        refusal("InvalidParameter"),
        alone=lambda body: refusal("Throttled") if body == "b2" else None,
    )
    answer = topic(sns).publish(messages(12))
    assert [name for name, refused in answer.items() if refused is None] == ["m0", "m1"]
    assert {answer[f"m{n}"] for n in range(2, 12)} == {"topic unavailable: Throttled: it says why"}
    assert len(sns.asked) == 4


def test_a_topic_that_fails_from_the_first_message_on_is_unavailable() -> None:
    sns = ScriptedSns(refusal("InvalidParameter"), alone=lambda body: refusal("NotFound"))
    with pytest.raises(TopicUnavailable, match="NotFound"):
        topic(sns).publish(messages(2))


def test_a_message_that_is_sent_alone_arrives_as_in_a_batch() -> None:
    with mock_aws():
        client = stack.sns()
        arn = client.create_topic(Name="changes")["TopicArn"]
        client.meta.events.register_first("before-call.sns.PublishBatch", refuse)
        assert SnsTopic(client, arn).publish([message("m", status="paid")]) == {"m": None}


def refuse(**_: object) -> None:
    raise refusal("InvalidParameter")
