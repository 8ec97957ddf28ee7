"""A subscriber: a queue that is told of every change, read as any merchant's program would."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from paylab import Delivery

OPEN = ("pending", "processing", "expired", "unrecognized")


class Subscriber:
    """Reads the queue to its end whenever asked, and keeps everything for the auditor."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self.deliveries: list[Delivery] = []
        self.statuses: Counter[str] = Counter()
        self._standing: dict[tuple[str, str], tuple[int, str]] = {}

    def receive(self, tick: int) -> list[Mapping[str, Any]]:
        """Take all that waits in the queue and return the events in the order of their receipt."""
        events: list[Mapping[str, Any]] = []
        while messages := self._take():
            for message in messages:
                envelope = json.loads(message["Body"])
                events.append(json.loads(envelope["Message"]))
        self.deliveries.extend(Delivery(tick, event) for event in events)
        for event in events:
            self._note(event)
        return events

    def known_open(self, source: str) -> int:
        """Count the payments of a source that are open by what was received."""
        return sum(1 for (s, _), (_, to) in self._standing.items() if s == source and to in OPEN)

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

    def _note(self, event: Mapping[str, Any]) -> None:
        data = event["data"]
        key = (f"{data['provider']}/{data['account']}", data["payment_id"])
        self.statuses[data["status"]] += 1
        if data["version"] > self._standing.get(key, (0, ""))[0]:
            self._standing[key] = (data["version"], data["status"])
