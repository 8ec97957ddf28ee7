"""What the auditor excuses, and what it does not: rest after silence, and reads of old copies."""

from dataclasses import replace
from datetime import timedelta

from paylab import Lab, LabClock, Tick, World
from paylab.faults import Lagging, Leaves, ServerError, always

from .auditing import judged
from .honest_poller import HonestPoller


class Believed(Lagging):
    """An old copy that the honest poller takes for the truth."""

    leaves = Leaves.ALL


def test_a_poller_that_got_nothing_may_rest_for_four_minutes_and_no_longer(
    clock: LabClock,
) -> None:
    def lost(minutes: int) -> list[str]:
        world = World("onepay", LabClock(clock.now()))
        lab = Lab(world.clock, [world], faults=[ServerError(when=always())])
        poller = HonestPoller(lab, attempts=1).run(1)
        world.add()
        for _ in range(minutes):
            poller.ticks.append(Tick(world.clock.now(), world.clock.now()))
            world.clock.advance(60)
        return judged(poller).lost

    assert [len(lost(minutes)) for minutes in (2, 3, 6)] == [0, 0, 1]


def with_an_old_copy(clock: LabClock, word: str) -> HonestPoller:
    """Return who believes an old copy of a payment that was `created` and then got another word."""
    world = World("onepay", clock)
    lab = Lab(clock, [world])
    poller = HonestPoller(lab)
    payment = world.add(at=clock.now() + timedelta(seconds=30))
    world.move(payment.id, word, at=clock.now() + timedelta(seconds=90))
    poller.run(3)
    lab.faults = [Believed(when=always(), seconds=120)]
    poller.run(1)
    lab.faults = []
    poller.run(1)
    return poller


def test_a_status_that_an_old_copy_shows_again_may_be_told_unless_it_goes_backwards(
    clock: LabClock,
) -> None:
    poller = with_an_old_copy(LabClock(clock.now()), "on_hold")
    told = [d.event["data"]["status"] for d in poller.deliveries]
    assert told == ["pending", "on_hold", "pending", "on_hold"]
    for delivery in poller.deliveries:
        data = delivery.event["data"]
        for name in ("status", "previous_status"):
            data[name] = "unrecognized" if data[name] == "on_hold" else data[name]
    assert judged(poller).ok
    poller.lab.log._entries[:] = [replace(served, as_of=None) for served in poller.lab.log]
    assert not judged(poller).ok

    poller = with_an_old_copy(LabClock(clock.now()), "paid")
    assert [d.event["data"]["status"] for d in poller.deliveries][:3] == [
        "pending",
        "paid",
        "pending",
    ]
    assert judged(poller).out_of_order
