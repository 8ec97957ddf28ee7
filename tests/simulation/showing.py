"""Many cases, on all cores, and what is shown of those that failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Protocol, TypeVar

from tests.cores import free_cores

C = TypeVar("C")
T = TypeVar("T")

SHOWN = 10
# Cases that a worker takes at a time.
CHUNK = 200


class Played(Protocol):
    """A case that can be played, alone, by a command."""

    @property
    def command(self) -> str:
        """What runs it again."""

    def findings(self) -> list[str]:
        """Play it, and return what does not hold."""


def broken(cases: Iterable[Played]) -> list[str]:
    """Play the cases; return what did not hold, each with the command that plays it again."""
    found = []
    for case in cases:
        wrong = case.findings()
        if wrong:
            found.append("\n  ".join([case.command, *wrong]))
    return found


def broken_on_all_cores(cases: Sequence[Played]) -> list[str]:
    """Do the same, side by side."""
    return [each for found in on_all_cores(broken, cases) for each in found]


def on_all_cores(play: Callable[[Sequence[C]], T], cases: Sequence[C]) -> Iterator[T]:
    """Let cases be played side by side, many at a time; give what came of them, in order."""
    chunks = [cases[first : first + CHUNK] for first in range(0, len(cases), CHUNK)]
    with ProcessPoolExecutor(free_cores(), get_context("spawn")) as pool:
        yield from pool.map(play, chunks)
