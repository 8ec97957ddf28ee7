"""One invocation: every source side by side, each with its own lease, limits and report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from paywatch.discovery.brake import Plausible
from paywatch.discovery.reader import Reader
from paywatch.domain.payments import Source
from paywatch.errors import LeaseLost
from paywatch.invocation import Invocation
from paywatch.poll import SourcePoll
from paywatch.ports import Allowance, Clock, Control, Controls, Payments, Provider, Topic
from paywatch.rehearsal import RehearsedControls, RehearsedPayments, RehearsedTopic
from paywatch.report import SourceReport
from paywatch.round import Round

# Kept free at the end of an invocation, for the last writes and the report.
MARGIN = 2.0
# Each source has a thread of its own, so that one whose provider hangs keeps no other waiting.
THREADS = 32
# Another run may just be ending: so many looks at its lease, so many seconds apart.
WAITS = 3
PATIENT_WAITS = 30
WAIT = 2.0


class Journal(Protocol):
    """Where a run tells of itself: log and metrics."""

    def source_polled(
        self, run_id: str, source: Source, report: SourceReport, *, dry_run: bool
    ) -> None:
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
    plausible: Plausible = field(default_factory=Plausible)
    parallel: bool = True


def run(world: World, invocation: Invocation, run_id: str, remaining: float) -> dict[str, Any]:
    """Poll the invocation's sources within `remaining` seconds and return the JSON report.

    A provider's fault is in the report. A fault of our own is raised, after the other sources have
    had their poll.
    """
    if invocation.dry_run:
        world = _rehearsal(world)
    deadline = world.clock.monotonic() + max(remaining - MARGIN, 0.0)

    def poll(source: Source) -> SourceReport | Exception:
        try:
            report = _poll(world, source, deadline, invocation.action == "reconcile")
        except Exception as fault:
            world.journal.failed(run_id, source, fault)
            return fault
        world.journal.source_polled(run_id, source, report, dry_run=invocation.dry_run)
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


def _poll(world: World, source: Source, deadline: float, wants_reconcile: bool) -> SourceReport:
    allowance = Allowance(world.clock, deadline, world.request_budget)
    provider = world.connect(source)
    control = _acquire(world, source, allowance, patient=wants_reconcile)
    if control is None:
        return SourceReport(outcome="busy", detail="another run holds this source")
    reader = Reader(provider, allowance, control.lease.epoch)
    round_ = Round(
        control=control,
        controls=world.controls,
        payments=world.payments,
        topic=world.topic,
        reader=reader,
        clock=world.clock,
        plausible=world.plausible,
    )
    try:
        return SourcePoll(round_, wants_reconcile).run()
    except LeaseLost as fault:
        round_.report.outcome, round_.report.detail = "lease_lost", str(fault)
        return round_.report


def _acquire(
    world: World, source: Source, allowance: Allowance, *, patient: bool
) -> Control | None:
    """Take the source's lease; wait a little for a run that is about to end.

    Who is patient waits as long as it can: a poll comes again in a minute, a reconcile in a day.
    """
    for _ in range(PATIENT_WAITS if patient else WAITS):
        now = world.clock.now()
        until = now + timedelta(seconds=allowance.remaining())
        control = world.controls.acquire(source, "poll", now, until)
        if control is not None or allowance.remaining() < 2 * WAIT:
            return control
        world.clock.sleep(WAIT)
    return None


def _rehearsal(world: World) -> World:
    return World(
        payments=RehearsedPayments(world.payments),
        controls=RehearsedControls(world.controls),
        topic=RehearsedTopic(),
        connect=world.connect,
        clock=world.clock,
        journal=world.journal,
        request_budget=world.request_budget,
        plausible=world.plausible,
        parallel=world.parallel,
    )
