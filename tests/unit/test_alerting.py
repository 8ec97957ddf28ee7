"""The board in the table and the topic: nothing is lost or invented, whatever dies in between."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from paywatch.alerting import STACK
from paywatch.domain.alert_board import Board
from paywatch.domain.alert_messages import AlertMessage
from paywatch.domain.alerts import CHARACTERS, Alert, Detail, Finding, Kind, MayGoOn, Step
from paywatch.errors import StateBusy
from paywatch.memory import MemoryAlertsTopic
from tests.unit.mortal import DAY, HOUR, MINUTE, Killed, Refusing, Stage, clear, found

# Of the effects of an alert's life, where one may die, so many are passed over for one that is not.
EVERY = 3


def life(stage: Stage, kind: Kind) -> None:
    """Let an alert open, grow, be held by a cause, be acknowledged, end, come back and end."""
    others = [k for k in Kind if k is not kind]
    stage.live(30 * MINUTE, found(kind, 1))
    stage.live(30 * MINUTE, found(kind, 10))
    cause = Kind.CREDENTIALS_REJECTED
    if cause in others:
        stage.live(10 * MINUTE, found(kind, 10), found(cause))
        stage.live(30 * MINUTE, found(kind, 10), clear(cause))

    def acknowledge(board: Board) -> Alert:
        return board.acknowledge(f"{kind}/onepay", "ana", "", stage.clock.now())

    try:
        stage.alerting.change(acknowledge)
    except Killed:
        stage.clock.at += MINUTE
        stage.alerting.change(acknowledge)
    stage.live(30 * MINUTE, found(kind, 10))
    stage.live(30 * MINUTE, clear(kind))
    stage.live(30 * MINUTE, found(kind))
    stage.live(3 * HOUR, clear(kind))


@pytest.mark.parametrize("kind", Kind)
def test_a_death_at_some_effect_of_an_alert_s_life_loses_and_invents_nothing(kind: Kind) -> None:
    """It dies at one effect in three: each kind at others, so that all are among them."""
    check_deaths(kind, list(Kind).index(kind) % EVERY, EVERY)


@pytest.mark.soak
@pytest.mark.parametrize("kind", Kind)
def test_a_death_at_any_effect_of_an_alert_s_life_loses_and_invents_nothing(kind: Kind) -> None:
    check_deaths(kind)


def check_deaths(kind: Kind, first: int = 0, every: int = 1) -> None:
    """Let it die at one effect in so many, and hold what was told to a life without a death."""
    whole = Stage()
    life(whole, kind)
    name = f"{kind}/onepay"
    mine = [step for alert, step in whole.told if alert == name]
    assert mine[:2] == [Step.OPENED, Step.UPDATED]
    assert mine[2:] == [Step.RESOLVED, Step.REOPENED, Step.RESOLVED]
    assert len(whole.topic.told) == len(whole.told)
    assert whole.mortal.effects >= 3 * len(whole.told)
    for number in range(1 + first, whole.mortal.effects + 1, every):
        stage = Stage(dies_at=number)
        life(stage, kind)
        assert [step for alert, step in stage.told if alert == name] == mine, f"effect {number}"
        # What is told a second time is the same message.
        bodies: dict[str, Mapping[str, str]] = {}
        for message in stage.topic.told:
            assert bodies.setdefault(message.id, message.bodies) == message.bodies
        assert len(stage.topic.told) - len(bodies) <= 1
        assert stage.alerting.read().outbox == []


def test_nothing_to_tell_costs_one_read() -> None:
    stage = Stage()
    stage.live(HOUR, *map(clear, Kind))
    assert stage.mortal.effects == 0
    stage.live(HOUR, found(Kind.PAYMENT_OVERDUE))
    effects = stage.mortal.effects
    assert effects == 4  # the board is taken, written, told from, given back
    stage.live(HOUR, found(Kind.PAYMENT_OVERDUE, 1))
    assert stage.mortal.effects == effects


def test_what_the_topic_refuses_is_owed_and_told_when_it_takes_it_again() -> None:
    stage = Stage()
    stage.topic.fault = "AuthorizationError: not today"
    stage.live(30 * MINUTE, found(Kind.PAYMENT_OVERDUE), clear(Kind.MISSED_BY_POLL))
    last = stage.results[-1]
    assert (last.owed, last.fault) == (1, "AuthorizationError: not today")
    assert last.owed_age == 29 * 60
    assert last.open[0].told_at is None
    stage.topic.fault = None
    stage.live(MINUTE, found(Kind.PAYMENT_OVERDUE))
    assert stage.told == [("payment_overdue/onepay", "opened")]
    last = stage.results[-1]
    assert (last.owed, last.owed_age, last.fault, len(last.told)) == (0, 0.0, None, 1)
    assert last.open[0].told_at is not None


def test_a_message_that_is_refused_does_not_hold_up_the_others() -> None:
    stage = Stage()
    stage.mortal.topic = Refusing(f"{Kind.MISSED_BY_POLL}/onepay")
    stage.live(
        HOUR, found(Kind.MISSED_BY_POLL), found(Kind.PAYMENT_OVERDUE), found(Kind.CONTRACT_DRIFT)
    )
    assert {name for name, _ in stage.told} == {"payment_overdue/onepay", "contract_drift/onepay"}
    assert stage.results[-1].owed == 1


def test_an_alert_without_its_detail_is_better_than_none() -> None:
    def broken(may_go_on: MayGoOn) -> Detail:
        raise OSError("the table is away")

    stage = Stage()
    finding = Finding(Kind.PAYMENT_OVERDUE, "onepay", True, "overdue", detail=broken)
    stage.live(2 * MINUTE, finding)
    assert stage.told == [("payment_overdue/onepay", "opened")]
    assert [str(fault) for fault in stage.results[0].faults] == ["the table is away"]
    assert json.loads(stage.topic.told[0].bodies["sqs"])["data"]["partial"] is True


def test_two_runs_do_not_tell_the_same() -> None:
    stage = Stage()
    now = stage.clock.now()
    held = stage.mortal.controls.acquire(STACK, "alerts", now, now + HOUR / 6)
    assert held is not None
    stage.live(5 * MINUTE, found(Kind.PAYMENT_OVERDUE))
    assert stage.told == []
    with pytest.raises(StateBusy):
        stage.alerting.change(lambda board: board.open)
    stage.live(10 * MINUTE, found(Kind.PAYMENT_OVERDUE))
    assert stage.told == [("payment_overdue/onepay", "opened")]


class Overtaken(MemoryAlertsTopic):
    """A topic at which a run takes so long that another one takes the board."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage
        self.strikes = 1

    def tell(self, message: AlertMessage) -> None:
        super().tell(message)
        if self.strikes:
            self.strikes -= 1
            self._stage.clock.at += HOUR
            self._stage.alerting.run([found(Kind.PAYMENT_OVERDUE)], lambda: True)


