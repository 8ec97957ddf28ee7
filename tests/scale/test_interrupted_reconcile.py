"""A reconcile of a long past, interrupted again and again, comes to its end and tells once."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from random import Random

import pytest

from tests.gates import Gate, Killed, gate
from tests.scale.past import LongPast

# A run that is to be cut short has between these, in seconds; it would have 60.
SHORT_RUN = (4.0, 30.0)
# Every so many interruptions one is a deadline, the others are deaths.
A_DEADLINE = 3
# Of so many runs one is measured: to measure makes it slow.
MEASURED = 8
MB = 1024 * 1024
MOST_MEMORY = 48 * MB


class Killer:
    """Ends a run at one of its calls: before it, or after its effect."""

    def __init__(self, counted: Gate, dice: Random) -> None:
        self._counted = counted
        self._dice = dice
        self._name, self._left, self._after = "", 0, False
        self._before: Counter[str] = Counter({"request": 1})
        counted.before, counted.after = self._at_entry, self._at_exit

    def aim(self) -> None:
        """Choose a call of the kinds that the last run made; it may not come."""
        self._name = self._dice.choice(sorted(self._before))
        self._left = self._dice.randint(1, self._before[self._name])
        self._after = self._dice.random() < 0.5

    def lower(self) -> None:
        """Let the next run live, and note what this one did."""
        self._name = ""
        self._before = Counter(self._counted.calls) or self._before
        self._counted.calls.clear()

    def _at_entry(self, number: int, name: str) -> None:
        if name == self._name:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise Killed

    def _at_exit(self, number: int, name: str) -> None:
        if name == self._name and self._left <= 0 and self._after:
            raise Killed


class Reconciled:
    """The reconcile of a long past from its beginning to its end."""

    def __init__(self, provider: str, payments: int, interruptions: int, **limits: float) -> None:
        pace, latency = limits["pace"], limits["latency"]
        budget = int(limits["budget"])
        self.name, self.size, self.interruptions = provider, payments, interruptions
        self.polling = LongPast(provider, payments, pace=pace, latency=latency, budget=budget)
        self.dice = Random(f"{provider}/{payments}")
        self.deaths = self.deadlines = self.measured = self.peak = self.requests = 0
        while not self.completed():
            self.polling.poll(provider)
        assert self.polling.deliveries == []
        self.polling.past.grow(payments)
        self.counted = gate(self.polling)
        self.polling.past.gate = self.counted
        self.killer = Killer(self.counted, self.dice)
        self.begun = len(self.polling.ticks)

    def state(self) -> dict[str, dict[str, int]]:
        """Return what is stored of the reconcile."""
        return self.polling.memory("reconcile", self.name) or {}

    def completed(self) -> int:
        """Return how many rows the last one that came to its end has read."""
        return self.state().get("completed", {}).get("rows", 0)

    def run(self) -> int:
        """Reconcile with interruptions until it is complete; return the number of runs."""
        while self.completed() < self.size:
            runs = len(self.polling.ticks) - self.begun
            action = "poll" if "current" in self.state() else "reconcile"
            measured = runs % MEASURED == 0
            if measured:
                tracemalloc.start()
            self._tick(action)
            if measured:
                self.peak = max(self.peak, tracemalloc.get_traced_memory()[1])
                self.measured += 1
                tracemalloc.stop()
            self.polling.reports.clear()
            self.polling.journal.reports.clear()
            assert runs < 40 * self.interruptions, "it comes to no end"
        return len(self.polling.ticks) - self.begun

    def _tick(self, action: str) -> None:
        done, seconds, deadline = self.deaths + self.deadlines, 60.0, False
        if done < self.interruptions and self.dice.random() < 0.6:
            deadline = done % A_DEADLINE == 0
            if deadline:
                seconds = self.dice.uniform(*SHORT_RUN)
            else:
                self.killer.aim()
        try:
            self.polling.poll(self.name, action=action, seconds=seconds)
            self.deadlines += deadline
        except Killed:
            self.deaths += 1
        self.requests += self.counted.count("request")
        self.killer.lower()


def check(work: Reconciled) -> str:
    """Run it, hold what was published against what had moved, and return the figures."""
    polling, past = work.polling, work.polling.past
    pages_before = past.pages
    runs = work.run()
    polling.poll(work.name)
    assert work.deaths + work.deadlines == work.interruptions
    bodies: dict[str, set[str]] = {}
    for message in polling.inbox.published:
        bodies.setdefault(message.id, set()).add(message.body)
    moved = past.moved()
    assert {message_id.split("/")[2] for message_id in bodies} == moved
    # One change each, version 1; what a death let be sent again is the same to the letter.
    assert all(message_id.endswith("/1") for message_id in bodies)
    assert all(len(texts) == 1 for texts in bodies.values())
    repeats = len(polling.inbox.published) - len(bodies)
    assert repeats <= 10 * work.deaths
    assert work.peak < MOST_MEMORY
    memory = polling.controls.peek(polling.sources[0], "poll").memory
    item = sum(len(name) + len(text) for name, text in memory.items())
    return (
        f"{work.name}: {work.size:,} settled payments in {runs} runs, {work.requests:,} requests, "
        f"{past.pages - pages_before:,} pages; {work.interruptions} interruptions ({work.deaths} "
        f"deaths, {work.deadlines} deadlines); {len(bodies):,} moved ones announced, each once "
        f"({repeats} repeats of the same event); {polling.stored_past.saved - 100:,} forgotten "
        f"ones recorded; peak memory {work.peak / MB:.1f} MB in {work.measured} runs measured, "
        f"control item {item / 1024:.0f} KB"
    )


@pytest.mark.parametrize(("provider", "budget"), [("compago", 14), ("onepay", 140)])
def test_a_reconcile_that_is_interrupted_again_and_again_tells_of_each_move_once(
    provider: str, budget: int
) -> None:
    work = Reconciled(provider, 20_000, 10, pace=10.0, latency=0.05, budget=budget)
    check(work)


@pytest.mark.soak
@pytest.mark.parametrize(("provider", "pace"), [("compago", 1.0), ("onepay", 10.0)])
def test_a_million_settled_payments_and_fifty_interruptions(
    provider: str, pace: float, capsys: pytest.CaptureFixture[str]
) -> None:
    work = Reconciled(provider, 1_000_000, 50, pace=pace, latency=0.05, budget=600)
    line = check(work)
    with capsys.disabled():
        print(f"\n{line}")
