"""What is written down of each day: changes, money, delays, misses, and the time watched."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paywatch.diary import DAYS, DELAYS, Day, Diary
from paywatch.domain.changes import Change
from paywatch.domain.payments import Status
from tests.examples import at, change, payment

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MEXICO = timedelta(hours=-6)
DAY, MINUTE, NOTHING = timedelta(days=1), timedelta(minutes=1), timedelta(0)


def paid(delay: float | None = None, **fields: Any) -> Change:
    """Return a payment that was paid, read so many seconds after the provider's own date."""
    paid_at = None if delay is None else at(61 - delay)
    return change(payment(word="paid", paid_at=paid_at, **fields))


def noted(*changes: Change) -> Day:
    day = Day()
    for each in changes:
        day.note(each)
    return day


def wrote(diary: Diary, now: datetime, offset: timedelta = NOTHING, *changes: Change) -> None:
    diary.note(now, offset, changes, 1, MINUTE)


def test_changes_are_counted_by_status_with_their_money() -> None:
    day = noted(
        paid(amount="10.50"),
        paid(amount="0.50"),
        paid(amount="7", currency="COP"),
        change(payment(word="failed", amount="3.00")),
    )
    assert day.changes == {"paid": 3, "failed": 1}
    assert day.money == {"paid": {"MXN": "11.00", "COP": "7"}, "failed": {"MXN": "3.00"}}


def test_a_derived_change_is_counted_by_its_own_status_and_without_a_delay() -> None:
    day = noted(change(payment(updated_at=at(0)), status=Status.EXPIRED))
    assert day.changes == {"expired": 1}
    assert day.delays == {}


@pytest.mark.parametrize(
    "fields", [{"amount": None}, {"amount": "a lot"}, {"amount": ""}, {"is_test": True}], ids=repr
)
def test_what_has_no_amount_or_is_a_test_is_counted_without_money(fields: dict[str, Any]) -> None:
    day = noted(paid(**fields))
    assert day.changes == {"paid": 1}
    assert day.money == {}


def test_money_without_a_currency_is_kept_apart() -> None:
    assert noted(paid(amount="5", currency=None), paid()).money["paid"] == {
        "?": "5",
        "MXN": "150.50",
    }


@pytest.mark.parametrize(
    ("delay", "bound"),
    [
        (None, None),
        (-30, "15"),
        (0, "15"),
        (15, "15"),
        (15.001, "30"),
        *((float(bound), str(bound)) for bound in DELAYS),
        (86_400.001, "more"),
        (1e7, "more"),
    ],
)
def test_a_delay_is_counted_by_the_first_bound_that_it_does_not_exceed(
    delay: float | None, bound: str | None
) -> None:
    assert noted(paid(delay)).delays == ({} if bound is None else {bound: 1})


def test_a_day_adds_up_what_its_polls_say() -> None:
    diary = Diary()
    diary.note(NOON, NOTHING, [paid(20), paid(20)], 3, timedelta(seconds=60.4))
    diary.note(NOON + MINUTE, NOTHING, [paid()], 0, timedelta(seconds=59.6))
    diary.note(NOON + 2 * MINUTE, NOTHING, [], 2, NOTHING)
    assert diary.days.keys() == {"2026-03-02"}
    day = diary.days["2026-03-02"]
    assert (day.changes, day.delays) == ({"paid": 3}, {"30": 2})
    assert (day.misses, day.watched) == (5, 120)


@pytest.mark.parametrize(
    ("now", "offset", "date"),
    [
        (datetime(2026, 3, 2, 5, 59, 59, tzinfo=UTC), MEXICO, "2026-03-01"),
        (datetime(2026, 3, 2, 6, 0, tzinfo=UTC), MEXICO, "2026-03-02"),
        (datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC), NOTHING, "2026-03-02"),
        (datetime(2026, 3, 2, 22, 0, tzinfo=UTC), timedelta(hours=2), "2026-03-03"),
    ],
)
def test_a_day_is_one_where_the_provider_is(now: datetime, offset: timedelta, date: str) -> None:
    diary = Diary()
    wrote(diary, now, offset)
    assert diary.days.keys() == {date}


