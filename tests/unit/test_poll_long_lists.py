"""Settled lists that are too long for one poll: a refund of long ago is found all the same."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from paywatch.discovery.settled import KEPT_IDS
from tests.polling import Polling

HOUR = timedelta(hours=1)
LONG = 700
WITHIN = 5
LEAVING = 6


@pytest.mark.parametrize("pace", [1.0, 10.0])
def test_a_refund_deep_in_a_long_list_is_found_within_a_few_polls(pace: float) -> None:
    polling = Polling(["onepay"], pace=pace)
    world, dice = polling.world("onepay"), random.Random(1)
    for number in range(LONG):
        world.add("refunded", created_at=polling.clock.now() - HOUR * (number + 2))
    paid = [
        world.add("paid", created_at=polling.clock.now() - HOUR * dice.randrange(20, LONG)).id
        for _ in range(4)
    ]
    while not (polling.memory("reconcile", "onepay") or {}).get("completed"):
        polling.poll("onepay")
    for payment_id in paid:
        world.move(payment_id, "refunded")
        misses = 0
        for _ in range(WITHIN):
            misses += polling.poll("onepay")["misses"]
        (event,) = (d.event["data"] for d in polling.deliveries if d.event["subject"] == payment_id)
        assert (event["status"], event["detected_by"], misses) == ("refunded", "settled_scan", 0)
    # The list is not walked for ever.
    for _ in range(WITHIN):
        polling.poll("onepay")
    assert [polling.poll("onepay")["requests"] for _ in range(4)] == [4, 4, 4, 4]


def test_leavers_do_not_wait_for_the_walk_of_a_long_settled_list() -> None:
    polling = Polling(["onepay"], pace=1.0, latency=2.0)
    world = polling.world("onepay")
    for number in range(LONG):
        world.add("refunded", created_at=polling.clock.now() - HOUR * (number + 2))
    paid = world.add("paid", created_at=polling.clock.now() - HOUR * LONG)
    opened = [
        world.add(created_at=polling.clock.now() - HOUR * (100 + number))
        for number in range(LEAVING * 8)
    ]
    while not (polling.memory("reconcile", "onepay") or {}).get("completed"):
        polling.poll("onepay")
    world.move(paid.id, "refunded")
    while opened:
        left = [opened.pop().id for _ in range(LEAVING)]
        for payment_id in left:
            world.move(payment_id, "failed")
        polling.poll("onepay")
        assert [polling.told(payment_id) for payment_id in left] == [["failed"]] * LEAVING
    assert polling.told(paid.id) == ["refunded"]


def test_who_a_long_walk_raises_a_doubt_about_is_asked_for_in_the_same_poll() -> None:
    polling = Polling(["onepay"], pace=1.0, latency=2.0)
    world = polling.world("onepay")
    for number in range(LONG):
        world.add("failed", created_at=polling.clock.now() - HOUR * (number + 2))
    # More than the ids that are kept of a list: whoever leaves it is not missed there.
    refunded = [
        world.add("refunded", created_at=polling.clock.now() - HOUR * (LONG + number))
        for number in range(KEPT_IDS + 1)
    ]
    while not (polling.memory("reconcile", "onepay") or {}).get("completed"):
        polling.poll("onepay")
    taken_back = refunded[0]
    world.move(taken_back.id, "failed")
    parts: list[dict[str, Any]] = []
    while not polling.told(taken_back.id) and len(parts) < 12:
        parts.append(polling.poll("onepay"))
    assert polling.told(taken_back.id) == ["failed"]
    (event,) = [d.event["data"] for d in polling.deliveries]
    assert (event["detected_by"], event["correction"]) == ("lookup", True)
    assert [part["outcome"] for part in parts] == ["ok"] * len(parts)


def test_a_sweep_that_is_nearly_at_its_end_is_ended_in_the_same_poll() -> None:
    polling = Polling(["onepay"], pace=1.0)
    world = polling.world("onepay")
    opened = [
        world.add(created_at=polling.clock.now() - HOUR * (2 + number)) for number in range(40 * 20)
    ]
    while not (polling.memory("reconcile", "onepay") or {}).get("completed"):
        polling.poll("onepay")
    for number in range(4):
        left = opened.pop().id
        world.move(left, "paid")
        part = polling.poll("onepay")
        assert part["outcome"] == "ok", number
        assert [c["why"] for c in part["certificates"]] == ["", "the list is empty"]
        assert polling.told(left) == ["paid"]
