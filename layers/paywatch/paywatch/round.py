"""What the steps of one run of one source share: time, memory, reader, recording and report."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from paywatch.discovery.brake import Plausible
from paywatch.discovery.coverage import Coverage
from paywatch.discovery.ledger import Rules
from paywatch.discovery.overdue import Overdue
from paywatch.discovery.patience import Patience
from paywatch.discovery.reader import Reader
from paywatch.domain.payments import instant
from paywatch.domain.thresholds import Thresholds
from paywatch.errors import OutOfTime, ProviderError, Unavailable, UnexpectedResponse
from paywatch.ports import Clock, Control, Controls, Payments, Topic
from paywatch.recording import Recording
from paywatch.report import SourceReport

# One list that cannot be had does not keep the other lists from being read; so many faults of this
# kind do, and any other kind (a refused key, a request to wait) does at once.
FAULTS = 3
# Behind this share of a run, no step that comes late has a least of its own any more.
LAST = 0.95
# What reading a stored section raises that a hand, or another version, has spoiled.
NONSENSE = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError)

T = TypeVar("T")


class Round:
    """One run of one source; made anew for every run."""

    def __init__(
        self,
        control: Control,
        controls: Controls,
        payments: Payments,
        topic: Topic,
        reader: Reader,
        clock: Clock,
        plausible: Plausible,
        thresholds: Thresholds,
    ) -> None:
        self.plausible = plausible
        self.thresholds = thresholds
        self.control = control
        self.payments = payments
        self.reader = reader
        self.clock = clock
        self.began = clock.now()
        self.report = SourceReport()
        self.memory = {name: _load(text) for name, text in control.memory.items()}
        self._stored = dict(control.memory)
        self.walk_began = self.recall("walk", _walk_began)
        rules = Rules(control.lease.source, control.watch_began, baseline=not self.walk_began)
        self.rules = rules
        self.coverage = self.recall("coverage", Coverage.load)
        self.patience = self.recall("patience", Patience.load)
        overdue = Overdue(self.patience, self.coverage, thresholds, self.began)
        self.overdue = self.recall("overdue", overdue.load)
        deadlines = self.overdue.deadlines
        self.recording = Recording(
            control, controls, payments, topic, rules, self.report, deadlines
        )
        self.books = self.recording.books
        self._controls = controls
        self._from = clock.monotonic()
        self._time = max(reader.allowance.deadline - self._from, 0.001)
        self._faults = 0

    @property
    def epoch(self) -> int:
        """The run's number, which its evidence carries."""
        return self.control.lease.epoch

    def within(self, share: float, least: float = 0.0) -> Callable[[], bool]:
        """Say, whenever asked, whether this share of the run's time and requests is still left.

        A step that comes late, because those before it took long, has at `least` this share from
        now on; what is behind `LAST` is for writing.
        """
        lease = self.control.lease
        ends = [max(share, min(spent + least, LAST)) for spent in self._spent()]

        def may_go_on() -> bool:
            within = all(spent < end for spent, end in zip(self._spent(), ends, strict=True))
            return within and self.clock.now() < lease.until

        return may_go_on

    def _spent(self) -> tuple[float, float]:
        """Return which shares of the run's time and of its requests are spent."""
        allowance = self.reader.allowance
        return (
            (self.clock.monotonic() - self._from) / self._time,
            allowance.requests / max(allowance.requests_allowed, 1),
        )

    def attempt(self, name: str, step: Callable[[], None]) -> bool:
        """Take a step unless the provider has failed us; return whether it came to its end."""
        if self._faults >= FAULTS:
            return False
        try:
            step()
        except OutOfTime as limit:
            self.report.hint(f"{name}: {limit}")
            return False
        except ProviderError as fault:
            self.report.fault(fault.kind, f"{name}: {fault}")
            self._faults += 1 if isinstance(fault, (Unavailable, UnexpectedResponse)) else FAULTS
            return False
        return True

    def recall(self, section: str, read: Callable[[Mapping[str, Any]], T]) -> T:
        """Read a section of the control item; one that makes no sense is begun anew."""
        try:
            return read(self.memory.get(section, {}))
        except NONSENSE:
            self.report.hint(f"the stored section {section} made no sense and is begun anew")
            self.memory[section] = {}
            return read({})

    def keep(self, section: str, stored: dict[str, Any]) -> None:
        """Store a section before the run ends, so that it outlives its death."""
        self.memory[section], text = stored, _text(stored)
        self._controls.keep(self.control.lease, {section: text})
        self._stored[section] = text

    def close(self) -> None:
        """Store the digests of what is whole and what changed in memory; give the lease back."""
        written = {name: _text(section) for name, section in self.memory.items()}
        changed = {name: text for name, text in written.items() if text != self._stored.get(name)}
        self._controls.finish(self.control.lease, self.recording.digests(), changed)


def _walk_began(stored: Mapping[str, Any]) -> str | None:
    """Return when the last walk that was believed began, if there was one."""
    if not isinstance(stored.get("epoch", 0), int):
        raise ValueError
    return instant(stored["began"]) if "began" in stored else None


def _text(section: Mapping[str, Any]) -> str:
    return json.dumps(section, separators=(",", ":"))


def _load(text: str) -> dict[str, Any]:
    """Read a section; one that is no JSON object is begun anew."""
    try:
        section = json.loads(text)
    except (RecursionError, ValueError):
        return {}
    return section if isinstance(section, dict) else {}
