"""How pollers of moving lists are known to fail, and what paywatch makes of the same lists.

Each scenario runs twice over the same payments and the same moves: paywatch announces just what
happened, and a naive poller loses something or invents something.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from paylab import LabPayment
from paylab.faults import Asked, Fault, When, always
from paylab.messages import Response
from tests.differing import OPEN
from tests.discovery.moving import HOUR, Moving
from tests.discovery.naive import GONE, Naive

MINUTE = timedelta(minutes=1)
Told = dict[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class BetweenPages(Fault):
    """Lets something happen right after the first page of an open list was served."""

    acts: list[Callable[[], object]] = field(default_factory=list)

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        while self.acts:
            self.acts.pop()()
        return response


@dataclass(frozen=True, kw_only=True)
class Says(Fault):
    """Another answer than the true one: `says` makes it from what was read."""

    says: Callable[[dict[str, Any]], dict[str, Any]]

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        return replace(response, body=json.dumps(self.says(json.loads(response.body))).encode())


def listing(source: str, word: str) -> When:
    """Fire for a list of one status; not for single payments, nor for the others."""
    name = "status=" if source == "compago" else "filter%5Bstatus%5D="
    plain = name.replace("%5B", "[").replace("%5D", "]")

    def condition(asked: Asked, rng: random.Random) -> bool:
        target = f"{asked.request.target}&"
        return f"{name}{word}&" in target or f"{plain}{word}&" in target

    return condition


class Scene:
    """One source, with its open payments from before the watch, and whoever polls it."""

    def __init__(self, source: str, polled_by: str) -> None:
        self.moving = Moving(source)
        self.here, self.source = self.moving.here, source
        self.first_word = OPEN[source][0]
        self.settled_word = "CONFIRMED" if source == "compago" else "paid"
        self._naive = Naive(self.here, self.moving.carrier()) if polled_by == "naive" else None

    def open(self, count: int, *, apart: timedelta = MINUTE) -> list[LabPayment]:
        """Add open payments, the oldest first."""
        first = self.moving.clock.now() - HOUR
        return [self.here.add(created_at=first + n * apart) for n in range(count)]

    def poll(self, times: int = 1) -> None:
        """Poll, a minute apart."""
        for _ in range(times):
            if self._naive is None:
                self.moving.poll(self.source)
            else:
                self._naive.poll()
                self.moving.clock.advance(60)

    def reconcile(self) -> None:
        """Read everything again, which a naive poller does not do."""
        if self._naive is None:
            self.moving.poll(self.source, action="reconcile")
            self.poll(8)

    def between_pages(self, act: Callable[[], object]) -> None:
        """Let something happen between the next two pages of the first open list."""
        when = listing(self.source, self.first_word)
        self.moving.lab.faults = [BetweenPages(when=when, acts=[act])]

    def settle(self, payment: LabPayment) -> None:
        """Let a payment be paid."""
        self.here.move(payment.id, self.settled_word)

    def told(self) -> Told:
        """Return what was announced: a provider's words from naive, the events' from paywatch."""
        if self._naive is not None:
            return self._naive.told
        found: Told = {}
        for delivery in self.moving.deliveries:
            data = delivery.event["data"]
            found.setdefault(data["payment_id"], []).append(data["provider_status"])
        return found


# --- The scenarios: each returns what was to be announced -----------------------------------------


def rows_move_up(scene: Scene) -> Told:
    """A payment leaves the page that was read, and the next one's first row moves up to it."""
    payments = scene.open(8)
    scene.poll(2)
    # Wherever the reader begins, it has read one end.
    for gone in (payments[0], payments[-1]):
        scene.between_pages(partial(scene.settle, gone))
        scene.poll(3)
    return {payments[0].id: [scene.settled_word], payments[-1].id: [scene.settled_word]}


def rows_move_down(scene: Scene) -> Told:
    """A payment opens on the page that was just read, pushes the others on, and is paid."""
    scene.open(8)
    scene.poll(2)
    new: list[LabPayment] = []
    scene.between_pages(lambda: new.append(scene.here.add()))
    scene.poll()
    scene.settle(new[0])
    scene.poll(2)
    return {new[0].id: [scene.first_word, scene.settled_word]}


def ties_change_places(scene: Scene) -> Told:
    """Payments of the same second come in another order on the second page."""
    scene.open(9, apart=timedelta(0))
    scene.poll(2)
    births = scene.here._births

    def turn_round() -> None:
        births.update({key: -number for key, number in births.items()})
        scene.here._listings.clear()

    scene.between_pages(turn_round)
    scene.poll(3)
    return {}


def an_empty_answer(scene: Scene) -> Told:
    """The list is empty for some polls, with a 200, and then as it was."""
    scene.open(8)
    scene.poll(2)
    empty = {"count": 0, "items": []} if scene.source == "compago" else {"total": 0, "data": []}
    if scene.source == "onepay":
        empty["last_page"] = 1
    when = listing(scene.source, scene.first_word)
    scene.moving.lab.faults = [Says(when=when, says=lambda said: {**said, **empty})]
    scene.poll(3)
    scene.moving.lab.faults = []
    scene.poll(3)
    return {}


