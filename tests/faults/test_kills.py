"""Whatever happens at any one call to AWS, nothing is lost, invented or out of order.

A scenario of more than thirty changes is run once for every fault. A death anywhere between two
writes leaves what a death right after the first of them leaves, for reads leave nothing: so a death
after every write is a death between any two calls. Besides, there are an error before and after
every write, and an error at every read. `make test` takes a few deaths; `make soak` takes them all,
and whatever strikes a publication, and of the errors at other calls a sixth of each kind, by its
seed: six seeds in a row take them all. What is told is held against what the run without faults
told.
"""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Collection

import pytest

from tests.faults.crossroads import FAULTS, PUBLICATIONS, Case, Crossroads, Share, fits
from tests.faults.scenario import CHANGES, RECOVERY, TICKS, Scenario
from tests.faults.verdict import findings, of_alerts
from tests.faults.witness import Done, differences
from tests.gates import Fault, Killed
from tests.integration.aws_line import Call
from tests.integration.on_aws import OnAws
from tests.proofs import Proof, seed_offset

# What is in motion is overdue at once: the alert's own calls are among those that are struck.
OVERDUE = {"ALERT_THRESHOLDS": "overdue_ceiling_hours=0.02,overdue_floor_minutes=0.01"}


def play(stage: OnAws, roads: Crossroads) -> None:
    """Run the scenario; a process that dies is replaced at the next tick."""
    scenario = Scenario(stage)
    for number in range(TICKS + RECOVERY):
        scenario.before(number)
        struck = roads.struck
        roads.open = number < TICKS and not struck
        try:
            stage.tick()
        except Killed:
            roads.restart()
            stage.restart()
        except Exception:
            # Our own faults are raised, so that whoever runs this sees them; once, and no more.
            if struck or not roads.struck:
                raise
    roads.open = False


def every_case(share: Share, *faults: Fault) -> tuple[list[Call], list[Case]]:
    """Run the scenario with each fault of this share; return calls and cases."""
    stage = OnAws(settings=OVERDUE)
    roads = Crossroads(stage, faults, share)
    try:
        play(stage, roads)
        found = [*findings(stage), *of_alerts(stage)]
        done, duplicates = Done.of(stage), stage.audit().duplicates
    except BaseException:
        if not roads.struck:
            raise
        roads.arrive(0, [traceback.format_exc()], None)
    cases = roads.arrive(duplicates, found, done)
    assert found == []
    assert len(stage.deliveries) == CHANGES
    for case in cases:
        if case.done:
            case.findings.extend(differences(case.done, done, case.tick, case.spared))
    return list(roads.calls), cases


def check(
    proof: Proof, name: str, *faults: Fault, every: int, whole: Collection[Fault | str] = ()
) -> None:
    """Run a share of the cases and hold them all to the invariants; print how many there were."""
    calls, cases = every_case(Share(every, seed_offset(), whole), *faults)
    again = Share(every, seed_offset(), whole)
    due = Counter(
        (fault.value, call.kind)
        for call in calls
        for fault in faults
        if fits(fault, call) and again.takes(fault, call)
    )
    broken = [case for case in cases if case.findings]
    fitting = sum(fits(fault, call) for fault in faults for call in calls)
    proof(
        name,
        cases=len(cases),
        violations=len(broken),
        seed=seed_offset(),
        figures=f"of {fitting} that fit {len(calls)} calls to AWS, "
        f"{sum(call.writes for call in calls)} of them writes, one in {every} of each kind"
        f"{', and all of some' if whole else ''}: {_listed(due)}; {CHANGES} changes each, at most "
        f"{max(case.duplicates for case in cases)} duplicates; in {beside(cases)} cases the fault "
        "was no matter of a source, which was read and told of as ever in the same run",
    )
    assert not broken, summary(broken)
    assert all(case.done for case in cases)
    assert Counter((case.fault, case.operation) for case in cases) == due
    assert fitting > len(faults) * 3 * CHANGES


def _listed(due: Counter[tuple[str, str]]) -> str:
    return "; ".join(f"{count} at {name}: {fault}" for (fault, name), count in sorted(due.items()))


def beside(cases: list[Case]) -> int:
    return sum(bool(case.spared) for case in cases)


def summary(broken: list[Case]) -> str:
    """Say where the cases broke, and show some whole."""
    places = Counter((case.operation, case.fault) for case in broken)
    lines = [f"{n} x {operation}, {fault}" for (operation, fault), n in places.most_common()]
    for case in broken[:12]:
        lines += [f"call {case.number}, {case.operation}, {case.fault}:", *case.findings]
    return "\n".join(lines)


@pytest.mark.takes(0.3)
def test_a_death_after_some_writes_to_aws_loses_nothing(proof: Proof) -> None:
    check(proof, "deaths after writes to AWS", Fault.DEATH_AFTER, every=75)


@pytest.mark.soak
@pytest.mark.takes(7)
def test_faults_at_calls_to_aws_lose_nothing(proof: Proof) -> None:
    whole: set[Fault | str] = {Fault.DEATH_AFTER, *PUBLICATIONS}
    check(proof, "faults at calls to AWS", *FAULTS, every=6, whole=whole)
