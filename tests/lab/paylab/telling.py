"""How a story is told to a world: a birth, then moves at their instants."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from paylab.making import make
from paylab.world import World

Moves = Iterable[tuple[float, str]]


def tell(
    world: World,
    rng: random.Random,
    born: datetime,
    moves: Moves,
    *,
    order: str | None = None,
    **given: Any,
) -> str:
    """Schedule a payment's birth and its moves, in seconds after the birth; return its id."""
    order = order if order is not None else world.next_order()
    given.setdefault("external_id", order)
    given.setdefault("is_test", world.is_test)
    payment = make(world.provider, rng, order=order, created_at=born, given=given)
    world.schedule(born, lambda at: world.enter(payment, at))
    for seconds, status in moves:
        _schedule_move(world, payment.id, status, born + timedelta(seconds=round(seconds)))
    return payment.id


def _schedule_move(world: World, payment_id: str, status: str, at: datetime) -> None:
    world.schedule(at, lambda when: world.turn(payment_id, status, when))
