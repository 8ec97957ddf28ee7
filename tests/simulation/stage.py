"""A polling in memory all of whose I/O passes one gate, at which a fault can strike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import httpx

from paywatch.domain.payments import Source
from paywatch.errors import TopicUnavailable
from paywatch.ports import Clock
from tests.gates import CLOCK, REQUEST, TOPICS, Fault, Gate, Killed, gate
from tests.polling import Polling
from tests.simulation.fickle import REFUSAL, FickleTopic
from tests.simulation.replaying import Unplayable, one_of, whole

# What a run has to live, in seconds.
SECONDS = 60.0
# Seconds: after the end of a run of a minute, yet before the last moment in which it may tell.
LATE = 57.0
AFTERWARDS = (Fault.ERROR_AFTER, Fault.DEATH_AFTER, Fault.LATE)
OF_PUBLISH = (Fault.REFUSED, Fault.UNANSWERED)
# What a death before a step leaves, a death after the one before it leaves as well.
FAULTS = (
    Fault.ERROR_BEFORE, Fault.ERROR_AFTER, Fault.LATE, Fault.DEATH_AFTER, *OF_PUBLISH, Fault.GONE
)  # fmt: skip
# What a report says of a provider that is gone, and of a message without an answer.
NOBODY, NO_REPLY = "nobody is there", "no reply"


class Broken(Exception):
    """A call to AWS that failed."""


@dataclass(frozen=True)
class Strike:
    """A fault at a run's step, numbered from 1; as text `17:LATE`."""

    step: int
    fault: Fault

    @classmethod
    def parse(cls, text: str) -> Strike:
        step, _, name = text.partition(":")
        fault = Fault[one_of("fault", name, [each.name for each in Fault])]
        return cls(whole(step, "step", least=1), fault)

    def __str__(self) -> str:
        return f"{self.step}:{self.fault.name}"


def fits(fault: Fault, name: str) -> bool:
    """Whether it can happen at a step: a clock does not fail, but a process may stand still."""
    if fault in OF_PUBLISH:
        return name == "publish"
    if fault is Fault.GONE:
        return name == REQUEST
    return name not in CLOCK or fault in (Fault.LATE, Fault.DEATH_AFTER)


def strikes(steps: Sequence[str], faults: Sequence[Fault] = FAULTS) -> list[Strike]:
    """Return every fault at every step that it fits."""
    return [
        Strike(number, fault)
        for number, name in enumerate(steps, 1)
        for fault in faults
        if fits(fault, name)
    ]


class Stage:
    """A source that is polled by one process at a time; `steps` are those of the last run.

    At those that are `unasked` the provider was gone already, and those that `failed` did so by
    themselves, without a fault.
    `sources` are all that are polled, where that is not this source alone; a run polls one after
    the other. `wrong` says what struck runs did that none may do, and `repeats` how many messages
    they left published and not noted as such: those alone may be published again.
    """

    def __init__(
        self,
        source: str,
        watch: Callable[[Clock], Clock] | None = None,
        sources: Sequence[str] = (),
        bare: Polling | None = None,
        **options: Any,
    ) -> None:
        """Set it up, over a polling that there is; `watch` makes paywatch's clock of the lab's."""
        self.bare = bare or Polling(sources or [source], latency=0.05, pace=20.0, **options)
        if watch is not None:
            self.bare.watch = watch(self.bare.clock)
        was = self.bare.topic
        self.topic = was if isinstance(was, FickleTopic) else FickleTopic(was)
        self.bare.topic = self.topic
        self.polling = self.bare.another()
        self.source = source
        self.world = self.polling.world(source)
        self.gate = gate(self.polling)
        self.steps: list[str] = []
        self.unasked: set[int] = set()
        self.failed: set[int] = set()
        self.wrong: list[str] = []
        self.repeats = 0
        self._counted = 0

    def another(self) -> tuple[Polling, Gate]:
        """Return a second process, with a gate of its own."""
        second = self.bare.another()
        second.thresholds = self.polling.thresholds
        return second, gate(second)

    def sides(self) -> list[Stage]:
        """Return this stage as it looks from each of its sources."""
        return [self.at(source.short) for source in self.polling.sources]

    def at(self, source: str) -> Stage:
        """Return this stage as it looks from one of its sources."""
        side = copy(self)
        side.source, side.world = source, self.polling.world(source)
        return side

    def tick(self, *strikes: Strike, **options: Any) -> bool:
        """Run once; whether it lived to its end.

        Only an error of AWS may be raised, and only the one that struck; what is not raised has to
        be told of, the first of several. Raise Unplayable unless every strike has struck.
        """
        striking = Striking(self, strikes)
        lived = self._lived(striking, **options)
        if missed := list(striking.missed(self.steps)):
            raise Unplayable("; ".join(missed))
        return lived

    def _lived(self, striking: Striking, **options: Any) -> bool:
        self.gate.open()
        self.unasked, self.failed = set(), set()
        striking.stand_at(self.gate)
        journal = self.polling.journal
        reports, alerts = len(journal.reports), len(journal.alerts)
        try:
            self.polling.tick(**options)
        except Killed:
            self.polling.restart()
            return False
        except Broken as fault:
            if not any(fault is each for each in striking.raised):
                raise
            return False
        finally:
            self.steps = list(self.gate.calls)
        said = [f"{report.detail} {report.outcome}" for _, report in journal.reports[reports:]]
        said += [f"{told.fault} {told.faults}" for told in journal.alerts[alerts:]]
        wanted = striking.to_be_told
        if wanted and not any(words in each for words in wanted for each in said):
            self.wrong.append(f"nothing tells of this: {' and '.join(wanted)}")
        return True

    def leaves(self, strike: Strike) -> bool:
        """Whether the last run leaves room for a strike: what never had an effect has no after."""
        after = strike.fault in AFTERWARDS
        return strike.step not in self.unasked and not (after and strike.step in self.failed)

    def unnoted(self) -> int:
        """Count the messages, of those published since the last count, not noted as published."""
        published = self.polling.inbox.published
        new, self._counted = published[self._counted :], len(published)
        return sum(not self._is_noted(message.id) for message in new)

    def _is_noted(self, event_id: str) -> bool:
        provider, account, payment_id, version = event_id.split("/")
        found = self.bare.payments.fetch(Source(provider, account), [payment_id])
        return found[payment_id].published >= int(version)


