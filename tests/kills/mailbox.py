"""What an operator is told: a queue that is subscribed to the alerts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

# Payments in motion are overdue after a second, so that there is always something to be told.
THRESHOLDS = "overdue_ceiling_hours=0.0003,overdue_floor_minutes=0.01"
OVERDUE = "payment_overdue/onepay"
BOARD = {"pk": {"S": "paywatch/default#alerts"}, "sk": {"S": "control"}}


class Mailbox:
    """Receives the alerts; `forget` lets the one that is always there open anew."""

    def __init__(self, sns: Any, sqs: Any, topic: str, dynamodb: Any, table: str) -> None:
        self._sqs, self._dynamodb, self._table = sqs, dynamodb, table
        self._queue = sqs.create_queue(QueueName="operator")["QueueUrl"]
        told = sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        raw = {"RawMessageDelivery": "true"}
        endpoint = told["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=endpoint, Attributes=raw)

    def forget(self) -> None:
        """Empty the board of alerts, and the queue."""
        self._dynamodb.delete_item(TableName=self._table, Key=BOARD)
        list(self._receive())

    def missing(self) -> Iterator[str]:
        """Say what was not told since then, or in two ways."""
        told: dict[str, Any] = {}
        for event in self._receive():
            if told.setdefault(event["id"], event) != event:
                yield f"{event['id']} was told with two bodies"
        steps = [each["data"]["step"] for each in told.values() if each["subject"] == OVERDUE]
        if steps.count("opened") != 1:
            yield f"{OVERDUE} was told as {steps}"

    def _receive(self) -> Iterator[Any]:
        while taken := self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in taken:
                self._sqs.delete_message(
                    QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"]
                )
                yield json.loads(message["Body"])
