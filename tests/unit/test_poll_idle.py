"""What a poll costs when little or nothing has moved."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import unquote

import pytest

from paywatch.domain.limits import BATCH_ENTRIES
from tests.gates import TABLE, Gate, gate
from tests.polling import Polling


def standing(source: str, count: int) -> tuple[Polling, Gate]:
    """Return a polling that knows so many open payments, all of them from before the watch."""
    polling = Polling([source], pace=100, budget=50_000, latency=0.01)
    for number in range(count):
        born = polling.clock.now() - timedelta(hours=1, minutes=number)
        polling.world(source).add(created_at=born)
    counted = gate(polling)
    polling.poll(source, seconds=600)
    counted.calls.clear()
    return polling, counted


@pytest.mark.parametrize("count", [10, 1_500])
@pytest.mark.parametrize("source", ["compago", "onepay"])
def test_an_idle_poll_reads_no_payment_and_writes_to_its_control_item_twice(
    source: str, count: int
) -> None:
    polling, counted = standing(source, count)
    report = polling.poll(source, seconds=600)
    assert counted.to(TABLE) == ["acquire", "finish", "peek"]
    assert report["outcome"] == "ok"
    assert report["sealed"]


@pytest.mark.parametrize(
    ("source", "count", "pages"),
    [
        ("compago", 10, 1),
        ("compago", 500, 1),
        ("compago", 501, 2),
        ("onepay", 20, 1),
        ("onepay", 21, 2),
        ("onepay", 200, 10),
    ],
)
def test_an_idle_poll_asks_for_each_page_of_open_payments_once(
    source: str, count: int, pages: int
) -> None:
    polling, _ = standing(source, count)
    for _ in range(4):
        polling.poll(source, seconds=600)
    polling.poll(source, seconds=600)
    word = "status=PENDING" if source == "compago" else "filter[status]=created"
    asked = [unquote(served.target) for served in polling.asked(source)]
    assert sum(word in target for target in asked) == pages
    # Besides: the tail, one settled list in its turn, and OnePay's second open list.
    assert len(asked) == pages + (2 if source == "compago" else 3)


def test_a_change_costs_two_writes_to_its_payment_and_a_share_of_one_publication() -> None:
    polling, counted = standing("compago", 60)
    moved = polling.world().payments()[:30]
    for payment in moved:
        polling.world().amend(payment.id, external_id=f"{payment.external_id}-b")
        polling.world().move(payment.id, "CONFIRMED")
    report = polling.poll()
    assert report["published"] == 30
    assert counted.count("save") == 30
    assert counted.count("acknowledge") == 30
    assert counted.count("publish") == 30 / BATCH_ENTRIES


def test_the_buckets_are_marked_in_one_write_before_the_first_payment_is_written() -> None:
    polling, counted = standing("compago", 60)
    for payment in polling.world().payments():
        polling.world().move(payment.id, "CANCELLED")
    polling.poll()
    assert counted.count("mark") == 1
    assert counted.calls.index("mark") < counted.calls.index("save")


@pytest.mark.parametrize("source", ["compago", "onepay"])
def test_order_a_change_is_recorded_before_it_is_published_and_acknowledged_after(
    source: str,
) -> None:
    polling, counted = standing(source, 3)
    polling.world(source).add()
    polling.poll(source)
    effects = ("mark", "save", "publish", "acknowledge", "finish")
    assert [call for call in counted.calls if call in effects][: len(effects)] == [*effects]


@pytest.mark.parametrize("source", ["compago", "onepay"])
def test_what_was_there_before_the_watch_is_recorded_in_silence(source: str) -> None:
    polling, _ = standing(source, 30)
    assert polling.deliveries == []
    records = [polling.stored(p.id, source) for p in polling.world(source).payments()]
    assert all(record is not None and record.version == 0 for record in records)
