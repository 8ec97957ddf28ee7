"""A list that collapses is not believed; what is read directly is; it passes by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from paylab import LabPayment
from paylab.faults import Emptied, where
from tests.polling import Polling

MANY = 30


def begun(by_id: bool = True) -> tuple[Polling, list[LabPayment]]:
    """Return a polling that has known many open payments for some polls."""
    polling = Polling(["compago"], by_id=by_id)
    for number in range(MANY):
        polling.world().add(created_at=polling.clock.now() - timedelta(hours=1, minutes=number))
    for _ in range(3):
        polling.poll()
    return polling, list(polling.world().payments())


@pytest.mark.parametrize("by_id", [True, False])
def test_an_empty_list_is_not_believed_however_long_and_concludes_nothing(by_id: bool) -> None:
    polling, payments = begun(by_id)
    polling.lab.faults = [Emptied(when=where("status=PENDING"))]
    reports = [polling.poll() for _ in range(6)]
    assert all(report["braked"] for report in reports)
    assert not any(report["sealed"] for report in reports)
    # Only a sample is asked for, and none of it moved.
    assert all(report["leavers"] <= 5 for report in reports)
    assert polling.deliveries == []
    polling.lab.faults = []
    # It takes two walks that list them again to be believed again.
    assert [polling.poll()["braked"] for _ in range(3)] == [True, False, False]
    assert polling.deliveries == []
    polling.world().move(payments[0].id, "CONFIRMED")
    polling.poll()
    assert polling.told(payments[0].id) == ["paid"]


def test_while_a_list_is_empty_what_moves_is_still_found_by_direct_evidence() -> None:
    polling, payments = begun()
    polling.lab.faults = [Emptied(when=where("status=PENDING"))]
    polling.poll()
    moved = payments[7]
    polling.world().move(moved.id, "CONFIRMED")
    new = polling.world().add()
    polling.poll()
    assert polling.told(new.id) == ["pending"]
    for _ in range(3):
        polling.poll()
    assert polling.told(moved.id) == ["paid"]
    assert {d.event["data"]["payment_id"] for d in polling.deliveries} == {moved.id, new.id}


@pytest.mark.parametrize("by_id", [True, False])
def test_when_all_did_move_at_once_the_brake_lets_go_and_each_is_told_of(by_id: bool) -> None:
    polling, payments = begun(by_id)
    for payment in payments:
        polling.world().move(payment.id, "CONFIRMED")
    for _ in range(3):
        polling.poll()
    assert all(polling.told(payment.id) == ["paid"] for payment in payments)
    assert not polling.poll()["braked"]
