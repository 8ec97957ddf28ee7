"""The auditor finds every lie that is planted into what an honest poller tells."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from paylab import Delivery, Lab, LabClock, World

from .auditing import a_lab, judged
from .honest_poller import HonestPoller


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


def test_a_gap_in_the_versions_is_out_of_order(honest: HonestPoller) -> None:
    subject = honest.deliveries[later_event(honest.deliveries)].event["subject"]
    deliveries = [
        d
        for d in honest.deliveries
        if (d.event["subject"], d.event["data"]["version"]) != (subject, 1)
    ]
    report = judged(honest, deliveries)

    assert report.out_of_order


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