def a_frozen_total(scene: Scene) -> Told:
    """The total stays what it was: rows beyond it are there, and a payment there opens."""
    scene.open(2)
    scene.poll(2)
    frozen = {"count": 2} if scene.source == "compago" else {"total": 2, "last_page": 1}
    scene.moving.lab.faults = [Says(when=always(), says=lambda said: {**said, **frozen})]
    new = [scene.here.add() for _ in range(4)]
    scene.poll(3)
    return {payment.id: [scene.first_word] for payment in new}


def opened_and_paid_between_two_polls(scene: Scene) -> Told:
    """A card payment is created and paid within seconds."""
    scene.open(4)
    scene.poll(2)
    new = scene.here.add()
    scene.settle(new)
    scene.poll(3)
    return {new.id: [scene.settled_word]}


def a_refund_of_a_payment_from_before_the_watch(scene: Scene) -> Told:
    """What was paid before the watch began is refunded."""
    scene.open(4)
    old = scene.here.add("paid", created_at=scene.moving.clock.now() - 90 * HOUR)
    scene.poll(5)
    scene.here.move(old.id, "refunded")
    scene.poll(5)
    return {old.id: ["refunded"]}


def an_old_payment_moves_before_a_reconcile(scene: Scene) -> Told:
    """What had settled before the watch moves again, and a reconcile is asked for at once."""
    scene.open(4)
    moves = {"compago": ("CONFIRMED", "CANCELLED"), "onepay": ("paid", "refunded")}
    before, after = moves[scene.source]
    old = scene.here.add(before, created_at=scene.moving.clock.now() - 90 * HOUR)
    scene.poll(5)
    scene.here.move(old.id, after)
    scene.reconcile()
    return {old.id: [after]}


def a_correction_of_what_was_settled(scene: Scene) -> Told:
    """A confirmed payment is cancelled, days later, and no total shows which."""
    payments = scene.open(4)
    scene.poll(2)
    scene.settle(payments[0])
    scene.poll(10)
    scene.here.move(payments[0].id, "CANCELLED")
    scene.poll(1)
    scene.reconcile()
    return {payments[0].id: ["CONFIRMED", "CANCELLED"]}


def a_list_that_lags(scene: Scene) -> Told:
    """A stale copy of the list shows a payment as open again, for one poll."""
    payments = scene.open(2)
    scene.poll(2)
    kept: list[dict[str, Any]] = []
    when = listing(scene.source, scene.first_word)

    def keep(said: dict[str, Any]) -> dict[str, Any]:
        kept.append(said)
        return said

    scene.moving.lab.faults = [Says(when=when, says=keep)]
    scene.poll()
    scene.moving.lab.faults = []
    scene.settle(payments[0])
    scene.poll()
    scene.moving.lab.faults = [Says(when=when, says=lambda said: kept[0])]
    scene.poll()
    scene.moving.lab.faults = []
    scene.poll(2)
    return {payments[0].id: [scene.settled_word]}


# What naive told, by the number of the payment; nothing of those that are not here.
BACK = [GONE, "open"]
BOTH, ONEPAY, COMPAGO = ("compago", "onepay"), ("onepay",), ("compago",)
CASES: list[tuple[Callable[[Scene], Told], tuple[str, ...], dict[int, list[str]]]] = [
    (rows_move_up, BOTH, {0: ["settled"], 4: BACK, 7: ["settled"]}),
    (rows_move_down, BOTH, {}),
    (ties_change_places, BOTH, {0: BACK, 1: BACK, 2: BACK}),
    (an_empty_answer, BOTH, dict.fromkeys(range(8), BACK)),
    (a_frozen_total, BOTH, {0: [GONE], 1: [GONE], 3: ["open"], 4: ["open"], 5: ["open"]}),
    (opened_and_paid_between_two_polls, BOTH, {}),
    (a_refund_of_a_payment_from_before_the_watch, ONEPAY, {}),
    (an_old_payment_moves_before_a_reconcile, BOTH, {}),
    (a_correction_of_what_was_settled, COMPAGO, {0: ["settled"]}),
    (a_list_that_lags, BOTH, {0: ["settled", "open", "settled"]}),
]


@pytest.mark.parametrize(
    ("source", "scenario", "naive_told"),
    [(source, scenario, told) for scenario, sources, told in CASES for source in sources],
)
def test_a_known_failure(
    source: str, scenario: Callable[[Scene], Told], naive_told: dict[int, list[str]]
) -> None:
    ours = Scene(source, "paywatch")
    assert scenario(ours) == ours.told()

    naive = Scene(source, "naive")
    due, told = scenario(naive), naive.told()
    assert told != due
    words = {"open": naive.first_word, "settled": naive.settled_word, GONE: GONE}
    ids = [payment.id for payment in naive.here.payments()]
    assert told == {ids[n]: [words[each] for each in said] for n, said in naive_told.items()}
