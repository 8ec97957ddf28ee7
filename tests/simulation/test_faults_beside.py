"""Whatever of its own fails one source leaves the other, in the same run, as if nothing had failed.

Each request to its provider, once or from there on; each call about its items, before or after the
effect; the secret; and each batch of its messages, as a whole or one of them.
"""

from __future__ import annotations

import pytest

from tests.gates import REQUEST
from tests.proofs import Proof
from tests.simulation.isolation import KINDS, ORDERS, beside, own_steps, undisturbed
from tests.simulation.plots import SOURCES
from tests.simulation.showing import SHOWN, broken

PLACES = ["first", pytest.param("second", marks=pytest.mark.soak)]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("struck", SOURCES)
def test_a_fault_of_one_source_leaves_the_others_poll_whole(
    place: str, struck: str, proof: Proof
) -> None:
    order = next(each for each in ORDERS if (each[0] == struck) == (place == "first"))
    cases = beside(order, struck)
    found = broken(cases)
    proof(
        f"one fault beside another source: {struck}, polled {place}",
        cases=len(cases),
        violations=len(found),
        figures=f"{len(own_steps(order, struck))} steps of its own, {len(KINDS)} kinds of fault",
    )
    assert not found, "\n".join(found[:SHOWN])
    assert {case.strike.fault for case in cases if case.strike is not None} == set(KINDS)


@pytest.mark.parametrize("order", ORDERS, ids=",".join)
def test_both_sources_are_busy_in_the_run(order: tuple[str, ...]) -> None:
    names = {source: [name for _, name in own_steps(order, source)] for source in SOURCES}
    for source in SOURCES:
        assert {"secret", "acquire", "save", "publish", REQUEST} <= set(names[source])
        assert len(undisturbed(order, source)[0]) >= 3
        (report,) = undisturbed(order, source)[2]
        assert report.startswith("ok, sealed: True")
