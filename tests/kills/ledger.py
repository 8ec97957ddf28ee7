"""What is stored, held against what stands at the providers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from paylab import World
from paywatch.aws.items import record_of
from paywatch.aws.values import from_item
from paywatch.domain.changes import Record
from paywatch.domain.payments import Source

OPEN = ("PENDING", "created", "processing")


class Ledger:
    """The table's payments, read past the function."""

    def __init__(self, dynamodb: Any, table: str, worlds: Mapping[str, World]) -> None:
        self._dynamodb, self._table, self._worlds = dynamodb, table, worlds

    def differing_open(self) -> list[str]:
        """Hold the index against the lab: it has what is open, as it stands, and owes nothing."""
        return list(self._differing(self._items(IndexName="watched"), OPEN))

    def differing(self) -> list[str]:
        """Hold all that is stored against the lab, and the index too."""
        return [*self._differing(self._items()), *self.differing_open()]

    def _items(self, **index: str) -> list[Any]:
        pages = self._dynamodb.get_paginator("scan")
        found = pages.paginate(TableName=self._table, ConsistentRead=True, **index)
        return [item for page in found for item in page["Items"] if item["sk"]["S"] != "control"]

    def _differing(self, items: Iterable[Any], only: tuple[str, ...] = ()) -> Iterator[str]:
        stored: dict[str, dict[str, Record]] = {name: {} for name in self._worlds}
        for item in items:
            source = Source.parse(item["pk"]["S"].rpartition("#")[0])
            record = record_of(source, from_item(item))
            stored[str(source)][record.id] = record
        for name, world in self._worlds.items():
            yield from _of_source(world, stored[name], only)


def _of_source(world: World, stored: Mapping[str, Record], only: tuple[str, ...]) -> Iterator[str]:
    standing = {each.id: each.status for each in world.payments()}
    for payment_id, status in standing.items():
        record = stored.get(payment_id)
        if record is None:
            if status in (only or OPEN):
                yield f"{payment_id} is {status} and not stored"
        elif record.payment.provider_status.casefold() != status.casefold():
            yield f"{payment_id} is {status} and stored as {record.payment.provider_status}"
        elif only and status not in only:
            yield f"{payment_id} is {status} and in the index"
    for record in stored.values():
        if record.id not in standing:
            yield f"{record.id} is stored and nowhere else"
        if record.owes or record.outbox:
            yield f"{record.id} owes versions {[version for version, _ in record.outbox]}"
