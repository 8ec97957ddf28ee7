"""How an alert goes from step to step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paywatch.domain.alert_board import Board
from paywatch.domain.alert_steps import holds
from paywatch.domain.alerts import (
    CHARACTERS,
    LONGEST_FLAPPING,
    LONGEST_SNOOZE,
    Alert,
    Finding,
    Kind,
    Pace,
    Severity,
    State,
    Step,
)

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
KINDS = list(Kind)
SOURCE = "onepay"


class Watch:
    """A board that is judged once a minute, and whose messages are all delivered at once."""

    def __init__(self) -> None:
        self.board = Board()
        self.now = START
        self.told: list[tuple[datetime, str, Step]] = []
        self.symptoms: list[tuple[str, ...]] = []
        self.ends: list[datetime] = []
        self.delivers = True

    def live(self, lasting: timedelta, *findings: Finding, every: timedelta = MINUTE) -> list[Step]:
        """Find the same for so long; return what was told."""
        before, ends = len(self.told), self.now + lasting
        while self.now < ends:
            for happening in self.board.judge(list(findings), self.now, Pace()):
                self.told.append((self.now, happening.finding.name, happening.step))
                self.symptoms.append(happening.symptoms)
                if happening.step is Step.RESOLVED:
                    self.ends.append(datetime.fromisoformat(happening.alert.resolved_at or ""))
                self.board.owe(happening, "{}")
            for owed in list(self.board.outbox) if self.delivers else []:
                self.board.confirm(owed, self.now)
            # What is stored is what goes on.
            self.board = Board.load(self.board.store())
            self.now += every
        return [step for _, _, step in self.told[before:]]

    def alert(self, finding: Finding) -> Alert:
        """Return the alert as it stands."""
        return self.board.alerts[finding.name]


def found(kind: Kind, size: int = 1, subject: str = SOURCE) -> Finding:
    return Finding(kind, subject, True, f"{kind} is so", size)


def clear(kind: Kind, subject: str = SOURCE) -> Finding:
    return Finding(kind, subject, False)


@pytest.fixture
def watch() -> Watch:
    return Watch()


def opened(watch: Watch, kind: Kind, size: int = 1) -> Finding:
    """Let an alert open."""
    finding = found(kind, size)
    assert watch.live(CHARACTERS[kind].after + MINUTE, finding) == [Step.OPENED]
    return finding


@pytest.mark.parametrize("kind", KINDS)
def test_it_opens_when_it_has_lasted_and_not_before(watch: Watch, kind: Kind) -> None:
    after = CHARACTERS[kind].after
    assert watch.live(after, found(kind)) == []
    assert watch.live(MINUTE, found(kind)) == [Step.OPENED]
    assert watch.told[0][0] == START + after
    assert watch.alert(found(kind)).severity is CHARACTERS[kind].severity


@pytest.mark.parametrize("kind", [k for k in KINDS if CHARACTERS[k].after])
def test_what_comes_and_goes_before_it_has_lasted_is_never_told(watch: Watch, kind: Kind) -> None:
    for _ in range(50):
        assert watch.live(CHARACTERS[kind].after, found(kind)) == []
        assert watch.live(MINUTE, clear(kind)) == []
    assert watch.board.alerts == {}


@pytest.mark.parametrize("kind", KINDS)
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


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_material_change_is_told(watch: Watch, kind: Kind) -> None:
    opened(watch, kind, size=4)
    assert watch.live(HOUR, found(kind, 8)) == []
    assert watch.live(HOUR, found(kind, 9)) == [Step.UPDATED]
    assert watch.live(HOUR, found(kind, 17)) == []
    assert watch.live(HOUR, found(kind, 18)) == [Step.UPDATED]
    assert watch.live(HOUR, found(kind, 1)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_it_resolves_when_it_has_been_calm(watch: Watch, kind: Kind) -> None:
    opened(watch, kind)
    calm = CHARACTERS[kind].calm
    assert watch.live(calm, clear(kind)) == []
    assert watch.live(MINUTE, clear(kind)) == [Step.RESOLVED]
    assert watch.alert(clear(kind)).state is State.RESOLVED
    assert watch.live(2 * HOUR, clear(kind)) == []
    assert watch.board.alerts == {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_moment_of_calm_does_not_end_it(watch: Watch, kind: Kind) -> None:
    finding = opened(watch, kind)
    calm = CHARACTERS[kind].calm
    for _ in range(20):
        watch.live(calm, clear(kind)) if calm else None
        watch.live(MINUTE, finding)
    assert [step for _, _, step in watch.told] == [Step.OPENED]


@pytest.mark.parametrize("kind", KINDS)
def test_an_alert_that_comes_and_goes_is_told_ever_less(watch: Watch, kind: Kind) -> None:
    for _ in range(10 * 24):
        watch.live(30 * MINUTE, found(kind))
        watch.live(30 * MINUTE, clear(kind))
    in_the_first_day = [at for at, _, _ in watch.told if at < START + DAY]
    assert len(in_the_first_day) <= 6
    # What flaps for ever is open all the time, and told once a day.
    in_the_last_days = [step for at, _, step in watch.told if at > START + 7 * DAY]
    assert set(in_the_last_days) <= {Step.REPEATED, Step.ESCALATED}
    assert 2 <= len(in_the_last_days) <= 3


@pytest.mark.parametrize("kind", KINDS)
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


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_acknowledged_is_not_repeated_but_tells_of_more_and_of_its_end(
    watch: Watch, kind: Kind
) -> None:
    finding = opened(watch, kind, size=5)
    watch.board.acknowledge(finding.name, "ana", "the bank is told", watch.now)
    assert watch.live(5 * DAY, finding) == []
    assert watch.alert(finding).by == "ana"
    assert watch.live(HOUR, found(kind, 10)) == [Step.UPDATED]
    assert watch.live(HOUR, clear(kind)) == [Step.RESOLVED]
    assert watch.alert(finding).acknowledged_at is None


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_snoozed_is_silent_until_then_and_tells_then_what_is_so(
    watch: Watch, kind: Kind
) -> None:
    finding = opened(watch, kind)
    until = watch.now + 30 * HOUR
    watch.board.snooze(finding.name, "ana", "on Monday", until, watch.now)
    assert watch.live(30 * HOUR, found(kind, 100)) == []
    assert watch.live(HOUR, found(kind, 100)) == [Step.REPEATED]
    until = watch.now + DAY
    watch.board.snooze(finding.name, "ana", "", until, watch.now)
    for _ in range(7):  # it ends, and comes back, and ends
        assert watch.live(2 * HOUR, clear(kind)) == []
        assert watch.live(HOUR, finding) == []
    ended = watch.now
    assert watch.live(until - watch.now, clear(kind)) == []
    assert watch.live(2 * HOUR, clear(kind)) == [Step.RESOLVED]
    assert watch.told[-1][0] >= until
    assert watch.ends == [ended]


def test_nobody_sleeps_for_more_than_a_month_and_a_clock_that_leapt_does_not_either(
    watch: Watch,
) -> None:
    finding = opened(watch, Kind.PAYMENT_OVERDUE)
    alert = watch.board.snooze(finding.name, "ana", "", watch.now + 999 * DAY, watch.now)
    assert alert.snoozed_until is not None
    assert datetime.fromisoformat(alert.snoozed_until) == watch.now + LONGEST_SNOOZE
    watch.board.alerts[finding.name] = replace(alert, snoozed_until="2999-01-01T00:00:00.000000Z")
    assert watch.live(MINUTE, finding) == [Step.REPEATED]


@pytest.mark.parametrize("kind", KINDS)
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


# --- Causes and symptoms -------------------------------------------------------------------------

CAUSES = [(a, b) for a in KINDS for b in KINDS if holds(a, b)]


def test_the_order_of_causes() -> None:
    assert holds(Kind.CREDENTIALS_REJECTED, Kind.PAYMENT_OVERDUE)
    assert holds(Kind.PROVIDER_UNREACHABLE, Kind.PROVIDER_FROZEN)
    assert holds(Kind.PROVIDER_FROZEN, Kind.PAYMENT_OVERDUE)
    assert holds(Kind.MASS_DISAPPEARANCE, Kind.PAYMENT_UNEXPLAINED)
    for a, b in CAUSES:
        assert not holds(b, a)
    for kind in KINDS:
        assert not holds(Kind.DELIVERY_BACKLOG, kind)
        assert not holds(kind, Kind.DELIVERY_BACKLOG)
        assert not holds(Kind.PAYMENT_OVERDUE, kind)


@pytest.mark.parametrize(("cause", "symptom"), CAUSES)
def test_a_symptom_is_held_while_its_cause_lasts_and_is_told_inside_it(
    watch: Watch, cause: Kind, symptom: Kind
) -> None:
    both = [found(symptom), found(cause)]
    lasting = CHARACTERS[cause].after + CHARACTERS[symptom].after + HOUR
    assert watch.live(lasting, *both) == [Step.OPENED]
    assert watch.told[0][1] == found(cause).name
    assert watch.symptoms[0] == (found(symptom).cause,)
    # The cause ends: now the symptom is weighed anew.
    calm = CHARACTERS[cause].calm
    later = watch.live(calm + CHARACTERS[symptom].after + 5 * MINUTE, found(symptom), clear(cause))
    assert later == [Step.RESOLVED, Step.OPENED]


@pytest.mark.parametrize(("cause", "symptom"), CAUSES)
def test_an_open_symptom_says_nothing_while_its_cause_lasts(
    watch: Watch, cause: Kind, symptom: Kind
) -> None:
    opened(watch, symptom)
    steps = watch.live(60 * HOUR, found(symptom, 100), found(cause))
    assert steps[0] is Step.OPENED
    assert {name for _, name, _ in watch.told[1:]} == {found(cause).name}
    # Nor does it end while nobody can say.
    assert watch.live(HOUR, clear(symptom), found(cause)) == []
    assert watch.alert(found(symptom)).state is State.OPEN
    assert watch.live(HOUR, clear(symptom), clear(cause)) == [Step.RESOLVED, Step.RESOLVED]


def test_another_source_s_cause_holds_nothing(watch: Watch) -> None:
    findings = [
        found(Kind.PAYMENT_OVERDUE, subject="compago"),
        found(Kind.CREDENTIALS_REJECTED, subject="onepay"),
    ]
    assert watch.live(MINUTE, *findings) == [Step.OPENED, Step.OPENED]


def test_payments_that_a_person_dismissed_are_left_out(watch: Watch) -> None:
    def lost(*ids: str) -> Finding:
        return Finding(Kind.PAYMENT_UNEXPLAINED, SOURCE, True, "lost", len(ids), about=ids)

    assert watch.live(MINUTE, lost("a", "b")) == [Step.OPENED]
    watch.board.dismiss(lost().name)
    assert watch.live(HOUR, lost("a", "b")) == [Step.RESOLVED]
    assert watch.live(DAY, lost("a", "b")) == []
    assert watch.live(MINUTE, lost("a", "b", "c")) == [Step.OPENED]
    # What is explained needs no word any more.
    watch.live(MINUTE, lost("c"))
    assert watch.board.dismissed == {}


def test_a_payment_that_was_dismissed_stays_so_while_it_is_only_too_young_to_be_told(
    watch: Watch,
) -> None:
    def lost(*ids: str) -> Finding:
        name = Kind.PAYMENT_UNEXPLAINED
        return Finding(name, SOURCE, bool(ids), "lost", len(ids), about=ids, candidates=("a",))

    assert watch.live(MINUTE, lost("a")) == [Step.OPENED]
    watch.board.dismiss(lost().name)
    assert watch.live(HOUR, lost()) == [Step.RESOLVED]  # the clock went back: nothing is old
    assert watch.live(3 * DAY, lost("a")) == []


def test_only_payments_that_were_told_of_are_dismissed_and_others_are_told_next(
    watch: Watch,
) -> None:
    def lost(*ids: str) -> Finding:
        return Finding(Kind.PAYMENT_UNEXPLAINED, SOURCE, True, "lost", len(ids), about=ids)

    assert watch.live(MINUTE, lost("a")) == [Step.OPENED]
    assert watch.live(HOUR, lost("a", "b", "c")) == []
    watch.board.dismiss(lost().name)
    watch.board.acknowledge(lost().name, "ana", "a was deleted", watch.now)
    assert watch.live(HOUR, lost("a", "b", "c")) == [Step.UPDATED]
    assert watch.alert(lost()).told_size == 2
    watch.board.dismiss(lost().name)
    assert watch.live(HOUR, lost("a", "b", "c")) == [Step.RESOLVED]


@pytest.mark.parametrize(("cause", "symptom"), CAUSES)
def test_what_has_lasted_is_not_forgotten_for_a_cause_that_is_never_told(
    watch: Watch, cause: Kind, symptom: Kind
) -> None:
    if not CHARACTERS[cause].after or not CHARACTERS[symptom].after:
        return
    told: list[Step] = []
    for _ in range(20):  # a bad poll now and then, while the symptom lasts
        told += watch.live(MINUTE, found(symptom), found(cause))
        told += watch.live(3 * MINUTE, found(symptom), clear(cause))
    assert told == [Step.OPENED]
    assert watch.told[0][1] == found(symptom).name
    assert watch.told[0][0] <= START + CHARACTERS[symptom].after + 3 * MINUTE


@pytest.mark.parametrize("kind", KINDS)
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


# --- Whatever happens ----------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(KINDS),
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
    import json

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


@pytest.mark.parametrize("kind", KINDS)
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
