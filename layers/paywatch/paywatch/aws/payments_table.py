"""The stored payments in DynamoDB: one item each, `source#bucket` and the payment's id its keys."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from paywatch.aws.items import attributes_of, record_of
from paywatch.aws.values import Unreadable, from_item, to_item, whole_number
from paywatch.domain.changes import Record
from paywatch.domain.limits import is_storable_id
from paywatch.domain.payments import Source, bucket_of
from paywatch.errors import PaywatchError, RowError, StaleState
from paywatch.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

INDEX = "watched"
KEYS_AT_ONCE = 100
# Reads that are left over are asked for again, so often while none of them is answered.
READ_ATTEMPTS = 8
FIRST_PAUSE = 0.05


class DynamoPayments:
    """Stored payments (ports.Payments).

    An item that cannot be read, or lies in a bucket that is not its own, is left out and told to
    `on_unreadable` by its two keys, with the reason, so that it holds up no other payment.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        clock: Clock,
        on_unreadable: Callable[[str, str, str], None] | None = None,
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._on_unreadable = on_unreadable

    def watched(
        self, source: Source, bucket: int, unread: set[str] | None = None
    ) -> Sequence[Record]:
        """Return the bucket's records that are open or have something unpublished."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=INDEX,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": partition(source, bucket)}),
        )
        items = (item for page in pages for item in page["Items"])
        return list(self._records(source, items, unread))

    def fetch(
        self, source: Source, ids: Collection[str], unread: set[str] | None = None
    ) -> Mapping[str, Record]:
        """Return the stored records among these ids."""
        wanted = [payment_id for payment_id in dict.fromkeys(ids) if is_storable_id(payment_id)]
        found: dict[str, Record] = {}
        for start in range(0, len(wanted), KEYS_AT_ONCE):
            keys = [_key(source, payment_id) for payment_id in wanted[start : start + KEYS_AT_ONCE]]
            records = self._records(source, self._read(keys), unread)
            found.update({record.id: record for record in records})
        return found

    def save(self, record: Record, replacing: Record | None) -> None:
        """Write the record if what is stored is what it replaces; raise StaleState otherwise.

        A record that no item can hold raises RowError.
        """
        if not is_storable_id(record.id):
            raise RowError("a payment's id must have 1 to 1024 bytes", record.id[:40])
        attributes = attributes_of(record)
        present = {name: value for name, value in attributes.items() if value is not None}
        absent = [name for name, value in attributes.items() if value is None]
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in present)
        if absent:
            update += " REMOVE " + ", ".join(f"#{name}" for name in absent)
        condition = "attribute_not_exists(pk)"
        values = {f":{name}": value for name, value in present.items()}
        if replacing is not None:
            condition = "#version = :expected AND #published = :delivered AND #seen < :seen"
            values |= {":expected": replacing.version, ":delivered": replacing.published}
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(record.source, record.id),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames={f"#{name}": name for name in attributes},
                ExpressionAttributeValues=to_item(values),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise StaleState(f"{record.id} is not stored as it was expected to be") from None
        except ClientError as error:
            if "Item size" not in error.response["Error"].get("Message", ""):
                raise
            raise RowError("the payment does not fit into an item", record.id) from None

    def acknowledge(self, record: Record, version: int) -> None:
        """Note that `version`, the first unpublished one, is published, and drop its body.

        Harmless when it was acknowledged before; anything else that does not fit is StaleState.
        """
        if version > record.version:
            raise StaleState(f"{record.id}: version {version} is newer than the record given")
        last = version == record.version and not record.open
        refused = self._advance(record, version, last)
        if refused and last and refused.published == version - 1 and refused.version > version:
            # A newer change was recorded meanwhile: this one is published, and the payment stays.
            refused = self._advance(record, version, last=False)
        if refused and refused.published < version:
            raise StaleState(f"{record.id} is not at the version before {version}")

    def _advance(self, record: Record, version: int, last: bool) -> _Versions | None:
        """Acknowledge in one write; return what is stored where that does not allow it.

        `last` takes the payment out of the index, and needs `version` to be the newest.
        """
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(record.source, record.id),
                UpdateExpression="SET #published = :version REMOVE #outbox.#entry"
                + (", #watched" if last else ""),
                ConditionExpression="#published = :before AND #version "
                + ("= :version" if last else ">= :version"),
                ExpressionAttributeNames={
                    "#published": "published",
                    "#version": "version",
                    "#outbox": "outbox",
                    "#entry": str(version),
                    **({"#watched": "watched"} if last else {}),
                },
                ExpressionAttributeValues=to_item({":version": version, ":before": version - 1}),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as refusal:
            item: Any = refusal.response.get("Item", {})
            return _Versions(whole_number(item.get("version")), whole_number(item.get("published")))
        return None

    def _read(self, keys: list[dict[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Read the items with these keys, asking again for what is left over."""
        attempt = 0
        while True:
            answer = self._client.batch_get_item(
                RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}}
            )
            yield from answer["Responses"].get(self._table, [])
            unprocessed: Any = answer.get("UnprocessedKeys", {})
            left = unprocessed.get(self._table, {}).get("Keys", [])
            if not left:
                return
            attempt = attempt + 1 if len(left) == len(keys) else 0
            if attempt == READ_ATTEMPTS:
                raise PaywatchError(f"DynamoDB leaves {len(left)} reads unanswered, asked again")
            self._clock.sleep(FIRST_PAUSE * 2**attempt)
            keys = left

    def _records(
        self, source: Source, items: Iterable[Mapping[str, Any]], unread: set[str] | None
    ) -> Iterator[Record]:
        for item in items:
            place, payment_id = item["pk"]["S"], item["sk"]["S"]
            strays = place != partition(source, bucket_of(payment_id))
            try:
                if strays:
                    raise Unreadable("sk belongs into another bucket: a hand wrote it")
                yield record_of(source, from_item(item))
            except Unreadable as why:
                if unread is not None and not strays:
                    unread.add(payment_id)
                if self._on_unreadable is not None:
                    self._on_unreadable(place, payment_id, str(why))


@dataclass(frozen=True)
class _Versions:
    """The versions that an item holds, -1 where it holds none."""

    version: int
    published: int


def partition(source: Source, bucket: int) -> str:
    """The partition key of a bucket: `compago/default#3f`."""
    return f"{source}#{bucket:02x}"


def _key(source: Source, payment_id: str) -> dict[str, Any]:
    return to_item({"pk": partition(source, bucket_of(payment_id)), "sk": payment_id})
