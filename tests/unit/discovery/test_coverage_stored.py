"""Coverage as it is stored: as it was, and refused where it makes no sense."""

from __future__ import annotations

import json
from typing import Any

import pytest

from paywatch.discovery.coverage import LONGEST_PAUSE, USUAL, Coverage
from tests.examples import at
from tests.unit.discovery.gaps import gap, polled


def test_pauses_are_stored_to_a_tenth_of_a_second() -> None:
    coverage = Coverage(at(9), 61.26, 2, [gap(0, 7, blind=3)], at(10), 300.349)
    assert coverage.store() == {
        "last": at(9),
        "pause": 61.3,
        "good": 2,
        "gaps": [[at(0), at(7), 3.0]],
        "ran": at(10),
        "odd": 300.3,
    }


@pytest.mark.parametrize("pause", [0.5, 1.0, LONGEST_PAUSE])
def test_a_pause_of_any_length_that_can_be_is_read(pause: float) -> None:
    assert Coverage.load({"pause": pause, "odd": pause}) == Coverage(pause=pause, odd=pause)


@pytest.mark.parametrize("pauses", [(0, 0), (LONGEST_PAUSE + 1, 0), (60, LONGEST_PAUSE + 1)])
def test_a_pause_that_cannot_be_is_refused(pauses: tuple[float, float]) -> None:
    pause, odd = map(float, pauses)
    with pytest.raises(ValueError, match=f"^{pause} and {odd} seconds are no pauses$"):
        Coverage.load({"pause": pause, "odd": odd})


def test_a_gap_of_which_all_was_watched_is_read_too() -> None:
    assert Coverage.load({"gaps": [[at(0), at(9), 0]]}).gaps == [gap(0, 9, blind=0)]


def test_a_gap_that_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"^Gap\(.*\) is no gap$"):
        Coverage.load({"gaps": [[at(0), at(1), 2]]})


def test_what_is_stored_is_read_as_it_was() -> None:
    coverage = polled(0, 60, 120, 86_400, 86_460)
    coverage.pause, coverage.odd = 61.5, 300.0
    again = Coverage.load(json.loads(json.dumps(coverage.store())))
    assert again == coverage
    assert again.store() == coverage.store()


def test_of_nothing_nothing_is_known() -> None:
    assert Coverage.load({}) == Coverage("", USUAL, 0, [])
    assert Coverage.load(Coverage().store()) == Coverage()


def test_a_copy_that_was_loaded_does_not_share_its_gaps() -> None:
    stored = polled(0, 86_400).store()
    Coverage.load(stored).gaps.clear()
    assert Coverage.load(stored).gaps == [gap(0, 86_400)]


@pytest.mark.parametrize(
    "stored",
    [
        {"last": "yesterday"},
        {"last": 5},
        {"last": {}},
        {"pause": "long"},
        {"pause": None},
        {"pause": []},
        {"good": "many"},
        {"good": float("inf")},
        {"good": float("nan")},
        {"good": None},
        {"gaps": None},
        {"gaps": 3},
        {"gaps": [at(0)]},
        {"gaps": [[at(0)]]},
        {"gaps": [[at(0), at(1)]]},
        {"gaps": [[at(0), at(1), at(2)]]},
        {"gaps": [[at(0), 7, 1]]},
        {"gaps": [[at(0), at(1), 2]]},
        {"gaps": [[at(0), at(9), -1]]},
        {"gaps": [[at(0), at(9), float("nan")]]},
        {"gaps": [[at(1), at(0), 0]]},
        {"gaps": [["0001-01-01T00:00:00+14:00", at(0), 1]]},
        {"odd": -1},
        {"odd": "none"},
        {"ran": 7},
        {"gaps": {"a": 1}},
        [],
        None,
        7,
    ],
    ids=repr,
)
def test_a_section_that_makes_no_sense_is_refused(stored: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError, ArithmeticError)):
        Coverage.load(stored)
