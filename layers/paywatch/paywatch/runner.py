"""One invocation: every source side by side, each with its own lease, limits and report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from paywatch.alerting import Alerting, Told
from paywatch.concerned import Chosen, summary
from paywatch.discovery.brake import Plausible
from paywatch.discovery.reader import Reader
from paywatch.domain.alert_messages import lasting
from paywatch.domain.alerts import CHANGES_TOPIC, SUBSCRIBERS, Detail, Finding, Kind, MayGoOn
from paywatch.domain.payments import Source
from paywatch.domain.thresholds import Thresholds
from paywatch.errors import LeaseLost
from paywatch.invocation import Invocation
from paywatch.poll import SourcePoll
from paywatch.ports import (
    AlertsTopic,
    Allowance,
    Clock,
    Control,
    Controls,
    Payments,
    Provider,
    Subscribers,
    Topic,
)
from paywatch.rehearsal import RehearsedControls, RehearsedPayments, RehearsedTopic
from paywatch.report import SourceReport
from paywatch.round import Round

# Kept free at the end of an invocation: for the last writes and the alerts, and then the report.
MARGIN, LAST = 4.0, 1.0
# Each source has a thread of its own, so that one whose provider hangs keeps no other waiting.
THREADS = 32
# Another run may just be ending: so many looks at its lease, so many seconds apart.
WAITS = 3
PATIENT_WAITS = 30
WAIT = 2.0
# In so much time before a run, and since the one before it, a subscriber that was not reached is
# still news.
NOT_REACHED, LONGEST_PAUSE = timedelta(minutes=15), timedelta(days=1)
TOPIC_UNAVAILABLE = "topic_unavailable"


class Journal(Protocol):
    """Where a run tells of itself: log and metrics."""

    def source_polled(
        self, run_id: str, source: Source, report: SourceReport, *, dry_run: bool
    ) -> None:
        """Tell of one source's poll."""

    def failed(self, run_id: str, source: Source, fault: Exception) -> None:
        """Tell of a fault of our own."""

    def told(self, run_id: str, told: Told) -> None:
        """Tell of the alerts: those that are open, told and owed."""

    def drilled(self, passed: bool) -> None:
        """Tell whether a drill opened and resolved its alerts."""


@dataclass(frozen=True)
class World:
    """Everything outside that a run uses; `sources` are all that the stack watches."""

    payments: Payments
    controls: Controls
    topic: Topic
    alerts: AlertsTopic
    subscribers: Subscribers
    connect: Callable[[Source], Provider]
    clock: Clock
    journal: Journal
    request_budget: int
    sources: Sequence[Source]
    plausible: Plausible = field(default_factory=Plausible)
    thresholds: Thresholds = field(default_factory=Thresholds)
    parallel: bool = True


@dataclass(frozen=True)
class Polled:
    """What a poll of one source came to."""

    report: SourceReport
    findings: Sequence[Finding] = ()
    pause: timedelta = timedelta(0)


def run(world: World, invocation: Invocation, run_id: str, remaining: float) -> dict[str, Any]:
    """Poll the invocation's sources within `remaining` seconds and return the JSON report.

    A provider's fault is in the report. A fault of our own is raised, after the other sources have
    had their poll and what is wrong with them was told.
    """
    if invocation.dry_run:
        world = _rehearsal(world)
    ends = world.clock.monotonic() + remaining
    deadline = max(ends - MARGIN, world.clock.monotonic())
    wants_reconcile = invocation.action == "reconcile"

    def poll(source: Source) -> Polled | Exception:
        try:
            polled = poll_source(world, source, deadline, wants_reconcile=wants_reconcile)
        except Exception as fault:
            world.journal.failed(run_id, source, fault)
            return fault
        world.journal.source_polled(run_id, source, polled.report, dry_run=invocation.dry_run)
        return polled

    if world.parallel and len(invocation.sources) > 1:
        with ThreadPoolExecutor(max_workers=THREADS) as pool:
            results = list(pool.map(poll, invocation.sources))
    else:
        results = [poll(source) for source in invocation.sources]
    outcomes = dict(zip(invocation.sources, results, strict=True))
    polled = {s: each for s, each in outcomes.items() if isinstance(each, Polled)}
    if not invocation.dry_run:
        told = _tell(world, polled, ends - LAST)
        world.journal.told(run_id, told)
    for result in results:
        if isinstance(result, Exception):
            raise result
    return {
        "run_id": run_id,
        "action": invocation.action,
        "dry_run": invocation.dry_run,
        "sources": {source.short: dict(vars(each.report)) for source, each in polled.items()},
    }


