"""One random episode: payments live, everything fails, two runs overlap, clocks step; then calm.

`.venv/bin/python -m tests.simulation.episode 1234` plays the episode of one seed alone.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from paylab.faults import CutOff, Malformed, ServerError, Slow, TooManyRequests, sometimes
from paylab.faults import Fault as AtProvider
from paywatch.invocation import Invocation
from paywatch.ports import Clock
from tests.gates import CLOCK, Fault, Gate, Killed
from tests.simulation.chronicle import Chronicle
from tests.simulation.duty import Duties, Duty
from tests.simulation.life import Life
from tests.simulation.model import Model
from tests.simulation.replaying import Unplayable, command, replay, whole
from tests.simulation.stage import SECONDS, Broken, Stage, fail, fits
from tests.simulation.stepping import Stepping, Turn
from tests.simulation.verdict import of_alert_steps

POLLS = 40
# Polls after which two must have held the lease and read: before them, one may find the lease of a
# run that died, and a provider that failed may be left alone for some.
CALM = 9
RECONCILED = 14
# What a process that dies may have published again: one request of messages.
REPEATED = 10
SKEW = 40.0
PAGES = (2, 4, 20)
AFTERWARDS = (Fault.ERROR_AFTER, Fault.LATE, Fault.DEATH_AFTER)


class Skewed:
    """A clock that is some seconds off (ports.Clock)."""

    def __init__(self, inner: Clock) -> None:
        self._inner = inner
        self.off = 0.0

    def now(self) -> datetime:
        return self._inner.now() + timedelta(seconds=self.off)

    def monotonic(self) -> float:
        return self._inner.monotonic()

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


@dataclass
class Tally:
    """What an episode came to."""

    seed: int
    io: int = 0
    clock: int = 0
    polls: int = 0
    due: int = 0
    reconciles: int = 0
    events: int = 0
    repeats: int = 0
    faults: int = 0
    deaths: int = 0
    overlaps: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def command(self) -> str:
        return command("tests.simulation.episode", self.seed)


class Episode:
    """One source, polled while everything happens that may."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"{seed}/episode")
        self.tally = Tally(seed)
        self.clock: Skewed | None = None
        self.stage = Stage(self.random.choice(("compago", "onepay")), watch=self._skew, seed=seed)
        self.polling, self.gate = self.stage.polling, self.stage.gate
        # Whoever is not among the newest is on no first page, and has to be found where it is.
        rows = self.random.choice(PAGES)
        self.stage.world.per_page = self.stage.world.largest_page = rows
        self.life = Life(self.stage.world, self.random)
        slack = timedelta(seconds=2 * SKEW)
        self.model = Model(self.polling.clock.now(), slack)
        self.duties = Duties(self.polling.lab, slack)
        self.chronicle = Chronicle(self.polling, self.model)
        self._duty = Duty.DUE

    def _skew(self, inner: Clock) -> Clock:
        self.clock = Skewed(inner)
        return self.clock

    @property
    def _off(self) -> timedelta:
        return timedelta(seconds=self.clock.off if self.clock is not None else 0)

    def play(self) -> Tally:
        """Play it to its end; what does not hold is in the tally."""
        try:
            self.life.begin()
            for _ in range(3):
                self._poll(disturbed=False)
            for _ in range(POLLS):
                self.life.go_on()
                self._change_the_weather()
                if self.random.random() < 0.06:
                    self._poll_twice_at_once()
                else:
                    self._poll(disturbed=self.random.random() < 0.5, action=self._any_action())
            self._calm_down()
        except Exception:
            self.tally.wrong.append(traceback.format_exc())
        self.tally.events, self.tally.repeats = self.model.events, self.model.repeats
        return self.tally

    def _any_action(self, reconciles: float = 0.06) -> str:
        action = "reconcile" if self.random.random() < reconciles else "poll"
        self.tally.reconciles += action == "reconcile"
        return action

    def _change_the_weather(self) -> None:
        """Let the provider, the topic or the clock be as bad or as good as it happens."""
        random, lab = self.random, self.polling.lab
        if random.random() < 0.1:
            kinds: list[type[AtProvider]] = [ServerError, TooManyRequests, CutOff, Malformed, Slow]
            chance = random.choice((0.1, 0.5, 1.0))
            lab.faults = [random.choice(kinds)(when=sometimes(chance))]
        elif random.random() < 0.3:
            lab.faults = []
        self.polling.inbox.fault = "away" if random.random() < 0.05 else None
        if random.random() < 0.05 and self.clock is not None:
            self.clock.off = random.uniform(-SKEW, SKEW)

    def _poll(self, *, disturbed: bool, action: str = "poll") -> Duty:
        """Poll once; what it had to do."""
        polling, start = self.polling, self.polling.clock.now()
        self.gate.open()
        before, report = self.tally.faults, None
        if disturbed:
            self.gate.before, self.gate.after = self._refuse, self._strike
        try:
            report = polling.tick(action=action)["sources"][self.stage.source]
        except Killed:
            self.tally.deaths += 1
            polling.restart()
        except Broken:
            pass
        struck = before < self.tally.faults or polling.inbox.fault is not None
        duty = self.duties.judge(start, self._off, struck=struck, died=report is None)
        if duty is Duty.DUE and report is not None:
            # The first one may have to end the sweep that a disturbed one has begun.
            watching = report["watching"] or self._duty is not Duty.DUE
            if report["outcome"] != "ok" or report["outbox_left"] or not watching:
                self.tally.wrong.append(f"nothing disturbed the poll at {start}: {report}")
        self._take_note(start, duty)
        return duty

    def _refuse(self, number: int, name: str) -> None:
        """Let one call in some dozens fail before it has an effect."""
        if fits(Fault.ERROR_BEFORE, name) and self.random.random() < 0.015:
            self._fail(name, Fault.ERROR_BEFORE)

    def _strike(self, number: int, name: str) -> None:
        """Let something happen at one step in some dozens, after its effect."""
        if self.random.random() < (0.004 if name in CLOCK else 0.05):
            self._fail(name, self.random.choice([f for f in AFTERWARDS if fits(f, name)]))

    def _fail(self, name: str, fault: Fault) -> None:
        self.tally.faults += 1
        fail(self.polling, self.gate, name, fault, late=self.random.choice((3.0, 30.0, SECONDS)))

    def _poll_twice_at_once(self) -> None:
        random, start = self.random, self.polling.clock.now()
        second, other = self.stage.another()
        turns = [
            Turn("AB"[n % 2], 1 + int(random.expovariate(0.05)), random.choice((0, 0, 0, 5, 57)))
            for n in range(random.randrange(2, 12))
        ]
        stepping = Stepping(turns, self.polling.clock.advance)
        self.gate.open()
        self.gate.before = lambda number, name: stepping.step("A")
        other.before = lambda number, name: stepping.step("B")
        sources, reconciles = self.polling.sources, random.choice((0.0, 0.5))
        a, b = (Invocation(self._any_action(reconciles), sources, False) for _ in "AB")
        stepping.run(
            {"A": lambda: self.polling.run(SECONDS, a), "B": lambda: second.run(SECONDS, b)}
        )
        self.tally.wrong += stepping.faults
        self.tally.overlaps += 1
        self._count(other)
        self.polling.note(start, not stepping.faults)
        later = start + self.polling.every
        self.polling.clock.set(max(self.polling.clock.now(), later))
        self.duties.judge(start, self._off, struck=True, died=False, runs=2)
        self._take_note(start, Duty.DISTURBED)

    def _take_note(self, start: datetime, duty: Duty) -> None:
        """Let the model know what happened and what was told."""
        self._duty = duty
        self.tally.polls += 1
        self.tally.due += duty is Duty.DUE
        self._count(self.gate)
        self.tally.wrong += self.chronicle.go_on()
        end = self.polling.ticks[-1].end
        self.model.polled(start, end, undisturbed=duty is Duty.DUE)

    def _count(self, gate: Gate) -> None:
        clock = gate.count(*CLOCK)
        self.tally.clock += clock
        self.tally.io += len(gate.calls) - clock

    def _calm_down(self) -> None:
        """Let faults stop, and hold the end to the invariants."""
        self.polling.lab.faults, self.polling.inbox.fault = [], None
        self.life.rest()
        duties: list[Duty] = []
        while duties.count(Duty.DUE) < 2 and len(duties) < CALM:
            duties.append(self._poll(disturbed=False))
        if duties.count(Duty.DUE) < 2 or Duty.DISTURBED in duties:
            self.tally.wrong.append(f"calm polls: {[duty.name for duty in duties]}")
        self.tally.wrong += self._stored(settled=False)
        # What moved among the settled while all failed, a reconcile may have found by now.
        reports = len(self.polling.reports)
        self._poll(disturbed=False, action="reconcile")
        for _ in range(RECONCILED):
            self._poll(disturbed=False)
        self.tally.wrong += [*self._stored(settled=True), *self.model.owed()]
        self.tally.wrong += of_alert_steps(self.stage)
        calm = [report["sources"][self.stage.source] for report in self.polling.reports[reports:]]
        if missed := sum(report["misses"] for report in calm):
            self.tally.wrong.append(f"{missed} changes came only by the reconcile")
        if self.model.repeats > REPEATED * (self.tally.faults + self.tally.overlaps):
            self.tally.wrong.append(f"{self.model.repeats} repeats, {self.tally.faults} faults")

    def _stored(self, *, settled: bool) -> Iterator[str]:
        """Hold what is stored of the payments that are listed against the provider.

        Those that are stored as settled are held to it only where a reconcile is over.
        """
        for payment in self.stage.world.payments():
            record = self.polling.stored(payment.id, self.stage.source)
            if record is None:
                yield f"{payment.id} is {payment.status} and not stored"
            elif not settled and not record.open:
                continue
            elif record.payment.provider_status != payment.status or record.owes:
                stored = record.payment.provider_status
                yield f"{payment.id} is {payment.status}, stored: {stored}, owes: {record.owes}"
            elif record.version != len(self.model.payments[payment.id].bodies):
                yield f"{payment.id} has {record.version} versions, and not all were told"


def play(seed: int) -> Tally:
    """Play one episode."""
    return Episode(seed).play()


def again(said: Sequence[str]) -> list[str]:
    """Play the episode of the seed that a command line says; return what does not hold."""
    if len(said) != 1:
        raise Unplayable("which episode? Say its seed, as in 1234")
    tally = play(whole(said[0], "seed"))
    if not tally.wrong:
        print(tally)
    return tally.wrong


if __name__ == "__main__":
    sys.exit(replay(again))
