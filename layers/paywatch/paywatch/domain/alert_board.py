"""The board of alerts: every alert of a stack, and the messages of them that are owed.

It is stored as a whole, and has the same shape as the payments' outbox: what is to be told is
written down with its finished body before it is published, and forgotten when that is confirmed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from paywatch.domain.alert_steps import holds, judge
from paywatch.domain.alerts import (
    DISMISSED_LIMIT,
    LONGEST_SNOOZE,
    Alert,
    Finding,
    Pace,
    State,
    Step,
)
from paywatch.domain.payments import moment, timestamp


@dataclass(frozen=True)
class Happening:
    """A step of an alert that is to be told; `symptoms` are the lines of what it holds back."""

    step: Step
    alert: Alert
    finding: Finding
    symptoms: tuple[str, ...] = ()
    at: str = ""

    @property
    def id(self) -> str:
        """The message's identity, the same for every repeat of it."""
        return f"{self.alert.incident}/{self.alert.sequence}"


@dataclass(frozen=True)
class Owed:
    """A message that is recorded and not yet confirmed; `body` is finished JSON text."""

    id: str
    alert: str
    at: str
    body: str


@dataclass
class Board:
    """The alerts by name, what is owed in its order, and the payments that a person dismissed.

    `about` are the payments that the last message of an alert was about, where each of them can be
    dismissed.
    """

    alerts: dict[str, Alert] = field(default_factory=dict)
    outbox: list[Owed] = field(default_factory=list)
    dismissed: dict[str, list[str]] = field(default_factory=dict)
    about: dict[str, list[str]] = field(default_factory=dict)
    unreadable: int = 0

    @classmethod
    def load(cls, memory: Mapping[str, str]) -> Board:
        """Read the stored sections; what makes no sense is left out and counted."""
        board = cls()
        for stored in _section(memory, "alerts", list):
            try:
                alert = Alert.load(stored)
            except (AttributeError, KeyError, TypeError, ValueError):
                board.unreadable += 1
            else:
                board.alerts[alert.name] = alert
        for stored in _section(memory, "outbox", list):
            if _is_owed(stored):
                board.outbox.append(Owed(**stored))
            else:
                board.unreadable += 1
        for section, kept in (("dismissed", board.dismissed), ("about", board.about)):
            for name, ids in _section(memory, section, dict).items():
                if isinstance(ids, list):
                    kept[name] = [str(each) for each in ids]
        return board

    def store(self) -> dict[str, str]:
        """Write the sections down."""
        return {
            "alerts": _text([alert.store() for _, alert in sorted(self.alerts.items())]),
            "outbox": _text([vars(owed) for owed in self.outbox]),
            "dismissed": _text(self.dismissed),
            "about": _text(self.about),
        }

    @property
    def open(self) -> list[Alert]:
        """The open alerts, the worst first."""
        found = [alert for alert in self.alerts.values() if alert.state is State.OPEN]
        return sorted(found, key=lambda alert: (alert.severity, alert.opened_at or "", alert.name))

    def judge(self, findings: Sequence[Finding], now: datetime, pace: Pace) -> list[Happening]:
        """Let every alert take its step; return what is to be told, in order."""
        findings = [self._without_dismissed(finding) for finding in findings]
        happenings = []
        for finding in findings:
            held = self._is_held(finding, findings)
            if held and self._waits(finding):
                continue  # its cause may never be told: what has lasted so far counts
            after, step = judge(self._mended(finding), finding, now, pace, held=held)
            if after is None:
                self.alerts.pop(finding.name, None)
                continue
            self.alerts[finding.name] = after
            if step is not None:
                self._note_about(finding, step)
                symptoms = self._symptoms(finding, findings)
                happenings.append(Happening(step, after, finding, symptoms, timestamp(now)))
        return happenings

    def forget(self, subjects: Collection[str]) -> None:
        """Forget the alerts of all but these subjects: nobody looks at the others any more.

        What is owed of them is still told.
        """
        self.alerts = {n: alert for n, alert in self.alerts.items() if alert.subject in subjects}
        for kept in (self.dismissed, self.about):
            for name in [name for name in kept if name.partition("/")[2] not in subjects]:
                del kept[name]

    def put_back(self, alerts: Collection[str]) -> None:
        """Put the messages of these alerts behind all others, so that those are not held up."""
        self.outbox.sort(key=lambda owed: owed.alert in alerts)

    def owe(self, happening: Happening, body: str) -> None:
        """Write a message down with its finished body."""
        self.outbox.append(Owed(happening.id, happening.alert.name, happening.at, body))

    def confirm(self, owed: Owed, now: datetime) -> None:
        """Note that a topic has taken a message."""
        self.outbox = [each for each in self.outbox if each.id != owed.id]
        alert = self.alerts.get(owed.alert)
        if alert is not None and not any(each.alert == owed.alert for each in self.outbox):
            self.alerts[owed.alert] = replace(alert, told_at=timestamp(now))

    def acknowledge(self, name: str, who: str, why: str, now: datetime) -> Alert:
        """Note that somebody is at it; raise KeyError if no such alert is open."""
        return self._change(
            name, acknowledged_at=timestamp(now), snoozed_until=None, by=who, why=why
        )

    def snooze(self, name: str, who: str, why: str, until: datetime, now: datetime) -> Alert:
        """Keep quiet until then, 30 days at most; raise KeyError if no such alert is open."""
        limit = timestamp(min(until, now + LONGEST_SNOOZE))
        return self._change(name, acknowledged_at=None, snoozed_until=limit, by=who, why=why)

    def dismiss(self, name: str) -> None:
        """Leave the payments that were told of out of an alert from now on; tell of any others.

        Raise KeyError if no such alert is open.
        """
        self._change(name, told_size=0)
        ids, known = self.about.pop(name, []), self.dismissed.get(name, [])
        self.dismissed[name] = list(dict.fromkeys([*known, *ids]))[-DISMISSED_LIMIT:]

    def _note_about(self, finding: Finding, step: Step) -> None:
        """Remember which payments a message is about: a person may dismiss those, and no others."""
        self.about.pop(finding.name, None)
        if finding.about and step is not Step.RESOLVED:
            self.about[finding.name] = list(finding.about[:DISMISSED_LIMIT])

    def _change(self, name: str, **fields: Any) -> Alert:
        alert = self.alerts[name]
        if alert.state is not State.OPEN:
            raise KeyError(name)
        self.alerts[name] = replace(alert, **fields)
        return self.alerts[name]

    def _without_dismissed(self, finding: Finding) -> Finding:
        dismissed = set(self.dismissed.get(finding.name, ()))
        if not dismissed:
            return finding
        left = tuple(each for each in finding.about if each not in dismissed)
        # Whoever is explained needs no word any more; whoever is only too young, or whose age
        # cannot be told, still does.
        may_be = {*finding.about, *finding.candidates}
        still = [each for each in self.dismissed[finding.name] if each in may_be]
        if still:
            self.dismissed[finding.name] = still
        else:
            del self.dismissed[finding.name]
        if len(left) == len(finding.about):
            return finding
        return replace(finding, present=finding.present and bool(left), size=len(left), about=left)

    def _mended(self, finding: Finding) -> Alert | None:
        """Return the alert; one whose owed message was lost counts as told long ago."""
        alert = self.alerts.get(finding.name)
        if alert is None or alert.told_at is not None or alert.state is not State.OPEN:
            return alert
        if any(owed.alert == alert.name for owed in self.outbox):
            return alert
        return replace(alert, told_at=alert.since, acknowledged_at=None)

    def _is_held(self, finding: Finding, findings: Sequence[Finding]) -> bool:
        return any(
            cause.subject == finding.subject and holds(cause.kind, finding.kind)
            for cause in self._causes(findings)
        )

    def _waits(self, finding: Finding) -> bool:
        """Whether it has not lasted yet, and nothing that is told of holds it."""
        alert = self.alerts.get(finding.name)
        if alert is None or alert.state is not State.PENDING:
            return False
        return not any(
            cause.subject == finding.subject and holds(cause.kind, finding.kind)
            for cause in self.open
        )

    def _causes(self, findings: Sequence[Finding]) -> list[Finding | Alert]:
        """What is so now, and what was told of and is not over yet."""
        present = [finding for finding in findings if finding.present]
        return [*present, *self.open]

    def _symptoms(self, finding: Finding, findings: Sequence[Finding]) -> tuple[str, ...]:
        """The lines of what this one holds: found now, or open since before it."""
        mine = [f for f in findings if f.subject == finding.subject and f.present]
        found = {f.name: f.cause for f in mine if holds(finding.kind, f.kind)}
        for alert in self.open:
            if alert.subject == finding.subject and holds(finding.kind, alert.kind):
                found.setdefault(alert.name, alert.cause)
        return tuple(line for line in found.values() if line)


def _is_owed(stored: Any) -> bool:
    return (
        isinstance(stored, dict)
        and stored.keys() == {"id", "alert", "at", "body"}
        and all(isinstance(value, str) for value in stored.values())
        and _is_moment(stored["at"])
        and _is_object(stored["body"])
    )


def _is_moment(text: str) -> bool:
    try:
        return moment(text).tzinfo is not None
    except ValueError:
        return False


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (RecursionError, ValueError):
        return False


def _section(memory: Mapping[str, str], name: str, kind: type) -> Any:
    try:
        section = json.loads(memory[name])
    except (KeyError, RecursionError, ValueError):
        return kind()
    return section if isinstance(section, kind) else kind()


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