def test_a_run_that_was_overtaken_writes_nothing_over_the_other_s_board() -> None:
    stage = Stage()
    stage.mortal.topic = Overtaken(stage)
    stage.live(5 * MINUTE, found(Kind.PAYMENT_OVERDUE))
    assert stage.told == [("payment_overdue/onepay", "opened")]
    assert len({m.id for m in stage.topic.told}) == 1
    assert len(stage.topic.told) == 2
    assert stage.alerting.read().open[0].told_at is not None
    assert stage.alerting.read().outbox == []


@pytest.mark.parametrize(
    "body",
    [
        '{"data": 7}',
        '{"id": "x", "type": "t", "data": {"drill": false, "step": "opened", "subject": 7}}',
        '{"data": ' + "[" * 900 + "]" * 900 + "}",
    ],
)
def test_a_stored_message_that_nobody_can_read_is_let_go_and_told_anew(body: str) -> None:
    stage = Stage()
    stage.topic.fault = "down"
    stage.live(2 * MINUTE, found(Kind.PAYMENT_OVERDUE))

    def spoil(board: Board) -> None:
        (owed,) = board.outbox
        board.outbox = [type(owed)(owed.id, owed.alert, owed.at, body)]

    stage.alerting.change(spoil)
    stage.topic.fault = None
    stage.live(MINUTE, found(Kind.PAYMENT_OVERDUE))
    assert stage.told == []
    assert len(stage.results[-1].faults) == 1
    stage.live(DAY + HOUR, found(Kind.PAYMENT_OVERDUE))
    assert stage.told == [("payment_overdue/onepay", "escalated")]


def test_every_kind_has_a_character() -> None:
    assert set(CHARACTERS) == set(Kind)


def test_messages_that_no_topic_takes_hold_up_no_others_and_keep_their_order() -> None:
    stage = Stage()
    bad = [Kind.PAYMENT_OVERDUE, Kind.PAYMENT_UNEXPLAINED, Kind.MISSED_BY_POLL]
    topic = Refusing(*(f"{kind}/onepay" for kind in bad))
    stage.mortal.topic = topic
    stage.live(30 * MINUTE, *(found(kind) for kind in bad))
    assert stage.told == []
    stage.live(30 * MINUTE, found(Kind.PROVIDER_UNREACHABLE), *(found(kind) for kind in bad))
    stage.live(30 * MINUTE, clear(Kind.PROVIDER_UNREACHABLE), *(clear(kind) for kind in bad))
    cause = "provider_unreachable/onepay"
    assert stage.told == [(cause, "opened"), (cause, "resolved")]
    topic.refused = ()
    stage.live(10 * MINUTE)
    for kind in bad:
        steps = [step for alert, step in stage.told if alert == f"{kind}/onepay"]
        assert steps == ["opened", "resolved"]


def test_what_is_over_says_nothing_of_payments_that_it_no_longer_concerns() -> None:
    stage = Stage()
    stage.live(10 * MINUTE, found(Kind.PROVIDER_UNREACHABLE, 3))
    stage.live(
        10 * MINUTE,
        Finding(Kind.PROVIDER_UNREACHABLE, "onepay", False, detail=lambda go: Detail(count=9)),
    )
    events = [json.loads(message.bodies["sqs"])["data"] for message in stage.topic.told]
    assert [(each["step"], each["count"]) for each in events] == [("opened", 3), ("resolved", 0)]


def test_a_source_is_explained_by_what_is_found_now_and_was_told() -> None:
    stage, kind = Stage(), Kind.PROVIDER_UNREACHABLE
    explaining = replace(found(kind), explains=True)
    stage.live(4 * MINUTE, explaining)
    assert stage.results[-1].explained == set()
    stage.live(4 * MINUTE, explaining)
    assert stage.results[-1].explained == {"onepay"}
    stage.live(MINUTE, clear(kind))
    assert stage.results[-1].explained == set()
    # It is open still; but what is found does not say why nobody looked.
    stage.live(MINUTE, found(kind))
    assert stage.results[-1].explained == set()
