"""What a run broke is stated with its figures before the test fails of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.held import Held
from tests.proofs import KEY, Proof


def row(properties: list[tuple[str, Any]]) -> dict[str, Any]:
    [(key, stated)] = properties
    assert key == KEY
    return dict(stated)


def test_what_was_kept_is_stated_as_no_violation() -> None:
    properties: list[tuple[str, Any]] = []
    held = Held()
    with held.stated(Proof(properties), "a week", seed=4):
        held.to(True, "never said")
        held.cases, held.figures = 12, "of 3 kinds"
    expected = {"cases": 12, "violations": 0, "seed": "4", "figures": "of 3 kinds"}
    assert row(properties) == {"name": "a week", **expected}


def late(proof: Proof) -> None:
    held = Held()
    with held.stated(proof, "a week"):
        held.to(1 > 2, "one is not more than two")
        held.to_none("late", ["order-1", "order-2"])
        held.cases, held.figures = 12, "of 3 kinds"


def test_what_was_broken_is_counted_and_shown_before_it_fails() -> None:
    properties: list[tuple[str, Any]] = []
    with pytest.raises(AssertionError, match="3 wrong"):
        late(Proof(properties))
    stated = row(properties)
    assert (stated["cases"], stated["violations"]) == (12, 3)
    assert stated["figures"].splitlines() == [
        "of 3 kinds", "WRONG: one is not more than two", "WRONG: late: order-1",
        "WRONG: late: order-2",
    ]  # fmt: skip


def test_a_run_that_breaks_off_is_stated_too() -> None:
    properties: list[tuple[str, Any]] = []
    with pytest.raises(KeyError), Held().stated(Proof(properties), "a week"):
        raise KeyError("page")
    stated = row(properties)
    assert stated["violations"] == 1
    assert "it broke off: KeyError('page')" in stated["figures"]
