"""Who may do what: written by hand, exact, and never on everything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.template.stack import Stack

KEY = "arn:aws:kms:us-east-1:123456789012:key/0b7c"


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(role: str, **parameters: str) -> Iterator[tuple[str, set[str], set[str]]]:
    """Give the name, the actions and the resources of everything that a role allows."""
    (policy,) = Stack(**parameters).properties(role)["Policies"]
    for statement in policy["PolicyDocument"]["Statement"]:
        assert statement["Effect"] == "Allow"
        yield (
            statement["Sid"],
            set(as_list(statement["Action"])),
            set(as_list(statement["Resource"])),
        )


def test_the_poller_may_do_this_and_nothing_else() -> None:
    assert [*statements("PollerRole")] == [
        (
            "RecordPayments",
            {f"dynamodb:{call}" for call in ("BatchGetItem", "GetItem", "UpdateItem")},
            {"${PaymentsTable.Arn}"},
        ),
        ("ReadWhatIsWatched", {"dynamodb:Query"}, {"${PaymentsTable.Arn}/index/watched"}),
        ("Tell", {"sns:Publish"}, {"${ChangesTopic}", "${AlertsTopic}"}),
        ("AskWhatWasNotDelivered", {"cloudwatch:GetMetricStatistics"}, {"*"}),
        ("ReadApiKeys", {"secretsmanager:GetSecretValue"}, {"${ApiKeysSecret.Id}"}),
        ("Log", {"logs:CreateLogStream", "logs:PutLogEvents"}, {"${PollerLogGroup.Arn}"}),
        ("KeepFailedRuns", {"sqs:SendMessage"}, {"${FailedRunsQueue.Arn}"}),
        ("Trace", {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}, {"*"}),
    ]


def test_the_schedules_may_invoke_the_poller_and_nothing_else() -> None:
    assert [*statements("ScheduleRole")] == [
        ("InvokePoller", {"lambda:InvokeFunction"}, {"${PollerFunction.Arn}"}),
        ("KeepFailedRuns", {"sqs:SendMessage"}, {"${FailedRunsQueue.Arn}"}),
    ]


@pytest.mark.parametrize("role", ["PollerRole", "ScheduleRole"])
def test_a_key_of_the_owners_may_be_used_and_no_other(role: str) -> None:
    *_, key = statements(role, KmsKeyArn=KEY)
    assert key == ("UseKey", {"kms:Decrypt", "kms:GenerateDataKey"}, {KEY})


def test_a_secret_of_the_owners_may_be_read_and_no_other() -> None:
    secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:keys-a1B2c3"
    allowed = {name: on for name, _, on in statements("PollerRole", ApiKeysSecretArn=secret)}
    assert allowed["ReadApiKeys"] == {secret}


@pytest.mark.parametrize("role", ["PollerRole", "ScheduleRole"])
@pytest.mark.parametrize("key", ["", KEY])
def test_only_what_knows_no_resources_is_allowed_on_everything(role: str, key: str) -> None:
    knows_none = {"Trace", "AskWhatWasNotDelivered"}
    for name, actions, resources in statements(role, KmsKeyArn=key):
        assert not any("*" in action for action in actions)
        assert name in knows_none or not any("*" in resource for resource in resources)


def test_no_role_has_a_managed_policy_or_is_made_by_the_transform() -> None:
    roles = Stack().of_type("AWS::IAM::Role")
    assert set(roles) == {"PollerRole", "ScheduleRole"}
    assert all("ManagedPolicyArns" not in role for role in roles.values())


@pytest.mark.parametrize(
    ("role", "service"),
    [("PollerRole", "lambda.amazonaws.com"), ("ScheduleRole", "scheduler.amazonaws.com")],
)
def test_a_role_is_for_one_service(role: str, service: str) -> None:
    (trust,) = Stack().properties(role)["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": service}


def test_a_schedule_of_another_account_cannot_take_the_role() -> None:
    (trust,) = Stack().properties("ScheduleRole")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


@pytest.mark.parametrize("topic", ["ChangesTopic", "AlertsTopic", "LifelineTopic"])
def test_a_topic_refuses_plain_http(topic: str) -> None:
    policies = Stack().of_type("AWS::SNS::TopicPolicy").values()
    (policy,) = (policy for policy in policies if policy["Topics"] == [f"${{{topic}}}"])
    refusal, *_ = policy["PolicyDocument"]["Statement"]
    assert refusal["Effect"] == "Deny"
    assert refusal["Principal"] == "*"
    assert refusal["Resource"] == f"${{{topic}}}"
    assert "sns:Publish" in refusal["Action"]
    assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_alarms_of_this_account_may_tell_and_nobody_else_is_let_in() -> None:
    policies = Stack().of_type("AWS::SNS::TopicPolicy").values()
    allowed = [
        statement
        for policy in policies
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    assert [each["Resource"] for each in allowed] == ["${AlertsTopic}", "${LifelineTopic}"]
    for alarms in allowed:
        assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert alarms["Action"] == "sns:Publish"
        assert alarms["Condition"] == {
            "StringEquals": {"aws:SourceAccount": "123456789012"},
            "ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*"},
        }


def test_the_queue_of_failed_runs_refuses_plain_http() -> None:
    (refusal,) = Stack().only("AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]
    assert refusal["Effect"] == "Deny"
    assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
