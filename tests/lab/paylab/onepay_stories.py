"""The lives of OnePay's payment intents: each is one attempt to pay an order."""

import random
from datetime import datetime, timedelta

from paylab.making import new_id
from paylab.telling import Moves, tell
from paylab.world import World


class OnePayStories:
    """Cards in seconds, bank debits over minutes, attempts that go nowhere, refunds much later."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._rng = rng

    def arrive(self, at: datetime) -> None:
        """Begin a new intent's life."""
        fate = self._rng.random()
        order = self._world.next_order()
        if fate < 0.5:
            self._card(at, order)
        elif fate < 0.85:
            self._tell(at, self._debit_moves(), order=order, method="Account")
        else:
            self._tell(at, [], order=order, method="CreditCard")

    def settled_before(self, start: datetime, at: datetime, *, late: bool) -> None:
        """Tell of an intent that settled long before the start; a late one moves after it."""
        rng = self._rng
        order = self._world.next_order()
        if not late and rng.random() < 0.15:
            self._tell(at, [(rng.uniform(2, 20), "failed")], order=order, method="CreditCard")
            return
        moves = [(rng.uniform(2, 20), "paid")]
        now = (start - at).total_seconds()
        what = "refunded" if rng.random() < 0.7 else "disputed"
        if late:
            moves.append((now + rng.uniform(30, 3600), what))
        elif rng.random() < 0.1:
            moves.append((rng.uniform(3600, max(3601, now - 60)), what))
        if len(moves) > 1 and what == "disputed" and rng.random() < 0.2:
            moves.append((moves[-1][0] + rng.uniform(1800, 86_400), "paid"))
        self._tell(at, moves, order=order, method="CreditCard")

    def open_at(self, start: datetime, *, late: bool) -> None:
        """Tell of an intent that is created or processing at the start."""
        rng = self._rng
        order = self._world.next_order()
        if rng.random() < 0.5:
            age = rng.uniform(60, 5 * 86_400)
            self._tell(start - timedelta(seconds=round(age)), [], order=order, method="CreditCard")
            return
        age = rng.uniform(30, 600)
        ends = "failed" if rng.random() < 0.15 else "paid"
        moves = [(rng.uniform(1, 20), "processing"), (age + rng.uniform(10, 1800), ends)]
        self._tell(start - timedelta(seconds=round(age)), moves, order=order, method="Account")

    def _card(self, at: datetime, order: str) -> None:
        rng = self._rng
        seconds = rng.uniform(2, 20)
        if rng.random() >= 0.15:
            moves = [(seconds, "paid")]
            if rng.random() < 0.05:
                moves.append((rng.uniform(6 * 3600, 5 * 86_400), "refunded"))
            self._tell(at, moves, order=order, method="CreditCard")
            return
        origin = new_id(rng)
        self._tell(at, [(seconds, "failed")], order=order, method="CreditCard", origin=origin)
        if rng.random() < 0.6:
            again = at + timedelta(seconds=round(seconds + rng.uniform(20, 90)))
            self._tell(
                again,
                [(rng.uniform(2, 20), "paid")],
                order=order,
                method="CreditCard",
                origin=origin,
            )

    def _debit_moves(self) -> Moves:
        rng = self._rng
        starts = rng.uniform(3, 60)
        ends = "failed" if rng.random() < 0.12 else "paid"
        return [(starts, "processing"), (starts + rng.uniform(60, 1200), ends)]

    def _tell(
        self, born: datetime, moves: Moves, *, order: str, method: str, origin: str | None = None
    ) -> None:
        rng = self._rng
        tell(
            self._world,
            rng,
            born,
            moves,
            order=order,
            external_id=None if rng.random() < 0.1 else order,
            method_type=method,
            origin_type=rng.choice(("Link", "Payment", "Subscription")),
            origin_id=origin if origin is not None else new_id(rng),
        )
