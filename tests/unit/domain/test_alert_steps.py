"""How an alert goes from step to step."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paywatch.domain.alert_board import Board
from paywatch.domain.alerts import CHARACTERS, LONGEST_FLAPPING, Kind, Pace, Severity, State, Step
from tests.unit.domain.watching import DAY, HOUR, MINUTE, START, Watch, clear, found, opened


@pytest.mark.parametrize("kind", Kind)
def test_it_opens_when_it_has_lasted_and_not_before(watch: Watch, kind: Kind) -> None:
    after = CHARACTERS[kind].after
    assert watch.live(after, found(kind)) == []
    assert watch.live(MINUTE, found(kind)) == [Step.OPENED]
    assert watch.told[0][0] == START + after
    assert watch.alert(found(kind)).severity is CHARACTERS[kind].severity


@pytest.mark.parametrize("kind", [k for k in Kind if CHARACTERS[k].after])
def test_what_comes_and_goes_before_it_has_lasted_is_never_told(watch: Watch, kind: Kind) -> None:
    for _ in range(50):
        assert watch.live(CHARACTERS[kind].after, found(kind)) == []
        assert watch.live(MINUTE, clear(kind)) == []
    assert watch.board.alerts == {}


@pytest.mark.parametrize("kind", Kind)
def test_it_is_told_once_a_day_and_not_more_often(watch: Watch, kind: Kind) -> None:
    finding = opened(watch, kind)
    assert watch.live(23 * HOUR, finding) == []
    more = watch.live(2 * DAY - HOUR, finding)
    if CHARACTERS[kind].severity is Severity.WARNING:
        assert more == [Step.ESCALATED, Step.REPEATED]
    else:
        assert more == [Step.REPEATED, Step.REPEATED]
    assert watch.alert(finding).severity is Severity.CRITICAL
    pauses = [b[0] - a[0] for a, b in pairwise(watch.told)]
    assert min(pauses) >= DAY


@pytest.mark.parametrize("kind", Kind)
def test_only_a_material_change_is_told(watch: Watch, kind: Kind) -> None:
    opened(watch, kind, size=4)
    assert watch.live(HOUR, found(kind, 8)) == []
    assert watch.live(HOUR, found(kind, 9)) == [Step.UPDATED]
    assert watch.live(HOUR, found(kind, 17)) == []
    assert watch.live(HOUR, found(kind, 18)) == [Step.UPDATED]
    assert watch.live(HOUR, found(kind, 1)) == []


@pytest.mark.parametrize("kind", Kind)
def test_it_resolves_when_it_has_been_calm(watch: Watch, kind: Kind) -> None:
    opened(watch, kind)
    calm = CHARACTERS[kind].calm
    assert watch.live(calm, clear(kind)) == []
    assert watch.live(MINUTE, clear(kind)) == [Step.RESOLVED]
    assert watch.alert(clear(kind)).state is State.RESOLVED
    assert watch.live(2 * HOUR, clear(kind)) == []
    assert watch.board.alerts == {}


@pytest.mark.parametrize("kind", Kind)
def test_a_moment_of_calm_does_not_end_it(watch: Watch, kind: Kind) -> None:
    finding = opened(watch, kind)
    calm = CHARACTERS[kind].calm
    for _ in range(20):
        watch.live(calm, clear(kind)) if calm else None
        watch.live(MINUTE, finding)
    assert [step for _, _, step in watch.told] == [Step.OPENED]


@pytest.mark.parametrize("kind", Kind)
def test_an_alert_that_comes_and_goes_is_told_ever_less(watch: Watch, kind: Kind) -> None:
    for _ in range(6 * 24):
        watch.live(30 * MINUTE, found(kind))
        watch.live(30 * MINUTE, clear(kind))
    in_the_first_day = [at for at, _, _ in watch.told if at < START + DAY]
    assert len(in_the_first_day) <= 6
    # What flaps for ever is open all the time, and told once a day.
    in_the_last_days = [step for at, _, step in watch.told if at > START + 3 * DAY]
    assert set(in_the_last_days) <= {Step.REPEATED, Step.ESCALATED}
    assert 2 <= len(in_the_last_days) <= 3


@pytest.mark.parametrize("kind", Kind)
def test_what_comes_back_soon_is_the_same_alert_and_later_another(watch: Watch, kind: Kind) -> None:
    finding = opened(watch, kind)
    first = watch.alert(finding).incident
    watch.live(30 * MINUTE, clear(kind))
    assert watch.live(30 * MINUTE, finding) == [Step.REOPENED]
    assert watch.alert(finding).incident == first
    # It says since when it is so again: the calm between is no part of it.
    assert datetime.fromisoformat(watch.alert(finding).since) > START + 30 * MINUTE
    assert watch.live(3 * HOUR, clear(kind)) == [Step.RESOLVED]
    watch.live(DAY, clear(kind))
    assert watch.live(HOUR, finding) == [Step.OPENED]
    assert watch.alert(finding).incident != first


@pytest.mark.parametrize("kind", Kind)
def test_what_was_not_delivered_is_not_told_a_second_time_meanwhile(
    watch: Watch, kind: Kind
) -> None:
    watch.delivers = False
    finding = opened(watch, kind)
    assert watch.live(3 * DAY, found(kind, 50)) == []
    assert len(watch.board.outbox) == 1
    watch.delivers = True
    assert watch.live(MINUTE, finding) == []
    # The day begins with the delivery.
    assert watch.live(23 * HOUR, finding) == []


def test_a_message_that_was_lost_is_told_again(watch: Watch) -> None:
    watch.delivers = False
    finding = opened(watch, Kind.PAYMENT_OVERDUE)
    watch.board.outbox.clear()
    watch.delivers = True
    assert watch.live(2 * HOUR, finding) == []
    assert watch.live(DAY, finding) == [Step.ESCALATED]


@pytest.mark.parametrize("kind", Kind)
def test_an_alert_ends_when_it_began_to_be_calm(watch: Watch, kind: Kind) -> None:
    finding = opened(watch, kind)
    ended = watch.now
    watch.live(30 * MINUTE, clear(kind))
    assert watch.ends == [ended]
    watch.live(30 * MINUTE, finding)
    ended = watch.now
    assert watch.live(DAY, clear(kind)) == [Step.RESOLVED]
    # It had come and gone, and so had to be calm for long: that time is no part of it.
    assert watch.ends[1:] == [ended]
    assert watch.told[-1][0] >= ended + HOUR


def test_alerts_of_a_source_that_is_not_watched_any_more_are_forgotten(watch: Watch) -> None:
    here, gone = (found(Kind.PAYMENT_OVERDUE, subject=name) for name in ("onepay", "compago"))
    watch.live(MINUTE, here, gone)
    watch.board.dismissed = {gone.name: ["a"], here.name: ["b"]}
    watch.board.forget({"onepay"})
    assert list(watch.board.alerts) == [here.name]
    assert list(watch.board.dismissed) == [here.name]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(Kind),
            st.booleans(),
            st.integers(1, 40),
            st.integers(1, 600),
            st.booleans(),
        ),
        max_size=60,
    )
)
def test_whatever_happens_steps_follow_each_other_and_nothing_floods(
    script: list[tuple[Kind, bool, int, int, bool]],
) -> None:
    watch = Watch()
    for kind, present, size, minutes, delivers in script:
        watch.delivers = delivers
        finding = found(kind, size) if present else clear(kind)
        watch.live(minutes * MINUTE, finding, every=7 * MINUTE)
    begins = {Step.OPENED, Step.REOPENED}
    for name in {name for _, name, _ in watch.told}:
        steps = [(at, step) for at, other, step in watch.told if other == name]
        is_open = False
        for _, step in steps:
            assert (step in begins) == (not is_open)
            is_open = step is not Step.RESOLVED
        repeats = [at for at, step in steps if step in (Step.REPEATED, Step.ESCALATED)]
        for earlier, later in pairwise(repeats):
            assert later - earlier >= DAY
        for at, _ in steps:
            others = [x for x, step in steps if at <= x < at + DAY and step in begins]
            assert len(others) <= 7
    assert max((a.calm for a in watch.board.alerts.values()), default=DAY) <= LONGEST_FLAPPING


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=8))
def test_a_board_that_a_hand_has_spoiled_is_read_as_far_as_it_can_be(spoiled: object) -> None:
    watch = Watch()
    opened(watch, Kind.PAYMENT_OVERDUE)
    whole = watch.board.store()
    for section in ("alerts", "outbox", "dismissed"):
        assert Board.load({**whole, section: json.dumps(spoiled)}).unreadable >= 0
        assert Board.load({**whole, section: str(spoiled)}) is not None
    for name in json.loads(whole["alerts"])[0]:
        stored = json.loads(whole["alerts"])
        stored[0][name] = spoiled
        board = Board.load({**whole, "alerts": json.dumps(stored)})
        assert len(board.alerts) + board.unreadable == 1
        board.judge([found(Kind.PAYMENT_OVERDUE)], watch.now, Pace())


@pytest.mark.parametrize("kind", Kind)
def test_a_clock_that_leapt_and_came_back_keeps_no_alert_from_opening_or_ending(
    watch: Watch, kind: Kind
) -> None:
    real = watch.now
    watch.now = real + 30 * DAY
    watch.live(MINUTE, found(kind))
    watch.now = real
    told = watch.live(HOUR, found(kind))
    # It is open by now; what was told at a date to come counts as not told.
    assert watch.told[0][2] is Step.OPENED
    assert len(told) <= 1
    real, watch.now = watch.now, watch.now + 30 * DAY
    ended = watch.live(MINUTE, clear(kind))
    watch.now = real
    assert [*ended, *watch.live(HOUR, clear(kind))] == [Step.RESOLVED]
