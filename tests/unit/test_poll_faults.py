"""What a poll that could not do all its work leaves for the next one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from paylab import LabPayment
from tests.gates import Gate, gate
from tests.polling import Polling

HOUR = timedelta(hours=1)


class Throttled(Exception):
    """The table does not take a write."""


def begun(source: str) -> tuple[Polling, LabPayment, Gate]:
    """Return a polling that knows one open payment, with its ports behind a gate."""
    polling = Polling([source])
    payment = polling.world(source).add(created_at=polling.clock.now() - HOUR)
    polling.world(source).add(created_at=polling.clock.now() - HOUR)
    counted = gate(polling)
    for _ in range(4):
        polling.poll(source)
    return polling, payment, counted


def refuse(counted: Gate, refused: str) -> None:
    """Let every call of a name fail."""

    def before(number: int, name: str) -> None:
        if name == refused:
            raise Throttled(name)

    counted.before = before


def agree(counted: Gate) -> None:
    """Let every call through again."""
    counted.before = lambda number, name: None


@pytest.mark.parametrize("source", ["compago", "onepay"])
@pytest.mark.parametrize("call", ["save", "mark", "fetch", "finish", "acknowledge"])
def test_what_came_and_went_while_the_table_was_away_is_found_by_the_next_poll(
    source: str, call: str
) -> None:
    polling, payment, counted = begun(source)
    gone = polling.world(source).add("CONFIRMED" if source == "compago" else "paid")
    polling.world(source).move(payment.id, "CANCELLED" if source == "compago" else "failed")
    refuse(counted, call)
    for _ in range(3):
        with pytest.raises(Throttled):
            polling.poll(source)
    agree(counted)
    for _ in range(2):
        polling.poll(source)
    # What was published and not acknowledged is published again: harmless, and no later.
    assert set(polling.told(gone.id)) == {"paid"}
    assert set(polling.told(payment.id)) == {"cancelled" if source == "compago" else "failed"}


def test_a_sweep_that_does_not_fit_into_a_run_goes_on_in_the_next() -> None:
    polling = Polling(["onepay"], budget=8)
    for number in range(200):
        born = polling.clock.now() - timedelta(hours=1, minutes=number)
        polling.world("onepay").add(created_at=born)
    for _ in range(12):
        polling.poll("onepay")
    pages = {
        served.target.split("page=")[1].split("&")[0]
        for tick in range(12)
        for served in polling.asked("onepay", tick)
        if "=created&" in served.target or "%5D=created" in served.target
    }
    assert pages >= {str(number) for number in range(1, 11)}
    stored = [polling.stored(p.id, "onepay") for p in polling.world("onepay").payments()]
    assert None not in stored
