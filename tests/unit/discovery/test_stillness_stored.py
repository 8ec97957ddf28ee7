"""The history of moves as it is stored: as it was, and refused where it makes no sense."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from paywatch.discovery.stillness import HOURS, SURE, UNKNOWN, Stillness
from paywatch.domain.payments import timestamp

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def test_rates_and_what_is_missing_are_stored_rounded() -> None:
    monday = timestamp(MONDAY)
    still = Stillness(
        rates=[12.3456] * HOURS,
        hour=monday[:13],
        moves=4,
        whole=True,
        figures="paid=7",
        since=monday,
        last=monday,
        expected=1.23456,
        longest=2.34567,
        samples=[SURE] * HOURS,
    )
    assert still.store() == {
        "rates": [12.35] * HOURS,
        "hour": "2026-03-02T00",
        "moves": 4,
        "whole": True,
        "figures": "paid=7",
        "since": monday,
        "last": monday,
        "expected": 1.235,
        "longest": 2.346,
        "samples": [SURE] * HOURS,
    }


def test_what_is_stored_does_not_share_its_rates_or_samples() -> None:
    still = Stillness()
    stored = still.store()
    still.rates[0], still.samples[0] = 7.0, SURE
    assert stored["rates"] == [UNKNOWN] * HOURS
    assert stored["samples"] == [0] * HOURS
    assert Stillness().rates[0] == UNKNOWN


@pytest.mark.parametrize("rates", [[], [1.0] * 24, [1.0] * (HOURS + 1)])
def test_a_history_of_another_length_is_none(rates: list[float]) -> None:
    assert Stillness.load({"rates": rates, "moves": 3}) == Stillness(moves=3)


@pytest.mark.parametrize(
    "stored",
    [
        {"rates": None},
        {"rates": 4},
        {"rates": ["many"]},
        {"rates": [[]]},
        {"rates": [float("nan")]},
        {"samples": ["many"]},
        {"samples": 3},
        {"moves": "many"},
        {"moves": float("inf")},
        {"moves": None},
        {"expected": "more"},
        {"expected": []},
        {"longest": None},
        {"longest": float("inf")},
        {"since": "once"},
        {"since": 12},
        {"last": "never"},
        {"last": [1]},
        [],
        None,
    ],
    ids=repr,
)
def test_a_section_that_makes_no_sense_is_refused(stored: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError, ArithmeticError)):
        Stillness.load(stored)


def test_a_rate_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a rate is no number$"):
        Stillness.load({"longest": float("nan")})
