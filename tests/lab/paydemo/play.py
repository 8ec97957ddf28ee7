"""The play: tick after tick the handler polls, the subscriber receives, and the clock goes on."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from paydemo import mix
from paydemo.invoking import Lambda
from paydemo.options import Options
from paydemo.subscriber import Subscriber
from paylab import AuditReport, Lab, LabClock, Tick, TruthLog, World, audit, populate
from paylab.stage import Stage, staged
from paywatch.bootstrap import Poller, build, install
from paywatch.providers.http import Limits

START = datetime(2026, 1, 9, 10, 30, tzinfo=UTC)
EVERY = timedelta(minutes=1)
LATENCY = 0.2  # of each request, in simulated seconds

# Polls after the last one, in which nothing moves and nothing fails any more: what comes late, a
# refund that waits for its list's turn or for a provider to answer, has to have arrived by then.
SETTLING = 6

Tamper = Callable[[Poller], None]


@dataclass(frozen=True)
class Seen:
    """What one tick brought: the handler's report or its fault, and what was received."""

    number: int
    at: datetime
    settling: bool
    report: Mapping[str, Any]
    fault: str | None
    events: list[Mapping[str, Any]]


@dataclass
class Play:
    """Everything that takes part; `played` gives it ready to begin."""

    options: Options
    lab: Lab
    function: Lambda
    subscriber: Subscriber
    ticks: list[Tick] = field(default_factory=list)
    faulty: int = 0

    def run(self, is_stopped: Callable[[], bool]) -> Iterator[Seen]:
        """Play all ticks, and tell of each; end early when stopped."""
        for number in range(self.options.ticks + SETTLING):
            if is_stopped():
                return
            if number == self.options.ticks:
                self.lab.faults = []
                for world in self.lab.worlds.values():
                    world.rest()
            yield self._tick(number)

    def audit(self) -> AuditReport:
        """Hold what was received against what really happened."""
        self.lab.settle()
        return audit(self.lab.truth, self.ticks, self.subscriber.deliveries, self.lab.log)

    def _tick(self, number: int) -> Seen:
        clock = self.lab.clock
        start = max(clock.now(), START + number * EVERY)
        clock.set(start)
        report, fault = {}, None
        try:
            report = self.function.invoke(number)
        except Exception as error:
            self.faulty += 1
            fault = f"{type(error).__name__}: {error}"
        self.ticks.append(Tick(start, clock.now(), finished=fault is None))
        events = self.subscriber.receive(number)
        settling = number >= self.options.ticks
        return Seen(number + 1, start, settling, report, fault, events)


@contextmanager
def played(options: Options, tamper: Tamper | None = None) -> Iterator[Play]:
    """Set the stage, and strike it whatever happens; `tamper` may spoil the poller for a test."""
    clock, truth = LabClock(START), TruthLog()
    worlds = [World(name, clock, truth, seed=options.seed) for name in ("compago", "onepay")]
    for world in worlds:
        populate(world, options.size)
    faults = mix.mix(START, options.ticks) if options.faults else []
    lab = Lab(clock, worlds, faults=faults, seed=options.seed)
    with staged(lab, latency=LATENCY) as stage:
        poller = _poller(stage, clock, options)
        if tamper is not None:
            tamper(poller)
        install(poller)
        try:
            subscriber = Subscriber(stage.client("sqs"), stage.queue_url)
            yield Play(options, lab, Lambda(clock), subscriber)
        finally:
            install(None)


def _poller(stage: Stage, clock: LabClock, options: Options) -> Poller:
    return build(
        stage.environment,
        clock=clock,
        random=Random(f"{options.seed}/poller"),
        clients=stage.client,
        limits=Limits(read=mix.PATIENCE) if options.faults else None,
    )
