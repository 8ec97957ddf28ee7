"""Leavers: whom to ask for next, and when again."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from paywatch.discovery.leavers import (
    LONGEST_PAUSE,
    Leaver,
    fair,
    in_turns,
    load_leavers,
    store_leavers,
)
from tests.examples import at, instant

NOW = instant(1000)


def leaver(name: str, since: float = 0, due: float = 0, asked: int = 0) -> Leaver:
    return Leaver(name, f"{name} line", at(since), at(due), asked)


def order(leavers: list[Leaver]) -> list[str]:
    return [x.id for x in fair(leavers, NOW)]


def test_old_and_new_leavers_take_turns_the_longest_due_first() -> None:
    old = [leaver(f"old{n}", due=n, asked=3) for n in range(3)]
    new = [leaver(f"new{n}", since=n) for n in range(2)]
    assert order([*old[::-1], *new[::-1]]) == ["new0", "old0", "new1", "old1", "old2"]


def test_a_leaver_whose_time_has_not_come_is_not_asked_for() -> None:
    assert order([leaver("later", due=1031, asked=1), leaver("due", due=1000, asked=1)]) == ["due"]


def test_a_poll_that_begins_a_little_early_asks_for_those_of_its_minute() -> None:
    assert order([leaver("due", due=1030, asked=1)]) == ["due"]


def test_pauses_grow_to_an_hour_and_no_further() -> None:
    waiting = leaver("x")
    pauses = []
    for _ in range(14):
        waiting.pause(NOW)
        pauses.append(waiting.next)
    minutes = [1, 2, 4, 8, 16, 32, *[60] * 8]
    assert pauses == [at(1000 + 60 * m) for m in minutes]
    assert waiting.asked == 14


def test_a_pause_that_a_clock_that_leapt_has_set_is_ignored() -> None:
    longest = LONGEST_PAUSE.total_seconds()
    assert order([leaver("kept", due=1000 + longest, asked=1)]) == []
    assert order([leaver("leapt", due=1001 + longest, asked=1)]) == ["leapt"]


def test_leavers_come_back_from_their_store_as_they_were() -> None:
    waiting = leaver("x")
    waiting.pause(NOW + timedelta(minutes=3))
    waiting.absent, waiting.answered, waiting.word = 2, True, "ON_HOLD"
    stored = json.loads(json.dumps(store_leavers([waiting])))
    assert load_leavers(stored) == {"x": waiting}
    assert set(store_leavers([leaver("y")])["y"]) == {"line", "since", "next", "asked", "absent"}


@pytest.mark.parametrize(
    ("first", "second", "turns"),
    [("ab", "xyz", "axbyz"), ("abc", "x", "axbc"), ("", "xy", "xy"), ("ab", "", "ab")],
)
def test_two_queues_have_their_turns(first: str, second: str, turns: str) -> None:
    assert in_turns(first, second) == list(turns)
