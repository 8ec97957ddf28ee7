"""The template's own table, topics and secret on an emulator, and the function's settings.

The emulator's CloudFormation resolves what the template says. It passes over secrets and
subscriptions in silence, so those are made by hand, and what must exist is looked for afterwards.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

_STACK = "paywatch"
_QUEUE = "Subscriber"
_DEPLOYED = ("AWS::DynamoDB::Table", "AWS::SNS::Topic")

Clients = Callable[[str], Any]


class NotDeployed(Exception):
    """Something that the template asks for is not there."""


@dataclass(frozen=True)
class Deployment:
    """What was made: the function's environment, and a queue that is told of changes."""

    environment: Mapping[str, str]
    queue_url: str


def deploy(
    template: Path, parameters: Mapping[str, str], api_keys: Mapping[str, str], clients: Clients
) -> Deployment:
    """Make the template's resources and a queue subscribed to its changes; raise NotDeployed."""
    written = yaml_parse(template.read_text(encoding="utf-8"))
    resources = written["Resources"]
    secret_arn = _make_secret(_only(resources, "AWS::SecretsManager::Secret"), api_keys, clients)
    variables = _only(resources, "AWS::Serverless::Function")["Environment"]["Variables"]
    part = {
        "Parameters": written["Parameters"],
        "Conditions": written["Conditions"],
        "Resources": {
            **{name: each for name, each in resources.items() if each["Type"] in _DEPLOYED},
            _QUEUE: {"Type": "AWS::SQS::Queue"},
        },
        # Each variable of the function is an output, so that the emulator resolves it.
        "Outputs": {
            **{
                f"Variable{place}": {"Value": each} for place, each in enumerate(variables.values())
            },
            _QUEUE: {"Value": {"Fn::GetAtt": [_QUEUE, "Arn"]}},
        },
    }
    outputs = _create_stack(part, {**parameters, "ApiKeysSecretArn": secret_arn}, clients)
    environment = {name: outputs[f"Variable{place}"] for place, name in enumerate(variables)}
    queue_url = _subscribe(environment["PAYWATCH_CHANGES_TOPIC_ARN"], outputs[_QUEUE], clients)
    _check_table(_only(resources, "AWS::DynamoDB::Table"), environment["PAYWATCH_TABLE"], clients)
    _check_topics(environment, clients)
    _check_secret(environment["PAYWATCH_API_KEYS_SECRET_ARN"], api_keys, clients)
    return Deployment(environment, queue_url)


def _only(resources: Mapping[str, Any], kind: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = [r["Properties"] for r in resources.values() if r["Type"] == kind]
    if len(found) != 1:
        raise NotDeployed(f"the template has {len(found)} of {kind}, not one")
    return found[0]


def _create_stack(part: object, parameters: Mapping[str, str], clients: Clients) -> dict[str, str]:
    cloudformation = clients("cloudformation")
    cloudformation.create_stack(
        StackName=_STACK,
        TemplateBody=json.dumps(part),
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
    )
    (stack,) = cloudformation.describe_stacks(StackName=_STACK)["Stacks"]
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise NotDeployed(f"the stack is {stack['StackStatus']}")
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _make_secret(
    properties: Mapping[str, Any], api_keys: Mapping[str, str], clients: Clients
) -> str:
    created = clients("secretsmanager").create_secret(
        Name=f"{_STACK}-api-keys",
        Description=properties["Description"],
        SecretString=json.dumps(dict(api_keys)),
    )
    return str(created["ARN"])


def _subscribe(topic_arn: str, queue_arn: str, clients: Clients) -> str:
    """Subscribe the queue to the topic, check that it is, and return the queue's URL."""
    sns = clients("sns")
    sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn)
    told = sns.list_subscriptions_by_topic(TopicArn=topic_arn)["Subscriptions"]
    if [each["Endpoint"] for each in told] != [queue_arn]:
        raise NotDeployed("the queue is not subscribed to the changes")
    return str(clients("sqs").get_queue_url(QueueName=queue_arn.rsplit(":", 1)[1])["QueueUrl"])


def _check_table(properties: Mapping[str, Any], name: str, clients: Clients) -> None:
    table = clients("dynamodb").describe_table(TableName=name)["Table"]
    for part in ("KeySchema", "AttributeDefinitions"):
        if table[part] != properties[part]:
            raise NotDeployed(f"the table's {part} is not the template's")
    indexes = [
        {part: index[part] for part in ("IndexName", "KeySchema", "Projection")}
        for index in table.get("LocalSecondaryIndexes", [])
    ]
    if indexes != properties["LocalSecondaryIndexes"]:
        raise NotDeployed("the table's local index is not the template's")


def _check_topics(environment: Mapping[str, str], clients: Clients) -> None:
    there = {topic["TopicArn"] for topic in clients("sns").list_topics()["Topics"]}
    for name in ("PAYWATCH_CHANGES_TOPIC_ARN", "PAYWATCH_ALERTS_TOPIC_ARN"):
        if environment[name] not in there:
            raise NotDeployed(f"the topic that {name} names is not there")


def _check_secret(arn: str, api_keys: Mapping[str, str], clients: Clients) -> None:
    text = clients("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    if json.loads(text) != dict(api_keys):
        raise NotDeployed("the secret does not hold the keys")
