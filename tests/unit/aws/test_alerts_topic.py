"""How SNS is asked to tell an alert, and what its answers mean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.stub import Stubber

from paywatch.aws.alerts_topic import SnsAlertsTopic
from paywatch.domain.alert_messages import AlertMessage, body_of, message_of
from paywatch.domain.alerts import Kind, Step
from paywatch.errors import TopicUnavailable
from tests.contract import stack
from tests.unit.domain.telling import OVERDUE, happening

if TYPE_CHECKING:
    from mypy_boto3_sns.client import SNSClient

ARN = "arn:aws:sns:us-east-1:123456789012:alerts"
URL = "https://sns.us-east-1.amazonaws.com"
MESSAGE = message_of(body_of(happening(), OVERDUE))


@pytest.fixture
def client() -> SNSClient:
    return stack.sns()


@pytest.fixture
def sns(client: SNSClient) -> Iterator[Stubber]:
    """SNS that answers as it is told to, and refuses any call that it was not told of."""
    with Stubber(client) as stubber:
        yield stubber


def asked_for(message: AlertMessage) -> dict[str, Any]:
    """Return the one request that a message is."""
    return {
        "TopicArn": ARN,
        "Subject": message.subject,
        "MessageStructure": "json",
        "Message": json.dumps(dict(message.bodies), ensure_ascii=False),
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value}
            for name, value in message.attributes.items()
        },
    }


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("kind", Kind)
def test_a_message_is_one_request_with_a_body_for_each_protocol(
    kind: Kind, step: Step, client: SNSClient, sns: Stubber
) -> None:
    message = message_of(body_of(happening(kind, step), OVERDUE))
    sns.add_response("publish", {"MessageId": "x"}, asked_for(message))
    SnsAlertsTopic(client, ARN).tell(message)
    sns.assert_no_pending_responses()


def test_each_protocol_finds_its_body_and_each_filter_its_attribute(client: SNSClient) -> None:
    seen: dict[str, Any] = {}

    def note(params: dict[str, Any], **_: object) -> None:
        seen.update(params)

    client.meta.events.register("provide-client-params.sns.Publish", note)
    with Stubber(client) as sns:
        sns.add_response("publish", {"MessageId": "x"})
        SnsAlertsTopic(client, ARN).tell(MESSAGE)
    assert seen["MessageStructure"] == "json"
    assert json.loads(seen["Message"]) == MESSAGE.bodies
    assert isinstance(json.loads(seen["Message"])["default"], str)
    values = {name: each["StringValue"] for name, each in seen["MessageAttributes"].items()}
    assert values == {
        "event_type": "paywatch.alert.v1",
        "kind": "payment_overdue",
        "severity": "warning",
        "step": "opened",
        "subject": "onepay",
        "drill": "false",
    }


@pytest.mark.parametrize(
    "code",
    [
        "AuthorizationError",
        "EndpointDisabled",
        "InternalError",
        "InvalidParameter",
        "InvalidSecurity",
        "KMSAccessDenied",
        "KMSDisabled",
        "KMSThrottling",
        "NotFound",
        "Throttled",
        "ExpiredToken",
        "SomethingNew",
    ],
)
def test_whatever_sns_refuses_makes_the_topic_unavailable(
    code: str, client: SNSClient, sns: Stubber
) -> None:
    sns.add_client_error("publish", code, "it says why")
    with pytest.raises(TopicUnavailable, match=f"^{code}: it says why$"):
        SnsAlertsTopic(client, ARN).tell(MESSAGE)


@pytest.mark.parametrize(
    "fault",
    [
        EndpointConnectionError(endpoint_url=URL),
        ConnectTimeoutError(endpoint_url=URL),
        ReadTimeoutError(endpoint_url=URL),
        NoCredentialsError(),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_a_line_that_is_down_makes_the_topic_unavailable(
    fault: BotoCoreError, client: SNSClient
) -> None:
    def fail(**_: object) -> None:
        raise fault

    client.meta.events.register_first("before-call.sns.Publish", fail)
    with pytest.raises(TopicUnavailable, match=f"^{type(fault).__name__}: "):
        SnsAlertsTopic(client, ARN).tell(MESSAGE)


def test_a_message_that_cannot_be_sent_at_all_is_refused_as_well(client: SNSClient) -> None:
    broken: Any = AlertMessage("m", "s", {"default": "{}"}, {"kind": 7})  # type: ignore[dict-item]
    with pytest.raises(TopicUnavailable, match="ParamValidationError"):
        SnsAlertsTopic(client, ARN).tell(broken)