def poll_source(world: World, source: Source, deadline: float, *, wants_reconcile: bool) -> Polled:
    """Poll one source until the clock's `deadline`; a fault of our own is raised."""
    allowance = Allowance(world.clock, deadline, world.request_budget)
    provider = world.connect(source)
    control = _acquire(world, source, allowance, patient=wants_reconcile)
    if control is None:
        return Polled(SourceReport(outcome="busy", detail="another run holds this source"))
    reader = Reader(provider, allowance, control.lease.epoch)
    round_ = Round(
        control=control,
        controls=world.controls,
        payments=world.payments,
        topic=world.topic,
        reader=reader,
        clock=world.clock,
        plausible=world.plausible,
        thresholds=world.thresholds,
    )
    poll = SourcePoll(round_, wants_reconcile)
    try:
        report = poll.run()
        return Polled(report, poll.findings, timedelta(seconds=round_.coverage.pause))
    except LeaseLost as fault:
        round_.report.outcome, round_.report.detail = "lease_lost", str(fault)
        return Polled(round_.report)


def _tell(world: World, polled: Mapping[Source, Polled], ends: float) -> Told:
    """Tell of what the polls found, and of what does not reach the subscribers."""
    findings = [finding for each in polled.values() for finding in each.findings]
    faults: list[Exception] = []
    reports = {source: each.report for source, each in polled.items()}
    now = world.clock.now()
    pause = max((each.pause for each in polled.values()), default=timedelta(0))
    span = min(max(NOT_REACHED, pause + NOT_REACHED / 3), LONGEST_PAUSE)
    try:
        not_reached = world.subscribers.not_reached(now - span, now)
    except Exception as fault:
        not_reached, faults = None, [fault]
    findings += [*owed(world, reports), *unreached(not_reached, span)]
    alerting = Alerting(world.controls, world.alerts, world.clock, world.thresholds.pace)
    subjects = {CHANGES_TOPIC, SUBSCRIBERS, *(source.short for source in world.sources)}
    told = alerting.run(findings, lambda: world.clock.monotonic() < ends, subjects)
    told.faults += faults
    return told


def owed(world: World, reports: Mapping[Source, SourceReport]) -> list[Finding]:
    """Say whether changes wait to be published; nothing where not every source was looked at."""
    age = max((report.outbox_age for report in reports.values()), default=0.0)
    waiting = sum(report.outbox_left for report in reports.values())
    late = age >= 60 * world.thresholds.backlog_minutes
    if not late and any(
        source not in reports or reports[source].outcome in ("busy", "lease_lost")
        for source in world.sources
    ):
        return []
    many = f"{waiting} changes have" if waiting > 1 else "a change has"
    causes = [f"{many} waited up to {lasting(timedelta(seconds=age))} to be published"]
    causes += [r.detail for r in reports.values() if r.outcome == TOPIC_UNAVAILABLE][:1]

    def detail(may_go_on: MayGoOn) -> Detail:
        chosen = Chosen(world.payments, list(reports), lambda record: record.owes, may_go_on)
        return summary(chosen, world.clock.now(), partial=lambda: chosen.partial)

    line = "; ".join(causes) if late else ""
    return [Finding(Kind.DELIVERY_BACKLOG, CHANGES_TOPIC, late, line, size=waiting, detail=detail)]


def unreached(given_up: int | None, span: timedelta) -> list[Finding]:
    """Say whether SNS gave up so many deliveries in this time; nothing where it is not known."""
    if given_up is None:
        return []
    many = f"{given_up} deliveries" if given_up > 1 else "a delivery"
    line = f"SNS gave up {many} to subscribers in the last {lasting(span)}" if given_up else ""
    return [Finding(Kind.DELIVERY_BACKLOG, SUBSCRIBERS, given_up > 0, line, size=given_up)]


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
        alerts=world.alerts,
        subscribers=world.subscribers,
        journal=world.journal,
        request_budget=world.request_budget,
        sources=world.sources,
        plausible=world.plausible,
        thresholds=world.thresholds,
        parallel=world.parallel,
    )
