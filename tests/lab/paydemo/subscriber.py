"""A subscriber: a queue that is told of every change, read as any merchant's program would."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from paylab import Delivery


class Subscriber:
    """Reads the queue to its end whenever asked, and keeps everything for the auditor."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self.deliveries: list[Delivery] = []
        self.statuses: Counter[str] = Counter()

    def receive(self, tick: int) -> list[Mapping[str, Any]]:
        """Take all that waits in the queue and return the events in the order of their receipt."""
        events: list[Mapping[str, Any]] = []
        while messages := self._take():
            for message in messages:
                envelope = json.loads(message["Body"])
                events.append(json.loads(envelope["Message"]))
        self.deliveries.extend(Delivery(tick, event) for event in events)
        self.statuses.update(event["data"]["status"] for event in events)
        return events

    def _take(self) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10)
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        if messages:
            self._sqs.delete_message_batch(
                QueueUrl=self._queue_url,
                Entries=[
                    {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]}
                    for place, message in enumerate(messages)
                ],
            )
        return messages
