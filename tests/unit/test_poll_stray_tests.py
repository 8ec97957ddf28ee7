"""A payment that says in a live account that it is a test is told like any other, and says so."""

from __future__ import annotations

from paylab import Delivery
from paylab.faults import StrayTests, always
from tests.polling import Polling


def test_a_test_payment_in_a_live_account_is_told_and_says_so() -> None:
    polling = Polling(["onepay"])
    world = polling.world("onepay")
    world.api_key = "sk_live_lab"
    polling.poll("onepay")
    polling.lab.faults = [StrayTests(when=always(), payments=2)]
    for _ in range(6):
        polling.poll("onepay")
        world.add(created_at=polling.clock.now())
    polling.lab.faults = []
    for _ in range(2):
        polling.poll("onepay")
    tests = {payment_id for _, payment_id in polling.truth.tests}
    assert len(tests) == 2
    told = [d.event["data"] for d in polling.deliveries]
    assert {each["payment_id"] for each in told if each["is_test"]} == tests
    assert len({each["payment_id"] for each in told}) == 2 + 6
    assert polling.audit().ok

    # An event that hides it would be found by the auditor.
    hidden = [
        Delivery(d.tick, {**d.event, "data": {**d.event["data"], "is_test": False}})
        for d in polling.deliveries
    ]
    polling.deliveries = hidden
    assert all("does not say that it is a test" in each for each in polling.audit().invented)
    assert len(polling.audit().invented) >= 2
