"""DynamoDB's capacity units, by the rules of its documents: the emulator does not count them.

A write takes a unit for each KB begun of the larger of the item before and after; what is in the
index takes as much again (twice where its index key moves). A consistent read takes a unit for
each 4 KB begun, of a query's items together and of a batch's items one by one, and at least one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.integration.aws_line import Call, Send
from tests.integration.on_aws import OnAws

KB = 1024

Item = Mapping[str, Any]


def size_of(item: Item) -> int:
    """Return an item's size in bytes: names and values, as the documents count them."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(typed: Mapping[str, Any]) -> int:
    ((kind, value),) = typed.items()
    if kind == "S":
        return len(value.encode())
    if kind == "N":
        return len(value.strip("-").replace(".", "")) // 2 + 2
    if kind == "M":
        return 3 + sum(1 + len(k.encode()) + _value_size(v) for k, v in value.items())
    if kind == "L":
        return 3 + sum(1 + _value_size(v) for v in value)
    assert kind in ("BOOL", "NULL"), kind
    return 1


def units(size: int, of: int) -> int:
    """Return how many units of so many bytes are begun, at least one."""
    return max(1, -(-size // of))


def write_units(before: Item | None, after: Item) -> int:
    """Return what a write takes, in the table and in the index."""
    old, new = units(size_of(before or {}), KB), units(size_of(after), KB)
    was, key = (before or {}).get("watched"), after.get("watched")
    if was is not None and was == key:
        in_index = max(old, new)
    else:
        in_index = (old if was else 0) + (new if key else 0)
    return max(old, new) + in_index


class Meter:
    """Stands on the line to AWS and counts the units of every call that passes."""

    def __init__(self, stage: OnAws) -> None:
        self._stage = stage
        self.read = 0
        self.written = 0
        stage.line.carry = self.carry

    def carry(self, call: Call, send: Send) -> Any:
        """Let a call pass, and count what it took."""
        if call.operation == "UpdateItem":
            before = self._stored(call.params["Key"])
            answer = send()
            after = self._stored(call.params["Key"])
            assert after is not None
            self.written += write_units(before, after)
            return answer
        answer = send()
        if call.operation == "Query":
            self.read += units(sum(map(size_of, answer["Items"])), 4 * KB)
        elif call.operation == "GetItem":
            self.read += max(1, units(size_of(answer.get("Item", {})), 4 * KB))
        elif call.operation == "BatchGetItem":
            found = answer["Responses"][self._stage.table]
            keys = call.params["RequestItems"][self._stage.table]["Keys"]
            self.read += sum(units(size_of(item), 4 * KB) for item in found)
            self.read += len(keys) - len(found)
        else:
            assert call.operation in ("PublishBatch", "GetSecretValue", "GetMetricStatistics"), (
                call.operation
            )
        return answer

    def _stored(self, key: Any) -> Item | None:
        found = self._stage.dynamodb.get_item(
            TableName=self._stage.table, Key=key, ConsistentRead=True
        )
        return found.get("Item")
