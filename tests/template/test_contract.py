"""The template's parameters and outputs: what an owner can decide, and what a stack tells."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import pytest

from paywatch.invocation import Invocation
from tests.template.stack import ROOT, Stack, template

PARAMETERS: dict[str, dict[str, Any]] = template()["Parameters"]


def test_the_parameters_are_those_of_the_design() -> None:
    assert set(PARAMETERS) == {
        "AlertEmail",
        "AlertThresholds",
        "ApiKeysSecretArn",
        "Architecture",
        "CompagoBaseUrl",
        "CompagoRequestsPerSecond",
        "DeletionProtection",
        "DigestSchedule",
        "DrillSchedule",
        "KmsKeyArn",
        "LogLevel",
        "LogRetentionDays",
        "MaxSilenceMinutes",
        "OnePayBaseUrl",
        "OnePayRequestsPerSecond",
        "PollSchedule",
        "ReconcileSchedule",
        "ReservedConcurrency",
        "ScheduleState",
        "Sources",
    }


def test_the_outputs_are_those_of_the_design_and_commands() -> None:
    outputs = Stack().outputs
    assert {name: value for name, value in outputs.items() if not name.endswith("Command")} == {
        "ChangesTopicArn": "${ChangesTopic}",
        "AlertsTopicArn": "${AlertsTopic}",
        "LifelineTopicArn": "${LifelineTopic}",
        "TableName": "${PaymentsTable}",
        "PollerFunctionName": "${PollerFunction}",
        "ApiKeysSecretArn": "${ApiKeysSecret.Id}",
        "FailedRunsQueueUrl": "${FailedRunsQueue}",
        "DashboardUrl": "https://us-east-1.console.aws.amazon.com/cloudwatch/home"
        "?region=us-east-1#dashboards/dashboard/${Dashboard}",
    }


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_is_described_and_checked_and_can_be_left_out(name: str) -> None:
    parameter = PARAMETERS[name]
    assert parameter["Description"].endswith(".")
    assert "Default" in parameter
    assert parameter.keys() & {"AllowedPattern", "AllowedValues", "MinValue"}
    assert accepts(name, str(parameter["Default"]))
    if "AllowedPattern" in parameter:
        assert parameter["ConstraintDescription"]


def test_every_parameter_is_in_one_group() -> None:
    groups = template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(PARAMETERS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Sources", "compago"),
        ("Sources", "compago,onepay/norte,onepay/sur_2"),
        ("Sources", "compago, onepay"),
        ("CompagoBaseUrl", "http://127.0.0.1:8080"),
        ("OnePayBaseUrl", "http://localhost:8080/v1"),
        ("PollSchedule", "cron(0/5 * * * ? *)"),
        ("DrillSchedule", ""),
        ("DigestSchedule", "cron(0 13 * * ? *)"),
        ("AlertThresholds", "overdue_floor_minutes=60, unreachable_minutes=2.5"),
        ("AlertEmail", "payments@example.com"),
        ("KmsKeyArn", "arn:aws:kms:us-east-1:123456789012:key/0b7c"),
        ("ApiKeysSecretArn", "arn:aws:secretsmanager:us-east-1:123456789012:secret:keys-a1B2c3"),
    ],
)
def test_a_good_value_is_accepted(name: str, value: str) -> None:
    assert accepts(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Sources", ""),
        ("Sources", "stripe"),
        ("Sources", "compago;onepay"),
        ("CompagoBaseUrl", "http://api.example.com"),
        ("CompagoBaseUrl", "http://127.0.0.1.example.com"),
        ("OnePayBaseUrl", "https://user@example.com"),
        ("OnePayBaseUrl", "https://example.com?key=1"),
        ("PollSchedule", "every minute"),
        ("DrillSchedule", "daily"),
        ("AlertThresholds", "overdue"),
        ("AlertThresholds", "overdue=soon"),
        ("AlertEmail", "payments"),
        ("KmsKeyArn", "alias/aws/sns"),
        ("ApiKeysSecretArn", "keys"),
        ("LogLevel", "LOUD"),
        ("LogRetentionDays", "2"),
        ("Architecture", "arm"),
        ("CompagoRequestsPerSecond", "0"),
    ],
)
def test_a_bad_value_is_refused_before_anything_is_made(name: str, value: str) -> None:
    assert not accepts(name, value)


def test_the_template_names_no_parameter_that_nothing_uses() -> None:
    text = (ROOT / "template.yaml").read_text()
    _, _, used = text.partition("\nConditions:")
    assert {name for name in PARAMETERS if f"!Ref {name}" not in used} == set()


def test_the_command_that_subscribes_a_queue_is_what_a_shell_and_sns_understand() -> None:
    words = shlex.split(Stack().outputs["SubscribeQueueCommand"])
    attributes = json.loads(words[words.index("--attributes") + 1])
    assert json.loads(attributes["FilterPolicy"]) == {"status": ["paid", "refunded", "disputed"]}
    assert attributes["RawMessageDelivery"] == "true"


def test_the_command_that_lists_the_alerts_sends_what_the_poller_understands() -> None:
    words = shlex.split(Stack().outputs["AlertsCommand"])
    event = json.loads(words[words.index("--payload") + 1])
    assert Invocation.parse(event, []).action == "alerts"


def test_the_command_that_sets_the_keys_holds_what_the_poller_understands() -> None:
    words = shlex.split(Stack().outputs["SetKeysCommand"])
    keys = json.loads(words[words.index("--secret-string") + 1])
    assert set(keys) == {"compago", "onepay"}
    assert "${ApiKeysSecret.Id}" in words


def accepts(name: str, value: str) -> bool:
    """Judge a value as CloudFormation does."""
    parameter = PARAMETERS[name]
    if "AllowedPattern" in parameter and not re.fullmatch(parameter["AllowedPattern"], value):
        return False
    if "AllowedValues" in parameter and value not in map(str, parameter["AllowedValues"]):
        return False
    return "MinValue" not in parameter or (
        parameter["MinValue"] <= float(value) <= parameter["MaxValue"]
    )
