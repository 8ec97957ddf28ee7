"""The auditor finds nothing where all is well, and every lie that is planted."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from paylab import (
    AuditReport,
    Delivery,
    Lab,
    LabClock,
    Size,
    Tick,
    TruthLog,
    World,
    audit,
    populate,
)
from paylab.faults import CutOff, Malformed, ServerError, Slow, TooManyRequests, always, sometimes

from .honest_poller import HonestPoller

SIZE = Size(open=15, settled=25, arrivals_per_minute=3)


def a_lab(clock: LabClock, seed: int = 1) -> Lab:
    truth = TruthLog()
    worlds = [World(provider, clock, truth, seed=seed) for provider in ("compago", "onepay")]
    for world in worlds:
        populate(world, SIZE)
    return Lab(clock, worlds, seed=seed)


def judged(poller: HonestPoller, deliveries: list[Delivery] | None = None) -> AuditReport:
    lab = poller.lab
    told = poller.deliveries if deliveries is None else deliveries
    return audit(lab.truth, poller.ticks, told, lab.log)


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


@pytest.fixture(scope="module")
def honest() -> HonestPoller:
    return HonestPoller(a_lab(LabClock(datetime(2026, 1, 9, 10, 30, tzinfo=UTC)))).run(30)


Lie = Callable[[list[Delivery]], list[Delivery]]


def later_event(deliveries: list[Delivery]) -> int:
    """Return the place of a version 2 that is not derived."""
    return next(
        i
        for i, d in enumerate(deliveries)
        if d.event["data"]["version"] == 2 and not d.event["data"]["derived"]
    )


def changed(**data: Any) -> Lie:
    def lie(deliveries: list[Delivery]) -> list[Delivery]:
        place = later_event(deliveries)
        event = copy.deepcopy(dict(deliveries[place].event))
        event["data"] |= data
        return [
            *deliveries[:place],
            deliveries[place]._replace(event=event),
            *deliveries[place + 1 :],
        ]

    return lie


def repeated(**data: Any) -> Lie:
    def lie(deliveries: list[Delivery]) -> list[Delivery]:
        again = changed(**data)(deliveries)[later_event(deliveries)]
        return [*deliveries, again]

    return lie


def dropped(deliveries: list[Delivery]) -> list[Delivery]:
    place = later_event(deliveries)
    return deliveries[:place] + deliveries[place + 1 :]


def swapped(deliveries: list[Delivery]) -> list[Delivery]:
    place = later_event(deliveries)
    subject = deliveries[place].event["subject"]
    first = next(i for i, d in enumerate(deliveries) if d.event["subject"] == subject)
    swapped = list(deliveries)
    swapped[first], swapped[place] = swapped[place], swapped[first]
    return swapped


def renamed(payment_id: str) -> Lie:
    def lie(deliveries: list[Delivery]) -> list[Delivery]:
        event = copy.deepcopy(dict(deliveries[0].event))
        event["subject"] = event["data"]["payment_id"] = payment_id
        event["id"] = f"{event['data']['provider']}/default/{payment_id}/1"
        return [*deliveries, Delivery(deliveries[0].tick, event)]

    return lie


@pytest.mark.parametrize(
    ("lie", "kind"),
    [
        (dropped, "lost"),
        (swapped, "out_of_order"),
        (renamed("nobody"), "invented"),
        (changed(status="cancelled", provider_status="CANCELLED"), "invented"),
        (changed(status="refunded", provider_status="refunded"), "invented"),
        (changed(status="REFUNDED", provider_status="x"), "invented"),
        (changed(status="expired"), "invented"),
        (changed(status="expired", derived=True), "invented"),
        (changed(amount="1.23"), "invented"),
        (changed(amount=100), "invented"),
        (changed(amount="a hundred"), "invented"),
        (changed(currency="USD"), "invented"),
        (changed(external_id="order-0"), "invented"),
        (changed(previous_status=None), "invented"),
        (changed(previous_status="disputed"), "invented"),
        (changed(version=3), "invented"),
        (repeated(amount="1.23"), "invented"),
    ],
)
def test_a_planted_lie_is_reported(honest: HonestPoller, lie: Lie, kind: str) -> None:
    report = judged(honest, lie(honest.deliveries))

    assert judged(honest).ok
    assert getattr(report, kind), str(report)
    assert not report.ok


def test_an_event_that_came_before_its_status_stood_is_invented(honest: HonestPoller) -> None:
    deliveries = list(honest.deliveries)
    event = copy.deepcopy(dict(deliveries[-1].event))
    event["time"] = honest.ticks[3].start.isoformat()
    deliveries[-1] = Delivery(3, event)

    assert judged(honest, deliveries).invented


def test_an_event_about_a_status_that_stood_long_ago_is_invented(honest: HonestPoller) -> None:
    gone = next(d for d in honest.deliveries if d.event["data"]["version"] == 2)
    first = next(d for d in honest.deliveries if d.event["subject"] == gone.event["subject"])
    assert first.tick < gone.tick
    event = copy.deepcopy(dict(first.event))
    event["time"] = honest.ticks[-1].end.isoformat()
    deliveries = [Delivery(29, event) if d is first else d for d in honest.deliveries]

    assert judged(honest, deliveries).invented


def test_the_same_event_again_is_a_duplicate_even_when_it_says_that_it_is_replayed(
    honest: HonestPoller,
) -> None:
    report = judged(honest, repeated(replayed=True)(honest.deliveries))

    assert report.ok
    assert report.duplicates == 1


def test_what_was_there_before_the_watch_must_not_be_announced(clock: LabClock) -> None:
    lab = a_lab(clock)
    poller = HonestPoller(lab)
    poller._watch = clock.now() - timedelta(days=400)
    report = judged(poller.run(3))

    assert any("before the watch" in finding for finding in report.invented)


def test_a_gap_in_the_versions_is_out_of_order(honest: HonestPoller) -> None:
    subject = honest.deliveries[later_event(honest.deliveries)].event["subject"]
    deliveries = [
        d
        for d in honest.deliveries
        if (d.event["subject"], d.event["data"]["version"]) != (subject, 1)
    ]
    report = judged(honest, deliveries)

    assert report.out_of_order


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


def test_the_delay_of_an_event_is_counted_in_ticks_from_the_first_that_could_see_it(
    honest: HonestPoller,
) -> None:
    place = later_event(honest.deliveries)
    late = honest.deliveries[place]
    deliveries = list(honest.deliveries)
    deliveries[place] = late._replace(tick=late.tick + 7)
    report = judged(honest, deliveries)

    assert report.worst_delay[0] >= 7
    assert report.worst_delay[1] == late.event["id"]
    assert any(late.event["id"] in line for line in report.lines())


@pytest.mark.parametrize(("name", "seconds"), [("changed_after", 30), ("changed_before", -30)])
def test_an_interval_that_leaves_the_change_out_is_invented(
    clock: LabClock, name: str, seconds: int
) -> None:
    world = World("onepay", clock)
    payment = world.add(created_at=clock.now() - timedelta(days=1))
    clock.advance(1)
    poller = HonestPoller(Lab(clock, [world])).run(1)
    moved = clock.now()
    world.move(payment.id, "paid")
    poller.run(1)
    assert judged(poller).ok
    (told,) = poller.deliveries
    said = {**told.event["data"], name: (moved + timedelta(seconds=seconds)).isoformat()}
    wrong = told._replace(event={**told.event, "data": said})
    assert "says that it changed" in judged(poller, [wrong]).invented[0]
