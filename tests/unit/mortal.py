"""Alerting over ports in memory, whose process may die at any effect, and a topic that refuses."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from paywatch.alerting import Alerting, Told
from paywatch.domain.alert_messages import AlertMessage
from paywatch.domain.alerts import Detail, Finding, Kind, MayGoOn, Pace
from paywatch.domain.payments import Source
from paywatch.errors import TopicUnavailable
from paywatch.memory import MemoryAlertsTopic, MemoryControls
from paywatch.ports import Control, Lease

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Killed(BaseException):
    """The process is dead."""


@dataclass
class Clock:
    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - START).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Mortal:
    """Controls and topic whose n-th effect is the last thing that the process does."""

    def __init__(self, controls: MemoryControls, topic: MemoryAlertsTopic) -> None:
        self.controls, self.topic = controls, topic
        self.effects = 0
        self.dies_at: int | None = None

    def _done(self) -> None:
        self.effects += 1
        if self.effects == self.dies_at:
            raise Killed

    def peek(self, source: Source, kind: str) -> Control:
        return self.controls.peek(source, kind)

    def acquire(self, source: Source, kind: str, now: datetime, until: datetime) -> Control | None:
        control = self.controls.acquire(source, kind, now, until)
        self._done()
        return control

    def mark(self, lease: Lease, buckets: Collection[int]) -> None:
        raise AssertionError("the board has no buckets")

    def keep(self, lease: Lease, memory: Mapping[str, str]) -> None:
        self.controls.keep(lease, memory)
        self._done()

    def finish(self, lease: Lease, buckets: Mapping[int, str], memory: Mapping[str, str]) -> bool:
        whole = self.controls.finish(lease, buckets, memory)
        self._done()
        return whole

    def tell(self, message: AlertMessage) -> None:
        self.topic.tell(message)
        self._done()


class Stage:
    """An alerting whose process may die at any of its effects, and is replaced by another."""

    def __init__(self, dies_at: int | None = None) -> None:
        self.clock = Clock()
        self.mortal = Mortal(MemoryControls(), MemoryAlertsTopic())
        self.mortal.dies_at = dies_at
        self.results: list[Told] = []

    @property
    def alerting(self) -> Alerting:
        return Alerting(self.mortal, self.mortal, self.clock, Pace())

    @property
    def topic(self) -> MemoryAlertsTopic:
        return self.mortal.topic

    def live(self, lasting: timedelta, *findings: Finding) -> None:
        ends = self.clock.at + lasting
        while self.clock.at < ends:
            try:
                self.results.append(self.alerting.run(findings, lambda: True))
            except Killed:
                self.clock.at += MINUTE  # its lease ends
            self.clock.at += MINUTE

    @property
    def told(self) -> list[tuple[str, str]]:
        """Every message once: its alert and its step."""
        events = {m.id: json.loads(m.bodies["sqs"])["data"] for m in self.topic.told}
        return [(each["alert"], each["step"]) for each in events.values()]


def found(kind: Kind, size: int = 1) -> Finding:
    def detail(may_go_on: MayGoOn) -> Detail:
        return Detail(count=size, money={"COP": f"{size}000"})

    return Finding(kind, "onepay", True, f"{kind}: {size}", size, detail=detail)


def clear(kind: Kind) -> Finding:
    return Finding(kind, "onepay", False)


class Refusing(MemoryAlertsTopic):
    """A topic that never takes the messages of some alerts."""

    def __init__(self, *refused: str) -> None:
        super().__init__()
        self.refused = refused

    def tell(self, message: AlertMessage) -> None:
        if json.loads(message.bodies["sqs"])["data"]["alert"] in self.refused:
            raise TopicUnavailable("InvalidParameter: not this one")
        super().tell(message)
