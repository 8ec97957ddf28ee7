"""Whatever fails at any one step of a run, the polls after it make good.

Every fault strikes every step that it fits: each call of a port, each request to the provider, the
secret, and each read of the clock, at which a process may stand still until its time is over, or
die.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import pytest

from tests.gates import CLOCK, TOPICS
from tests.proofs import Proof
from tests.simulation.cases import Case, singles
from tests.simulation.plots import PLOTS, SOURCES
from tests.simulation.showing import SHOWN, broken
from tests.simulation.stage import FAULTS, fits

EACH = [(plot, source) for plot in PLOTS for source in SOURCES]


def check(
    plot: str, source: str, proof: Proof, left_out: Collection[str] = (), every: int = 1
) -> None:
    """Strike every so-manieth step but those left out, and hold every case to the invariants.

    What is published, told or kept is struck in any case.
    """
    steps = Case(plot, source).play().steps
    taken = {*[number for number, name in enumerate(steps, 1) if name not in left_out][::every]}
    taken |= {number for number, name in enumerate(steps, 1) if name in {*TOPICS, "keep"}}
    cases = [case for case in singles(plot, source) if case.runs[0][0].step in taken]
    found = broken(cases)
    proof(
        f"one fault: {plot} at {source}",
        cases=len(cases),
        violations=len(found),
        figures=f"{len(taken)} of {len(steps)} steps, {len(FAULTS)} kinds of fault",
    )
    assert not found, "\n".join(found[:SHOWN])
    fitting = [(n, f) for n in taken for f in FAULTS if fits(f, steps[n - 1])]
    assert len(cases) == len(fitting) > len(taken)


@pytest.mark.parametrize(("plot", "source"), EACH)
def test_any_fault_at_every_fifth_call_loses_nothing(plot: str, source: str, proof: Proof) -> None:
    check(plot, source, proof, CLOCK, every=5)


@pytest.mark.soak
@pytest.mark.parametrize(("plot", "source"), EACH)
def test_any_fault_at_any_step_loses_nothing(plot: str, source: str, proof: Proof) -> None:
    check(plot, source, proof)


@pytest.mark.parametrize("source", SOURCES)
def test_the_plots_do_what_they_say(source: str) -> None:
    runs = {name: Case(name, source).play() for name in PLOTS}
    calls = {name: Counter(stage.steps) for name, stage in runs.items()}
    assert calls["baseline"]["save"] >= 2
    assert calls["idle"]["save"] == calls["idle"]["publish"] == 0
    assert calls["busy"]["save"] >= 3
    assert calls["outbox"]["acknowledge"] == 3
    (back,) = PLOTS["leavers"].begin(source).bare.memory("leavers", source)
    (gone,) = runs["leavers"].bare.memory("leavers", source)
    listed = {payment.id for payment in runs["leavers"].world.payments()}
    assert back in listed
    assert gone not in listed
    assert calls["leavers"]["save"] == 1
    read = runs["reconcile"].polling.reports[-1]["sources"][source]["reconcile"]
    assert (read["rows"], read["pages"]) == (5, 3)
    assert runs["alert"].polling.alerted() == [(PLOTS["alert"].alerts[source], "opened")]
    assert calls["alert"]["tell"] == 1
    assert calls["small"]["save"] == 1
