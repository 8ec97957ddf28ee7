"""Tables that hold what polls left, without as many calls to moto.

The first polls run on the ports in memory, with the poller's own code; what they leave is then
put into the table as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from typing import Any

from paywatch.aws.controls_table import DynamoControls
from paywatch.aws.items import attributes_of
from paywatch.aws.payments_table import partition
from paywatch.aws.values import to_item
from paywatch.domain.changes import Record
from paywatch.domain.payments import BUCKETS
from paywatch.memory import MemoryControls, MemoryPayments
from tests.integration.on_aws import OnAws
from tests.polling import START, Polling

# As many polls as it takes to have had every settled list's turn.
POLLS = 4
AT_ONCE = 25


@contextmanager
def in_memory(stage: OnAws) -> Iterator[None]:
    """Let `Polling.tick` poll the stage in memory, and then put what was stored into its table."""
    payments, controls = stage.payments, stage.controls
    stage.payments, stage.controls = MemoryPayments(), MemoryControls()
    yield
    items = _items(stage)
    while batch := list(islice(items, AT_ONCE)):
        stage.dynamodb.batch_write_item(
            RequestItems={stage.table: [{"PutRequest": {"Item": item}} for item in batch]}
        )
    _copy_controls(stage, DynamoControls(stage.dynamodb, stage.table))
    assert stage.inbox.published == []
    stage.payments, stage.controls = payments, controls


def standing(count: int, *sources: str) -> OnAws:
    """Return a stage whose table holds so many open payments of each source, all well known."""
    stage = OnAws(sources=sources or ("compago", "onepay"), pace=1000, budget=5000, latency=0.001)
    with in_memory(stage):
        _add(stage, 0, 1)
        for _ in range(POLLS - 1):
            Polling.tick(stage)
        # They were there before the watch; the last poll is the first to see most of them.
        _add(stage, 1, count)
        Polling.tick(stage, seconds=600)
    stage.ticks.clear()
    stage.reports.clear()
    return stage


def _add(stage: OnAws, first: int, end: int) -> None:
    for world in stage.worlds.values():
        for number in range(first, end):
            world.add(created_at=START - timedelta(hours=1, seconds=10 * number))


def _items(stage: OnAws) -> Iterator[dict[str, Any]]:
    for source, world in stage.worlds.items():
        stored = stage.payments.fetch(source, [payment.id for payment in world.payments()])
        assert len(stored) == len(world.payments())
        yield from map(_item, stored.values())


def _item(record: Record) -> dict[str, Any]:
    attributes = {name: value for name, value in attributes_of(record).items() if value is not None}
    keys = {"pk": partition(record.source, record.bucket), "sk": record.id}
    return to_item({**keys, **attributes})


def _copy_controls(stage: OnAws, controls: DynamoControls) -> None:
    """Write the control items, through as many leases as there were polls."""
    for source in stage.sources:
        written = stage.controls.peek(source, "poll")
        for _ in stage.ticks:
            control = controls.acquire(source, "poll", written.watch_began, written.watch_began)
        assert control is not None
        assert control.lease.epoch == written.lease.epoch
        controls.mark(control.lease, range(BUCKETS))
        assert controls.finish(control.lease, written.buckets, written.memory)
