"""How CloudWatch is asked for the deliveries that SNS gave up, and how seldom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from paywatch.aws.subscribers import SELDOM, CloudWatch, SnsSubscribers

ARN = "arn:aws:sns:us-east-1:123456789012:paywatch-changes"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
QUARTER, SECOND = timedelta(minutes=15), timedelta(seconds=1)


class ScriptedCloudWatch:
    """CloudWatch that gives one answer after the other, and notes what it was asked."""

    def __init__(self, *sums: float) -> None:
        self._sums = list(sums)
        self.asked: list[dict[str, Any]] = []

    def get_metric_statistics(self, **request: Any) -> Any:
        self.asked.append(request)
        return {"Datapoints": [{"Sum": self._sums.pop(0)}]}


@pytest.fixture
def stubbed() -> Iterator[tuple[CloudWatch, Stubber]]:
    """A real client, whose requests and answers are held to the service's own model."""
    client: Any = boto3.client(
        "cloudwatch",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def asked_for(since: datetime, until: datetime) -> dict[str, Any]:
    return {
        "Namespace": "AWS/SNS",
        "MetricName": "NumberOfNotificationsFailed",
        "Dimensions": [{"Name": "TopicName", "Value": "paywatch-changes"}],
        "StartTime": since,
        "EndTime": until,
        "Period": 60,
        "Statistics": ["Sum"],
    }


def test_it_is_asked_for_the_topic_and_the_time_and_the_sums_are_added_up(
    stubbed: tuple[CloudWatch, Stubber],
) -> None:
    client, stubber = stubbed
    points = [{"Timestamp": NOON, "Sum": 2.0, "Unit": "Count"}, {"Sum": 1.0}, {"Unit": "Count"}]
    answer = {"Label": "NumberOfNotificationsFailed", "Datapoints": points}
    stubber.add_response("get_metric_statistics", answer, asked_for(NOON - QUARTER, NOON))
    assert SnsSubscribers(client, ARN).not_reached(NOON - QUARTER, NOON) == 3


@pytest.mark.parametrize("answer", [{}, {"Datapoints": []}, {"Label": "x"}], ids=repr)
def test_where_nothing_failed_there_is_no_value_at_all(
    stubbed: tuple[CloudWatch, Stubber], answer: dict[str, Any]
) -> None:
    client, stubber = stubbed
    stubber.add_response("get_metric_statistics", answer)
    assert SnsSubscribers(client, ARN).not_reached(NOON - QUARTER, NOON) == 0


def test_a_fault_is_told_and_asked_for_again_at_once(
    stubbed: tuple[CloudWatch, Stubber],
) -> None:
    client, stubber = stubbed
    stubber.add_client_error("get_metric_statistics", "AccessDenied", http_status_code=403)
    stubber.add_response("get_metric_statistics", {"Datapoints": [{"Sum": 4.0}]})
    subscribers = SnsSubscribers(client, ARN)
    with pytest.raises(ClientError, match="AccessDenied"):
        subscribers.not_reached(NOON - QUARTER, NOON)
    assert subscribers.not_reached(NOON - QUARTER, NOON) == 4


def test_a_fault_does_not_make_the_last_answer_a_new_one() -> None:
    class Failing(ScriptedCloudWatch):
        fault = False

        def get_metric_statistics(self, **request: Any) -> Any:
            if self.fault:
                raise OSError("no way there")
            return super().get_metric_statistics(**request)

    cloudwatch = Failing(1, 2)
    subscribers = SnsSubscribers(cloudwatch, ARN)
    assert subscribers.not_reached(NOON - QUARTER, NOON) == 1
    cloudwatch.fault = True
    for _ in range(2):
        with pytest.raises(OSError, match="no way"):
            subscribers.not_reached(NOON - QUARTER + SELDOM, NOON + SELDOM)
    cloudwatch.fault = False
    assert subscribers.not_reached(NOON - QUARTER + SELDOM, NOON + SELDOM) == 2


def test_it_is_asked_at_most_once_in_five_minutes() -> None:
    cloudwatch = ScriptedCloudWatch(5, 0, 1)
    subscribers = SnsSubscribers(cloudwatch, ARN)
    answers = [
        subscribers.not_reached(NOON + after - QUARTER, NOON + after)
        for after in (0 * SECOND, SECOND, SELDOM - SECOND, SELDOM, SELDOM + SECOND, 2 * SELDOM)
    ]
    assert answers == [5, 5, 5, 0, 0, 1]
    assert [each["EndTime"] for each in cloudwatch.asked] == [
        NOON,
        NOON + SELDOM,
        NOON + 2 * SELDOM,
    ]
    assert [each["StartTime"] for each in cloudwatch.asked] == [
        each["EndTime"] - QUARTER for each in cloudwatch.asked
    ]


def test_a_clock_that_leaps_back_or_forth_does_not_keep_it_from_asking() -> None:
    cloudwatch = ScriptedCloudWatch(1, 2, 3)
    subscribers = SnsSubscribers(cloudwatch, ARN)
    leaps = [NOON, NOON + timedelta(days=365), NOON + SECOND]
    assert [subscribers.not_reached(at - QUARTER, at) for at in leaps] == [1, 2, 3]


@pytest.mark.parametrize(("total", "told"), [(0.0, 0), (0.9, 1), (2.4, 2), (1e6, 1_000_000)])
def test_a_sum_is_told_as_a_whole_number(total: float, told: int) -> None:
    answer = SnsSubscribers(ScriptedCloudWatch(total), ARN).not_reached(NOON - QUARTER, NOON)
    assert answer == told
    assert isinstance(answer, int)
