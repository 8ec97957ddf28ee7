"""paywatch over the lab, poll by poll, on a driven clock: real clients, ports in memory, no AWS."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from paylab import (
    AuditReport,
    Delivery,
    Lab,
    LabClock,
    LabTransport,
    Served,
    Size,
    Tick,
    TruthLog,
    World,
    audit,
    populate,
)
from paylab.faults import Fault
from paylab.request_log import RequestLog
from paylab.world import Order
from paywatch.actions import act
from paywatch.domain.changes import Record
from paywatch.domain.payments import Source
from paywatch.domain.thresholds import Thresholds
from paywatch.invocation import Invocation
from paywatch.memory import (
    MemoryAlertsTopic,
    MemoryControls,
    MemoryPayments,
    MemorySubscribers,
    MemoryTopic,
)
from paywatch.ports import (
    AlertsTopic,
    Clock,
    Controls,
    Payments,
    Provider,
    Subscribers,
    Topic,
)
from paywatch.providers.http import Transport
from paywatch.providers.registry import connect
from paywatch.runner import World as Outside
from paywatch.runner import run
from tests.journals import KeptJournal

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EVERY = timedelta(seconds=60)


class Polling:
    """Two lab providers, paywatch that polls them, and everything that it published.

    `sources` are names as in a setting (`onepay/norte`). With a `size` each world has a population
    that moves by itself; without one, a test moves payments by hand through `world()`. `order` and
    `by_id` are Compago's; `latency` is what each request takes, in seconds of the lab's clock.

    `payments`, `controls` and `topic` are the ports in memory, to be wrapped or replaced by a test
    before a tick, as are `watch` (the clock that paywatch reads), `audience`, `secret` and
    `carried` (the way to the lab); `inbox` is what the default topic keeps. `ticks`, `deliveries`
    and `reports` grow with each tick and are what an audit rests on.
    """

    def __init__(
        self,
        sources: Sequence[str] = ("compago", "onepay"),
        *,
        order: Order = "newest_first",
        by_id: bool = True,
        latency: float = 0.2,
        faults: Iterable[Fault] = (),
        seed: int = 1,
        size: Size | None = None,
        pace: float = 1.0,
        budget: int = 600,
        every: timedelta = EVERY,
        clock: LabClock | None = None,
    ) -> None:
        self.sources = tuple(Source.parse(name) for name in sources)
        self.clock = clock or LabClock(START)
        self.truth = TruthLog()
        self.worlds = {source: self._world(source, seed, order, by_id) for source in self.sources}
        if size is not None:
            for world in self.worlds.values():
                populate(world, size)
        self.lab = Lab(self.clock, self.worlds.values(), faults=faults, seed=seed)
        self.payments: Payments = MemoryPayments()
        self.controls: Controls = MemoryControls()
        self.inbox = MemoryTopic()
        self.topic: Topic = self.inbox
        self.mailbox = MemoryAlertsTopic()
        self.alerts: AlertsTopic = self.mailbox
        self.subscribers = MemorySubscribers()
        self.audience: Subscribers = self.subscribers
        self.watch: Clock = self.clock
        self.secret: Callable[[Source], str] = self.key_of
        self.carried: Callable[[Transport], Transport] = lambda transport: transport
        self.thresholds = Thresholds()
        self.journal = KeptJournal()
        self.latency = latency
        self.pace = pace
        self.budget = budget
        self.every = every
        self.ticks: list[Tick] = []
        self.deliveries: list[Delivery] = []
        self.reports: list[dict[str, Any]] = []
        self.seed = seed
        self._providers: dict[Source, Provider] = {}
        self._received = 0

    def world(self, source: str = "compago") -> World:
        """Return a source's world, whose payments a test adds and moves."""
        return self.worlds[Source.parse(source)]

    def tick(
        self,
        *,
        seconds: float = 60.0,
        sources: Sequence[str] | None = None,
        action: str = "poll",
        dry_run: bool = False,
        parallel: bool = False,
    ) -> dict[str, Any]:
        """Run paywatch once, with so many seconds to live, and return its report.

        The clock then stands one interval after the run's start, or where the run has left it. A
        run that raises is noted as an unfinished tick, with what it published until then.
        """
        chosen = self.sources if sources is None else tuple(map(Source.parse, sources))
        start, finished = self.clock.now(), False
        try:
            report = self.run(seconds, Invocation(action, chosen, dry_run), parallel=parallel)
            finished = True
            return report
        finally:
            self.note(start, finished)
            self.clock.set(max(self.clock.now(), start + self.every))

    def run(
        self, seconds: float, invocation: Invocation, *, parallel: bool = False
    ) -> dict[str, Any]:
        """Run paywatch once and return its report; neither the clock nor the ticks take note."""
        report = run(self._outside(parallel), invocation, f"run-{len(self.ticks)}", seconds)
        self.reports.append(report)
        return report

    def note(self, start: datetime, finished: bool) -> None:
        """Take note of a tick from `start` to now, with what came since the one before."""
        number = len(self.ticks)
        self.ticks.append(Tick(start, self.clock.now(), finished))
        self.deliveries += [Delivery(number, event) for event in self.receive()]

    def restart(self) -> None:
        """Replace the process by a new one, which knows nothing of the one before."""
        self._providers = {}

    def another(self) -> Polling:
        """Return a second process over the same state; what it receives is noted by the first."""
        second = copy(self)
        second.restart()
        return second

    def poll(self, source: str = "compago", **options: Any) -> dict[str, Any]:
        """Tick one source and return its own part of the report."""
        report: dict[str, Any] = self.tick(sources=[source], **options)["sources"][source]
        return report

    def receive(self) -> Sequence[Mapping[str, Any]]:
        """Return the events that came since the last call; a real queue replaces it."""
        new = self.inbox.published[self._received :]
        self._received += len(new)
        return [json.loads(message.body) for message in new]

    def forget(self) -> None:
        """Let go of what a long run would fill the memory with, and only an audit looks at."""
        self.reports.clear()
        self.journal.reports.clear()
        self.journal.alerts.clear()
        self.inbox.published.clear()
        self._received = 0
        self.lab.log = RequestLog()

    def act(self, **event: Any) -> dict[str, Any]:
        """Ask for something besides a poll, such as the open alerts."""
        invocation = Invocation.parse(event, self.sources)
        return act(self._outside(parallel=False), invocation, "run-act", 60.0)

    def audit(self, sources: Collection[str] | None = None) -> AuditReport:
        """Hold everything that was delivered against the truth; `sources` as `onepay/default`."""
        self.lab.settle()
        return audit(self.truth, self.ticks, self.deliveries, self.lab.log, sources=sources)

    def told(self, payment_id: str) -> list[str]:
        """Return the statuses that were published of a payment, in the order of their receipt."""
        return [
            d.event["data"]["status"]
            for d in self.deliveries
            if d.event["data"]["payment_id"] == payment_id
        ]

    def alerted(self) -> list[tuple[str, str]]:
        """Return which alerts were told, in order: each one's name and step."""
        told = [json.loads(message.bodies["default"])["data"] for message in self.mailbox.told]
        return [(each["alert"], each["step"]) for each in told]

    def stored(self, payment_id: str, source: str = "compago") -> Record | None:
        """Return what is stored of a payment."""
        return self.payments.fetch(Source.parse(source), [payment_id]).get(payment_id)

    def memory(self, section: str, source: str = "compago") -> Any:
        """Return a section of a source's control item, read as JSON; None if there is none."""
        text = self.controls.peek(Source.parse(source), "poll").memory.get(section)
        return None if text is None else json.loads(text)

    def asked(self, source: str = "compago", tick: int = -1) -> list[Served]:
        """Return the requests that a tick (the last one) sent to a source."""
        first, last = self.ticks[tick].start, self.ticks[tick].end
        name = str(Source.parse(source))
        return [s for s in self.lab.log if s.source == name and first <= s.at <= last]

    def _world(self, source: Source, seed: int, order: Order, by_id: bool) -> World:
        return World(
            str(source),
            self.clock,
            self.truth,
            seed=seed,
            order=order,
            by_id=by_id,
            api_key=f"sk_test_lab-{source.provider}-{source.account}",
        )

    def _outside(self, parallel: bool) -> Outside:
        return Outside(
            payments=self.payments,
            controls=self.controls,
            topic=self.topic,
            alerts=self.alerts,
            subscribers=self.audience,
            sources=self.sources,
            thresholds=self.thresholds,
            connect=self._connect,
            clock=self.watch,
            journal=self.journal,
            request_budget=self.budget,
            parallel=parallel,
        )

    def key_of(self, source: Source) -> str:
        """Return the key that paywatch has for a source."""
        return self.worlds[source].api_key

    def carrier(self) -> Transport:
        """Return what carries requests to the lab."""
        return LabTransport(self.lab, latency=self.latency)

    def _connect(self, source: Source) -> Provider:
        """Return the source's provider, which keeps its pace from run to run."""
        if source not in self._providers:
            world = self.worlds[source]
            self._providers[source] = connect(
                source,
                self.secret(source),
                f"https://{source.provider}.test{world.base_path}",
                self.pace,
                self.watch,
                Random(f"{self.seed}/{source}"),
                self.carried(self.carrier()),
            )
        return self._providers[source]
