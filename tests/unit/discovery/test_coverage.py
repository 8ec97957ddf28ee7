"""Which time was watched: gaps are found by the pause that is usual, and no age counts them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paywatch.discovery.coverage import GAPS, GRACE, MORE, TIMES, USUAL, Coverage, Gap
from paywatch.domain.payments import moment
from tests.examples import at, instant
from tests.unit.discovery.gaps import gap, polled

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOTHING = timedelta(0)
# The longest pause that is the schedule's own, as long as none but the usual one was seen.
LONGEST = TIMES * USUAL + MORE.total_seconds()


def outages(count: int) -> Coverage:
    """Return what is known after so many outages: one in each day, an hour long at noon."""
    coverage = Coverage()
    for day in range(count):
        coverage.last = coverage.ran = at(day * 86_400)
        coverage.odd = 0.0
        coverage.note(instant(day * 86_400 + 3600), True)
    return coverage


def test_the_first_poll_adds_nothing_and_every_other_one_its_pause() -> None:
    coverage = Coverage()
    assert coverage.note(instant(0), True) == NOTHING
    assert coverage.note(instant(60), True) == MINUTE
    assert coverage.note(instant(150), True) == timedelta(seconds=90)
    assert coverage.gaps == []
    assert coverage.last == at(150)


@pytest.mark.parametrize(("pause", "odd"), [(LONGEST, False), (LONGEST + 0.001, True)])
def test_a_gap_is_a_pause_several_times_the_usual_one_and_so_much_longer(
    pause: float, odd: bool
) -> None:
    coverage = polled(0)
    coverage.ran = at(pause - 60)  # of the schedule nothing is learned
    added = coverage.note(instant(pause), True)
    assert coverage.gaps == ([gap(0, pause)] if odd else [])
    assert added == (NOTHING if odd else timedelta(seconds=pause))


def test_polls_that_are_not_believed_are_a_gap_when_one_is_believed_again() -> None:
    coverage = polled(0, 60)
    for minute in range(2, 30):
        assert coverage.note(instant(60 * minute), False) == NOTHING
        assert coverage.gaps == []
    assert coverage.note(instant(1800), True) == NOTHING
    assert coverage.gaps == [gap(60, 1800)]
    assert coverage.pause == USUAL


def test_a_poll_or_two_that_are_not_believed_are_no_gap() -> None:
    coverage = polled(0, 60)
    coverage.note(instant(120), False)
    assert coverage.note(instant(180), True) == 2 * MINUTE
    assert coverage.gaps == []


def test_only_believed_polls_in_a_row_make_it_steady() -> None:
    coverage = Coverage()
    for number in range(GRACE):
        assert not coverage.steady
        coverage.note(instant(60 * number), True)
    assert coverage.steady
    coverage.note(instant(1000), False)
    assert not coverage.steady
    coverage.note(instant(1060), True)
    assert not coverage.steady
    coverage.note(instant(1120), True)
    assert coverage.steady


def test_after_a_gap_the_count_of_believed_polls_begins_anew() -> None:
    coverage = polled(0, 60, 120)
    assert coverage.steady
    coverage.note(instant(86_400), True)
    assert not coverage.steady
    coverage.note(instant(86_460), True)
    assert coverage.steady


def test_a_schedule_that_was_made_slower_is_the_usual_one_from_the_second_poll_on() -> None:
    coverage = polled(0, 60)
    added = [coverage.note(instant(60 + 3600 * hour), True) for hour in range(1, 4)]
    assert added == [NOTHING, NOTHING, HOUR]
    assert coverage.gaps == [gap(60, 3660), gap(3660, 7260)]
    assert coverage.steady
    assert coverage.pause == 3600


def test_a_poller_that_was_stopped_once_changes_nothing_of_what_is_usual() -> None:
    coverage = polled(0, 60, 86_400, 86_460)
    assert coverage.pause == USUAL
    coverage.note(instant(90_000), True)
    assert coverage.pause == USUAL
    assert coverage.gaps == [gap(60, 86_400), gap(86_460, 90_000)]


def test_two_stops_with_a_poll_in_between_are_two_gaps() -> None:
    coverage = polled(*range(0, 600, 60))
    coverage.note(instant(540 + 13 * 3600), True)
    coverage.note(instant(540 + 37 * 3600), True)
    assert coverage.gaps == [
        gap(540, 540 + 13 * 3600),
        gap(540 + 13 * 3600, 540 + 37 * 3600),
    ]
    assert not coverage.steady


def test_a_provider_that_fails_most_of_the_time_is_no_slow_schedule() -> None:
    coverage = Coverage()
    for minute in range(600):
        coverage.note(instant(60 * minute), minute % 10 == 0)
    assert coverage.pause == USUAL
    assert coverage.blind(instant(0), instant(600 * 60)) >= 590 * MINUTE


def test_a_schedule_that_was_made_faster_is_the_usual_one_too() -> None:
    coverage = polled(0)
    coverage.pause = 3600.0
    for minute in range(1, 60):
        coverage.note(instant(60 * minute), True)
    assert coverage.pause == pytest.approx(60, rel=0.01)


def test_only_so_much_of_a_time_as_lies_in_a_gap_was_not_watched() -> None:
    coverage = Coverage(gaps=[gap(3600, 7200), gap(10_800, 14_400)])
    cases: list[tuple[float, float, timedelta]] = [
        (0, 3600, NOTHING),
        (0, 3601, timedelta(seconds=1)),
        (0, 7200, HOUR),
        (0, 20_000, 2 * HOUR),
        (5400, 12_600, HOUR),
        (4000, 4060, MINUTE),
        (7200, 10_800, NOTHING),
        (14_400, 99_999, NOTHING),
        (7200, 3600, NOTHING),
    ]
    for since, until, blind in cases:
        assert coverage.blind(instant(since), instant(until)) == blind


def test_without_a_gap_everything_was_watched() -> None:
    assert Coverage().blind(instant(0), instant(1e7)) == NOTHING


def test_too_many_gaps_are_joined_and_what_was_watched_between_them_still_counts() -> None:
    coverage = outages(GAPS)
    before = list(coverage.gaps)
    assert len(before) == GAPS
    day = GAPS * 86_400
    coverage.last, coverage.ran, coverage.odd = at(day), at(day), 0.0
    coverage.note(instant(day + 3600), True)
    joined = Gap(before[0].begin, before[1].end, 2 * HOUR)
    assert coverage.gaps == [joined, *before[2:], gap(day, day + 3600)]
    assert coverage.blind(instant(0), moment(coverage.last)) == (GAPS + 1) * HOUR


def test_of_a_part_of_joined_gaps_the_same_share_was_not_watched() -> None:
    coverage = Coverage(gaps=[gap(0, 36_000, blind=3600)])
    assert coverage.blind(instant(0), instant(36_000)) == HOUR
    assert coverage.blind(instant(0), instant(18_000)) == HOUR / 2
    assert coverage.blind(instant(27_000), instant(99_000)) == HOUR / 4


def test_a_provider_that_fails_again_and_again_is_not_taken_for_one_that_was_never_watched() -> (
    None
):
    coverage = Coverage()
    for minute in range(3 * 24 * 60):
        coverage.note(instant(60 * minute), minute % 30 >= 10)
    end = instant(3 * 24 * 3600)
    share = coverage.blind(instant(0), end) / (end - instant(0))
    assert share == pytest.approx(11 / 30, rel=0.02)
    assert coverage.blind(end - 6 * HOUR, end) / (6 * HOUR) == pytest.approx(11 / 30, rel=0.2)


def test_a_clock_that_goes_back_adds_nothing_and_goes_on_from_there() -> None:
    coverage = polled(0, 60, 120)
    assert coverage.note(instant(-86_400), True) == NOTHING
    assert coverage.gaps == []
    assert coverage.last == at(-86_400)
    assert coverage.note(instant(-86_340), True) == MINUTE
    assert coverage.note(instant(-86_340), True) == NOTHING
    assert coverage.steady


@pytest.mark.parametrize("now", [60, -60])
def test_what_a_clock_that_leapt_said_of_a_time_to_come_was_no_gap(now: float) -> None:
    past, present, ahead = gap(-900, -600), gap(-600, now), gap(100, 200)
    coverage = Coverage(last=at(60), gaps=[past, present, ahead])
    assert coverage.note(instant(now), True) == NOTHING
    assert coverage.gaps == [past, present]


def test_a_poll_that_is_not_believed_begins_the_count_anew_without_any_gap() -> None:
    coverage = polled(0, 60, 120)
    coverage.note(instant(180), False)
    coverage.note(instant(240), True)
    assert not coverage.steady
    coverage.note(instant(300), True)
    assert coverage.steady


def test_the_time_since_the_last_poll_was_not_watched_once_it_is_too_long() -> None:
    assert polled(0, 60).blind(instant(0), instant(60 + LONGEST)) == NOTHING
    assert polled(0, 60).blind(instant(0), instant(7260)) == 2 * HOUR


def test_a_gap_without_any_length_hides_nothing() -> None:
    assert Coverage(gaps=[gap(5, 5)]).blind(instant(0), instant(9)) == NOTHING


def test_the_shortest_pause_is_learned_from_too() -> None:
    coverage = polled(0, 0.5)
    assert coverage.pause == pytest.approx(48.1)


def test_a_pause_that_was_believed_makes_the_next_odd_one_no_more_believable() -> None:
    coverage = polled(0, 60, 3660, 7260)
    assert (coverage.pause, coverage.odd) == (3600, 0.0)


polls = st.lists(st.tuples(st.integers(1, 20_000), st.booleans()), max_size=60)


@given(polls)
def test_all_time_was_watched_or_not_and_none_of_it_twice(polls: list[tuple[int, bool]]) -> None:
    coverage, second, watched, first = Coverage(), 0, NOTHING, None
    last = 0
    for pause, believed in polls:
        second += pause
        watched += coverage.note(instant(second), believed)
        if believed:
            first = second if first is None else first
            last = second
    assert len(coverage.gaps) <= GAPS
    if first is not None:
        blind = coverage.blind(instant(first), instant(last))
        assert NOTHING <= blind <= timedelta(seconds=last - first)
        if len(coverage.gaps) < GAPS:
            assert watched + blind == timedelta(seconds=last - first)
        else:
            assert watched + blind >= timedelta(seconds=last - first - 1)


@given(st.lists(st.tuples(st.integers(-10_000_000, 10_000_000), st.booleans()), max_size=60))
def test_whatever_the_clock_does_it_goes_on_and_can_be_stored(
    leaps: list[tuple[int, bool]],
) -> None:
    coverage = Coverage()
    for second, believed in leaps:
        assert coverage.note(instant(second), believed) >= NOTHING
        coverage = Coverage.load(json.loads(json.dumps(coverage.store())))
        assert coverage.blind(instant(-100), instant(100)) >= NOTHING
        assert 0 <= coverage.good <= GRACE
        assert coverage.pause >= 0


def test_a_leap_of_the_clock_and_back_leaves_no_gap_to_come() -> None:
    watch = Coverage()
    start = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    for seconds in (0, 60, 365 * 86_400, 120, 180):
        watch.note(start + timedelta(seconds=seconds), believed=True)
    assert watch.gaps == []
    assert watch.blind(start, start + timedelta(seconds=240)) == timedelta(0)


def test_gaps_that_overlap_count_once() -> None:
    start = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    hours = [start + timedelta(hours=n) for n in range(5)]
    three = timedelta(hours=3)
    watch = Coverage(gaps=[Gap(hours[0], hours[3], three), Gap(hours[1], hours[4], three)])
    assert watch.blind(start, start + timedelta(days=1)) == timedelta(hours=4)
