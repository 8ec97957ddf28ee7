"""What is still to happen, in the order of its time."""

import heapq
from collections.abc import Callable
from datetime import datetime

Action = Callable[[datetime], None]


class Agenda:
    """A queue of actions by instant; what falls together happens in the order of its entry."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Action]] = []
        self._entries = 0

    def __len__(self) -> int:
        return len(self._heap)

    def enter(self, at: datetime, action: Action) -> None:
        """Let an action happen at an instant; it is called with that instant."""
        self._entries += 1
        heapq.heappush(self._heap, (at, self._entries, action))

    def run_until(self, now: datetime) -> None:
        """Do everything whose time has come, also what that itself enters."""
        while self._heap and self._heap[0][0] <= now:
            at, _, action = heapq.heappop(self._heap)
            action(at)
