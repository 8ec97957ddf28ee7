"""What SNS says of its deliveries to the subscribers, in CloudWatch."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Protocol

# The metric has one value a minute.
MINUTE = 60
# It is asked for at most so often: each question costs a little, and the metric comes late anyway.
SELDOM = timedelta(minutes=5)


class CloudWatch(Protocol):
    """The one call of CloudWatch that is made."""

    def get_metric_statistics(self, **request: Any) -> Any:
        """Return statistics of one metric."""


class SnsSubscribers:
    """The subscribers of a topic (ports.Subscribers); it lives as long as the process."""

    def __init__(self, client: CloudWatch, topic_arn: str) -> None:
        self._client = client
        self._name = topic_arn.rpartition(":")[2]
        self._asked: datetime | None = None
        self._answer = 0

    def not_reached(self, since: datetime, until: datetime) -> int:
        """Return how many deliveries to them were given up in that time, or a little before."""
        if self._asked is not None and timedelta(0) <= until - self._asked < SELDOM:
            return self._answer
        answer = self._client.get_metric_statistics(
            Namespace="AWS/SNS",
            MetricName="NumberOfNotificationsFailed",
            Dimensions=[{"Name": "TopicName", "Value": self._name}],
            StartTime=since,
            EndTime=until,
            Period=MINUTE,
            Statistics=["Sum"],
        )
        points = [float(point.get("Sum", 0.0)) for point in answer.get("Datapoints", [])]
        self._asked, self._answer = until, round(sum(points))
        return self._answer
