"""A provider that fails in many polls in a row is left alone for a while, and never for long."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paywatch.health import (
    EARLY,
    FAILING,
    FIRST_REST,
    LONGEST_REST,
    PATIENT_FOR,
    RESTING,
    UNREACHABLE,
    Health,
)
from tests.examples import at, instant

TICK = timedelta(microseconds=1)


def failed(times: int, outcome: str = "unavailable", **fields: Any) -> Health:
    """Return the health after so many polls in a row that read nothing, one each minute."""
    health = Health(**fields)
    for number in range(times):
        health.note(instant(60 * number), outcome, f"try {number}", read=False)
    return health


def apart(health: Health) -> Health:
    """Return it without the counts of the last hour."""
    return replace(health, lately={})


def test_a_provider_of_which_nothing_is_known_is_well() -> None:
    health = Health()
    assert not health.rests(instant(0))
    assert health.store() == {"outcome": "ok"}
    assert Health.load({}) == health


def test_failures_are_counted_from_the_first_one_on() -> None:
    health = failed(3)
    assert health.failures == 3
    assert health.failing_since == at(0)
    assert (health.outcome, health.at, health.detail) == ("unavailable", at(120), "try 2")
    assert health.rejections == 0
    assert health.next == ""


@pytest.mark.parametrize("outcome", FAILING)
def test_every_fault_that_reads_nothing_is_a_failure(outcome: str) -> None:
    assert failed(2, outcome).failures == 2


@pytest.mark.parametrize("outcome", FAILING)
def test_a_fault_of_one_list_among_others_that_were_read_is_none(outcome: str) -> None:
    health = failed(PATIENT_FOR, "credentials_rejected")
    health.note(instant(900), outcome, "one list", read=True)
    assert apart(health) == Health(outcome, at(900), "one list")


@pytest.mark.parametrize("outcome", ["ok", "out_of_time", "busy", RESTING, ""])
def test_what_is_no_fault_of_the_provider_is_no_failure(outcome: str) -> None:
    health = failed(PATIENT_FOR)
    health.note(instant(900), outcome, "", read=False)
    assert apart(health) == Health(outcome, at(900))
    assert not health.rests(instant(900))


def test_what_cannot_be_reached_is_a_part_of_what_fails() -> None:
    assert set(UNREACHABLE) < set(FAILING)


def test_refusals_of_the_key_are_counted_in_a_row() -> None:
    health = failed(2, "credentials_rejected")
    assert health.rejections == 2
    health.note(instant(200), "unavailable", "", read=False)
    assert (health.rejections, health.failures) == (0, 3)
    health.note(instant(260), "credentials_rejected", "", read=False)
    assert (health.rejections, health.failures) == (1, 4)


def test_after_some_failures_the_next_try_comes_later_and_ever_later() -> None:
    for failures, rest in [(5, FIRST_REST), (6, LONGEST_REST), (7, LONGEST_REST), (999, None)]:
        health = failed(failures - 1)
        health.next = ""
        health.note(instant(99_999), "unavailable", "", read=False)
        assert health.failures == failures
        assert health.next == at(99_999 + (rest or LONGEST_REST).total_seconds())
    assert failed(PATIENT_FOR - 1).next == ""


def test_it_rests_until_a_little_before_its_next_try() -> None:
    health = Health(failures=6, next=at(240))
    assert health.rests(instant(0))
    last = instant(240) - EARLY
    assert health.rests(last - TICK)
    assert not health.rests(last)
    assert not health.rests(instant(240))
    assert not health.rests(instant(1e6))


def test_a_rest_that_a_clock_that_leapt_has_set_is_ignored() -> None:
    health = failed(PATIENT_FOR + 1)
    now = instant(60 * PATIENT_FOR)
    assert health.rests(now)
    assert not health.rests(now - TICK)
    assert not health.rests(instant(-86_400))
    assert not health.rests(instant(86_400))


def test_the_first_poll_that_reads_something_ends_it() -> None:
    health = failed(50)
    health.note(instant(9000), "ok", "", read=True)
    assert apart(health) == Health("ok", at(9000))
    health.note(instant(9060), "unavailable", "", read=False)
    assert health.failing_since == at(9060)
    assert not health.rests(instant(9060))


def test_polls_every_minute_try_at_least_every_four_minutes_while_it_fails() -> None:
    health, tries = Health(), list[int]()
    for minute in range(60):
        if not health.rests(instant(60 * minute)):
            tries.append(minute)
            health.note(instant(60 * minute), "unavailable", "", read=False)
    assert tries[: PATIENT_FOR + 2] == [0, 1, 2, 3, 4, 6, 10]
    assert {after - before for before, after in pairwise(tries[6:])} == {4}


def test_only_the_beginning_of_a_long_detail_is_kept() -> None:
    health = Health()
    health.note(instant(0), "unavailable", "x" * 500, read=False)
    assert health.detail == "x" * 200


def test_what_is_stored_is_read_as_it_was_and_only_what_is_not_well() -> None:
    health = failed(PATIENT_FOR, "credentials_rejected")
    assert Health.load(json.loads(json.dumps(health.store()))) == health
    named = {"outcome", "at", "detail", "failures", "failing_since", "lately"}
    assert failed(1).store().keys() == named
    well = Health("ok", at(3))
    assert well.store() == {"outcome": "ok", "at": at(3)}
    assert Health.load(well.store()) == well


@pytest.mark.parametrize(
    "stored",
    [
        {"at": "now"},
        {"failing_since": "long ago"},
        {"failing_since": None},
        {"next": "soon"},
        {"next": 17},
        {"failures": "many"},
        {"failures": None},
        {"failures": float("inf")},
        {"rejections": []},
        {"rejections": float("nan")},
        [],
        None,
    ],
    ids=repr,
)
def test_a_section_that_makes_no_sense_is_refused(stored: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError, ArithmeticError)):
        Health.load(stored)


@given(
    st.lists(
        st.tuples(
            st.integers(-(10**8), 10**8),
            st.sampled_from([*FAILING, "ok", "out_of_time"]),
            st.booleans(),
        ),
        max_size=60,
    )
)
def test_whatever_the_clock_does_no_rest_is_longer_than_the_longest(
    polls: list[tuple[int, str, bool]],
) -> None:
    health = Health()
    for second, outcome, read in polls:
        now = instant(second)
        health.note(now, outcome, "", read=read)
        health = Health.load(json.loads(json.dumps(health.store())))
        assert not health.rests(now + LONGEST_REST)
        assert health.rests(now) is (health.failures >= PATIENT_FOR)
        assert bool(health.failing_since) is (health.failures > 0)
        assert 0 <= health.rejections <= health.failures


def hour(pattern: str, outcome: str = "unavailable") -> Health:
    """Return the health after an hour of polls, good (+), bad (-) or left out (.) in turn."""
    health = Health()
    for minute in range(60):
        mark = pattern[minute % len(pattern)]
        if mark == ".":
            health.rest(instant(60 * minute))
        else:
            health.note(
                instant(60 * minute), outcome if mark == "-" else "ok", "", read=mark == "+"
            )
    return health


@pytest.mark.parametrize("pattern", ["---++", "-----.....++", "--+", "--+-"])
def test_one_that_fails_again_and_again_is_patchy_though_it_answers_in_between(
    pattern: str,
) -> None:
    found = hour(pattern).patchy
    assert found is not None
    good, polls = found
    assert (good, polls) == (sum(pattern[n % len(pattern)] == "+" for n in range(60)), 60)


@pytest.mark.parametrize("pattern", ["+", "-+", "--+++", "-", "-" * 50 + "+" * 10, "-.-.-.-.-."])
def test_one_that_answers_mostly_or_not_at_all_is_not(pattern: str) -> None:
    assert hour(pattern).patchy is None


def test_a_key_that_is_refused_now_and_then_is_no_matter_of_reaching_it() -> None:
    assert hour("--+", "credentials_rejected").patchy is None


def test_an_hour_later_all_of_it_is_forgotten_and_so_it_is_when_the_clock_goes_back() -> None:
    for minute in (90, -600):
        health = hour("--+")
        for more in range(40):
            health.note(instant(60 * (minute + more)), "ok", "", read=True)
        assert health.patchy is None
        assert health.lately == {}


def test_of_a_provider_that_is_well_nothing_is_counted() -> None:
    assert hour("+").store() == {"outcome": "ok", "at": at(59 * 60)}


@pytest.mark.parametrize(
    "lately",
    [5, ["a"], {"once": [1, 1, 1]}, {at(0): [1, 2]}, {at(0): [1, 2, 0]}, {at(0): [1, 0, 5]}],
    ids=repr,
)
def test_counts_that_make_no_sense_are_refused(lately: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        Health.load({"lately": lately})
