"""How long a payment may wait is learned from its own kind, and never without enough of them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paywatch.discovery.patience import (
    KINDS,
    KNOWN,
    KNOWN_PENDING,
    LONGEST_STEP,
    STAYS,
    STEPS,
    TIMES,
    Patience,
    kind_of,
)
from paywatch.domain.payments import Status
from tests.examples import at, instant, payment

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FLOOR, CEILING = HOUR, DAY
MOVING, PENDING = "processing/card", "pending/oxxo"
# Two ceilings after learning began a pending payment may be judged.
GROWN = instant(2 * 86_400)


def learned(kind: str, count: int, stay: timedelta, *, lapsed: int = 0) -> Patience:
    """Return what is known after so many stays of one length, and so many that never ended."""
    patience = Patience(since=at(0))
    for _ in range(count):
        patience.note(kind, stay)
    for _ in range(lapsed):
        patience.note_lapse(kind)
    return patience


def renewed(patience: Patience, kind: str) -> timedelta | None:
    patience.renew(GROWN, FLOOR, CEILING)
    return patience.limit(kind, CEILING)


def test_a_kind_is_the_status_and_the_method_if_there_is_one() -> None:
    card = payment(payment_method_type="card")
    assert kind_of(Status.PROCESSING, card) == "processing/card"
    assert kind_of(Status.PENDING, payment()) == "pending/-"
    assert kind_of(Status.PENDING, payment(payment_method_type="")) == "pending/-"
    assert kind_of(Status.PENDING, payment(payment_method_type="x" * 99)) == "pending/" + "x" * 40


@pytest.mark.parametrize(
    ("seconds", "step"),
    [
        (-3600, 0),
        (0, 0),
        (60, 0),
        (60.001, 1),
        (119.9, 4),
        (120, 4),
        (120.1, 5),
        (240, 8),
        (3600, 24),
        (1e9, LONGEST_STEP),
    ],
)
def test_stays_are_counted_in_fourths_of_a_doubling_from_a_minute_on(
    seconds: float, step: int
) -> None:
    patience = Patience()
    patience.note(MOVING, timedelta(seconds=seconds))
    assert patience.stays == {MOVING: {step: 1}}


def test_nothing_is_usual_before_enough_are_known() -> None:
    assert Patience().usual(MOVING) is None
    assert learned(MOVING, KNOWN - 1, HOUR).usual(MOVING) is None
    usual = learned(MOVING, KNOWN, 64 * MINUTE).usual(MOVING)
    assert usual == 64 * MINUTE


def test_what_is_usual_holds_for_99_of_100_and_not_for_the_hundredth() -> None:
    patience = learned(MOVING, 99, MINUTE)
    patience.note(MOVING, 32 * HOUR)
    assert patience.usual(MOVING) == MINUTE
    patience.note(MOVING, 32 * HOUR)
    assert patience.usual(MOVING) is not None
    assert patience.usual(MOVING) != MINUTE


@given(st.lists(st.floats(0, 1e7), min_size=KNOWN, max_size=120))
def test_what_is_usual_is_never_less_than_99_of_100_waited_and_hardly_more(
    stays: list[float],
) -> None:
    patience = Patience()
    for stay in stays:
        patience.note(MOVING, timedelta(seconds=stay))
    usual = patience.usual(MOVING)
    assert usual is not None
    within = usual + timedelta(seconds=0.001)
    assert sum(timedelta(seconds=stay) <= within for stay in stays) >= 0.99 * len(stays)
    shorter = usual / 2 ** (1 / STEPS) - timedelta(seconds=0.001)
    left = sum(timedelta(seconds=stay) <= shorter for stay in stays)
    assert usual == MINUTE or left < 0.99 * len(stays)


def test_what_is_old_weighs_less_when_there_is_too_much_of_it() -> None:
    patience = learned(MOVING, 0, MINUTE, lapsed=9)
    patience.stays[MOVING] = {0: STAYS - 1, 4: 1}
    patience.note(MOVING, 2 * MINUTE)
    assert patience.stays[MOVING] == {0: (STAYS - 1) // 2, 4: 1}
    assert patience.lapsed == {MOVING: 4}


def test_what_is_remembered_at_most_is_not_halved_yet_and_single_stays_are_forgotten() -> None:
    patience = Patience(stays={MOVING: {0: STAYS - 2, 8: 1}})
    patience.note(MOVING, MINUTE)
    assert patience.stays[MOVING] == {0: STAYS - 1, 8: 1}
    patience.note(MOVING, MINUTE)
    assert patience.stays[MOVING] == {0: STAYS // 2}


def test_where_nothing_lapsed_there_is_nothing_to_weigh_less() -> None:
    patience = Patience(stays={MOVING: {0: STAYS}}, lapsed={PENDING: 9})
    patience.note(MOVING, MINUTE)
    assert patience.stays == {MOVING: {0: (STAYS + 1) // 2}}
    assert patience.lapsed == {PENDING: 9}


def test_only_so_many_kinds_are_known_and_those_go_on_being_counted() -> None:
    patience = Patience()
    for number in range(KINDS + 5):
        patience.note(f"processing/{number}", MINUTE)
        patience.note_lapse(f"processing/{number}")
    assert len(patience.stays) == len(patience.lapsed) == KINDS
    patience.note("processing/0", MINUTE)
    patience.note_lapse("processing/0")
    assert patience.stays["processing/0"] == {0: 2}
    assert patience.lapsed["processing/0"] == 2


def test_what_is_in_motion_is_judged_by_the_ceiling_from_the_first_day_on() -> None:
    patience = Patience()
    assert patience.limit(MOVING, CEILING) == CEILING
    assert patience.limit("unrecognized/-", CEILING) == CEILING
    assert renewed(learned(MOVING, KNOWN - 1, HOUR), MOVING) == CEILING


def test_what_waits_for_its_payer_is_not_judged_before_its_history_allows_it() -> None:
    assert Patience().limit(PENDING, CEILING) is None
    assert Patience().limit("pending/-", CEILING) is None
    assert renewed(learned(PENDING, KNOWN_PENDING - 1, HOUR), PENDING) is None
    assert renewed(learned(PENDING, KNOWN_PENDING, 64 * MINUTE), PENDING) == TIMES * 64 * MINUTE


def test_a_pending_kind_is_not_judged_before_two_ceilings_have_passed() -> None:
    patience = learned(PENDING, KNOWN_PENDING, 64 * MINUTE)
    patience.renew(GROWN - timedelta(seconds=1), FLOOR, CEILING)
    assert patience.limit(PENDING, CEILING) is None
    patience.day = ""
    patience.renew(GROWN, FLOOR, CEILING)
    assert patience.limit(PENDING, CEILING) is not None


@pytest.mark.parametrize(("lapsed", "judged"), [(0, True), (2, True), (3, False)])
def test_a_pending_kind_of_which_more_than_one_in_a_hundred_lapses_is_not_judged(
    lapsed: int, judged: bool
) -> None:
    patience = learned(PENDING, 198, HOUR, lapsed=lapsed)
    assert (renewed(patience, PENDING) is not None) is judged


def test_what_is_in_motion_is_judged_however_much_of_it_lapses() -> None:
    assert renewed(learned(MOVING, KNOWN, HOUR, lapsed=500), MOVING) is not None


@pytest.mark.parametrize(
    ("stay", "limit"),
    [(MINUTE, FLOOR), (16 * MINUTE, FLOOR), (64 * MINUTE, 192 * MINUTE), (20 * HOUR, CEILING)],
)
def test_a_limit_is_three_times_what_is_usual_within_floor_and_ceiling(
    stay: timedelta, limit: timedelta
) -> None:
    assert renewed(learned(MOVING, KNOWN, stay), MOVING) == limit


def test_limits_are_renewed_once_a_day_and_it_says_so() -> None:
    patience = learned(MOVING, KNOWN, 64 * MINUTE)
    assert patience.renew(instant(0), FLOOR, CEILING)
    for _ in range(KNOWN):
        patience.note(MOVING, 4 * HOUR)
    before = dict(patience.limits)
    assert not patience.renew(instant(11 * 3600), FLOOR, CEILING)
    assert patience.limits == before
    assert patience.renew(instant(12 * 3600), FLOOR, CEILING)
    assert patience.limits != before
    assert patience.renew(instant(36 * 3600), FLOOR, CEILING)
    assert not patience.renew(instant(36 * 3600 + 60), FLOOR, CEILING)
    assert patience.day == at(36 * 3600)[:10]


def test_learning_begins_with_the_first_renewal() -> None:
    patience = Patience()
    assert patience.renew(instant(5), FLOOR, CEILING)  # the bounds are new
    assert not patience.renew(instant(6), FLOOR, CEILING)
    assert patience.since == at(5)
    patience.renew(instant(86_405), FLOOR, CEILING)
    assert patience.since == at(5)


def test_limits_are_renewed_between_other_bounds_on_the_same_day() -> None:
    patience = learned(MOVING, KNOWN, MINUTE)
    assert patience.renew(instant(0), FLOOR, CEILING)
    assert patience.limit(MOVING, CEILING) == FLOOR
    assert patience.renew(instant(0), 2 * FLOOR, CEILING)
    assert patience.limit(MOVING, CEILING) == 2 * FLOOR
    assert patience.renew(instant(0), 2 * FLOOR, 2 * CEILING)
    assert not patience.renew(instant(0), 2 * FLOOR, 2 * CEILING)


def test_learning_that_begins_at_a_date_to_come_begins_now() -> None:
    patience = Patience(since=at(60))
    patience.renew(instant(0), FLOOR, CEILING)
    assert patience.since == at(0)


def test_a_clock_that_goes_back_a_day_and_forth_renews_and_ends_with_the_same_limits() -> None:
    patience = learned(MOVING, KNOWN, 64 * MINUTE)
    patience.renew(GROWN, FLOOR, CEILING)
    before = dict(patience.limits)
    assert patience.renew(GROWN - DAY, FLOOR, CEILING)
    assert patience.renew(GROWN + 400 * DAY, FLOOR, CEILING)
    assert patience.renew(GROWN, FLOOR, CEILING)
    assert patience.limits == before


@given(
    st.lists(
        st.tuples(
            st.sampled_from([MOVING, PENDING, "unrecognized/-"]),
            st.integers(-(10**8), 10**8),
            st.integers(-(10**8), 10**8),
        ),
        max_size=80,
    )
)
def test_whatever_the_clock_does_a_limit_lies_within_floor_and_ceiling(
    stays: list[tuple[str, int, int]],
) -> None:
    patience = Patience(stays={MOVING: {3: KNOWN}, PENDING: {5: KNOWN_PENDING}})
    for kind, stay, now in stays:
        patience.note(kind, timedelta(seconds=stay))
        patience.renew(instant(now), FLOOR, CEILING)
        patience = Patience.load(json.loads(json.dumps(patience.store())))
        for each in (MOVING, PENDING, "unrecognized/-", "processing/new"):
            limit = patience.limit(each, CEILING)
            assert limit is None or FLOOR <= limit <= CEILING
