"""Stillness is measured by the source's own history: what is missing, hour by hour of the week."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paywatch.discovery.stillness import (
    FADING,
    HOURS,
    LONGEST_PAUSE,
    SURE,
    TIMES,
    UNKNOWN,
    WEIGHT,
    Stillness,
)
from paywatch.domain.payments import timestamp

# A Monday and a Saturday.
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
SATURDAY = datetime(2026, 3, 7, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def known(rate: float, **fields: Any) -> Stillness:
    """Return a history with the same rate in every hour."""
    return Stillness(rates=[rate] * HOURS, samples=[SURE] * HOURS, **fields)


def live(
    still: Stillness,
    since: datetime,
    lasting: timedelta,
    *,
    moves: int = 0,
    every: timedelta = MINUTE,
) -> datetime:
    """Poll so long, each poll with so many moves; return when the next poll would be."""
    now = since
    while now < since + lasting:
        still.note(now, moves, "same")
        now += every
    return now


def test_an_hour_is_learned_when_all_of_it_was_watched() -> None:
    still = Stillness()
    live(still, MONDAY + 9 * HOUR + 30 * MINUTE, 90 * MINUTE, moves=2)
    assert still.rates == [UNKNOWN] * HOURS
    still.note(MONDAY + 11 * HOUR, 2, "same")
    assert still.rates[10] == 120
    assert [hour for hour, rate in enumerate(still.rates) if rate != UNKNOWN] == [10]


def test_an_hour_that_is_known_moves_a_part_of_the_way_to_what_was_seen() -> None:
    still = known(100.0)
    live(still, MONDAY, 2 * HOUR + MINUTE, moves=1)
    assert still.rates[1] == pytest.approx(60 + (1 - WEIGHT) * 40)
    assert still.rates[0] == 100


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_an_hour_known_to_be_still_moves_only_a_part_of_the_way_too(rate: float) -> None:
    still = known(rate)
    live(still, MONDAY, 2 * HOUR + MINUTE, moves=1)
    assert still.rates[1] == pytest.approx(60 + (1 - WEIGHT) * (rate - 60))


def test_the_first_hour_is_whole_if_polls_that_were_not_believed_lead_up_to_it() -> None:
    still = Stillness()
    still.skip(MONDAY + 59 * MINUTE)
    live(still, MONDAY + HOUR, HOUR + MINUTE, moves=1)
    assert still.rates[1] == 60


def test_of_an_hour_that_was_seen_once_or_twice_nothing_is_expected() -> None:
    still = Stillness()
    for day in range(SURE):
        still.expected = 0.0
        live(still, MONDAY + day * 24 * HOUR, 2 * HOUR)
        assert still.expected == 0
        now = live(still, MONDAY + day * 24 * HOUR + 2 * HOUR, 3 * HOUR, moves=1)
        assert still.rates[3] == 60
        assert still.samples[3] == day + 1
        still.note(now, 0, "same")
    live(still, MONDAY + SURE * 24 * HOUR + 3 * HOUR, HOUR)
    assert still.expected > 50


@pytest.mark.parametrize(
    ("day", "slot"),
    [(MONDAY, 5), (MONDAY + timedelta(days=4), 5), (SATURDAY, 29), (SATURDAY + 24 * HOUR, 29)],
)
def test_a_weekend_has_hours_of_its_own(day: datetime, slot: int) -> None:
    still = Stillness()
    live(still, day + 4 * HOUR + 30 * MINUTE, 91 * MINUTE, moves=1)
    assert [hour for hour, rate in enumerate(still.rates) if rate != UNKNOWN] == [slot]


def test_an_hour_with_a_poll_that_was_not_believed_is_not_learned() -> None:
    still = Stillness()
    live(still, MONDAY, 90 * MINUTE, moves=1)
    still.skip(MONDAY + 90 * MINUTE)
    now = live(still, MONDAY + 91 * MINUTE, 31 * MINUTE, moves=1)
    assert still.rates == [UNKNOWN] * HOURS
    live(still, now, 2 * HOUR, moves=1)
    assert still.rates[2] != UNKNOWN


def test_a_poll_that_was_not_believed_spoils_its_own_hour_and_not_the_one_before() -> None:
    still = Stillness()
    live(still, MONDAY, 119 * MINUTE, moves=1)
    still.skip(MONDAY + 120 * MINUTE)
    live(still, MONDAY + 121 * MINUTE, 60 * MINUTE, moves=1)
    assert still.rates[1] != UNKNOWN
    assert still.rates[2] == UNKNOWN


def test_an_hour_in_which_nobody_looked_for_long_is_not_learned() -> None:
    still = known(60.0)
    live(still, MONDAY, 65 * MINUTE, moves=1)
    live(still, MONDAY + 4 * HOUR, MINUTE, moves=0)
    assert still.rates[1] == 60.0


def test_what_was_to_be_expected_is_added_up_while_nothing_moves() -> None:
    still = known(60.0)
    still.note(MONDAY, 1, "a")
    live(still, MONDAY + MINUTE, 20 * MINUTE)
    # The first of them saw other totals, which counts as a move.
    assert still.expected == pytest.approx(19)
    assert still.since == timestamp(MONDAY + MINUTE)


def test_at_night_next_to_nothing_is_expected_and_nothing_where_nothing_is_known() -> None:
    still = Stillness(samples=[SURE] * HOURS)
    still.rates[3] = 0.0
    live(still, MONDAY + 3 * HOUR, 3 * HOUR)
    assert still.expected == 0
    assert not still.implausible(MONDAY + 6 * HOUR, 20, HOUR)


@pytest.mark.parametrize(("moves", "figures"), [(1, "a"), (3, ""), (0, "b")])
def test_a_move_or_other_totals_begin_the_count_anew(moves: int, figures: str) -> None:
    still = known(60.0, figures="a")
    still.note(MONDAY, 1, "a")
    live_until = MONDAY + 10 * MINUTE
    still.note(live_until, 0, "a")
    assert still.expected == pytest.approx(10)
    still.note(live_until + MINUTE, moves, figures)
    assert still.expected == 0
    assert still.longest == pytest.approx(11)
    assert still.since == timestamp(live_until + MINUTE)
    assert still.figures == (figures or "a")


def test_the_same_totals_and_none_at_all_are_no_change() -> None:
    still = known(60.0)
    still.note(MONDAY, 0, "a")
    for minute, figures in enumerate(["a", "", "a", ""], start=1):
        still.note(MONDAY + minute * MINUTE, 0, figures)
    assert still.since == timestamp(MONDAY)
    assert still.figures == "a"
    assert still.expected == pytest.approx(4)


def test_only_what_is_missing_for_long_enough_is_implausible() -> None:
    still = known(60.0, since=timestamp(MONDAY), expected=20.0)
    assert not still.implausible(MONDAY + 30 * MINUTE - MINUTE / 60, 20, 30 * MINUTE)
    assert still.implausible(MONDAY + 30 * MINUTE, 20, 30 * MINUTE)
    still.expected = 19.99
    assert not still.implausible(MONDAY + 30 * MINUTE, 20, 30 * MINUTE)


def test_it_takes_twice_as_much_as_ever_turned_out_to_be_nothing() -> None:
    still = known(60.0, since=timestamp(MONDAY), longest=15.0, expected=29.9)
    assert not still.implausible(MONDAY + HOUR, 20, 30 * MINUTE)
    still.expected = TIMES * still.longest
    assert still.implausible(MONDAY + HOUR, 20, 30 * MINUTE)


def test_half_of_what_is_implausible_is_doubtful() -> None:
    assert known(60.0, expected=10.0).doubtful(20)
    assert not known(60.0, expected=9.9).doubtful(20)
    assert not known(60.0, expected=10.0, longest=10.1).doubtful(20)


def test_before_the_first_poll_nothing_is_implausible() -> None:
    assert not Stillness(expected=1e6).implausible(MONDAY, 20, timedelta(0))


def test_what_was_still_for_no_reason_weighs_half_as_much_after_six_days() -> None:
    six_days = FADING ** (6 * 24)
    assert six_days == pytest.approx(0.5, abs=0.02)
    still = Stillness(longest=100.0)
    live(still, MONDAY, timedelta(days=6), every=10 * MINUTE)
    assert still.longest == pytest.approx(50, abs=2)


@pytest.mark.parametrize("leap", [LONGEST_PAUSE + timedelta(microseconds=1), timedelta(days=365)])
def test_a_longer_pause_adds_nothing_and_its_hour_is_not_learned(leap: timedelta) -> None:
    still = known(60.0)
    still.note(MONDAY, 1, "a")
    still.note(MONDAY + leap, 0, "a")
    assert still.expected == 0
    assert not still.whole
    assert still.last == timestamp(MONDAY + leap)


def test_the_longest_pause_counts_whole() -> None:
    still = known(60.0)
    still.note(MONDAY, 1, "a")
    still.note(MONDAY + LONGEST_PAUSE, 0, "a")
    assert still.expected == pytest.approx(60)
    assert still.whole


def test_a_clock_that_goes_back_adds_nothing_and_accuses_nobody() -> None:
    still = known(60.0)
    live(still, MONDAY + 12 * HOUR, 20 * MINUTE)
    expected = still.expected
    still.note(MONDAY, 0, "same")
    assert still.expected == expected
    assert not still.whole
    assert not still.implausible(MONDAY, 1, MINUTE)
    still.note(MONDAY + MINUTE, 0, "same")
    assert still.expected == pytest.approx(expected + 1)
    still.note(MONDAY + 2 * MINUTE, 1, "same")
    assert still.since == timestamp(MONDAY + 2 * MINUTE)


def test_a_move_is_no_move_of_another_hour() -> None:
    still = Stillness()
    live(still, MONDAY, 2 * HOUR, moves=1)
    still.note(MONDAY + 2 * HOUR, 7, "same")
    assert still.rates[1] == 60
    assert still.moves == 7
    assert still.hour == timestamp(MONDAY + 2 * HOUR)[:13]


def test_what_is_stored_is_read_as_it_was() -> None:
    still = known(12.25)
    live(still, MONDAY, 4 * HOUR, every=7 * MINUTE)
    first = Stillness.load(json.loads(json.dumps(still.store())))
    assert first.store() == still.store()
    assert Stillness.load(first.store()) == first
    assert Stillness.load({}) == Stillness.load(Stillness().store()) == Stillness()


@given(
    st.lists(
        st.tuples(
            st.integers(-(10**7), 10**7), st.integers(0, 50), st.sampled_from(["", "a", "b", None])
        ),
        max_size=60,
    )
)
def test_whatever_the_clock_does_it_goes_on_and_can_be_stored(
    polls: list[tuple[int, int, str | None]],
) -> None:
    still = known(60.0)
    for second, moves, figures in polls:
        now = MONDAY + timedelta(seconds=second)
        if figures is None:
            still.skip(now)
        else:
            still.note(now, moves, figures)
        still = Stillness.load(json.loads(json.dumps(still.store())))
        assert still.expected >= 0
        assert still.longest >= 0
        assert all(rate >= 0 for rate in still.rates)
        assert still.implausible(now, 20, HOUR) in (True, False)
