"""Representative runs: what there is before each of them, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from itertools import count, islice
from typing import Any
from uuid import UUID

from paylab import LabPayment
from paywatch.domain.payments import bucket_of
from paywatch.domain.thresholds import Thresholds
from tests.simulation.stage import Stage

HOUR = timedelta(hours=1)
OPEN = {"compago": "PENDING", "onepay": "created"}
PAID = {"compago": "CONFIRMED", "onepay": "paid"}
ENDED = {"compago": "CANCELLED", "onepay": "failed"}
SOURCES = ("compago", "onepay")
# So few buckets that most steps are about payments.
BUCKETS_USED = 2


@dataclass(frozen=True)
class Plot:
    """A run to be struck.

    `prepare` brings a new stage to the moment before it; `action` is what the run is asked for.
    So many `polls` later everything is well. `alerts` names what it opens, by source.
    """

    name: str
    prepare: Callable[[Stage], None]
    action: str = "poll"
    polls: int = 2
    alerts: Mapping[str, str] = field(default_factory=dict)

    def begin(self, source: str, sources: Sequence[str] = ()) -> Stage:
        """Return a stage at the moment before the run; `sources` where it polls several."""
        stage = Stage(source, sources=sources)
        self.prepare(stage)
        return stage


def baseline(stage: Stage) -> None:
    _old(stage, 2, 1)


def idle(stage: Stage) -> None:
    _old(stage, 2, 1)
    for _ in range(3):
        stage.tick()


def busy(stage: Stage) -> None:
    """A move, an arrival, and one that came and was settled; at OnePay one that is processed."""
    _old(stage, 2, 1)
    stage.tick()
    _stir(stage)


def small(stage: Stage) -> None:
    """One move, of one of two payments."""
    ids = _old(stage, 2, 0)
    stage.tick()
    stage.world.move(ids[0].id, PAID[stage.source])


def leavers(stage: Stage) -> None:
    """One vanishes and stays away, one ends, and one was away for a poll and is back."""
    ids = _old(stage, 4, 1)
    stage.tick()
    away = _hide(stage, ids[2])
    stage.tick()
    _show(stage, away)
    stage.world.remove(ids[0].id)
    stage.world.move(ids[1].id, ENDED[stage.source])


def reconcile(stage: Stage) -> None:
    """Several pages; a settled payment has moved on, which no open list shows."""
    stage.world.per_page = stage.world.largest_page = 2
    ids = _old(stage, 2, 3)
    for _ in range(6):
        stage.tick()
    stage.world.move(ids[2].id, "refunded" if stage.source == "onepay" else "CANCELLED")


def outbox(stage: Stage) -> None:
    """Changes that the topic did not take: two of one payment, one of another."""
    ids = _old(stage, 2, 0)
    stage.tick()
    stage.polling.inbox.fault = "the topic is away"
    first = "processing" if stage.source == "onepay" else ENDED["compago"]
    stage.world.move(ids[0].id, first)
    stage.world.move(ids[1].id, PAID[stage.source])
    stage.tick()
    stage.world.move(ids[0].id, PAID[stage.source])
    stage.tick()
    stage.polling.inbox.fault = None


def alert(stage: Stage) -> None:
    """The run opens an alert: at OnePay on what is overdue at once, at Compago on what is gone."""
    stage.polling.thresholds = Thresholds(
        overdue_ceiling_hours=0.02, overdue_floor_minutes=0.01, unexplained_minutes=0.1
    )
    if stage.source == "onepay":
        _add(stage, "processing", HOUR)
        _add(stage, "processing", HOUR)
    ids = _old(stage, 2, 0) if stage.source == "compago" else []
    for _ in range(2):
        stage.tick()
    if ids:
        stage.world.remove(ids[0].id)


def together(stage: Stage) -> None:
    """What is busy, at every source; a new process polls them."""
    for side in stage.sides():
        _old(side, 2, 1)
    stage.tick()
    for side in stage.sides():
        _stir(side)
    stage.polling.restart()


ALERTS = {"compago": "payment_unexplained/compago", "onepay": "payment_overdue/onepay"}
PLOTS = {
    plot.name: plot
    for plot in (
        Plot("baseline", baseline),
        Plot("idle", idle),
        Plot("busy", busy),
        Plot("leavers", leavers),
        Plot("reconcile", reconcile, action="reconcile", polls=8),
        Plot("outbox", outbox),
        Plot("alert", alert, alerts=ALERTS),
        Plot("small", small),
    )
}


TOGETHER = Plot("together", together)


def _stir(stage: Stage) -> None:
    first, second, *_ = stage.world.payments()
    stage.world.move(first.id, PAID[stage.source])
    if stage.source == "onepay":
        stage.world.move(second.id, "processing")
    _add(stage, OPEN[stage.source])
    _add(stage, PAID[stage.source])


def _hide(stage: Stage, payment: LabPayment) -> LabPayment:
    """Let a payment vanish from lists and lookups, for now."""
    stage.world._payments.pop(payment.id)
    stage.world._changed(payment.id)
    return payment


def _show(stage: Stage, payment: LabPayment) -> None:
    """Let a payment that vanished appear again, as it was."""
    stage.world._payments[payment.id] = payment
    stage.world._changed(payment.id)


def _old(stage: Stage, open_: int, settled: int) -> list[LabPayment]:
    """Add payments from before the watch."""
    statuses = [OPEN[stage.source]] * open_ + [PAID[stage.source]] * settled
    return [_add(stage, status, HOUR * (n + 1)) for n, status in enumerate(statuses)]


def _add(stage: Stage, status: str, age: timedelta = timedelta(0)) -> LabPayment:
    particulars: dict[str, Any] = {"id": _id(len(stage.world.payments()))}
    if stage.source == "compago":
        particulars["expires_at"] = stage.polling.clock.now() + 48 * HOUR
    if age:
        particulars["created_at"] = stage.polling.clock.now() - age
    return stage.world.add(status, **particulars)


@cache
def _id(number: int) -> str:
    """Return the n-th id, from 0, of those that lie in few buckets."""
    ids = (str(UUID(int=n << 64, version=4)) for n in count(1))
    few = (payment_id for payment_id in ids if bucket_of(payment_id) < BUCKETS_USED)
    return next(islice(few, number, None))
