"""A reconcile that was asked for is made, whatever becomes of the run that was asked."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from paylab import LabPayment
from paylab.faults import ServerError, always
from tests.gates import CLOCK, REQUEST, Killed, gate
from tests.polling import Polling

HOUR = timedelta(hours=1)


def amended(source: str) -> tuple[Polling, LabPayment]:
    """Return a polling, and a settled payment of which only a reconcile shows the new amount."""
    polling = Polling([source])
    world = polling.world(source)
    world.largest_page = 20
    word = "CONFIRMED" if source == "compago" else "paid"
    for number in range(60):
        world.add(word, created_at=polling.clock.now() - 100 * HOUR * (number + 1))
    world.add(created_at=polling.clock.now() - HOUR)
    for _ in range(4):
        polling.poll(source)
    oldest = world.payments()[59]
    world.amend(oldest.id, amount=oldest.amount + 1)
    return polling, world.payments()[59]


def is_known(polling: Polling, payment: LabPayment, source: str) -> bool:
    stored = polling.stored(payment.id, source)
    return stored is not None and Decimal(str(stored.payment.amount)) == payment.amount


@pytest.mark.parametrize("source", ["compago", "onepay"])
def test_polls_alone_do_not_show_what_these_tests_look_for(source: str) -> None:
    polling, payment = amended(source)
    for _ in range(8):
        polling.poll(source)
    assert not is_known(polling, payment, source)


@pytest.mark.parametrize("source", ["compago", "onepay"])
def test_progress_a_reconcile_whose_run_died_is_made_by_the_polls(source: str) -> None:
    polling, payment = amended(source)
    one = gate(polling)
    polling.tick(action="reconcile")
    steps = len(one.calls)
    assert is_known(polling, payment, source)
    first = one.calls.index(REQUEST) + 1
    deaths = [n for n in range(first, steps + 1) if one.calls[n - 1] not in CLOCK]
    assert len(deaths) > 5
    for dies_after in deaths:
        polling, payment = amended(source)
        one = gate(polling)

        def after(number: int, name: str, last: int = dies_after) -> None:
            if number == last:
                raise Killed(name)

        one.after = after
        with pytest.raises(Killed):
            polling.tick(action="reconcile")
        one.open()
        for _ in range(2):
            polling.poll(source)
        assert is_known(polling, payment, source), dies_after


def test_progress_a_reconcile_asked_for_while_a_provider_is_left_alone_is_made_later() -> None:
    polling, payment = amended("onepay")
    polling.lab.faults = [ServerError(when=always())]
    for _ in range(5):
        polling.poll("onepay")
    assert polling.poll("onepay", action="reconcile")["outcome"] == "resting"
    polling.lab.faults = []
    for _ in range(8):
        polling.poll("onepay")
    assert is_known(polling, payment, "onepay")


def test_a_poll_that_nobody_asked_for_a_reconcile_keeps_nothing_before_its_end() -> None:
    polling, _ = amended("onepay")
    one = gate(polling)
    polling.poll("onepay")
    assert one.count("keep") == 0
    polling.poll("onepay", action="reconcile")
    assert one.count("keep") == 1
    polling.poll("onepay")
    assert one.count("keep") == 1
