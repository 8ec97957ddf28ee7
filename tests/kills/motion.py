"""Payments that move between two runs, by a seed: every kill finds something to record."""

from __future__ import annotations

from random import Random

from paylab import LabPayment, World

OPEN, SETTLED = 24, 8
# So many come and so many go at once, at most; even if three runs in a row come to nothing, fewer
# leave the open lists than apply the brake.
COMING, GOING = 3, 4
# One time in four so many come at once: more than one publication holds.
CROWD = 14


class Motion:
    """Moves the payments of a Compago and a OnePay world.

    One of OnePay's is in motion for ever: there is always something to be told as overdue.
    """

    def __init__(self, compago: World, onepay: World, dice: Random) -> None:
        self._compago, self._onepay, self._dice = compago, onepay, dice
        self._left = onepay.add("processing").id
        for _ in range(OPEN):
            compago.add("PENDING")
            onepay.add(dice.choice(("created", "processing")))
        for _ in range(SETTLED):
            compago.add("CONFIRMED")
            onepay.add("paid")

    def stir(self) -> None:
        """Let some payments come, some move on and some settle, at both providers."""
        dice = self._dice
        crowd = dice.random() < 0.25
        for _ in range(CROWD if crowd else dice.randint(0, COMING)):
            self._compago.add("PENDING")
        for _ in range(dice.randint(1, COMING)):
            self._onepay.add(dice.choice(("created", "created", "processing", "paid")))
        for payment in self._some(self._compago, "PENDING"):
            self._compago.move(payment.id, dice.choice(("CONFIRMED", "CONFIRMED", "CANCELLED")))
        for payment in self._some(self._onepay, "created"):
            self._onepay.move(payment.id, dice.choice(("processing", "paid", "failed")))
        for payment in self._some(self._onepay, "processing", 2):
            self._onepay.move(payment.id, dice.choice(("paid", "failed")))
        for payment in self._some(self._onepay, "paid", 1):
            self._onepay.move(payment.id, dice.choice(("refunded", "disputed")))

    def _some(self, world: World, status: str, most: int = GOING) -> list[LabPayment]:
        there = [
            payment
            for payment in world.payments()
            if payment.status == status and payment.id != self._left
        ]
        return self._dice.sample(there, min(len(there), self._dice.randint(0, most)))
