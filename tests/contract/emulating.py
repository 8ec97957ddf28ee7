"""The comparisons that there are, and a way to do many walks of them in two processes at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from multiprocessing import get_context
from typing import Any

from moto import mock_aws

from tests.contract import stack
from tests.contract.comparing import Comparison, PortsComparison, Walked, report
from tests.contract.comparing_requests import RequestsComparison
from tests.contract.operations import WALKS
from tests.contract.sides import Aws, Memory, Side
from tests.cores import free_cores

REQUESTS = "requests"
NAMES = (*WALKS, REQUESTS)
AT_ONCE = 20


@dataclass
class Found:
    """What many walks came to; `violations` are reports on those that parted.

    `drawn` operations were compared, `reads` of what they left behind besides, and whole `tables`.
    """

    drawn: int = 0
    reads: int = 0
    tables: int = 0
    walks: int = 0
    violations: list[str] = field(default_factory=list)
    known: Counter[str] = field(default_factory=Counter)

    def add(self, other: Found) -> None:
        """Count another's walks too."""
        self.drawn += other.drawn
        self.reads += other.reads
        self.tables += other.tables
        self.walks += other.walks
        self.violations += other.violations
        self.known += other.known


@contextmanager
def comparison(name: str, endpoint: str | None) -> Iterator[Comparison]:
    """Compare memory, moto in this process, and ministack if it has an address."""
    with mock_aws():
        moto = cache(stack.client)
        ministack = cache(partial(stack.client, endpoint=endpoint))
        if name == REQUESTS:
            assert endpoint is not None, "requests are compared between moto and ministack"
            yield RequestsComparison(moto("dynamodb"), ministack("dynamodb"))
            return
        makers: list[Callable[[], Side]] = [Memory, partial(Aws, "moto", moto)]
        if endpoint is not None:
            makers.append(partial(Aws, "ministack", ministack))
        yield PortsComparison(name, makers)


def walks(name: str, seeds: Sequence[int], endpoint: str | None = None) -> Found:
    """Do the walks of these seeds; report on the first that parts."""
    found = Found()
    with comparison(name, endpoint) as compared:
        for seed in seeds:
            walked: Walked = compared.walk(seed)
            found.add(Found(walked.drawn, walked.reads, walked.tables, 1, [], walked.known))
            if walked.parted:
                found.violations.append(report(compared, walked))
                break
    return found


def many(wanted: Mapping[str, int], seed: int, endpoint: str) -> Found:
    """Do walks until as many operations of each kind are drawn as are wanted of it."""
    found = Found()
    with ProcessPoolExecutor(free_cores(), get_context("spawn")) as pool:
        for name, operations in wanted.items():
            of_this, next_seed = Found(), seed
            while of_this.drawn < operations and not of_this.violations:
                shares = [
                    range(next_seed + i * AT_ONCE, next_seed + (i + 1) * AT_ONCE) for i in (0, 1)
                ]
                next_seed = shares[-1].stop
                done: list[Any] = [pool.submit(walks, name, share, endpoint) for share in shares]
                for each in done:
                    of_this.add(each.result())
            found.add(of_this)
    return found
