"""What a person, or a schedule, asks for besides polls: the alerts, a drill, the daily digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from paywatch.alerting import Alerting
from paywatch.digest import digest
from paywatch.domain.alert_board import Board
from paywatch.domain.alerts import Alert, Finding, Kind, MayGoOn
from paywatch.domain.payments import Source
from paywatch.domain.thresholds import Thresholds
from paywatch.drill import DrillClock, drill
from paywatch.errors import ConfigurationError
from paywatch.invocation import Invocation
from paywatch.memory import MemoryControls, MemoryPayments, MemoryTopic
from paywatch.ports import Provider
from paywatch.runner import LAST, World, poll_source

# The seconds that a made-up poll has.
DRILL_POLL = 30.0


def act(world: World, invocation: Invocation, run_id: str, remaining: float) -> dict[str, Any]:
    """Do what is asked for and return the JSON report."""
    ends = world.clock.monotonic() + remaining - LAST

    def may_go_on() -> bool:
        return world.clock.monotonic() < ends

    done = {
        "alerts": _alerts,
        "ack": _acknowledge,
        "snooze": _snooze,
        "drill": _drill,
        "digest": _digest,
    }[invocation.action](world, invocation, may_go_on)
    return {"run_id": run_id, "action": invocation.action, **done}


def _alerts(world: World, invocation: Invocation, may_go_on: MayGoOn) -> dict[str, Any]:
    return {"alerts": [shown(alert) for alert in _alerting(world).read().open]}


def _acknowledge(world: World, invocation: Invocation, may_go_on: MayGoOn) -> dict[str, Any]:
    name, now = invocation.alert, world.clock.now()
    if invocation.close and not name.startswith(f"{Kind.PAYMENT_UNEXPLAINED}/"):
        raise ConfigurationError(
            f"close is for {Kind.PAYMENT_UNEXPLAINED}: its payments may be gone"
        )

    def acknowledge(board: Board) -> Alert:
        _check(board, name)
        if invocation.close:
            board.dismiss(name)
        return board.acknowledge(name, invocation.who, invocation.why, now)

    return {"alert": shown(_alerting(world).change(acknowledge))}


def _snooze(world: World, invocation: Invocation, may_go_on: MayGoOn) -> dict[str, Any]:
    name, now = invocation.alert, world.clock.now()
    until = now + timedelta(hours=invocation.hours)

    def snooze(board: Board) -> Alert:
        _check(board, name)
        return board.snooze(name, invocation.who, invocation.why, until, now)

    return {"alert": shown(_alerting(world).change(snooze))}


def _drill(world: World, invocation: Invocation, may_go_on: MayGoOn) -> dict[str, Any]:
    rehearsed = replace(
        world,
        payments=MemoryPayments(),
        controls=MemoryControls(),
        topic=MemoryTopic(),
        parallel=False,
    )

    def poll(
        source: Source, provider: Provider, clock: DrillClock, thresholds: Thresholds
    ) -> Sequence[Finding]:
        made_up = replace(
            rehearsed, clock=clock, thresholds=thresholds, connect=lambda source: provider
        )
        deadline = clock.monotonic() + DRILL_POLL
        return poll_source(made_up, source, deadline, wants_reconcile=False).findings

    told, missing = drill(world.controls, world.alerts, poll, world.clock.now(), may_go_on)
    world.journal.drilled(not missing)
    return {"passed": not missing, "told": len(told), "detail": missing}


def _digest(world: World, invocation: Invocation, may_go_on: MayGoOn) -> dict[str, Any]:
    offsets = {source: world.connect(source).abilities.utc_offset for source in world.sources}
    now = world.clock.now()
    message, text = digest(world.controls, world.payments, offsets, now, may_go_on)
    world.alerts.tell(message)
    return {"told": True, "text": text}


def shown(alert: Alert) -> dict[str, Any]:
    """Return what a person sees of an alert."""
    names = ("kind", "subject", "severity", "cause", "since", "opened_at", "told_at")
    more = ("acknowledged_at", "snoozed_until", "by", "why")
    return {"alert": alert.name, **{name: getattr(alert, name) for name in (*names, *more)}}


def _alerting(world: World) -> Alerting:
    return Alerting(world.controls, world.alerts, world.clock, world.thresholds.pace)


def _check(board: Board, name: str) -> None:
    names = [alert.name for alert in board.open]
    if name not in names:
        known = ", ".join(names) or "none is"
        raise ConfigurationError(f"no alert {name!r} is open; open: {known}")
