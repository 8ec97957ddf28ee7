"""What a long run showed: which poll found each change, and which poll asked for what."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from paylab import Served
from paylab.truth import Transition
from paywatch.domain.payments import Source
from tests.polling import Polling


@dataclass(frozen=True)
class Found:
    """A change and how it was found: by which poll of those that began after it (0: before).

    `polls` and `by` are None where no event told of it.
    """

    change: Transition
    polls: int | None
    by: str | None


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
    """Return how each change was found that stood for a whole poll, since the watch began."""
    polling.lab.settle()
    name, starts = str(Source.parse(source)), [tick.start for tick in polling.ticks]
    told: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for delivery in polling.deliveries:
        data = delivery.event["data"]
        told[data["payment_id"]].append((delivery.tick, data["status"], data["detected_by"]))
    histories: dict[str, list[Transition]] = defaultdict(list)
    for transition in polling.truth:
        if transition.source == name:
            histories[transition.payment_id].append(transition)
    found = []
    for payment_id, history in histories.items():
        events = told[payment_id]
        for number, change in enumerate(history):
            if change.at <= starts[0]:
                continue
            first = bisect_left(starts, change.at)
            place = next((i for i, e in enumerate(events) if e[1] == change.our_status), None)
            if place is not None:
                tick, _, by = events[place]
                del events[: place + 1]
                found.append(Found(change, max(0, tick - first + 1), by))
            elif _stood(history, number, starts, first):
                found.append(Found(change, None, None))
    return found


def table(delays: Counter[int]) -> str:
    """Write down how many changes were found by which poll."""
    return ", ".join(f"{polls}: {count:,}" for polls, count in sorted(delays.items()))


def _stood(
    history: Sequence[Transition], number: int, starts: Sequence[datetime], first: int
) -> bool:
    """Whether a change stood from before a poll until after it."""
    if first + 1 >= len(starts):
        return False
    return number + 1 == len(history) or history[number + 1].at > starts[first + 1]