def test_only_the_latest_days_are_stored() -> None:
    diary = Diary()
    for number in range(5):
        wrote(diary, NOON + number * DAY)
    assert list(diary.store()) == ["2026-03-04", "2026-03-05", "2026-03-06"]
    assert len(diary.store()) == DAYS


def test_across_a_new_year_the_latest_days_are_the_latest() -> None:
    diary = Diary()
    for number in range(4):
        wrote(diary, datetime(2026, 12, 29, 12, tzinfo=UTC) + number * DAY)
    assert list(diary.store()) == ["2026-12-30", "2026-12-31", "2027-01-01"]


def test_a_clock_that_goes_back_goes_on_with_the_day_that_it_shows() -> None:
    diary = Diary()
    wrote(diary, NOON)
    wrote(diary, NOON + DAY)
    wrote(diary, NOON)
    assert {date: day.misses for date, day in diary.days.items()} == {
        "2026-03-02": 2,
        "2026-03-03": 1,
    }


def test_after_one_leap_forth_and_back_yesterday_and_today_are_still_stored() -> None:
    diary = Diary()
    for now in (NOON - DAY, NOON, NOON + 400 * DAY, NOON + MINUTE):
        wrote(diary, now)
        diary = Diary.load(json.loads(json.dumps(diary.store())))
    assert {"2026-03-01", "2026-03-02"} <= diary.days.keys()


def test_what_is_stored_is_read_as_it_was() -> None:
    diary = Diary()
    wrote(diary, NOON, NOTHING, paid(5), paid(500, amount="7", currency="COP"))
    wrote(diary, NOON + DAY, NOTHING, change(payment(word="failed", updated_at=at(0))))
    again = Diary.load(json.loads(json.dumps(diary.store())))
    assert again == diary
    wrote(again, NOON + DAY, NOTHING, paid(5))
    wrote(diary, NOON + DAY, NOTHING, paid(5))
    assert again == diary
    assert Diary.load({}) == Diary.load(Diary().store()) == Diary()
    assert Day.load({}) == Day()


@pytest.mark.parametrize(
    "day",
    [
        None,
        [],
        7,
        {"changes": None},
        {"changes": {"paid": "few"}},
        {"changes": {"paid": float("inf")}},
        {"changes": {"paid": float("nan")}},
        {"changes": []},
        {"money": {"paid": 3}},
        {"money": {"paid": {"MXN": "much"}}},
        {"money": {"paid": {"MXN": None}}},
        {"money": {"paid": {"MXN": [1]}}},
        {"money": "none"},
        {"delays": {"15": []}},
        {"delays": 1},
        {"misses": "some"},
        {"misses": None},
        {"watched": {}},
        {"watched": float("inf")},
    ],
    ids=repr,
)
def test_a_section_that_makes_no_sense_is_refused(day: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError, ArithmeticError)):
        Diary.load({"2026-03-02": day})


@pytest.mark.parametrize("stored", [None, [], 7, "{}"])
def test_a_section_that_is_none_is_refused(stored: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError, ArithmeticError)):
        Diary.load(stored)


amounts = st.decimals(-(10**6), 10**6, places=2).map(str)


@given(st.lists(st.tuples(amounts, st.floats(-100, 10**6)), max_size=40))
def test_nothing_is_lost_between_the_polls_of_a_day(rows: list[tuple[str, float]]) -> None:
    diary = Diary()
    for amount, delay in rows:
        wrote(diary, NOON, NOTHING, paid(delay, amount=amount))
        diary = Diary.load(json.loads(json.dumps(diary.store())))
    day = diary.days.get("2026-03-02", Day())
    assert day.changes.get("paid", 0) == sum(day.delays.values()) == len(rows)
    total = day.money.get("paid", {}).get("MXN", "0")
    assert Decimal(total) == sum(Decimal(amount) for amount, _ in rows)
    assert day.watched == 60 * len(rows)
