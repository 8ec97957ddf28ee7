"""Rows that moved up between two runs of a reconcile, because others were deleted, are read."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from paywatch.domain.changes import Record
from paywatch.memory import MemoryPayments
from tests.polling import Polling

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("removed", [1, 7, 19, 20, 33])
def test_rows_that_moved_up_by_less_than_a_page_between_two_runs_are_read(removed: int) -> None:
    polling = Polling(["onepay"], budget=12)
    world = polling.world("onepay")
    for number in range(400):
        world.add("paid", created_at=polling.clock.now() - HOUR * (number + 1))
    newest_first = world.payments()
    while not (polling.memory("reconcile", "onepay") or {}).get("completed"):
        polling.poll("onepay")
        for payment in newest_first[:removed]:
            world.remove(payment.id)
        del newest_first[:removed]
    stored = [polling.stored(p.id, "onepay") for p in world.payments()]
    assert len(stored) > 50
    assert None not in stored
    assert polling.deliveries == []


class Refusing(MemoryPayments):
    """A table that does not take one payment, while it is named."""

    refused = ""

    def save(self, record: Record, replacing: Record | None) -> None:
        if record.id == self.refused:
            raise OSError("the table did not take this one")
        super().save(record, replacing)


def test_no_loss_nothing_is_read_behind_a_row_that_moved_up_and_could_not_be_written() -> None:
    polling = Polling(["onepay"], budget=12)
    polling.payments = table = Refusing()
    world = polling.world("onepay")
    for number in range(200):
        world.add("paid", created_at=polling.clock.now() - HOUR * (number + 1))
    polling.poll("onepay")
    page = polling.memory("reconcile", "onepay")["current"]["page"]
    newest_first = world.payments()
    for payment in newest_first[:7]:
        world.remove(payment.id)
    # It stood on the next page, and stands on the one before it now.
    table.refused = newest_first[(page - 1) * 20].id
    with pytest.raises(OSError, match="did not take"):
        polling.poll("onepay")
    asked = [s.target for s in polling.asked("onepay") if "status" not in s.target]
    assert [re.findall(r"page=(\d+)", target) for target in asked] == [["1"], [f"{page - 1}"]]
    assert polling.memory("reconcile", "onepay")["current"]["page"] == page
    table.refused = ""
    while not polling.memory("reconcile", "onepay").get("completed"):
        polling.poll("onepay")
    assert None not in [polling.stored(p.id, "onepay") for p in world.payments()]
    assert polling.deliveries == []
