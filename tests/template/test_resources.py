"""What a stack is made of, and the settings that no emulator acts on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.template.stack import ROOT, Stack, template

KEY = "arn:aws:kms:us-east-1:123456789012:key/0b7c"

# The property that would give a resource a name of its own, so that two stacks could not stand
# side by side. A layer's name carries the stack's.
NAMES = {
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::SecretsManager::Secret": "Name",
}
NAMELESS = {
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::LayerVersion",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}


def test_nothing_has_a_fixed_name() -> None:
    for resource in Stack(AlertEmail="payments@example.com").resources.values():
        if resource["Type"] not in NAMELESS:
            assert NAMES[resource["Type"]] not in resource["Properties"]


def test_a_layer_is_named_after_its_stack() -> None:
    names = {layer["LayerName"] for layer in Stack().of_type("AWS::Lambda::LayerVersion").values()}
    assert names == {"paywatch-dependencies", "paywatch-paywatch"}


# --- The function and its layers ------------------------------------------------------------------


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_function_and_layers_agree_on_architecture_and_runtime(architecture: str) -> None:
    stack = Stack(Architecture=architecture)
    function = stack.only("AWS::Lambda::Function")
    assert function["Architectures"] == [architecture]
    assert len(function["Layers"]) == 2
    for layer in stack.of_type("AWS::Lambda::LayerVersion").values():
        assert layer["CompatibleArchitectures"] == [architecture]
        assert layer["CompatibleRuntimes"] == [function["Runtime"]] == ["python3.13"]


def layers() -> dict[str, dict[str, Any]]:
    return {
        name: resource
        for name, resource in template()["Resources"].items()
        if resource["Type"] == "AWS::Serverless::LayerVersion"
    }


@pytest.mark.parametrize("name", layers())
def test_a_layer_is_built_for_what_it_runs_on(name: str) -> None:
    layer = layers()[name]
    assert layer["Metadata"] == {
        "BuildMethod": "python3.13",
        "BuildArchitecture": {"Ref": "Architecture"},
    }
    # SAM adds python/ itself: a second one would hide everything below it.
    assert not (ROOT / layer["Properties"]["ContentUri"] / "python").exists()


def test_the_function_is_as_it_was_promised() -> None:
    function = Stack().only("AWS::Lambda::Function")
    assert function["Handler"] == "app.lambda_handler"
    assert function["MemorySize"] == 512
    assert function["TracingConfig"] == {"Mode": "Active"}
    # With an ApplicationLogLevel Lambda would filter what the code's own level lets through.
    assert function["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": "${PollerLogGroup}"}


def test_concurrency_is_reserved_only_when_asked_for() -> None:
    """A new account has too little of it, and would refuse the stack."""
    assert "ReservedConcurrentExecutions" not in Stack().only("AWS::Lambda::Function")
    asked = Stack(ReservedConcurrency="1").only("AWS::Lambda::Function")
    assert asked["ReservedConcurrentExecutions"] == "1"


def test_a_run_that_failed_is_not_repeated_behind_the_next_one() -> None:
    invoke = Stack().only("AWS::Lambda::EventInvokeConfig")
    assert invoke["MaximumRetryAttempts"] == 0
    kept = invoke["DestinationConfig"]["OnFailure"]
    assert kept["Destination"] == "${FailedRunsQueue.Arn}"


def test_failed_runs_are_kept_for_two_weeks_and_encrypted() -> None:
    assert Stack().only("AWS::SQS::Queue") == {
        "MessageRetentionPeriod": 1209600,
        "SqsManagedSseEnabled": True,
    }


def test_logs_are_kept_as_long_as_asked_and_no_longer() -> None:
    assert Stack().only("AWS::Logs::LogGroup")["RetentionInDays"] == "90"
    assert Stack(LogRetentionDays="7").only("AWS::Logs::LogGroup")["RetentionInDays"] == "7"


# --- The table ------------------------------------------------------------------------------------


def test_the_table_outlives_the_stack() -> None:
    table = Stack().resources["PaymentsTable"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_nothing_in_the_table_expires_and_the_owner_may_forbid_its_deletion() -> None:
    table = Stack().only("AWS::DynamoDB::Table")
    assert "TimeToLiveSpecification" not in table
    assert table["DeletionProtectionEnabled"] == "false"
    protected = Stack(DeletionProtection="true").only("AWS::DynamoDB::Table")
    assert protected["DeletionProtectionEnabled"] == "true"


def test_the_table_is_paid_by_use_can_be_restored_and_is_encrypted() -> None:
    table = Stack().only("AWS::DynamoDB::Table")
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}


def test_the_table_has_its_keys_and_one_local_index() -> None:
    table = Stack().only("AWS::DynamoDB::Table")
    assert key(table) == {"HASH": "pk", "RANGE": "sk"}
    (index,) = table["LocalSecondaryIndexes"]
    assert index["IndexName"] == "watched"
    assert key(index) == {"HASH": "pk", "RANGE": "watched"}
    assert index["Projection"] == {"ProjectionType": "ALL"}
    assert "GlobalSecondaryIndexes" not in table
    assert {a["AttributeName"]: a["AttributeType"] for a in table["AttributeDefinitions"]} == {
        "pk": "S",
        "sk": "S",
        "watched": "S",
    }


def key(table: dict[str, Any]) -> dict[str, str]:
    return {each["KeyType"]: each["AttributeName"] for each in table["KeySchema"]}


# --- The secret, the subscription, the key --------------------------------------------------------


def test_a_secret_is_made_without_a_value_unless_one_is_given() -> None:
    secret = Stack().only("AWS::SecretsManager::Secret")
    assert not {"SecretString", "GenerateSecretString"} & secret.keys()
    given = "arn:aws:secretsmanager:us-east-1:123456789012:secret:keys-a1B2c3"
    stack = Stack(ApiKeysSecretArn=given)
    assert stack.of_type("AWS::SecretsManager::Secret") == {}
    assert stack.outputs["ApiKeysSecretArn"] == given


def test_an_address_is_subscribed_to_alerts_if_one_is_given() -> None:
    assert Stack().of_type("AWS::SNS::Subscription") == {}
    made = Stack(AlertEmail="payments@example.com").of_type("AWS::SNS::Subscription").values()
    assert sorted(each["TopicArn"] for each in made) == ["${AlertsTopic}", "${LifelineTopic}"]
    for each in made:
        assert (each["Protocol"], each["Endpoint"]) == ("email", "payments@example.com")


def test_a_key_of_the_owners_is_used_everywhere() -> None:
    stack = Stack(KmsKeyArn=KEY)
    assert stack.only("AWS::Lambda::Function")["KmsKeyArn"] == KEY
    assert stack.only("AWS::Logs::LogGroup")["KmsKeyId"] == KEY
    assert stack.only("AWS::SecretsManager::Secret")["KmsKeyId"] == KEY
    assert stack.only("AWS::DynamoDB::Table")["SSESpecification"]["KMSMasterKeyId"] == KEY
    for topic in stack.of_type("AWS::SNS::Topic").values():
        assert topic["KmsMasterKeyId"] == KEY
    queue = stack.only("AWS::SQS::Queue")
    assert queue["KmsMasterKeyId"] == KEY
    assert "SqsManagedSseEnabled" not in queue


def test_without_a_key_none_is_named() -> None:
    assert "Kms" not in json.dumps(Stack().resources)
