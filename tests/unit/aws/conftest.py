"""An emulated table, with every call to it counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from tests.contract import stack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@pytest.fixture
def dynamodb() -> Iterator[DynamoDBClient]:
    """A client of an emulator that has the table."""
    with mock_aws():
        client = stack.dynamodb()
        stack.create_table(client)
        yield client


@pytest.fixture
def calls(dynamodb: DynamoDBClient) -> list[str]:
    """The names of the operations that are asked of DynamoDB from now on; clear it at will."""
    asked: list[str] = []

    def note(model: Any, **_: object) -> None:
        asked.append(model.name)

    dynamodb.meta.events.register("before-call.dynamodb", note)
    return asked
