"""The daily digest tells of yesterday, where each source is, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paywatch.diary import DELAYS, Day, Diary
from paywatch.digest import DIGEST_TYPE, digest
from paywatch.domain.alert_messages import AlertMessage
from paywatch.domain.changes import Record
from paywatch.domain.limits import refusal_of
from paywatch.domain.payments import Source, timestamp
from paywatch.memory import MemoryControls, MemoryPayments
from paywatch.ports import Message
from tests.examples import COMPAGO, ONEPAY, payment, record
from tests.unit.discovery.shelf import always

# When the digest is written, in UTC.
NOW = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
YESTERDAY = "2026-03-02"
HERE = {ONEPAY: timedelta(0)}
NORTH = Source("onepay", "norte")


def kept(sections: Mapping[Source, str]) -> MemoryControls:
    """Return control items that hold these diaries."""
    controls = MemoryControls()
    for source, text in sections.items():
        control = controls.acquire(source, "poll", NOW, NOW + timedelta(minutes=1))
        assert control is not None
        controls.finish(control.lease, {}, {"diary": text})
    return controls


def written(day: Day, date: str = YESTERDAY) -> str:
    return json.dumps(Diary({date: day}).store())


def waiting(payment_id: str, word: str = "created", **fields: Any) -> Record:
    since = timestamp(NOW - timedelta(hours=3))
    return replace(record(payment(payment_id, word, **fields)), since=since)


def told(
    day: Day | str | None = None,
    *records: Record,
    offsets: Mapping[Source, timedelta] = HERE,
    may_go_on: Callable[[], bool] = always,
) -> tuple[AlertMessage, str]:
    """Write the digest of a source with this day and these payments."""
    text = day if isinstance(day, str) else written(day or Day())
    payments = MemoryPayments()
    for each in records:
        payments.save(each, None)
    return digest(kept({ONEPAY: text}), payments, offsets, NOW, may_go_on)


def data(message: AlertMessage) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(message.bodies["default"])
    return body


GOOD_DAY = Day(
    changes={"paid": 1200, "failed": 7},
    money={"paid": {"MXN": "1250000.50", "COP": "90000"}, "failed": {}},
    delays={"15": 600, "60": 594, "300": 10, "more": 3},
    misses=2,
    watched=86_314,
)


def test_a_person_reads_what_happened_yesterday() -> None:
    rows = [
        waiting("a", external_id="order-7", amount="10.00"),
        waiting("b", "processing", amount="5.50"),
    ]
    _, text = told(GOOD_DAY, *rows)
    assert text.splitlines() == [
        "OnePay, 2026-03-02: 1,207 changes, watched 99.9% of the day",
        "  paid           1,200   1,250,000.50 MXN and 90,000 COP",
        "  failed             7",
        "  still open         2   15.50 MXN",
        "  the oldest   order-7: pending since 2026-03-03T05:00Z",
        "  seen         half within 60 s, 99 % within 5 min after the provider's own date",
        "  missed       2 by the polls, found by the complete reading",
    ]
    assert text.endswith("\n")


def test_a_program_reads_the_same() -> None:
    message, text = told(GOOD_DAY, waiting("a", amount="10.00"))
    body = data(message)
    assert body["type"] == DIGEST_TYPE == message.attributes["event_type"]
    assert body["time"] == timestamp(NOW)
    assert body["sources"] == {
        "onepay": {
            "date": YESTERDAY,
            "changes": {"paid": 1200, "failed": 7},
            "money": {"paid": {"MXN": "1250000.50", "COP": "90000"}, "failed": {}},
            "missed_by_poll": 2,
            "watched_share": 0.999,
            "delays": {"15": 600, "60": 594, "300": 10, "more": 3},
            "open": {
                "count": 1,
                "money": {"MXN": "10.00"},
                "oldest": [
                    {
                        "payment_id": "a",
                        "external_id": None,
                        "status": "pending",
                        "amount": "10.00",
                        "currency": "MXN",
                        "since": "2026-03-03T05:00:00.000000Z",
                    }
                ],
                "partial": False,
            },
        }
    }
    assert message.id == f"digest/{YESTERDAY}"
    assert message.subject == "paywatch: 1,207 changes on 2026-03-02"
    assert message.bodies["email"] == text
    assert message.bodies["sqs"] == message.bodies["default"]


def test_a_message_of_it_is_one_that_sns_takes() -> None:
    message, _ = told(GOOD_DAY)
    for body in message.bodies.values():
        sent = Message(message.id, body, message.subject, message.attributes)
        assert refusal_of(sent) is None


@pytest.mark.parametrize(
    "text",
    [
        None,
        written(GOOD_DAY, "2026-03-01"),
        written(GOOD_DAY, "2026-03-03"),
        "{}",
        "",
        "no json",
        "[]",
        "7",
        "null",
        json.dumps({YESTERDAY: None}),
        json.dumps({YESTERDAY: {"changes": {"paid": "few"}}}),
        json.dumps({YESTERDAY: {"money": {"paid": {"MXN": "much"}}}}),
        json.dumps({YESTERDAY: {"watched": float("inf")}}),
        json.dumps({YESTERDAY: vars(GOOD_DAY), "2026-03-01": 3}),
    ],
    ids=repr,
)
def test_a_day_of_which_nothing_is_known_or_nothing_makes_sense_is_empty(text: str | None) -> None:
    message, written = told(text)
    assert written.splitlines() == [
        "OnePay, 2026-03-02: 0 changes, watched 0.0% of the day",
        "  still open         0",
        "  missed       0 by the polls, found by the complete reading",
    ]
    assert data(message)["sources"]["onepay"]["changes"] == {}


def test_a_source_that_was_never_polled_is_told_of_too() -> None:
    message, _ = digest(MemoryControls(), MemoryPayments(), HERE, NOW, always)
    assert message.subject == "paywatch: 0 changes on 2026-03-02"


def test_every_source_tells_of_its_own_yesterday() -> None:
    controls = kept(
        {
            COMPAGO: written(Day(changes={"paid": 1}), "2026-03-01"),
            NORTH: written(Day(changes={"paid": 20}), YESTERDAY),
        }
    )
    payments = MemoryPayments()
    payments.save(replace(waiting("a"), source=COMPAGO), None)
    offsets = {COMPAGO: timedelta(hours=-9), NORTH: timedelta(hours=-6)}
    message, text = digest(controls, payments, offsets, NOW, always)
    first, second = text.split("\n\n")
    assert first.startswith("Compago, 2026-03-01: 1 changes")
    assert second.startswith("OnePay (norte), 2026-03-02: 20 changes")
    assert "the oldest   a: pending" in first
    assert "the oldest" not in second
    sources = data(message)["sources"]
    assert {name: each["date"] for name, each in sources.items()} == {
        "compago": "2026-03-01",
        "onepay/norte": YESTERDAY,
    }
    assert message.subject == "paywatch: 21 changes on 2026-03-01 and 2026-03-02"
    assert message.id == "digest/2026-03-01/2026-03-02"


@pytest.mark.parametrize(
    ("now", "date"),
    [
        (datetime(2026, 3, 3, 5, 59, 59, tzinfo=UTC), "2026-03-01"),
        (datetime(2026, 3, 3, 6, 0, tzinfo=UTC), "2026-03-02"),
    ],
)
def test_yesterday_is_the_day_before_the_one_that_is_where_the_source_is(
    now: datetime, date: str
) -> None:
    offsets = {ONEPAY: timedelta(hours=-6)}
    message, _ = digest(MemoryControls(), MemoryPayments(), offsets, now, always)
    assert data(message)["sources"]["onepay"]["date"] == date


def test_only_open_payments_are_still_open() -> None:
    message, text = told(None, waiting("a"), waiting("b", "paid"), waiting("c", "processing"))
    assert "  still open         2" in text
    assert data(message)["sources"]["onepay"]["open"]["count"] == 2


def test_where_time_did_not_suffice_for_the_open_ones_it_says_so() -> None:
    message, text = told(GOOD_DAY, waiting("a"), may_go_on=lambda: False)
    assert "  still open   at least       0" in text
    assert "the oldest" not in text
    assert data(message)["sources"]["onepay"]["open"]["partial"] is True
    assert data(message)["sources"]["onepay"]["changes"] == GOOD_DAY.changes


def test_no_day_is_watched_for_longer_than_it_has() -> None:
    _, text = told(Day(watched=90_000))
    assert "watched 100.0% of the day" in text


@pytest.mark.parametrize(
    ("delays", "seen"),
    [
        ({}, None),
        ({"15": 1}, "half within 15 s, 99 % within 15 s"),
        ({"15": 1, "30": 1}, "half within 15 s, 99 % within 30 s"),
        ({"90": 99, "900": 1}, "half within 90 s, 99 % within 90 s"),
        ({"90": 98, "900": 2}, "half within 90 s, 99 % within 15 min"),
        ({"120": 1, "3600": 1}, "half within 2 min, 99 % within 1 h"),
        ({"86400": 9, "more": 1}, "half within 1 d, 99 % later than 1 d"),
        ({"more": 1}, "half later than 1 d, 99 % later than 1 d"),
    ],
)
def test_it_says_within_how_long_half_and_99_of_100_were_seen(
    delays: dict[str, int], seen: str | None
) -> None:
    _, text = told(Day(delays=delays))
    lines = [line for line in text.splitlines() if line.startswith("  seen ")]
    assert lines == (
        [] if seen is None else [f"  seen         {seen} after the provider's own date"]
    )


@given(
    st.dictionaries(st.sampled_from([*map(str, DELAYS), "more"]), st.integers(0, 10**6)),
    st.dictionaries(st.sampled_from(["paid", "failed", "expired", "gone"]), st.integers(0, 10**6)),
    st.integers(0, 10**6),
)
def test_any_day_can_be_told(delays: dict[str, int], changes: dict[str, int], watched: int) -> None:
    message, text = told(Day(changes=changes, delays=delays, watched=watched))
    assert f"{sum(changes.values()):,} changes" in text
    assert ("  seen " in text) is (sum(delays.values()) > 0)
    assert message.bodies["email"] == text
    assert data(message)["sources"]["onepay"]["delays"] == delays
