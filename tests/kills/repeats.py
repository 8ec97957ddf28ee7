"""Which messages came more than once, and whose death was the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any


class Repeats:
    """Counts what comes again for the run that published it last, and ought to have said so.

    `groundless` are the ids that came again although that run had not died.
    """

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._dead: dict[int, Counter[str]] = {}
        self.groundless: list[str] = []

    def receive(self, run: int, events: Iterable[Mapping[str, Any]]) -> None:
        """Take what a run has published."""
        for event in events:
            before = self._last.get(event["id"])
            if before in self._dead:
                self._dead[before][event["source"]] += 1
            elif before is not None:
                self.groundless.append(f"{event['id']}: published by runs {before} and {run}")
            self._last[event["id"]] = run

    def died(self, run: int) -> None:
        """Note that a run has died at work."""
        self._dead[run] = Counter()

    def by_death(self) -> list[int]:
        """Return for each death how many messages came again."""
        return [counted.total() for counted in self._dead.values()]

    def worst_publisher(self) -> int:
        """Return the most that came again of one source for one death."""
        return max((max(c.values(), default=0) for c in self._dead.values()), default=0)
