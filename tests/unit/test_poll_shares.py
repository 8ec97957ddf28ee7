"""What each step of a poll has of the run's time, however long the others take."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import pairwise

import pytest

from paylab import World
from paylab.faults import Asked, ServerError
from tests.gates import gate
from tests.polling import Polling
from tests.scale.measuring import changes

HOUR = timedelta(hours=1)
LATE_PAGES = 43


class Throttled(Exception):
    """The table does not take a write."""


def crowded(polling: Polling, open_payments: int) -> list[str]:
    """Let so many be open, and poll until all is known; return them, the newest first."""
    source = polling.sources[0].provider
    world, now = polling.world(source), polling.clock.now()
    ids = [world.add(created_at=now - HOUR * (2 + n)).id for n in range(open_payments)]
    while not (polling.memory("reconcile", source) or {}).get("completed"):
        polling.poll(source)
    return ids


def opened_and_paid(world: World, polling: Polling, count: int) -> None:
    """Let payments open and be paid between two polls: no list of open ones ever shows them."""
    now = polling.clock.now()
    for number in range(count):
        created = now - timedelta(seconds=50 - 20 * number / count)
        world.add("paid", created_at=created, paid_at=now - timedelta(seconds=20))


def waited(polling: Polling, source: str) -> list[int | None]:
    """Return after how many polls each change was told."""
    return [found.polls for found in changes(polling, source)]


def test_what_opens_and_settles_between_polls_is_found_beside_a_sweep_that_takes_long() -> None:
    polling = Polling(["onepay"], pace=1.0, latency=0.2)
    crowded(polling, LATE_PAGES * 20)
    for _ in range(6):
        opened_and_paid(polling.world("onepay"), polling, 125)
        part = polling.poll("onepay")
        assert [c["pages"] for c in part["certificates"]] == [LATE_PAGES, 1]
    found = waited(polling, "onepay")
    assert len(found) == 6 * 125
    assert set(found) == {1}, found


@pytest.mark.parametrize(
    ("open_pages", "new", "unexplained"), [(LATE_PAGES, 155, 20), (12, 380, 30)]
)
def test_what_opens_and_settles_between_polls_is_found_beside_many_to_be_asked_for(
    open_pages: int, new: int, unexplained: int
) -> None:
    polling = Polling(["onepay"], pace=1.0, latency=0.2)
    ids = crowded(polling, open_pages * 20)
    for payment_id in ids[:unexplained]:
        polling.world("onepay").remove(payment_id)
    opened_and_paid(polling.world("onepay"), polling, new)
    assert polling.poll("onepay")["braked"] is False
    assert waited(polling, "onepay") == [1] * new


def test_a_long_settled_list_is_walked_on_beside_a_sweep_that_takes_long() -> None:
    polling = Polling(["onepay"], pace=1.0, latency=0.2)
    world, now = polling.world("onepay"), polling.clock.now()
    for number in range(700):
        world.add("refunded", created_at=now - HOUR * (1_500 + number))
    crowded(polling, LATE_PAGES * 20)
    world.add("refunded", created_at=now - HOUR * 1_800)
    pages = []
    for _ in range(6):
        opened_and_paid(world, polling, 130)
        polling.poll("onepay")
        pages.append(polling.memory("settled", "onepay")["refunded"]["next"])
    walked = [page for page in pages if page]
    assert len(walked) > 3
    # One more in each poll at least.
    assert all(earlier < later for earlier, later in pairwise(walked)), pages


def test_a_reconcile_goes_on_beside_a_sweep_that_takes_long() -> None:
    polling = Polling(["onepay"], pace=1.0, latency=0.2)
    crowded(polling, LATE_PAGES * 20)
    pages = []
    for number in range(4):
        opened_and_paid(polling.world("onepay"), polling, 125)
        polling.poll("onepay", action="poll" if number else "reconcile")
        pages.append(polling.memory("reconcile", "onepay")["current"]["page"])
    # One more in each poll at least.
    assert all(earlier < later for earlier, later in pairwise(pages)), pages


@pytest.mark.parametrize("failing", [4, 6, 7, 9])
def test_a_page_of_new_ones_that_fails_beside_a_sweep_that_takes_long_is_read_again(
    failing: int,
) -> None:
    broken = [str(failing)]

    def of_new_ones(asked: Asked, _: random.Random) -> bool:
        asks = asked.request.params
        return "filter[status]" not in asks and asks.get("page") in broken

    fault = ServerError(when=of_new_ones, statuses=(500,))
    polling = Polling(["onepay"], pace=1.0, latency=0.2, faults=[fault])
    crowded(polling, LATE_PAGES * 20)
    opened_and_paid(polling.world("onepay"), polling, 200)
    part = polling.poll("onepay")
    assert part["outcome"] == "unavailable"
    assert part["detail"].startswith("tail: onepay")
    assert 0 < len(waited(polling, "onepay")) < 200
    broken.clear()
    polling.poll("onepay")
    assert set(waited(polling, "onepay")) == {1, 2}
    assert len(waited(polling, "onepay")) == 200


def test_no_loss_what_of_new_ones_could_not_be_written_is_read_again() -> None:
    polling = Polling(["onepay"], pace=1.0, latency=0.2)
    crowded(polling, LATE_PAGES * 20)
    opened_and_paid(polling.world("onepay"), polling, 200)
    counted, saved = gate(polling), 0

    def before(number: int, name: str) -> None:
        nonlocal saved
        saved += name == "save"
        if name == "save" and saved == 200:
            raise Throttled(name)

    counted.before = before
    with pytest.raises(Throttled):
        polling.poll("onepay")
    assert polling.memory("tail", "onepay")["gap"] is not None
    assert len(waited(polling, "onepay")) == 199
    polling.poll("onepay")
    assert polling.memory("tail", "onepay")["gap"] is None
    assert len(waited(polling, "onepay")) == 200


def test_a_settled_list_that_failed_once_is_asked_again_beside_a_sweep_that_takes_long() -> None:
    broken = [False]

    def of_refunds(asked: Asked, _: random.Random) -> bool:
        return broken[0] and asked.request.params.get("filter[status]") == "refunded"

    fault = ServerError(when=of_refunds, statuses=(500,))
    polling = Polling(["onepay"], pace=1.0, latency=0.2, faults=[fault])
    world = polling.world("onepay")
    paid = world.add("paid", created_at=polling.clock.now() - 3_000 * HOUR)
    crowded(polling, LATE_PAGES * 20)
    broken[0] = True
    for _ in range(4):
        opened_and_paid(world, polling, 60)
        polling.poll("onepay")
    broken[0] = False
    world.move(paid.id, "refunded")
    for _ in range(4):
        opened_and_paid(world, polling, 60)
        polling.poll("onepay")
    assert polling.told(paid.id) == ["refunded"]


def test_a_page_that_cannot_be_read_hides_nobody_who_left_the_others() -> None:
    broken, dice = False, random.Random(1)
    fault = ServerError(when=lambda asked, _: broken and _of_page_one(asked), statuses=(500,))
    polling = Polling(["onepay"], pace=5.0, faults=[fault])
    # The page lists the oldest twenty, which stay.
    ids = crowded(polling, 400)[:-20]
    broken = True
    for _ in range(4):
        for number in range(30):
            word = "paid" if number % 5 else "failed"
            polling.world("onepay").move(ids.pop(dice.randrange(len(ids))), word)
        part = polling.poll("onepay")
        assert (part["braked"], part["watching"]) == (False, False)
    found = waited(polling, "onepay")
    assert len(found) == 4 * 30
    assert set(found) == {1}, found


def test_where_most_are_missing_beside_a_page_that_cannot_be_read_nobody_is_asked_for() -> None:
    fault = ServerError(when=lambda asked, _: broken and _of_page_one(asked), statuses=(500,))
    broken = False
    polling = Polling(["onepay"], pace=5.0, faults=[fault])
    ids = crowded(polling, 160)
    broken = True
    for payment_id in ids[:130]:
        polling.world("onepay").move(payment_id, "paid")
    for _ in range(2):
        part = polling.poll("onepay")
        assert (part["braked"], part["leavers"], part["watching"]) == (False, 0, False)
    broken = False
    while None in waited(polling, "onepay") and len(polling.ticks) < 20:
        polling.poll("onepay")
    assert all(polling.told(payment_id) == ["paid"] for payment_id in ids[:130])


def test_where_nobody_answers_for_one_payment_those_of_a_page_that_fails_are_left_alone() -> None:
    def of_page_two(asked: Asked, _: random.Random) -> bool:
        params = asked.request.params
        return broken and (params.get("status"), params.get("page")) == ("PENDING", "2")

    broken = False
    fault = ServerError(when=of_page_two, statuses=(500,))
    polling = Polling(["compago"], pace=5.0, faults=[fault])
    world, now = polling.world("compago"), polling.clock.now()
    world.by_id = False
    ids = [world.add(created_at=now - HOUR, expires_at=now + 72 * HOUR).id for _ in range(1_100)]
    while not (polling.memory("reconcile", "compago") or {}).get("completed"):
        polling.poll("compago")
    for fails in (False, True, True):
        broken = fails
        world.move(ids.pop(), "CONFIRMED")
        part = polling.poll("compago")
        assert (part["unexplained"], part["leavers"] <= 1) == (0, True)


def _of_page_one(asked: Asked) -> bool:
    params = asked.request.params
    return (params.get("filter[status]"), params.get("page")) == ("created", "1")


def test_leavers_are_asked_for_however_slow_the_answers_are() -> None:
    polling = Polling(["onepay"], pace=1.0, latency=5.0)
    ids = crowded(polling, 120)
    looked_up = 0
    for number in range(8):
        polling.world("onepay").move(ids.pop(10 * number), "failed")
        polling.poll("onepay")
        looked_up += sum(1 for served in polling.asked("onepay") if "filter" not in served.target)
    found = waited(polling, "onepay")
    assert None not in found
    assert looked_up