class Striking:
    """Lets faults strike in one run: `raised` is what they raised, `to_be_told` what to tell of."""

    def __init__(self, stage: Stage, strikes: Sequence[Strike]) -> None:
        self._stage = stage
        self._coming = {strike.step: strike.fault for strike in strikes}
        if len(self._coming) < len(strikes):
            raise Unplayable(f"a step has one fault at most: {'+'.join(map(str, strikes))}")
        self._struck: set[int] = set()
        self._gone = False
        self.raised: list[Exception] = []
        self.to_be_told: list[str] = []

    def stand_at(self, gate: Gate) -> None:
        """See every step that comes by; where nothing is to strike, note only those that fail."""
        if self._coming:
            gate.before, gate.after = self.before, self.after
            return
        failed = self._stage.failed
        gate.before = lambda number, name: failed.add(number)
        gate.after = lambda number, name: failed.discard(number)

    def before(self, number: int, name: str) -> None:
        """Strike at a step that has no effect yet."""
        fault = self._fault(number, name)
        if name == "finish":
            # Behind it there are no requests, or those of another source.
            self._gone = False
        if self._gone and name == REQUEST:
            self._stage.unasked.add(number)
            raise httpx.ConnectError(NOBODY)
        if fault is Fault.GONE:
            self._struck.add(number)
            self._gone = True
            self.to_be_told.append(NOBODY)
            raise httpx.ConnectError(NOBODY)
        if fault in OF_PUBLISH:
            self._struck.add(number)
            self._stage.topic.next = fault
            self.to_be_told.append(REFUSAL if fault is Fault.REFUSED else NO_REPLY)
            self._stage.repeats += fault is Fault.UNANSWERED
        if fault in (Fault.ERROR_BEFORE, Fault.DEATH_BEFORE):
            self._fail(number, name, fault)
        # Until it has come to its end.
        self._stage.failed.add(number)

    def after(self, number: int, name: str) -> None:
        """Strike at a step whose effect is there."""
        fault = self._fault(number, name)
        self._stage.failed.discard(number)
        if fault in AFTERWARDS:
            self._fail(number, name, fault)

    def missed(self, steps: Sequence[str]) -> Iterator[str]:
        """Say which faults never struck in a run of these steps, and why."""
        for number, fault in self._coming.items():
            if number in self._struck:
                continue
            if number > len(steps):
                yield f"{number}:{fault.name} never came, for the run has {len(steps)} steps"
            elif not fits(fault, steps[number - 1]):
                name = steps[number - 1]
                yield f"{number}:{fault.name} does not fit, for step {number} is {name!r}"
            else:
                yield f"{number}:{fault.name} never struck, for the step had failed before it could"

    def _fault(self, number: int, name: str) -> Fault | None:
        fault = self._coming.get(number)
        return fault if fault is not None and fits(fault, name) else None

    def _fail(self, number: int, name: str, fault: Fault) -> None:
        stage = self._stage
        self._struck.add(number)
        if fault is not Fault.LATE:
            stage.repeats += stage.unnoted()
        try:
            fail(stage.polling, stage.gate, name, fault)
        except Exception as raised:
            self.raised.append(raised)
            if name != REQUEST:
                # A request is made again, and answered.
                self.to_be_told.append(str(raised))
            raise


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
        raise Broken(f"{name} failed")
