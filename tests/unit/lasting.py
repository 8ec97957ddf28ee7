"""A provider that is watched for minutes, and the alerts that a person is told."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from paywatch.domain.thresholds import Thresholds
from tests.polling import Polling

HOUR = timedelta(hours=1)
OPEN = {"compago": "PENDING", "onepay": "processing"}


def begun(source: str, **options: Any) -> Polling:
    """Return a polling with a baseline and some open payments."""
    polling = Polling([source], **options)
    for number in range(30):
        polling.world(source).add(
            OPEN[source], created_at=polling.clock.now() - HOUR * 0.01 * number
        )
    polling.thresholds = Thresholds(overdue_ceiling_hours=100)
    for _ in range(4):
        polling.poll(source)
    return polling


def lived(polling: Polling, minutes: int) -> list[tuple[str, str]]:
    """Poll for so many minutes; return the alerts that were told."""
    before = len(polling.mailbox.told)
    for _ in range(minutes):
        polling.tick()
    return polling.alerted()[before:]


def last(polling: Polling) -> dict[str, Any]:
    """Return the data of the last message."""
    data: dict[str, Any] = json.loads(polling.mailbox.told[-1].bodies["sqs"])["data"]
    return data
