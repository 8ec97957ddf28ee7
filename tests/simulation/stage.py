"""A polling in memory all of whose I/O passes one gate, at which a fault can strike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from paywatch.errors import TopicUnavailable
from paywatch.ports import Clock
from tests.gates import CLOCK, REQUEST, TOPICS, Fault, Gate, Killed, gate
from tests.polling import Polling

# What a run has to live, in seconds.
SECONDS = 60.0
# Seconds: after the end of a run of a minute, yet before the last moment in which it may tell.
LATE = 57.0
# What a death before a step leaves, a death after the one before it leaves as well.
FAULTS = (Fault.ERROR_BEFORE, Fault.ERROR_AFTER, Fault.LATE, Fault.DEATH_AFTER)


class Broken(Exception):
    """A call to AWS that failed."""


@dataclass(frozen=True)
class Strike:
    """A fault at a run's step, numbered from 1; as text `17:LATE`."""

    step: int
    fault: Fault

    @classmethod
    def parse(cls, text: str) -> Strike:
        step, _, fault = text.partition(":")
        return cls(int(step), Fault[fault])

    def __str__(self) -> str:
        return f"{self.step}:{self.fault.name}"


def fits(fault: Fault, name: str) -> bool:
    """Whether it can happen at a step: a clock does not fail, but a process may stand still."""
    return name not in CLOCK or fault in (Fault.LATE, Fault.DEATH_AFTER)


def strikes(steps: list[str], faults: tuple[Fault, ...] = FAULTS) -> list[Strike]:
    """Return every fault at every step that it fits."""
    return [
        Strike(number, fault)
        for number, name in enumerate(steps, 1)
        for fault in faults
        if fits(fault, name)
    ]


class Stage:
    """A source that is polled by one process at a time; `steps` are those of the last run."""

    def __init__(
        self, source: str, watch: Callable[[Clock], Clock] | None = None, **options: Any
    ) -> None:
        """Set it up; `watch` makes the clock that paywatch reads from the lab's."""
        self.bare = Polling([source], latency=0.05, pace=20.0, **options)
        if watch is not None:
            self.bare.watch = watch(self.bare.clock)
        self.polling = self.bare.another()
        self.source = source
        self.world = self.polling.world(source)
        self.gate = gate(self.polling)
        self.steps: list[str] = []
        self.raised: list[Exception] = []

    def another(self) -> tuple[Polling, Gate]:
        """Return a second process, with a gate of its own."""
        second = self.bare.another()
        second.thresholds = self.polling.thresholds
        return second, gate(second)

    def tick(self, strike: Strike | None = None, **options: Any) -> bool:
        """Run once; whether it lived to its end. Only what was struck may fail."""
        self.gate.open()
        if strike is not None:
            arm(self.polling, self.gate, strike)
        try:
            self.polling.tick(**options)
        except Killed:
            self.polling.restart()
        except Exception as fault:
            self.raised.append(fault)
            if strike is None or len(self.gate.calls) < strike.step:
                raise
        else:
            return True
        finally:
            self.steps = list(self.gate.calls)
        return False


def arm(polling: Polling, at: Gate, strike: Strike) -> None:
    """Let a fault strike at a step of the run that comes."""

    def before(number: int, name: str) -> None:
        if number == strike.step and strike.fault in (Fault.ERROR_BEFORE, Fault.DEATH_BEFORE):
            fail(polling, at, name, strike.fault)

    def after(number: int, name: str) -> None:
        if number == strike.step:
            fail(polling, at, name, strike.fault)

    at.before, at.after = before, after


def fail(polling: Polling, at: Gate, name: str, fault: Fault, late: float = LATE) -> None:
    """Do what a fault does at a step, once its effect is there or is not."""
    reached = fault not in (Fault.ERROR_BEFORE, Fault.DEATH_BEFORE)
    if name == REQUEST and reached:
        polling.lab.log.lost()
    if fault is Fault.LATE:
        polling.clock.advance(late)
    elif fault in (Fault.DEATH_BEFORE, Fault.DEATH_AFTER):
        at.dead = True
        raise Killed(name)
    elif name == REQUEST:
        raise httpx.ReadError("cut") if reached else httpx.ConnectError("refused")
    elif name in TOPICS:
        raise TopicUnavailable(f"{name}: the topic cannot be reached")
    else:
        raise Broken(name)
