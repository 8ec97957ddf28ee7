"""One random episode: payments live, everything fails, two runs overlap, clocks step; then calm.

`python -m tests.simulation.episode 1234` plays the episode of one seed alone.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from paylab.faults import CutOff, Malformed, ServerError, Slow, TooManyRequests, sometimes
from paylab.faults import Fault as AtProvider
from paywatch.invocation import Invocation
from paywatch.ports import Clock
from tests.gates import CLOCK, Fault, Killed
from tests.simulation.life import Life
from tests.simulation.model import OPEN, Model
from tests.simulation.stage import SECONDS, Broken, Stage, fail, fits
from tests.simulation.stepping import Stepping, Turn
from tests.simulation.verdict import of_alert_steps

POLLS = 40
# Polls after which two must have held the lease and read, however long faults made it wait.
CALM = 15
RECONCILED = 14
SKEW = 40.0
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
    steps: int = 0
    clock: int = 0
    polls: int = 0
    events: int = 0
    faults: int = 0
    deaths: int = 0
    overlaps: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def command(self) -> str:
        return f"python -m tests.simulation.episode {self.seed}"


class Episode:
    """One source, polled while everything happens that may."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"{seed}/episode")
        self.tally = Tally(seed)
        self.clock: Skewed | None = None
        self.stage = Stage(self.random.choice(("compago", "onepay")), watch=self._skew, seed=seed)
        self.polling, self.gate = self.stage.polling, self.stage.gate
        self.life = Life(self.stage.world, self.random)
        self.model = Model(self.polling.clock.now(), timedelta(seconds=2 * SKEW))
        self._known, self._heard, self._gone = 0, 0, set[str]()

    def _skew(self, inner: Clock) -> Clock:
        self.clock = Skewed(inner)
        return self.clock

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
                    self._poll(disturbed=self.random.random() < 0.5)
            self._calm_down()
        except Exception:
            self.tally.wrong.append(traceback.format_exc())
        self.tally.events = self.model.events
        return self.tally

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

    def _poll(self, *, disturbed: bool, action: str = "poll") -> bool:
        """Poll once; whether it was undisturbed, held the lease and read."""
        polling, start = self.polling, self.polling.clock.now()
        self.gate.open()
        before = self.tally.faults
        if disturbed:
            self.gate.before, self.gate.after = self._refuse, self._strike
        try:
            report = polling.tick(action=action)["sources"][self.stage.source]
            good = report["outcome"] == "ok" and report["watching"] and not report["outbox_left"]
        except Killed:
            self.tally.deaths += 1
            polling.restart()
            good = False
        except Broken:
            good = False
        calm = not polling.lab.faults and polling.inbox.fault is None
        good = good and calm and before == self.tally.faults
        self._take_note(start, undisturbed=good)
        return good

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
        invocation = Invocation("poll", self.polling.sources, False)
        stepping.run(
            {
                "A": lambda: self.polling.run(SECONDS, invocation),
                "B": lambda: second.run(SECONDS, invocation),
            }
        )
        self.tally.wrong += stepping.faults
        self.tally.overlaps += 1
        self.tally.steps += len(other.calls)
        self.polling.note(start, not stepping.faults)
        later = start + self.polling.every
        self.polling.clock.set(max(self.polling.clock.now(), later))
        self._take_note(start, undisturbed=False)

    def _take_note(self, start: datetime, *, undisturbed: bool) -> None:
        """Let the model know what happened and what was told."""
        tally, polling = self.tally, self.polling
        tally.polls += 1
        tally.steps += len(self.gate.calls)
        tally.clock += sum(name in CLOCK for name in self.gate.calls)
        self.stage.world.settle()
        for move in polling.truth.since(self._known):
            self.model.happened(move)
            self._known += 1
        for (_, key), at in polling.truth.removed.items():
            if key not in self._gone:
                self._gone.add(key)
                self.model.vanished(key, at)
        for delivery in polling.deliveries[self._heard :]:
            tally.wrong += self.model.hears(delivery.event)
        self._heard = len(polling.deliveries)
        self.model.polled(start, polling.ticks[-1].end, undisturbed=undisturbed)

    def _calm_down(self) -> None:
        """Let faults stop, and hold the end to the invariants."""
        self.polling.lab.faults, self.polling.inbox.fault = [], None
        self.life.rest()
        good = 0
        for _ in range(CALM):
            good += self._poll(disturbed=False)
            if good == 2:
                break
        self.tally.wrong += [] if good == 2 else [f"only {good} of {CALM} calm polls could read"]
        self.tally.wrong += self._stored(OPEN)
        self._poll(disturbed=False, action="reconcile")
        for _ in range(RECONCILED):
            self._poll(disturbed=False)
        self.tally.wrong += [*self._stored(), *self.model.owed(), *of_alert_steps(self.stage)]

    def _stored(self, statuses: tuple[str, ...] | None = None) -> Iterator[str]:
        """Hold what is stored of the payments that are listed against the provider."""
        for payment in self.stage.world.payments():
            states = self.model.payments[payment.id].states
            if statuses is not None and states[-1].status not in statuses:
                continue
            record = self.polling.stored(payment.id, self.stage.source)
            if record is None:
                yield f"{payment.id} is {payment.status} and not stored"
            elif record.payment.provider_status != payment.status or record.owes:
                stored = record.payment.provider_status
                yield f"{payment.id} is {payment.status}, stored: {stored}, owes: {record.owes}"
            elif record.version != len(self.model.payments[payment.id].bodies):
                yield f"{payment.id} has {record.version} versions, and not all were told"


def play(seed: int) -> Tally:
    """Play one episode."""
    return Episode(seed).play()


def main() -> int:
    """Play one episode and print what does not hold."""
    tally = play(int(sys.argv[1]))
    print("\n".join(tally.wrong or [f"everything holds: {tally}"]))
    return bool(tally.wrong)


if __name__ == "__main__":
    sys.exit(main())
