"""Every request that the lab served, with what it really sent."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True)
class Served:
    """One request and its answer.

    `source` is None where no account could be told. `fault` names the faults that fired, joined
    by `+`. `undamaged` says that the answer was whole and told the whole truth. `rows` are the
    (payment id, provider status) pairs that arrived and can be read, `as_of` when they were true
    where that is not now. `retry_after` is what the answer asked for, in seconds.
    """

    number: int
    at: datetime
    source: str | None
    method: str
    target: str
    status: int
    fault: str | None
    undamaged: bool
    rows: tuple[tuple[str, str], ...]
    retry_after: float = 0.0
    as_of: datetime | None = None


class RequestLog:
    """The requests in the order in which they were answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Served] = []

    def __iter__(self) -> Iterator[Served]:
        with self._lock:
            return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, number: int) -> Served:
        return self._entries[number]

    def append(self, served: Served) -> Served:
        """Append an entry, which gets the next number from 0, and return it."""
        with self._lock:
            numbered = replace(served, number=len(self._entries))
            self._entries.append(numbered)
            return numbered

    def arrived(
        self, number: int, rows: tuple[tuple[str, str], ...], *, undamaged: bool = True
    ) -> None:
        """Note that an answer that was late was read in the end."""
        with self._lock:
            self._entries[number] = replace(self._entries[number], undamaged=undamaged, rows=rows)

    def lost(self) -> None:
        """Note that the last answer was served and never read."""
        with self._lock:
            last = self._entries[-1]
            self._entries[-1] = replace(last, fault="Lost", undamaged=False, rows=())
