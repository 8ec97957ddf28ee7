"""One filtered and sorted list of a world's payments, kept in order while they move."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from paylab.payments import LabPayment

Keep = Callable[[LabPayment], bool]
Rank = Callable[[LabPayment], Any]


class Listing:
    """The payments to keep, by rank. No two payments have the same rank.

    What moves is noted at once and put in its place when somebody reads: a list of thousands is
    not sorted anew for each of them.
    """

    def __init__(self, payments: Iterable[LabPayment], keep: Keep, rank: Rank) -> None:
        self._keep = keep
        self._rank = rank
        kept = sorted(((rank(p), p) for p in payments if keep(p)), key=lambda pair: pair[0])
        self._ranks = [place for place, _ in kept]
        self._rows = [payment for _, payment in kept]
        self._rank_of = {payment.id: place for place, payment in kept}
        self._moved: dict[str, None] = {}

    def note(self, payment_id: str) -> None:
        """Note that a payment has come, moved or gone."""
        self._moved[payment_id] = None

    def rows(self, payments: Mapping[str, LabPayment]) -> list[LabPayment]:
        """Return the list as the payments stand now; whoever gets it may not change it."""
        for payment_id in self._moved:
            self._take_out(payment_id)
            payment = payments.get(payment_id)
            if payment is not None and self._keep(payment):
                self._put_in(payment)
        self._moved.clear()
        return self._rows

    def _take_out(self, payment_id: str) -> None:
        rank = self._rank_of.pop(payment_id, None)
        if rank is not None:
            place = bisect_left(self._ranks, rank)
            del self._ranks[place], self._rows[place]

    def _put_in(self, payment: LabPayment) -> None:
        rank = self._rank_of[payment.id] = self._rank(payment)
        place = bisect_left(self._ranks, rank)
        self._ranks.insert(place, rank)
        self._rows.insert(place, payment)
