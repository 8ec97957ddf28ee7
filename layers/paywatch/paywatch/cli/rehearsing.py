"""An invocation on a developer's machine: the provider lab, and an emulator of AWS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from paylab import Lab, LabClock, Size, TruthLog, World, populate
from paylab.stage import staged
from paywatch.bootstrap import build
from paywatch.cli.invoking import run
from paywatch.domain.payments import Source
from paywatch.invocation import Invocation

START = datetime(2026, 1, 9, 10, 30, tzinfo=UTC)
EVERY = timedelta(minutes=1)
LATENCY = 0.2  # of each request, in simulated seconds
SOURCES = ("compago", "onepay")
SIZE = Size(open=20, settled=20)
SEED = 1


def on_stage(event: object, times: int) -> dict[str, Any]:
    """Poll the lab so many times, a simulated minute apart; return the last report."""
    Invocation.parse(event, [Source.parse(name) for name in SOURCES])  # before anything is built
    clock, truth = LabClock(START), TruthLog()
    worlds = [World(name, clock, truth, seed=SEED) for name in SOURCES]
    for world in worlds:
        populate(world, SIZE)
    report: dict[str, Any] = {}
    with staged(Lab(clock, worlds, seed=SEED), latency=LATENCY) as stage:
        poller = build(stage.environment, clock, Random(SEED), clients=stage.client)
        for number in range(times):
            clock.set(max(clock.now(), START + number * EVERY))
            report = run(poller, event, f"local-{number + 1}")
    return report
