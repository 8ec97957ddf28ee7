"""What a source's polls tell although one of the ways to ask it fails for good."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from paylab import World
from paylab.faults import Asked, Fault, ServerError
from paylab.messages import Request, Response
from tests.polling import Polling

HOUR = timedelta(hours=1)


class Answers(Fault):
    """A gateway that answers a status of its own for every payment by id."""

    def __init__(self, status: int) -> None:
        super().__init__(when=lambda asked, _: "one-time-payment/" in asked.request.target)
        self.status = status

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        return Response(self.status, b'{"message":"Missing Authentication Token"}', {})


def aged(world: World, count: int) -> list[str]:
    """Let so many be open for long behind a page of settled ones, so that no tail shows them."""
    now = world.clock.now()
    late = now + 1_000 * HOUR
    ids = [world.add(created_at=now - HOUR * (2_000 + n), expires_at=late).id for n in range(count)]
    for number in range(520):
        world.add("CONFIRMED", created_at=now - 3 * HOUR - timedelta(minutes=number))
    return ids


def polled(polling: Polling, times: int) -> None:
    for _ in range(times):
        polling.poll("compago")


def polls_until_told(polling: Polling, ids: list[str], most: int) -> int | None:
    """Let them be paid; return after how many polls all were told."""
    for payment_id in ids:
        polling.world().move(payment_id, "CONFIRMED")
    for number in range(1, most + 1):
        polling.poll("compago")
        if all(polling.told(payment_id) == ["paid"] for payment_id in ids):
            return number
    return None


@pytest.mark.parametrize("status", [403, 404, 405])
def test_isolation_answers_by_id_that_are_refused_hold_up_nobody(status: int) -> None:
    polling = Polling(["compago"], by_id=False, faults=[Answers(status)])
    ids = aged(polling.world(), 20)
    polled(polling, 4)
    assert polls_until_told(polling, ids[3:7], most=2) == 1
    assert polls_until_told(polling, ids[9:12], most=2) == 1


def test_isolation_two_answers_by_id_that_fail_hold_up_nobody_else() -> None:
    polling = Polling(["compago"])
    ids = aged(polling.world(), 20)
    polled(polling, 4)
    spoilt = ServerError(
        when=lambda asked, _: any(key in asked.request.target for key in ids[:2]), statuses=(500,)
    )
    polling.lab.faults = [spoilt]
    for payment_id in ids[:2]:
        polling.world().remove(payment_id)
    polling.poll("compago")
    assert polls_until_told(polling, ids[5:8], most=2) == 1
    assert polls_until_told(polling, ids[11:14], most=2) == 1


def of_the_word(word: str) -> ServerError:
    def asks(asked: Asked, _: random.Random) -> bool:
        return asked.request.params.get("status") == word

    return ServerError(when=asks, statuses=(500,))


def test_isolation_a_list_that_is_never_answered_keeps_nobody_of_another_from_being_asked() -> None:
    polling = Polling(["compago"])
    world = polling.world()
    ids = aged(world, 20)
    polled(polling, 4)
    polling.lab.faults = [of_the_word("ON_HOLD")]
    world.add("ON_HOLD", at=polling.clock.now(), created_at=polling.clock.now() - HOUR)
    polled(polling, 3)
    assert "ON_HOLD" in [
        walk["list"] for walk in polling.reports[-1]["sources"]["compago"]["certificates"]
    ]
    assert polls_until_told(polling, ids[3:7], most=2) == 1
    assert polls_until_told(polling, ids[9:12], most=2) == 1


def of_page_two(asked: Asked, _: random.Random) -> bool:
    asks: Request = asked.request
    return asks.params.get("status") == "PENDING" and asks.params.get("page") == "2"


def test_isolation_a_page_that_was_never_read_keeps_nobody_of_the_others_from_being_asked() -> None:
    fault = ServerError(when=of_page_two, statuses=(500,))
    polling = Polling(["compago"], faults=[fault])
    world, now = polling.world(), polling.clock.now()
    ids = [
        world.add(created_at=now - timedelta(days=20, minutes=n), expires_at=now + 900 * HOUR).id
        for n in range(520)
    ]
    for number in range(520):
        world.add("CONFIRMED", created_at=now - timedelta(days=1, minutes=number))
    polled(polling, 4)
    assert polls_until_told(polling, ids[100:103], most=2) == 1
    assert polls_until_told(polling, ids[200:203], most=2) == 1


def test_no_invention_a_sweep_that_left_out_a_page_does_not_say_when_all_were_listed() -> None:
    polling = Polling(["compago"])
    world, now = polling.world(), polling.clock.now()
    for number in range(520):
        world.add(created_at=now - timedelta(days=20, minutes=number), expires_at=now + 900 * HOUR)
    polled(polling, 4)
    walked = polling.memory("walk")
    polling.lab.faults = [ServerError(when=of_page_two, statuses=(500,))]
    polled(polling, 8)
    (pending,) = [
        walk
        for walk in polling.reports[-1]["sources"]["compago"]["certificates"]
        if walk["list"] == "PENDING"
    ]
    assert pending["why"].startswith("page 2 could not be read")
    # From it an interval begins, of whoever of that page is found elsewhere later.
    assert polling.memory("walk") == walked
    polling.lab.faults = []
    polled(polling, 2)
    assert polling.memory("walk")["began"] > walked["began"]


def test_isolation_one_row_that_spoils_its_pages_lets_no_provider_rest() -> None:
    polling = Polling(["onepay"])
    world, now = polling.world("onepay"), polling.clock.now()
    ids = [world.add(created_at=now - HOUR * (20 + n)).id for n in range(60)]
    for _ in range(4):
        polling.poll("onepay")
    spoilt = world.add("created").id

    def shows_it(asked: Asked, _: random.Random) -> bool:
        asks = asked.request.params
        if "page" not in asks:
            return False
        rows = [p for p in world.payments() if asks.get("filter[status]") in (None, p.status)]
        rows.sort(key=lambda p: p.created_at, reverse=asks.get("sort", "").startswith("-"))
        first = (int(asks["page"]) - 1) * 20
        return spoilt in [p.id for p in rows[first : first + 20]]

    polling.lab.faults = [ServerError(when=shows_it, statuses=(500,))]
    for _ in range(30):
        world.add("created")
        assert polling.poll("onepay")["outcome"] in ("ok", "unavailable")
    assert "provider_unreachable" not in str(polling.alerted())
    world.move(ids[50], "failed")
    polling.poll("onepay")
    assert polling.told(ids[50]) == ["failed"]
