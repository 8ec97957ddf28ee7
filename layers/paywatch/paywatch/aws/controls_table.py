"""The control items in DynamoDB: `source#kind` and `control` their keys, a lease on each.

What a hand has made unreadable counts as absent, and is mended on the way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from paywatch.aws.control_items import SECTION, control_of
from paywatch.aws.values import to_item, whole_number
from paywatch.domain.payments import Source, timestamp
from paywatch.errors import LeaseLost
from paywatch.ports import LONGEST_LEASE, NO_LEASE, Control, Lease

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

_FREE = (
    "attribute_not_exists(#lease_until) OR NOT attribute_type(#lease_until, :text)"
    " OR #lease_until <= :now OR #lease_until > :horizon"
)


class DynamoControls:
    """Control items (ports.Controls)."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def acquire(self, source: Source, kind: str, now: datetime, until: datetime) -> Control | None:
        """Take the lease with the next epoch; None while someone else holds it."""
        try:
            item = self._take(source, kind, now, until)
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        except ClientError as error:
            invalid = error.response["Error"]["Code"] == "ValidationException"
            if not (invalid and self._mend_epoch(source, kind, now)):
                raise
            return self.acquire(source, kind, now, until)
        if whole_number(item["epoch"]) < 0:
            # A number, but not one that can be counted on: the lease is left to end by itself.
            self._mend_epoch(source, kind, now)
            return None
        control = control_of(source, kind, item)
        if "M" not in item["buckets"]:
            self._mend_buckets(control.lease)
        return control

    def peek(self, source: Source, kind: str) -> Control:
        """Read the item without taking anything (epoch 0 if there is none)."""
        return control_of(source, kind, self._read(source, kind))

    def mark(self, lease: Lease, buckets: Collection[int]) -> None:
        """Replace these buckets' digests by the lease's token, in one write; raise LeaseLost."""
        if not buckets:
            return
        paths = _paths(buckets)
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(lease.source, lease.kind),
                UpdateExpression="SET " + ", ".join(f"#buckets.{name} = :token" for name in paths),
                ConditionExpression="#epoch = :epoch",
                ExpressionAttributeNames={"#epoch": "epoch", "#buckets": "buckets", **paths},
                ExpressionAttributeValues=to_item({":epoch": lease.epoch, ":token": lease.token}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise _lost(lease) from None

    def keep(self, lease: Lease, memory: Mapping[str, str]) -> None:
        """Store sections and go on holding the lease, in one write; raise LeaseLost."""
        if not memory:
            return
        sections = {f"#section{i}": SECTION + name for i, name in enumerate(memory)}
        values = {f":section{i}": text for i, text in enumerate(memory.values())}
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(lease.source, lease.kind),
                UpdateExpression="SET " + ", ".join(f"{name} = :{name[1:]}" for name in sections),
                ConditionExpression="#epoch = :epoch",
                ExpressionAttributeNames={"#epoch": "epoch", **sections},
                ExpressionAttributeValues=to_item({":epoch": lease.epoch, **values}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise _lost(lease) from None

    def finish(self, lease: Lease, buckets: Mapping[int, str], memory: Mapping[str, str]) -> bool:
        """Give the lease back and store digests and sections, in one write; raise LeaseLost.

        False, and no digest is stored, where one of the buckets does not carry the lease's token:
        that takes a second write.
        """
        if self._close(lease, buckets, memory):
            return True
        self._close(lease, {}, memory)
        return False

    def _take(self, source: Source, kind: str, now: datetime, until: datetime) -> dict[str, Any]:
        names = ("epoch", "lease_until", "buckets", "watch_began")
        answer = self._client.update_item(
            TableName=self._table,
            Key=_key(source, kind),
            UpdateExpression="SET #epoch = if_not_exists(#epoch, :start) + :one,"
            " #lease_until = :until, #buckets = if_not_exists(#buckets, :none),"
            " #watch_began = if_not_exists(#watch_began, :now)",
            ConditionExpression=_FREE,
            ExpressionAttributeNames={f"#{name}": name for name in names},
            ExpressionAttributeValues=to_item(
                {
                    # Beyond every epoch that was counted, should the item ever be lost.
                    ":start": int(now.timestamp()),
                    ":one": 1,
                    ":none": {},
                    ":text": "S",
                    ":now": timestamp(now),
                    ":until": timestamp(until),
                    ":horizon": timestamp(now + LONGEST_LEASE),
                }
            ),
            ReturnValues="ALL_NEW",
        )
        return answer["Attributes"]

    def _close(self, lease: Lease, buckets: Mapping[int, str], memory: Mapping[str, str]) -> bool:
        """End the lease in one write; False if a bucket lost its token, LeaseLost if the lease."""
        paths = _paths(buckets)
        sections = {f"#section{i}": SECTION + name for i, name in enumerate(memory)}
        values: dict[str, Any] = {":epoch": lease.epoch, ":ended": timestamp(NO_LEASE)}
        values |= {f":section{i}": text for i, text in enumerate(memory.values())}
        if paths:
            values[":token"] = lease.token
            values |= {f":{bucket:02x}": digest for bucket, digest in buckets.items()}
        sets = ["#lease_until = :ended"]
        sets += [f"{name} = :{name[1:]}" for name in sections]
        sets += [f"#buckets.{name} = :{hexadecimal}" for name, hexadecimal in paths.items()]
        conditions = ["#epoch = :epoch", *(f"#buckets.{name} = :token" for name in paths)]
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(lease.source, lease.kind),
                UpdateExpression="SET " + ", ".join(sets),
                ConditionExpression=" AND ".join(conditions),
                ExpressionAttributeNames={
                    "#epoch": "epoch",
                    "#lease_until": "lease_until",
                    **({"#buckets": "buckets"} if paths else {}),
                    **paths,
                    **sections,
                },
                ExpressionAttributeValues=to_item(values),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as refusal:
            stored: Any = refusal.response.get("Item", {})
            if whole_number(stored.get("epoch")) != lease.epoch:
                raise _lost(lease) from None
            return False
        return True

    def _read(self, source: Source, kind: str) -> Mapping[str, Any]:
        answer = self._client.get_item(
            TableName=self._table, Key=_key(source, kind), ConsistentRead=True
        )
        return answer.get("Item", {})

    def _mend_epoch(self, source: Source, kind: str, now: datetime) -> bool:
        """Replace an epoch that is no number; whether there was one.

        The seconds since 1970 are beyond every epoch that was counted, so that new evidence
        outranks what was stored under the lost one.
        """
        stored: Any = self._read(source, kind).get("epoch")
        if stored is None or whole_number(stored) >= 0:
            return False
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key=_key(source, kind),
                UpdateExpression="SET #epoch = :epoch",
                ConditionExpression="#epoch = :stored",
                ExpressionAttributeNames={"#epoch": "epoch"},
                ExpressionAttributeValues={
                    ":stored": stored,
                    **to_item({":epoch": int(now.timestamp())}),
                },
            )
        return True

    def _mend_buckets(self, lease: Lease) -> None:
        """Start anew with no digest, where there is something that is not a map."""
        self._client.update_item(
            TableName=self._table,
            Key=_key(lease.source, lease.kind),
            UpdateExpression="SET #buckets = :none",
            ConditionExpression="#epoch = :epoch",
            ExpressionAttributeNames={"#epoch": "epoch", "#buckets": "buckets"},
            ExpressionAttributeValues=to_item({":none": {}, ":epoch": lease.epoch}),
        )


def _key(source: Source, kind: str) -> dict[str, Any]:
    return to_item({"pk": f"{source}#{kind}", "sk": "control"})


def _paths(buckets: Collection[int]) -> dict[str, str]:
    """Name each bucket's place in the map for an expression."""
    return {f"#bucket{bucket:02x}": f"{bucket:02x}" for bucket in buckets}


def _lost(lease: Lease) -> LeaseLost:
    return LeaseLost(f"epoch {lease.epoch} of {lease.source} ({lease.kind}) is over")
