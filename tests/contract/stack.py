"""The template's table, topic and queue on an emulator, and clients that reach nothing else."""

from __future__ import annotations

from functools import cache
from os import getpid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from samtranslator.yaml_helper import yaml_parse

import tests.quick_moto  # noqa: F401

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_secretsmanager.client import SecretsManagerClient
    from mypy_boto3_sns.client import SNSClient
    from mypy_boto3_sqs.client import SQSClient

TABLE = "payments"
# For names that are this process's own, on an emulator that serves several.
PROCESS = getpid()

# Of the table's properties, what its reads and writes depend on.
_SHAPE = ("AttributeDefinitions", "KeySchema", "LocalSecondaryIndexes", "BillingMode")
_SESSION: dict[str, Any] = {
    "region_name": "us-east-1",
    "aws_access_key_id": "testing",
    "aws_secret_access_key": "testing",
    "config": Config(retries={"total_max_attempts": 1}),
}


@cache
def table_shape() -> dict[str, Any]:
    """Read the table's definition from the template."""
    written = yaml_parse((Path(__file__).parents[2] / "template.yaml").read_text())
    properties = written["Resources"]["PaymentsTable"]["Properties"]
    return {name: properties[name] for name in _SHAPE}


def create_table(client: DynamoDBClient, name: str = TABLE) -> str:
    """Create the table and return its name."""
    client.create_table(TableName=name, **table_shape())
    return name


def dynamodb() -> DynamoDBClient:
    """Make a client."""
    return boto3.client("dynamodb", **_SESSION)


def client(service: str, endpoint: str | None = None, region: str = "us-east-1") -> Any:
    """Make a client of any service, of an emulator at an address or of the one in process."""
    make: Any = boto3.client  # its type wants the service spelled out
    return make(service, endpoint_url=endpoint, **(_SESSION | {"region_name": region}))


def sns() -> SNSClient:
    """Make a client."""
    return boto3.client("sns", **_SESSION)


def sqs() -> SQSClient:
    """Make a client."""
    return boto3.client("sqs", **_SESSION)


def secretsmanager() -> SecretsManagerClient:
    """Make a client."""
    return boto3.client("secretsmanager", **_SESSION)
