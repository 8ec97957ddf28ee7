"""How an alert goes from step to step: the rules, without any I/O."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from paywatch.domain.alerts import (
    CHARACTERS,
    GROWN_BY,
    GROWN_TIMES,
    LONGEST_SNOOZE,
    Alert,
    Finding,
    Kind,
    Pace,
    Severity,
    State,
    Step,
)
from paywatch.domain.payments import moment, timestamp


def holds(cause: Kind, symptom: Kind) -> bool:
    """Whether one kind, while it lasts, explains another of the same source."""
    first, second = CHARACTERS[cause], CHARACTERS[symptom]
    if not first.holds or first.rank is None or second.rank is None:
        return False
    return first.rank < second.rank


def judge(
    alert: Alert | None, finding: Finding, now: datetime, pace: Pace, *, held: bool
) -> tuple[Alert | None, Step | None]:
    """Return how the alert stands after a finding, and what has to be told, if anything.

    `held` says that a cause of it is told of instead: then it neither opens, nor grows, nor ends.
    """
    if alert is not None and alert.state is State.RESOLVED:
        return _after_its_end(alert, finding, now, pace, held=held)
    if alert is None or alert.state is State.PENDING:
        return _before_its_beginning(alert, finding, now, pace, held=held)
    if held:
        return alert, None
    if not finding.present:
        return _growing_calm(alert, now)
    return _still_so(replace(alert, calm_since=None), finding, now, pace)


def _before_its_beginning(
    alert: Alert | None, finding: Finding, now: datetime, pace: Pace, *, held: bool
) -> tuple[Alert | None, Step | None]:
    if held or not finding.present:
        return None, None
    # A date to come is of a clock that had leapt.
    since = timestamp(now - finding.lasted)
    since = since if alert is None else min(alert.since, timestamp(now))
    severity = CHARACTERS[finding.kind].severity
    pending = Alert(finding.kind, finding.subject, State.PENDING, since, severity)
    if now - moment(since) < pace.wait(finding.kind):
        return pending, None
    opened = replace(pending, state=State.OPEN, opened_at=timestamp(now))
    return _told(opened, finding), Step.OPENED


def _after_its_end(
    alert: Alert, finding: Finding, now: datetime, pace: Pace, *, held: bool
) -> tuple[Alert | None, Step | None]:
    """One that comes back soon is the same alert; later, it is forgotten."""
    ended = moment(alert.resolved_at or alert.since)
    if not ended <= now < ended + alert.calm + alert.flapping:
        return _before_its_beginning(None, finding, now, pace, held=held)
    if held or not finding.present:
        # `calm_since` serves as the beginning of its return.
        return replace(alert, calm_since=None), None
    since = min(alert.calm_since or timestamp(now - finding.lasted), timestamp(now))
    if now - moment(since) < pace.wait(finding.kind):
        return replace(alert, calm_since=since), None
    again = replace(
        alert,
        state=State.OPEN,
        since=since,
        calm_since=None,
        resolved_at=None,
        flaps=alert.flaps + 1,
    )
    return _told(again, finding), Step.REOPENED


def _growing_calm(alert: Alert, now: datetime) -> tuple[Alert, Step | None]:
    since = min(alert.calm_since or timestamp(now), timestamp(now))
    if now - moment(since) < alert.calm or _sleeps(alert, now):
        return replace(alert, calm_since=since), None
    over = replace(
        alert,
        state=State.RESOLVED,
        calm_since=None,
        resolved_at=since,
        acknowledged_at=None,
        snoozed_until=None,
        by="",
        why="",
    )
    return _told(over), Step.RESOLVED


def _still_so(
    alert: Alert, finding: Finding, now: datetime, pace: Pace
) -> tuple[Alert, Step | None]:
    if alert.told_at is None:
        return alert, None  # what is owed tells it
    if alert.snoozed_until is not None:
        if _sleeps(alert, now):
            return alert, None
        return _told(replace(alert, snoozed_until=None), finding), Step.REPEATED
    grown = finding.size - alert.told_size
    if not alert.told_size:  # what was told of was dismissed: this is something else
        return _told(alert, finding), Step.UPDATED
    if grown >= GROWN_BY and finding.size >= GROWN_TIMES * alert.told_size:
        return _told(alert, finding), Step.UPDATED
    told = moment(alert.told_at)
    if alert.acknowledged_at is not None or told <= now < told + pace.repeat:
        return alert, None
    if alert.severity is Severity.WARNING:
        return _told(replace(alert, severity=Severity.CRITICAL), finding), Step.ESCALATED
    return _told(alert, finding), Step.REPEATED


def _sleeps(alert: Alert, now: datetime) -> bool:
    """Whether somebody asked for silence; a date too far off is of a clock that leapt."""
    if alert.snoozed_until is None:
        return False
    return timestamp(now) < alert.snoozed_until <= timestamp(now + LONGEST_SNOOZE)


def _told(alert: Alert, finding: Finding | None = None) -> Alert:
    """Number the next message; nothing more is told before it is confirmed."""
    again = replace(alert, sequence=alert.sequence + 1, told_at=None)
    if finding is None:
        return again
    return replace(again, cause=finding.cause, told_size=finding.size)
