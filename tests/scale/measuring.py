"""What a run showed: which poll found each change, and which poll asked for what."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

from paylab import Served
from paywatch.domain.payments import Source
from tests.polling import Polling
from tests.scale.listener import Found, Listener


def requests(polling: Polling, source: str) -> list[list[Served]]:
    """Return the requests of every poll."""
    name = str(Source.parse(source))
    starts = [tick.start for tick in polling.ticks]
    by_poll: list[list[Served]] = [[] for _ in starts]
    for served in polling.lab.log:
        if served.source == name:
            by_poll[bisect_left(starts, served.at) - 1].append(served)
    return by_poll


def changes(polling: Polling, source: str) -> list[Found]:
    """Return how each change was found since the watch began; no event may be wrong."""
    polling.lab.settle()
    listener = Listener(polling.truth, str(Source.parse(source)))
    for number, tick in enumerate(polling.ticks):
        deliveries = [each for each in polling.deliveries if each.tick == number]
        listener.hear(tick.start, deliveries, polling.asked(source, number))
    listener.end()
    assert listener.wrong == []
    return listener.found


def table(delays: Counter[int]) -> str:
    """Write down how many changes were found by which poll."""
    return ", ".join(f"{polls}: {count:,}" for polls, count in sorted(delays.items()))
