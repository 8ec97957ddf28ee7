"""The alarms and the dashboard: plain, complete, and about metrics that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from paywatch.alerting import Told
from paywatch.domain.payments import Source
from paywatch.observability import LambdaJournal
from paywatch.report import SourceReport
from tests.template.stack import Stack

FUNCTION = "${PollerFunction}"
# What AWS itself measures of what this stack has.
MEASURED_BY_AWS = {
    ("AWS/Lambda", "Errors", f"FunctionName={FUNCTION}"),
    ("AWS/Lambda", "Throttles", f"FunctionName={FUNCTION}"),
    ("AWS/Lambda", "Duration", f"FunctionName={FUNCTION}"),
    ("AWS/SQS", "NumberOfMessagesSent", "QueueName=${FailedRunsQueue.QueueName}"),
    ("AWS/SNS", "NumberOfMessagesPublished", "TopicName=${ChangesTopic.TopicName}"),
    ("AWS/SNS", "NumberOfNotificationsDelivered", "TopicName=${ChangesTopic.TopicName}"),
    ("AWS/SNS", "NumberOfNotificationsFailed", "TopicName=${ChangesTopic.TopicName}"),
}


def alarms(**parameters: str) -> dict[str, dict[str, Any]]:
    return Stack(**parameters).of_type("AWS::CloudWatch::Alarm")


@pytest.fixture
def measured(capsys: pytest.CaptureFixture[str]) -> set[tuple[str, str, str]]:
    """What a poll of both sources measures: namespace, metric, dimensions."""
    journal = LambdaJournal("INFO", FUNCTION, {})
    for name in ("compago", "onepay"):
        journal.source_polled("run", Source(name), SourceReport(delays=[1.0]), dry_run=False)
    journal.told("run", Told())
    journal.drilled(True)
    journal.close([Source("compago"), Source("onepay")])
    found = set()
    for line in capsys.readouterr().out.splitlines():
        told = json.loads(line)
        for directive in told.get("_aws", {}).get("CloudWatchMetrics", []):
            for names in directive["Dimensions"]:
                dimensions = ",".join(f"{name}={told[name]}" for name in names)
                for metric in directive["Metrics"]:
                    found.add((directive["Namespace"], metric["Name"], dimensions))
    return found


def test_the_metrics_are_few_because_each_costs_the_same(
    measured: set[tuple[str, str, str]],
) -> None:
    assert len(measured) == 2 * 2 + 2 * 2 + 7


def test_every_alarm_is_about_a_metric_that_there_is(measured: set[tuple[str, str, str]]) -> None:
    for name, alarm in alarms(DrillSchedule="rate(1 day)").items():
        dimensions = ",".join(f"{d['Name']}={d['Value']}" for d in alarm["Dimensions"])
        metric = (alarm["Namespace"], alarm["MetricName"], dimensions)
        assert metric in measured | MEASURED_BY_AWS, name


# What is wrong with the alerts themselves cannot be told by way of them.
BESIDE_THE_ALERTS = ("AlertsNotDelivered", "DrillFailed")


def test_there_are_alarms_for_what_paywatch_cannot_tell_itself_and_no_others() -> None:
    there = {
        *("CompagoSilent", "OnePaySilent", "FunctionErrors", "FunctionThrottled"),
        *("FunctionNearItsTimeout", "RunsFailed", "AlertsNotDelivered"),
    }
    assert set(alarms()) == there
    assert set(alarms(DrillSchedule="rate(1 day)")) == {*there, "DrillFailed"}


@pytest.mark.parametrize("name", alarms(DrillSchedule="rate(1 day)"))
def test_an_alarm_is_plain_tells_a_topic_and_treats_missing_data_on_purpose(name: str) -> None:
    alarm = alarms(DrillSchedule="rate(1 day)")[name]
    assert "Metrics" not in alarm
    topic = "${LifelineTopic}" if name in BESIDE_THE_ALERTS else "${AlertsTopic}"
    assert alarm["AlarmActions"] == alarm["OKActions"] == [topic]
    silent = name.endswith("Silent") or name == "DrillFailed"
    expected = "breaching" if silent else "notBreaching"
    assert alarm["TreatMissingData"] == expected
    # What CloudWatch takes at most: a day.
    assert alarm["Period"] * int(alarm["EvaluationPeriods"]) <= 86_400
    assert len(alarm["AlarmDescription"]) <= 1024
    assert alarm["AlarmDescription"].count(".") >= 1


def test_every_provider_has_an_alarm_on_silence_as_long_as_asked() -> None:
    for name, provider in (("CompagoSilent", "compago"), ("OnePaySilent", "onepay")):
        alarm = alarms(MaxSilenceMinutes="60")[name]
        assert alarm["Dimensions"][1] == {"Name": "provider", "Value": provider}
        assert (alarm["Period"], alarm["EvaluationPeriods"]) == (60, "60")
        assert alarms()[name]["EvaluationPeriods"] == "15"


def test_where_the_owner_stopped_the_schedules_silence_is_no_alarm() -> None:
    for name in ("CompagoSilent", "OnePaySilent"):
        assert alarms()[name]["ActionsEnabled"] is True
        assert alarms(ScheduleState="DISABLED")[name]["ActionsEnabled"] is False


# --- The dashboard --------------------------------------------------------------------------------


def widgets() -> list[dict[str, Any]]:
    body = Stack().only("AWS::CloudWatch::Dashboard")["DashboardBody"]
    found: list[dict[str, Any]] = json.loads(body)["widgets"]
    return found


def drawn() -> Iterator[tuple[str, str, str]]:
    """Give every metric that the dashboard draws, for the source compago."""
    for widget in widgets():
        for metric in widget["properties"].get("metrics", []):
            if isinstance(metric[0], dict):
                text = metric[0]["expression"]
                found = re.search(r'function="(.+?)" MetricName="(\w+)"', text)
                assert found, text
                by_provider = found[2] in ("Watching", "Accounted")
                rest = "provider=compago" if by_provider else "source=compago"
                yield ("Paywatch", found[2], f"function={found[1]},{rest}")
            else:
                namespace, name, dimension, value = metric[:4]
                yield (namespace, name, f"{dimension}={value}")


def test_the_dashboard_draws_metrics_that_there_are(measured: set[tuple[str, str, str]]) -> None:
    assert set(drawn()) <= measured | MEASURED_BY_AWS
    names = {name for _, name, _ in measured} - {"DrillPassed"}  # once a day, if at all
    assert names <= {name for _, name, _ in drawn()}


def test_the_dashboard_shows_the_state_of_every_alarm() -> None:
    shown = widgets()[0]["properties"]["alarms"]
    assert sorted(shown) == sorted(f"${{{name}.Arn}}" for name in alarms())


def test_every_widget_asks_a_question_and_says_what_is_good() -> None:
    for widget in widgets():
        question, _, answer = widget["properties"]["title"].partition("?")
        assert question
        assert answer.strip(), widget["properties"]["title"]


def test_no_two_widgets_overlap() -> None:
    taken = [
        (x, y)
        for each in widgets()
        for x in range(each["x"], each["x"] + each["width"])
        for y in range(each["y"], each["y"] + each["height"])
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24
