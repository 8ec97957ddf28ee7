"""Every rule of the suite holds in memory and on AWS: each port is given twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Protocol

import pytest
from moto import mock_aws

from paywatch.aws.controls_table import DynamoControls
from paywatch.aws.payments_table import DynamoPayments
from paywatch.aws.topics import SnsTopic
from paywatch.domain.events import Message
from paywatch.memory import MemoryControls, MemoryPayments, MemoryTopic
from paywatch.ports import Controls, Payments, Topic
from tests.contract import stack
from tests.e2e.emulator import Emulator, emulator, installed


class StandingClock:
    """A clock (ports.Clock) that stands still; `slept` holds what it was asked to wait."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 3, 1, 12, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Desk(Protocol):
    """A topic, what its subscriber has received, and a way to break it."""

    @property
    def topic(self) -> Topic:
        """What is published to."""

    def received(self) -> list[tuple[str, str, dict[str, str]]]:
        """Return body, subject and attributes of each message, in order."""

    def close(self) -> None:
        """Take the whole topic away."""


class MemoryDesk:
    def __init__(self) -> None:
        self.topic = MemoryTopic()

    def received(self) -> list[tuple[str, str, dict[str, str]]]:
        return [(m.body, m.subject, dict(m.attributes)) for m in self.topic.published]

    def close(self) -> None:
        self.topic.fault = "NotFound: it is gone"


class SnsDesk:
    def __init__(self) -> None:
        self._sns, self._sqs = stack.sns(), stack.sqs()
        self._arn = self._sns.create_topic(Name="changes")["TopicArn"]
        self._queue = self._sqs.create_queue(QueueName="subscriber")["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=self._queue, AttributeNames=["QueueArn"]
        )
        arn = attributes["Attributes"]["QueueArn"]
        self._sns.subscribe(TopicArn=self._arn, Protocol="sqs", Endpoint=arn)
        self.topic = SnsTopic(self._sns, self._arn)

    def received(self) -> list[tuple[str, str, dict[str, str]]]:
        envelopes = []
        while messages := self._sqs.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=10
        ).get("Messages", []):
            envelopes += [json.loads(message["Body"]) for message in messages]
        return [
            (
                envelope["Message"],
                envelope["Subject"],
                {n: each["Value"] for n, each in envelope.get("MessageAttributes", {}).items()},
            )
            for envelope in envelopes
        ]

    def close(self) -> None:
        self._sns.delete_topic(TopicArn=self._arn)


@pytest.fixture(params=["memory", "aws"])
def place(request: pytest.FixtureRequest) -> Iterator[str]:
    place: str = request.param
    if place == "memory":
        yield place
        return
    with mock_aws():
        stack.create_table(stack.dynamodb())
        yield place


@pytest.fixture
def payments(place: str) -> Payments:
    if place == "memory":
        return MemoryPayments()
    return DynamoPayments(stack.dynamodb(), stack.TABLE, StandingClock())


@pytest.fixture
def controls(place: str) -> Controls:
    if place == "memory":
        return MemoryControls()
    return DynamoControls(stack.dynamodb(), stack.TABLE)


@pytest.fixture
def desk(place: str) -> Desk:
    return MemoryDesk() if place == "memory" else SnsDesk()


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Run the second emulator, on which the long tests are done too."""
    assert installed(), "the second emulator is missing: make .venv-ministack/.ready"
    with emulator(tmp_path_factory.mktemp("ministack")) as running:
        yield running


def message(
    message_id: str, /, body: str = "{}", subject: str = "A sentence", **attributes: str
) -> Message:
    """Make a message; each further keyword is an attribute."""
    return Message(message_id, body, subject, attributes)
