"""The implementations of a port are twins: the same calls, in any order, have the same effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from paywatch.domain.changes import Record
from paywatch.domain.payments import Source
from paywatch.memory import MemoryControls, MemoryPayments, MemoryTopic
from paywatch.ports import Control, Lease
from tests.contract.comparing import PortsComparison, report
from tests.contract.emulating import walks
from tests.contract.operations import WALKS
from tests.contract.sides import Memory
from tests.proofs import Proof

SEED = 20260301
# Enough for each kind of operation to meet each other one, within some seconds.
SOME = {"payments": 5, "controls": 10, "messages": 3, "subscribers": 3}
# So many walks find each of the faults below.
ENOUGH = 60


@pytest.mark.parametrize("name", WALKS)
def test_memory_and_moto_do_the_same_whatever_is_done(name: str, proof: Proof) -> None:
    found = walks(name, range(SEED, SEED + SOME[name]))
    proof(
        f"{name}: memory and moto do the same",
        cases=found.drawn,
        violations=len(found.violations),
        seed=SEED,
        figures=f"{found.walks} walks, {found.reads} reads of what they left behind besides; "
        "make soak has more of them, on ministack too",
    )
    assert found.violations == []


class Unordered(MemoryPayments):
    """Acknowledges any version, whatever is stored."""

    def acknowledge(self, record: Record, version: int) -> None:
        stored = self.fetch(record.source, [record.id]).get(record.id)
        if stored is not None and version <= stored.version:
            outbox = tuple(entry for entry in stored.outbox if entry[0] != version)
            self._put(replace(stored, published=version, outbox=outbox))


class Credulous(MemoryPayments):
    """Takes evidence that is older than what is stored."""

    def save(self, record: Record, replacing: Record | None) -> None:
        super().save(replace(record, seen="9999999999.999999"), replacing)
        self._put(record)


class Attached(MemoryPayments):
    """Keeps a settled payment in the index when all of it is published."""

    def _put(self, record: Record) -> None:
        super()._put(record)
        self._watched[record.source, record.bucket][record.id] = record


class Early(MemoryControls):
    """Gives a lease away an instant before it ends."""

    def acquire(self, source: Source, kind: str, now: datetime, until: datetime) -> Control | None:
        item = self._items.get((source, kind))
        if item is not None:
            item.until = item.until.replace(microsecond=0) if item.until > now else item.until
        return super().acquire(source, kind, now.replace(microsecond=0), until)


class Lavish(MemoryControls):
    """Lets anyone keep sections who ever held the lease."""

    def _own(self, lease: Lease) -> Any:
        item = self._items.get((lease.source, lease.kind))
        return item if item is not None and item.epoch >= lease.epoch > 0 else super()._own(lease)


class Forgetful(MemoryControls):
    """Stores digests of buckets that another run has marked."""

    def finish(self, lease: Lease, buckets: Any, memory: Any) -> bool:
        self.mark(lease, list(buckets))
        return super().finish(lease, buckets, memory)


class Hasty(MemoryTopic):
    """Gives up after the tenth message."""

    def publish(self, messages: Sequence[Any]) -> Any:
        return super().publish(messages[:10])


FAULTS: Mapping[str, Sequence[Callable[[], object]]] = {
    "payments": [Unordered, Credulous, Attached],
    "controls": [Early, Lavish, Forgetful],
    "topic": [Hasty],
}


class Faulty(Memory):
    """The ports in memory, one of them with a fault."""

    def __init__(self, port: str, fault: Any) -> None:
        super().__init__()
        self.name = "faulty"
        self._ports[port] = fault()
        self._topic = self._ports["topic"]


class Crashing(MemoryPayments):
    """Raises what nobody promised."""

    def acknowledge(self, record: Record, version: int) -> None:
        raise KeyError(record.id)


def test_a_crash_is_found_though_all_crash_alike() -> None:
    compared = PortsComparison("payments", [lambda: Faulty("payments", Crashing)] * 2)
    walked = compared.walk(SEED)
    assert "KeyError" in walked.parted
    assert "payments.acknowledge" in report(compared, walked)


@pytest.mark.parametrize(
    ("port", "fault"), [(port, fault) for port, faults in FAULTS.items() for fault in faults]
)
def test_a_fault_that_is_planted_is_found_and_shown_in_a_few_operations(
    port: str, fault: Any
) -> None:
    name = "messages" if port == "topic" else port
    compared = PortsComparison(name, [Memory, lambda: Faulty(port, fault)])
    walked = next(w for seed in range(ENOUGH) if (w := compared.walk(seed)).parted)
    told = report(compared, walked).splitlines()
    operations = [line for line in told if line.startswith(f"  {port}.")]
    assert f"replay {name} {walked.seed}" in told[0]
    assert 1 <= len(operations) <= 8
    assert len([line for line in told if "faulty:" in line]) == 1


def test_a_seed_draws_the_same_operations_again() -> None:
    for name in WALKS:
        compared = PortsComparison(name, [Memory, Memory])
        one, other = compared.walk(SEED), compared.walk(SEED)
        assert list(map(str, one.done)) == list(map(str, other.done))
        assert list(map(str, one.done)) != list(map(str, compared.walk(SEED + 1).done))
