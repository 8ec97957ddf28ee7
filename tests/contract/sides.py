"""The implementations that are compared, each as one side: all its ports, its items, its queues."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Protocol

from paywatch.aws.alerts_topic import SnsAlertsTopic
from paywatch.aws.controls_table import DynamoControls
from paywatch.aws.payments_table import DynamoPayments
from paywatch.aws.subscribers import SnsSubscribers
from paywatch.aws.topics import SnsTopic
from paywatch.domain.changes import Record
from paywatch.errors import PaywatchError
from paywatch.memory import (
    MemoryAlertsTopic,
    MemoryControls,
    MemoryPayments,
    MemorySubscribers,
    MemoryTopic,
)
from tests.contract import stack
from tests.contract.answers import items
from tests.contract.conftest import StandingClock
from tests.contract.operations import NOW, Operation

Received = tuple[str, str, dict[str, str]]
Clients = Callable[[str], Any]

_numbers = count()
_LATELY = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=6)


@dataclass(frozen=True)
class Crash:
    """What nobody promised: an exception that is none of ours."""

    told: str


class Side(Protocol):
    """One implementation of every port, empty at first."""

    name: str

    def do(self, operation: Operation) -> Any:
        """Call a port, or look at what it did."""

    def items(self) -> tuple[Any, ...] | None:
        """Return the table's items; None where there is no table."""

    def close(self) -> None:
        """Leave nothing behind."""


class Memory:
    """The ports in memory."""

    def __init__(self) -> None:
        self.name = "memory"
        self._alerts, self._subscribers, self._topic = (
            MemoryAlertsTopic(),
            MemorySubscribers(),
            MemoryTopic(),
        )
        self._ports: dict[str, Any] = {
            "payments": MemoryPayments(),
            "controls": MemoryControls(),
            "topic": self._topic,
            "alerts": self._alerts,
            "subscribers": self._subscribers,
        }

    def do(self, operation: Operation) -> Any:
        if operation.method == "received":
            return self._received(operation.port)
        if operation.method == "close":
            self._topic.fault = "NotFound: it is gone"
            return None
        if operation.method == "miss":
            self._subscribers.failures.append(*operation.arguments)
            return None
        return getattr(self._ports[operation.port], operation.method)(*operation.arguments)

    def items(self) -> None:
        """There is no table."""

    def close(self) -> None:
        """There is nothing to leave."""

    def _received(self, port: str) -> list[Received]:
        if port == "topic":
            taken = [(m.body, m.subject, dict(m.attributes)) for m in self._topic.published]
            self._topic.published.clear()
        else:
            taken = [(m.bodies["sqs"], m.subject, dict(m.attributes)) for m in self._alerts.told]
            self._alerts.told.clear()
        return taken


class Aws:
    """The adapters for AWS on an emulator; what they need there is made when it is first needed."""

    def __init__(self, name: str, clients: Clients) -> None:
        self.name = name
        self._clients = clients
        self._suffix = f"{name}-{stack.PROCESS}-{next(_numbers)}"
        self._ports: dict[str, Any] = {}
        self._tables: list[str] = []
        self._queues: dict[str, tuple[str, str]] = {}

    def do(self, operation: Operation) -> Any:
        if operation.method == "received":
            return self._received(operation.port)
        if operation.method == "close":
            self._port("topic")
            self._clients("sns").delete_topic(TopicArn=self._queues["topic"][0])
            return None
        if operation.method == "miss":
            return self._miss(*operation.arguments)
        port = self._port(operation.port)
        if operation.port == "subscribers":
            # A new one each time, because it answers for some minutes as it did before.
            port = SnsSubscribers(self._clients("cloudwatch"), f"arn:{self._suffix}")
            return port.not_reached(*(_lately(at) for at in operation.arguments))
        return getattr(port, operation.method)(*operation.arguments)

    def items(self) -> tuple[Any, ...]:
        return sum((items(self._clients("dynamodb"), table) for table in self._tables), ())

    def close(self) -> None:
        for table in self._tables:
            self._clients("dynamodb").delete_table(TableName=table)
        for arn, queue in self._queues.values():
            self._clients("sns").delete_topic(TopicArn=arn)
            self._clients("sqs").delete_queue(QueueUrl=queue)

    def _port(self, name: str) -> Any:
        if name not in self._ports:
            self._ports[name] = self._made(name)
        return self._ports[name]

    def _made(self, name: str) -> Any:
        if name in ("topic", "alerts"):
            arn = self._subscribed(name)
            client = self._clients("sns")
            return SnsTopic(client, arn) if name == "topic" else SnsAlertsTopic(client, arn)
        if name == "subscribers":
            return None
        client = self._clients("dynamodb")
        self._tables.append(stack.create_table(client, f"{name}-{self._suffix}"))
        if name == "controls":
            return DynamoControls(client, self._tables[-1])
        return DynamoPayments(client, self._tables[-1], StandingClock())

    def _subscribed(self, name: str) -> str:
        """Make a topic and a queue that receives what is published to it."""
        sns, sqs = self._clients("sns"), self._clients("sqs")
        arn: str = sns.create_topic(Name=f"{name}-{self._suffix}")["TopicArn"]
        queue = sqs.create_queue(QueueName=f"{name}-{self._suffix}")["QueueUrl"]
        told = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        endpoint = told["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=endpoint)
        self._queues[name] = arn, queue
        return arn

    def _received(self, port: str) -> list[Received]:
        self._port(port)
        sqs, queue = self._clients("sqs"), self._queues[port][1]
        envelopes = []
        for _ in range(20):
            answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
            taken = answer.get("Messages", [])
            envelopes += [json.loads(message["Body"]) for message in taken]
            if not taken:
                break
        return [
            (
                envelope["Message"],
                envelope["Subject"],
                {n: each["Value"] for n, each in envelope.get("MessageAttributes", {}).items()},
            )
            for envelope in envelopes
        ]

    def _miss(self, at: datetime) -> None:
        failed = {
            "MetricName": "NumberOfNotificationsFailed",
            "Dimensions": [{"Name": "TopicName", "Value": self._suffix}],
            "Timestamp": _lately(at),
            "Value": 1.0,
        }
        self._clients("cloudwatch").put_metric_data(Namespace="AWS/SNS", MetricData=[failed])


def outcome(side: Side, operation: Operation) -> Any:
    """Do an operation; return its answer, the class of its refusal, or Crash; to be compared."""
    try:
        answer = side.do(operation)
    except PaywatchError as refusal:
        return type(refusal).__name__
    except Exception as error:  # nothing else is promised, so that nothing else may be raised
        return Crash(f"{type(error).__name__}: {error}")
    if operation.method == "watched":
        # In which order is not promised.
        return sorted(answer, key=_by_id)
    return answer


def _lately(at: datetime) -> datetime:
    """The same time some hours ago, because the metric is kept for a fortnight."""
    return at - NOW + _LATELY


def _by_id(record: Record) -> str:
    return record.id


@contextmanager
def opened_sides(makers: Sequence[Callable[[], Side]]) -> Iterator[list[Side]]:
    """Make each side anew, and leave nothing behind."""
    sides = [make() for make in makers]
    try:
        yield sides
    finally:
        for side in sides:
            side.close()
