"""A reconcile over everything, interrupted again and again: complete, silent, in bounded memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from random import Random

import pytest

from paywatch.domain.payments import Source
from paywatch.ports import Provider
from paywatch.providers.registry import connect
from tests.gates import (
    Gate,
    GatedControls,
    GatedPayments,
    GatedTopic,
    GatedTransport,
    Killed,
    T,
)
from tests.polling import Polling
from tests.proofs import Proof
from tests.scale.synthetic import Counted, Synthetic

LATENCY = 0.5
PAGE = 500
# What a run may hold at a time, and what the control item may (its limit is 400 KB).
MOST_HELD = 48 * 1024 * 1024
MOST_STORED = 100_000


class Countdown(Gate):
    """A gate at which the process dies after so many calls; it only counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.left: int | None = None

    def through(self, name: str, act: Callable[[], T]) -> T:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Killed(name)
        return act()


class Reconciled(Polling):
    """A polling of a synthetic Compago, all of whose calls pass one countdown."""

    def __init__(self, size: int) -> None:
        super().__init__(["compago"], pace=1000.0, budget=100_000)
        self.countdown = Countdown()
        self.provider = Synthetic(size, self.clock, LATENCY)
        self.counted = Counted(self.provider)
        self.payments = GatedPayments(self.counted, self.countdown)
        self.controls = GatedControls(self.controls, self.countdown)
        self.topic = GatedTopic(self.topic, self.countdown)
        self._client: Provider | None = None

    @property
    def complete(self) -> bool:
        """Whether the reconcile has come to its end."""
        return bool((self.memory("reconcile") or {}).get("completed"))

    def stored_bytes(self) -> int:
        """Return how much the control item holds."""
        return sum(map(len, self.controls.peek(self.sources[0], "poll").memory.values()))

    def _connect(self, source: Source) -> Provider:
        if self._client is None:
            carrier = GatedTransport(self.provider, self.countdown)
            url, random = "https://compago.test/api", Random(1)
            self._client = connect(source, "key", url, 1000.0, self.clock, random, carrier)
        return self._client


def check(size: int, kills: int, seed: int, gone: int) -> str:
    """Reconcile with so many deaths and as many short runs; return the figures.

    At each death `gone` of the newest payments vanish, so that all rows move up.
    """
    polling, random = Reconciled(size), Random(seed)
    pages_a_run = max(4, size // PAGE // max(1, kills))
    died, peak, most_stored, measured = 0, 0, 0, 0
    while not polling.complete:
        run = len(polling.ticks)
        assert run < 40 * kills, "the reconcile comes to no end"
        seconds = 2.0 + LATENCY * random.uniform(4, pages_a_run + 8)
        if run % 3 and died < kills:
            # Many calls are saves; every fourth death comes early, among the others.
            most = 60 if random.random() < 0.25 else PAGE * pages_a_run // 2
            polling.countdown.left = random.randrange(most)
        if run % 8 == 4:
            tracemalloc.start()
        try:
            polling.tick(seconds=seconds)
        except Killed:
            died += 1
            polling.provider.gone += gone
        polling.countdown.left = None
        if tracemalloc.is_tracing():
            peak, measured = max(peak, tracemalloc.get_traced_memory()[1]), measured + 1
            tracemalloc.stop()
        most_stored = max(most_stored, polling.stored_bytes())

    writes = polling.counted.writes
    assert died == kills
    assert polling.deliveries == []
    assert polling.inbox.published == []
    missing = writes.count(0, polling.provider.gone)
    assert missing == 0, f"{missing} listed payments were never read"
    assert max(writes) == 1
    assert measured > 0
    assert peak < MOST_HELD
    assert most_stored < MOST_STORED
    least = -(-size // PAGE)
    return (
        f"{size:,} settled payments reconciled in {len(polling.ticks)} runs of which {died} died "
        f"and the others were cut short: all stored once, none announced; "
        f"{polling.provider.requests:,} requests ({least:,} pages); a run held "
        f"{peak / 1024**2:.1f} MiB at most, the control item {most_stored / 1000:.1f} KB"
    )


def test_a_reconcile_that_dies_again_and_again_comes_to_its_end() -> None:
    check(size=20_000, kills=10, seed=1, gone=37)


@pytest.mark.soak
@pytest.mark.takes(3)
def test_a_million_payments_and_fifty_deaths(proof: Proof) -> None:
    size, seed = 1_000_000, 2
    figures = check(size=size, kills=50, seed=seed, gone=37)
    proof("a million settled, fifty deaths", cases=size, violations=0, seed=seed, figures=figures)
