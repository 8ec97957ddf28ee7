"""The auditor finds nothing where all is well, and whatever a poller owes and has not told."""

from datetime import timedelta

import pytest

from paylab import Lab, LabClock, Tick, World
from paylab.faults import CutOff, Malformed, ServerError, Slow, TooManyRequests, always, sometimes

from .auditing import a_lab, judged
from .honest_poller import HonestPoller


@pytest.mark.parametrize("seed", range(4))
def test_an_honest_poller_is_found_honest(clock: LabClock, seed: int) -> None:
    report = judged(HonestPoller(a_lab(clock, seed)).run(30))

    assert report.ok, str(report)
    assert report.delivered == report.expected > 50
    assert report.unseen > 0
    assert report.expiries > 0
    assert report.silent > 50
    assert report.worst_delay[0] <= 1
    assert report.lines()[0].startswith(
        f"delivered {report.expected} of {report.expected}, lost 0, invented 0, out of order 0, "
        "duplicates 0, detection delay median 0 and worst"
    )


@pytest.mark.parametrize("seed", range(4))
def test_an_honest_poller_is_found_honest_under_faults(clock: LabClock, seed: int) -> None:
    lab = a_lab(clock, seed)
    lab.faults += [
        kind(when=sometimes(0.1))
        for kind in (TooManyRequests, ServerError, CutOff, Malformed, Slow)
    ]
    report = judged(HonestPoller(lab).run(30))

    assert report.ok, str(report)
    assert report.expected > 40


def test_a_source_that_no_tick_could_read_owes_nothing(clock: LabClock) -> None:
    lab = a_lab(clock)
    lab.faults.append(ServerError(when=always(), source="onepay/default"))
    report = judged(HonestPoller(lab).run(10))

    assert report.ok, str(report)
    assert report.optional > 10


def test_what_was_there_before_the_watch_must_not_be_announced(clock: LabClock) -> None:
    lab = a_lab(clock)
    poller = HonestPoller(lab)
    poller._watch = clock.now() - timedelta(days=400)
    report = judged(poller.run(3))

    assert any("before the watch" in finding for finding in report.invented)


def test_a_poller_that_stops_looking_has_lost_what_it_did_not_look_for(clock: LabClock) -> None:
    poller = HonestPoller(a_lab(clock)).run(10)
    for _ in range(10):
        poller.ticks.append(Tick(clock.now(), clock.now()))
        clock.advance(60)
    poller.lab.settle()

    assert len(judged(poller).lost) > 10


def test_a_poller_that_was_asked_to_wait_may_wait(clock: LabClock) -> None:
    lab = a_lab(clock)
    lab.faults.append(TooManyRequests(when=always(), retry_after=3600))
    poller = HonestPoller(lab, attempts=1).run(1)
    for _ in range(10):
        poller.ticks.append(Tick(clock.now(), clock.now()))
        clock.advance(60)
    lab.settle()

    assert judged(poller).ok


def test_a_refund_of_a_payment_from_before_the_watch_must_be_told(clock: LabClock) -> None:
    world = World("onepay", clock)
    payment = world.add("paid", created_at=clock.now() - timedelta(days=3))
    clock.advance(1)
    world.move(payment.id, "refunded", at=clock.now() + timedelta(seconds=90))
    poller = HonestPoller(Lab(clock, [world])).run(4)

    assert [d.event["data"]["status"] for d in poller.deliveries] == ["refunded"]
    assert judged(poller).ok
    assert judged(poller, []).lost


def test_a_move_backwards_may_be_told_one_tick_late_but_must_be_told(clock: LabClock) -> None:
    world = World("onepay", clock)
    payment = world.add("paid", created_at=clock.now() - timedelta(days=3))
    clock.advance(1)
    world.move(payment.id, "processing", at=clock.now() + timedelta(seconds=90))
    poller = HonestPoller(Lab(clock, [world])).run(3)

    assert judged(poller, []).ok
    poller.run(1)
    assert judged(poller, []).lost


def test_the_way_back_from_what_was_read_too_seldom_to_be_believed_is_not_owed(
    clock: LabClock,
) -> None:
    world = World("onepay", clock)
    payment = world.add("processing", created_at=clock.now() - timedelta(days=3))
    clock.advance(1)
    start = clock.now()
    world.move(payment.id, "created", at=start + timedelta(seconds=90))
    world.move(payment.id, "processing", at=start + timedelta(seconds=150))
    poller = HonestPoller(Lab(clock, [world])).run(5)

    assert [d.event["data"]["status"] for d in poller.deliveries] == ["pending", "processing"]
    assert judged(poller).ok
    assert judged(poller, []).ok
    # Who tells of the one owes the other.
    assert judged(poller, poller.deliveries[:1]).lost


def test_a_killed_tick_owes_nothing(clock: LabClock) -> None:
    world = World("onepay", clock)
    poller = HonestPoller(Lab(clock, [world])).run(1)
    payment = world.add(at=clock.now() - timedelta(seconds=10))
    poller.run(1)
    world.move(payment.id, "paid")
    told = [d for d in poller.deliveries if d.event["subject"] != payment.id]

    assert judged(poller, told).lost
    poller.ticks[-1] = poller.ticks[-1]._replace(finished=False)
    assert judged(poller, told).ok


def test_a_deadline_that_was_moved_makes_a_link_pending_once_more(clock: LabClock) -> None:
    world = World("compago", clock)
    lab = Lab(clock, [world])
    clock.advance(1)
    poller = HonestPoller(lab).run(1)
    link = world.add(expires_at=clock.now() + timedelta(seconds=90))
    poller.run(3)
    world.amend(link.id, expires_at=clock.now() + timedelta(days=1))
    poller.run(2)

    assert [d.event["data"]["status"] for d in poller.deliveries] == [
        "pending",
        "expired",
        "pending",
    ]
    assert judged(poller).ok
    assert judged(poller).expiries == 1
