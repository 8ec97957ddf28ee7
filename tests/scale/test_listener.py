"""The listener of the long runs hears what is invented, repeated, left out or out of order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from paylab import Delivery, Served, TruthLog
from tests.polling import START, Polling
from tests.scale.listener import Listener

CREATED, PAID = 1, 3


@dataclass
class Poll:
    """What came with a poll, and what it asked."""

    start: datetime
    deliveries: list[Delivery]
    log: list[Served]


def recorded() -> tuple[TruthLog, list[Poll]]:
    """Poll while one payment is created and paid, and another expires."""
    polling, polls = Polling(["compago"]), list[Poll]()
    world = polling.world()
    world.add("PENDING", created_at=START - timedelta(hours=1), expires_at=START)
    for number in range(6):
        if number == CREATED:
            made = world.add("PENDING", created_at=polling.clock.now())
            world.move(made.id, "CONFIRMED", at=START + timedelta(minutes=PAID - 0.5))
        polling.poll()
        polls.append(Poll(polling.ticks[-1].start, polling.deliveries, list(polling.lab.log)))
        polling.deliveries = []
        polling.forget()
    polling.lab.settle()
    return polling.truth, polls


def heard(truth: TruthLog, polls: list[Poll]) -> Listener:
    listener = Listener(truth, "compago/default")
    for poll in polls:
        listener.hear(poll.start, poll.deliveries, poll.log)
    listener.end()
    return listener


def told(polls: list[Poll], status: str) -> tuple[Poll, int]:
    """Return the poll that told of a status, and the event's place in it."""
    for poll in polls:
        for place, delivery in enumerate(poll.deliveries):
            if delivery.event["data"]["status"] == status:
                return poll, place
    raise AssertionError(f"nobody told of {status}")


def saying(polls: list[Poll], of: str, **words: Any) -> None:
    """Let the event of a status say something else."""
    poll, place = told(polls, of)
    event = poll.deliveries[place].event
    poll.deliveries[place] = Delivery(0, {**event, "data": {**event["data"], **words}})


def repeat(polls: list[Poll]) -> None:
    poll, place = told(polls, "paid")
    poll.deliveries.append(poll.deliveries[place])


def leave_out(polls: list[Poll]) -> None:
    poll, place = told(polls, "pending")
    del poll.deliveries[place]


def come_first(polls: list[Poll]) -> None:
    first, place = told(polls, "pending")
    last, other = told(polls, "paid")
    first.deliveries[place], last.deliveries[other] = (
        last.deliveries[other],
        first.deliveries[place],
    )


def read_nothing(polls: list[Poll]) -> None:
    told(polls, "paid")[0].log.clear()


def rename(polls: list[Poll]) -> None:
    poll, place = told(polls, "expired")
    event = poll.deliveries[place].event
    poll.deliveries[place] = Delivery(0, {**event, "id": f"{event['id']}0"})


def expire_late(polls: list[Poll]) -> None:
    poll, place = told(polls, "expired")
    polls[-1].deliveries.append(poll.deliveries.pop(place))


BROKEN: list[tuple[str, Callable[[list[Poll]], None]]] = [
    ("it came after version 2", repeat),
    ("it came after version 0", leave_out),
    ("it came after version 0", come_first),
    ("no row of this poll said that it is CONFIRMED", read_nothing),
    ("no such payment", lambda p: saying(p, "paid", payment_id="made-up")),
    ("it was pending before, not None", lambda p: saying(p, "paid", previous_status=None)),
    ("it was not cancelled", lambda p: saying(p, "paid", status="cancelled")),
    ("it was not expired", lambda p: saying(p, "paid", status="expired", derived=True)),
    ("no row of this poll", lambda p: saying(p, "paid", provider_status="CANCELLED")),
    ("it was not expired", lambda p: saying(p, "expired", derived=False)),
    ("it says", lambda p: saying(p, "paid", amount="0.01")),
    ("its id is not that of version 1", rename),
    ("polls before", expire_late),
    ("its expiry was never told", lambda p: told(p, "expired")[0].deliveries.clear()),
]


def test_what_is_so_is_heard_without_a_word() -> None:
    truth, polls = recorded()
    listener = heard(truth, polls)
    assert listener.wrong == []
    assert (listener.events, listener.expiries, listener.passed) == (3, 1, 0)
    assert [each.change.our_status for each in listener.found] == ["pending", "paid"]
    assert {each.polls for each in listener.found} == {1}


@pytest.mark.parametrize(("finding", "break_it"), BROKEN)
def test_what_is_not_so_is_heard(finding: str, break_it: Callable[[list[Poll]], None]) -> None:
    truth, polls = recorded()
    break_it(polls)
    listener = heard(truth, polls)
    assert listener.wrong
    assert finding in listener.wrong[0]


def test_what_a_whole_poll_could_read_and_nobody_told_is_lost() -> None:
    truth, polls = recorded()
    poll, place = told(polls, "paid")
    del poll.deliveries[place]
    lost = [each.change.our_status for each in heard(truth, polls).found if each.polls is None]
    assert lost == ["paid"]


def test_what_is_told_late_is_counted_in_polls() -> None:
    truth, polls = recorded()
    poll, place = told(polls, "paid")
    polls[-1].deliveries.append(poll.deliveries.pop(place))
    polls[-1].log += poll.log
    listener = heard(truth, polls)
    assert listener.wrong == []
    assert [each.polls for each in listener.found] == [1, 3]
