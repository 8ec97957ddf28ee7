"""One invocation: every source side by side, each with its own lease, limits and report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Protocol

from paywatch.discovery.reader import Reader
from paywatch.domain.payments import Source
from paywatch.errors import ConfigurationError, LeaseLost
from paywatch.invocation import Invocation
from paywatch.poll import SourcePoll
from paywatch.ports import Allowance, Clock, Controls, Payments, Provider, Topic
from paywatch.rehearsal import RehearsedControls, RehearsedPayments, RehearsedTopic
from paywatch.report import SourceReport

# Kept free at the end of an invocation, for the last writes and the report.
MARGIN = 2.0
THREADS = 4


class Journal(Protocol):
    """Where a run tells of itself: log and metrics."""

    def source_polled(self, run_id: str, source: Source, report: SourceReport) -> None:
        """Tell of one source's poll."""

    def failed(self, run_id: str, source: Source, fault: Exception) -> None:
        """Tell of a fault of our own."""


@dataclass(frozen=True)
class World:
    """Everything outside that a run uses."""

    payments: Payments
    controls: Controls
    topic: Topic
    connect: Callable[[Source], Provider]
    clock: Clock
    journal: Journal
    request_budget: int
    parallel: bool = True


def run(world: World, invocation: Invocation, run_id: str, remaining: float) -> dict[str, Any]:
    """Poll the invocation's sources within `remaining` seconds and return the JSON report.

    A provider's fault is in the report. A fault of our own is raised, after the other sources have
    had their poll.
    """
    if invocation.action != "poll":
        raise ConfigurationError("reconcile is not built yet; the poll alone is")
    if invocation.dry_run:
        world = _rehearsal(world)
    deadline = world.clock.monotonic() + max(remaining - MARGIN, 0.0)

    def poll(source: Source) -> SourceReport | Exception:
        try:
            report = _poll(world, source, deadline)
        except Exception as fault:
            world.journal.failed(run_id, source, fault)
            return fault
        world.journal.source_polled(run_id, source, report)
        return report

    if world.parallel and len(invocation.sources) > 1:
        with ThreadPoolExecutor(max_workers=THREADS) as pool:
            results = list(pool.map(poll, invocation.sources))
    else:
        results = [poll(source) for source in invocation.sources]
    reports: dict[str, Mapping[str, Any]] = {}
    for source, result in zip(invocation.sources, results, strict=True):
        if isinstance(result, Exception):
            raise result
        reports[source.short] = asdict(result)
    return {
        "run_id": run_id,
        "action": invocation.action,
        "dry_run": invocation.dry_run,
        "sources": reports,
    }


def _poll(world: World, source: Source, deadline: float) -> SourceReport:
    allowance = Allowance(world.clock, deadline, world.request_budget)
    provider = world.connect(source)
    now = world.clock.now()
    until = now + timedelta(seconds=allowance.remaining())
    control = world.controls.acquire(source, "poll", now, until)
    if control is None:
        return SourceReport(outcome="busy", detail="another run holds this source")
    reader = Reader(provider, allowance, control.lease.epoch)
    poll = SourcePoll(control, world.controls, world.payments, world.topic, reader, world.clock)
    try:
        return poll.run()
    except LeaseLost as fault:
        poll.report.outcome, poll.report.detail = "lease_lost", str(fault)
        return poll.report


def _rehearsal(world: World) -> World:
    return World(
        payments=RehearsedPayments(world.payments),
        controls=RehearsedControls(world.controls),
        topic=RehearsedTopic(),
        connect=world.connect,
        clock=world.clock,
        journal=world.journal,
        request_budget=world.request_budget,
        parallel=world.parallel,
    )
