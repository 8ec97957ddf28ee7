"""What only a reconcile sees is suspected first, and told when a later read says the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from paylab import LabPayment
from paylab.faults import Emptied, where
from paywatch.domain.payments import Source
from paywatch.memory import MemoryPayments
from tests.gates import gate
from tests.polling import Polling

HOUR = timedelta(hours=1)
# A refund is waited for while each of the four settled lists has its turn.
TURNS = 4


def suspected() -> tuple[Polling, LabPayment]:
    """Return a polling that suspects a refund, which no list of refunds shows.

    The next poll but `TURNS` looks it up.
    """
    polling = Polling(["onepay"])
    world = polling.world("onepay")
    for number in range(12):
        world.add(created_at=polling.clock.now() - HOUR * (number + 1))
        world.add("paid", created_at=polling.clock.now() - 100 * HOUR * (number + 1))
    for _ in range(3):
        polling.poll("onepay")
    # The oldest one: the tail does not reach that far.
    refunded = min(world.payments(), key=lambda payment: payment.created_at)
    polling.lab.faults = [Emptied(when=where("refunded"))]
    world.move(refunded.id, "refunded")
    assert polling.poll("onepay", action="reconcile")["misses"] == 0
    assert list(suspects(polling)) == [refunded.id]
    for _ in range(TURNS):
        assert polling.poll("onepay")["misses"] == 0
    assert list(suspects(polling)) == [refunded.id]
    assert polling.deliveries == []
    return polling, refunded


def suspects(polling: Polling) -> dict[str, Any]:
    found: dict[str, Any] = polling.memory("reconcile", "onepay")["current"]["suspects"]
    return found


def looked_up(polling: Polling, payment: LabPayment) -> bool:
    return any(served.target.endswith(f"/{payment.id}") for served in polling.asked("onepay"))


def told(polling: Polling) -> list[tuple[str, str, int]]:
    """Return of every event whose it is, what it says and its version."""
    data = [delivery.event["data"] for delivery in polling.deliveries]
    return [(each["payment_id"], each["status"], each["version"]) for each in data]


def test_a_suspect_that_is_found_so_again_is_told_once_and_was_missed() -> None:
    polling, refunded = suspected()
    misses = [polling.poll("onepay")["misses"] for _ in range(3)]
    assert misses == [1, 0, 0]
    assert told(polling) == [(refunded.id, "refunded", 1)]
    assert polling.deliveries[0].event["data"]["detected_by"] == "reconcile"
    assert "current" not in polling.memory("reconcile", "onepay")


def test_absence_a_suspect_that_the_provider_does_not_know_any_more_is_let_go() -> None:
    polling, refunded = suspected()
    before = polling.stored(refunded.id, "onepay")
    polling.world("onepay").remove(refunded.id)
    report = polling.poll("onepay")
    assert (report["outcome"], report["misses"]) == ("ok", 0)
    assert "current" not in polling.memory("reconcile", "onepay")
    assert polling.deliveries == []
    assert polling.stored(refunded.id, "onepay") == before


def test_no_loss_a_suspect_that_could_not_be_written_is_looked_up_again_by_the_next_poll() -> None:
    polling, refunded = suspected()
    counted = gate(polling)

    def before(number: int, name: str) -> None:
        if name == "save":
            raise OSError("the table did not take this one")

    counted.before = before
    with pytest.raises(OSError, match="did not take"):
        polling.poll("onepay")
    assert list(suspects(polling)) == [refunded.id]
    counted.before = lambda number, name: None
    assert [polling.poll("onepay")["misses"] for _ in range(3)] == [1, 0, 0]
    assert told(polling) == [(refunded.id, "refunded", 1)]


def test_a_suspect_for_which_there_is_no_time_is_looked_up_by_the_next_poll() -> None:
    polling, refunded = suspected()
    # The lists alone take seven eighths of what a poll has: 11 s of these 15.
    polling.latency = 2.4
    polling.restart()
    report = polling.poll("onepay", seconds=15)
    # A lookup that comes to no answer in time is no lookup that failed.
    assert (report["outcome"], report["misses"]) == ("ok", 0)
    assert "time ended" in report["detail"]
    assert [suspect[-1] for suspect in suspects(polling).values()] == [False]
    assert polling.poll("onepay")["misses"] == 1
    assert looked_up(polling, refunded)
    assert told(polling) == [(refunded.id, "refunded", 1)]


def test_a_suspect_whose_item_has_expired_meanwhile_is_told_as_its_first_change() -> None:
    polling, refunded = suspected()
    kept = MemoryPayments()
    for payment in polling.world("onepay").payments():
        stored = polling.stored(payment.id, "onepay")
        if stored is not None and payment.id != refunded.id:
            kept.save(stored, None)
    polling.payments = kept
    assert polling.poll("onepay")["misses"] == 1
    assert told(polling) == [(refunded.id, "refunded", 1)]
    (event,) = [delivery.event["data"] for delivery in polling.deliveries]
    assert event["previous_status"] is None
    assert kept.fetch(Source("onepay"), [refunded.id])[refunded.id].published == 1
