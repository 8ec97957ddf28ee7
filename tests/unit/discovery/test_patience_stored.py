"""What is learned of how long payments wait is stored, and read only where it makes sense."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from paywatch.discovery.patience import KNOWN, LONGEST_LIMIT, LONGEST_STEP, Patience
from tests.examples import at, instant

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MOVING, PENDING = "processing/card", "pending/oxxo"


@pytest.fixture
def learned() -> Patience:
    """Return what is known after enough stays of a minute, and three that never ended."""
    patience = Patience(since=at(0))
    for _ in range(KNOWN):
        patience.note(MOVING, MINUTE)
    for _ in range(3):
        patience.note_lapse(MOVING)
    return patience


def test_what_is_stored_is_read_as_it_was(learned: Patience) -> None:
    learned.note(PENDING, 3 * HOUR)
    learned.renew(instant(0), HOUR, DAY)
    again = Patience.load(json.loads(json.dumps(learned.store())))
    assert again == learned
    assert again.store() == learned.store()
    assert Patience.load({}) == Patience.load(Patience().store()) == Patience()


def test_what_is_learned_is_stored_in_plain_json(learned: Patience) -> None:
    learned.renew(instant(0), HOUR, DAY)
    assert learned.store() == {
        "stays": {MOVING: {"0": KNOWN}},
        "lapsed": {MOVING: 3},
        "since": at(0),
        "day": "2026-03-01",
        "bounds": "3600-86400",
        "limits": {MOVING: 3600},
    }


def test_steps_and_limits_are_read_up_to_their_bounds() -> None:
    steps, limits = {"0": 1, str(LONGEST_STEP): 2}, {MOVING: 1, PENDING: LONGEST_LIMIT}
    patience = Patience.load({"stays": {MOVING: steps}, "limits": limits})
    assert patience == Patience(stays={MOVING: {0: 1, LONGEST_STEP: 2}}, limits=limits)
    with pytest.raises(ValueError, match=r"^a limit is out of bounds$"):
        Patience.load({"limits": {MOVING: 0}})
    with pytest.raises(ValueError, match=r"^there is no step -1$"):
        Patience.load({"stays": {MOVING: {"-1": 3}}})


@pytest.mark.parametrize(
    "stored",
    [
        {"stays": None},
        {"stays": []},
        {"stays": {MOVING: 3}},
        {"stays": {MOVING: {"a": 1}}},
        {"stays": {MOVING: {"1": None}}},
        {"stays": {MOVING: {"1": float("inf")}}},
        {"stays": {MOVING: {"-1": 3}}},
        {"stays": {MOVING: {str(LONGEST_STEP + 1): 3}}},
        {"lapsed": 3},
        {"lapsed": {MOVING: "few"}},
        {"limits": {MOVING: []}},
        {"limits": {MOVING: float("nan")}},
        {"limits": {MOVING: 0}},
        {"limits": {MOVING: -60}},
        {"limits": {MOVING: LONGEST_LIMIT + 1}},
        {"limits": "none"},
        {"since": "once"},
        {"since": 3},
        [],
        None,
    ],
    ids=repr,
)
def test_a_section_that_makes_no_sense_is_refused(stored: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError, ArithmeticError)):
        Patience.load(stored)
