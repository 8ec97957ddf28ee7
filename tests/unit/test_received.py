"""The samples of what subscribers receive: true to the code, and to the envelopes of SNS."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest
from moto import mock_aws

from paywatch.aws.topics import SnsTopic
from paywatch.domain.events import Message, message_of
from tests.template.stack import Stack

RECEIVED = Path(__file__).parents[2] / "events/received"


def sample(name: str) -> Any:
    return json.loads((RECEIVED / name).read_text(encoding="utf-8"))


@pytest.fixture
def message() -> Message:
    event = sample("payment_status_changed.json")
    return message_of(json.dumps(event, ensure_ascii=False, separators=(",", ":")))


def held(notification: dict[str, Any], message: Message) -> None:
    """Hold a notification against the message that it carries."""
    assert notification["Type"] == "Notification"
    assert notification["Message"] == message.body
    assert notification["Subject"] == message.subject
    assert notification["SignatureVersion"] == "2"
    attributes = notification["MessageAttributes"]
    assert {name: each["Value"] for name, each in attributes.items()} == message.attributes
    assert {each["Type"] for each in attributes.values()} == {"String"}


def test_an_endpoint_receives_the_notification(message: Message) -> None:
    held(sample("https.json"), message)


def test_an_endpoint_is_asked_to_confirm_before_it_receives_anything() -> None:
    asked, later = sample("https-confirmation.json"), sample("https.json")
    assert asked["Type"] == "SubscriptionConfirmation"
    assert asked["TopicArn"] == later["TopicArn"]
    confirmed = dict(parse_qsl(urlsplit(asked["SubscribeURL"]).query))
    assert confirmed == {
        "Action": "ConfirmSubscription",
        "TopicArn": asked["TopicArn"],
        "Token": asked["Token"],
    }


def test_a_function_receives_the_notification_in_a_record(message: Message) -> None:
    (record,) = sample("lambda.json")["Records"]
    assert record["EventSource"] == "aws:sns"
    held(record["Sns"], message)
    # Lambda spells two of the keys otherwise than HTTP does.
    assert {"SigningCertUrl", "UnsubscribeUrl"} <= record["Sns"].keys()


def test_a_queue_receives_the_notification_as_text(message: Message) -> None:
    received = sample("sqs.json")
    assert received["MD5OfBody"] == hashlib.md5(received["Body"].encode()).hexdigest()
    held(json.loads(received["Body"]), message)


def test_a_queue_with_raw_delivery_receives_the_event_itself(message: Message) -> None:
    received = sample("sqs-raw.json")
    assert received["Body"] == message.body
    attributes = received["MessageAttributes"]
    assert {name: each["StringValue"] for name, each in attributes.items()} == message.attributes


def test_a_mail_box_receives_the_subject_and_the_event(message: Message) -> None:
    head, _, body = (RECEIVED / "email.txt").read_text(encoding="utf-8").partition("\n\n")
    display_name = Stack().properties("ChangesTopic")["DisplayName"]
    assert head.splitlines()[0].startswith(f"From: {display_name} <")
    assert f"Subject: {message.subject}" in head.splitlines()
    assert body.splitlines()[0] == message.body


@pytest.mark.parametrize("raw", ["true", "false"])
def test_the_samples_have_the_keys_of_what_is_really_delivered(
    raw: str, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        sns, sqs = boto3.client("sns"), boto3.client("sqs")
        topic = sns.create_topic(Name="changes")["TopicArn"]
        queue = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
        sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint="arn:aws:sqs:us-east-1:123456789012:subscriber",
            Attributes={"RawMessageDelivery": raw},
        )
        SnsTopic(sns, topic).publish([message])
        (delivered,) = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"])[
            "Messages"
        ]
    if raw == "true":
        ours = sample("sqs-raw.json")
        assert delivered["Body"] == ours["Body"]
        assert delivered["MD5OfBody"] == ours["MD5OfBody"]
        assert delivered["MessageAttributes"] == ours["MessageAttributes"]
    else:
        ours = json.loads(sample("sqs.json")["Body"])
        assert json.loads(delivered["Body"]).keys() == ours.keys()


def test_an_alarm_is_one_of_the_template_s(message: Message) -> None:
    told = sample("alarm.json")
    logical = told["AlarmName"].split("-")[1]
    alarm = Stack().of_type("AWS::CloudWatch::Alarm")[logical]
    assert told["AlarmDescription"] == alarm["AlarmDescription"]
    trigger = told["Trigger"]
    for name in ("MetricName", "Namespace", "Period", "ComparisonOperator", "TreatMissingData"):
        assert trigger[name] == alarm[name], name
    assert trigger["EvaluationPeriods"] == int(alarm["EvaluationPeriods"])
    assert [d["name"] for d in trigger["Dimensions"]] == [d["Name"] for d in alarm["Dimensions"]]
