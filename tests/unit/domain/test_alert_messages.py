"""What is said of an alert, by each way of delivery."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from paywatch.domain.alert_messages import ALERT_TYPE, body_of, lasting, message_of
from paywatch.domain.alert_texts import MEANINGS, NEXT_STEPS, TITLES
from paywatch.domain.alerts import Detail, Kind, Severity, Step
from tests.unit.domain.holding import STEPS, chat_of, message
from tests.unit.domain.telling import CAUSE, OVERDUE, happening, row


def test_a_mail_says_all_that_a_person_needs() -> None:
    lines = message().bodies["email"].splitlines()
    assert lines == [
        f"OnePay: {CAUSE}",
        "",
        "It is so since 2026-03-02 12:00 UTC.",
        "",
        f"What it means: {MEANINGS[Kind.PAYMENT_OVERDUE]}",
        "",
        "40 payments, 2,780,000 COP",
        "waiting: 31 for 1 to 6 h, 9 for 6 to 24 h",
        "oldest:",
        "  order-1234: pending since 2026-03-02 03:05 UTC, 65,000 COP",
        "  order-1235: pending since 2026-03-02 03:15 UTC, 80,000 COP",
        "  order-1236: pending since 2026-03-02 03:25 UTC, 95,000 COP",
        "  order-1237: pending since 2026-03-02 03:35 UTC, 110,000 COP",
        "  order-1238: pending since 2026-03-02 03:45 UTC, 125,000 COP",
        "",
        "What to do: Look these payments up at the provider; then: "
        "paywatch ack payment_overdue/onepay",
        "",
        "Somebody is at it? paywatch ack payment_overdue/onepay --who you --why ...",
        "Not now? paywatch snooze payment_overdue/onepay --hours 8 --who you --why ...",
        "",
        "warning alert payment_overdue/onepay/2026-03-02T12:05:00.000000Z",
    ]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("kind", Kind)
def test_every_mail_and_chat_says_cause_meaning_what_to_do_and_money(
    kind: Kind, step: Step
) -> None:
    told = message(kind, step)
    mail, content = told.bodies["email"], chat_of(told)["content"]
    todo = NEXT_STEPS[kind].format(alert=json.loads(told.bodies["sqs"])["data"]["alert"])
    for said in (CAUSE, f"What it means: {MEANINGS[kind]}", f"What to do: {todo}"):
        assert said in mail
    assert CAUSE in content["title"]
    assert MEANINGS[kind] in content["description"]
    assert content["nextSteps"][0] == todo.replace("<", "&lt;").replace(">", "&gt;")
    for said in ("40 payments, 2,780,000 COP", *(f"order-{n}:" for n in range(1234, 1239))):
        assert said in mail
        assert said in content["description"]


def test_a_payment_without_an_external_id_is_named_by_its_own() -> None:
    mail = message(detail=Detail(1, {}, {}, [row(1, external_id=None, amount=None)])).bodies
    assert "  0a51: pending since 2026-03-02 03:05 UTC\n" in mail["email"]
    assert "\n1 payment\n" in mail["email"]


def test_a_count_that_was_not_finished_says_so() -> None:
    assert "at least 1,200 payments" in message(detail=Detail(1200, partial=True)).bodies["email"]


@pytest.mark.parametrize(
    ("step", "subject"),
    [
        (Step.OPENED, "OnePay: 3 are late"),
        (Step.UPDATED, "OnePay: more: 3 are late"),
        (Step.REPEATED, "OnePay: still: 3 are late"),
        (Step.ESCALATED, "OnePay: still, and now critical: 3 are late"),
        (Step.REOPENED, "OnePay: again: 3 are late"),
        (Step.RESOLVED, "OnePay: over after 3 h 10 min: no payment is overdue any more"),
    ],
)
def test_the_subject_says_what_is_new(step: Step, subject: str) -> None:
    told = message(step=step, cause="3 are late")
    assert told.subject == told.bodies["sms"] == subject
    assert told.bodies["email"].startswith(subject + "\n")


def test_a_long_subject_is_cut() -> None:
    told = message(cause="x" * 300)
    assert len(told.subject) == 99
    assert told.subject.endswith("xxx...")
    assert "x" * 300 in told.bodies["email"]


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("onepay/norte", "OnePay (norte): "),
        ("compago", "Compago: "),
        ("changes-topic", "The topic of changes: "),
    ],
)
def test_a_source_is_named_as_a_person_knows_it(subject: str, name: str) -> None:
    assert message(subject=subject).subject.startswith(name)


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("kind", Kind)
def test_a_drill_says_that_it_is_one_and_asks_for_nothing(kind: Kind, step: Step) -> None:
    told = message(kind, step, drill=True)
    chat = chat_of(told)
    assert told.subject.startswith("[DRILL] ")
    assert told.bodies["sms"].startswith("[DRILL] ")
    assert "This is a drill: nothing is wrong." in told.bodies["email"]
    assert "[DRILL] " in chat["content"]["title"]
    assert chat["metadata"]["summary"].startswith("[DRILL] ")
    assert chat["content"]["description"].startswith("This is a drill: nothing is wrong.")
    assert json.loads(told.bodies["sqs"])["data"]["drill"] is True
    assert told.attributes["drill"] == "true"
    for protocol, body in told.bodies.items():
        assert "paywatch ack" not in body, protocol
        assert "paywatch snooze" not in body, protocol


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("kind", Kind)
def test_what_is_no_drill_never_says_so(kind: Kind, step: Step) -> None:
    told = message(kind, step)
    assert told.attributes["drill"] == "false"
    for protocol in ("email", "sms", "https"):
        assert "drill" not in told.bodies[protocol].lower()


@pytest.mark.parametrize("kind", Kind)
def test_the_end_says_how_long_it_lasted_and_asks_for_nothing(kind: Kind) -> None:
    told = message(kind, Step.RESOLVED, Detail())
    mail, content = told.bodies["email"], chat_of(told)["content"]
    for text in (told.subject, mail, content["title"]):
        assert f"over after 3 h 10 min: {TITLES[kind]}" in text
    said = "From 2026-03-02 12:00 UTC to 2026-03-02 15:10 UTC."
    assert said in mail
    assert content["description"] == said
    assert json.loads(told.bodies["sqs"])["data"]["lasted_seconds"] == 3 * 3600 + 600
    assert "paywatch ack" not in mail
    assert "nextSteps" not in content


def test_an_end_before_the_beginning_lasted_no_time() -> None:
    told = message(step=Step.RESOLVED, since="2026-03-02T18:00:00.000000Z")
    assert json.loads(told.bodies["sqs"])["data"]["lasted_seconds"] == 0
    assert "over after 0 min" in told.subject


def test_what_an_alert_explains_is_listed() -> None:
    told = message(Kind.PROVIDER_UNREACHABLE, symptoms=("40 payments are overdue", "frozen"))
    held = "Because of it, not told by themselves:\n  40 payments are overdue\n  frozen\n"
    assert held in told.bodies["email"]
    shown = "Because of it:\n- 40 payments are overdue\n- frozen"
    assert shown in chat_of(told)["content"]["description"]


def test_the_attributes_are_those_that_subscribers_filter_by() -> None:
    told = message(step=Step.ESCALATED, severity=Severity.CRITICAL)
    assert told.attributes == {
        "event_type": ALERT_TYPE,
        "kind": "payment_overdue",
        "severity": "critical",
        "step": "escalated",
        "subject": "onepay",
        "drill": "false",
    }


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("kind", Kind)
def test_the_same_step_gives_the_same_bytes(kind: Kind, step: Step) -> None:
    body = body_of(happening(kind, step), OVERDUE)
    assert body == body_of(happening(kind, step), OVERDUE)
    assert message_of(body) == message_of(body)
    assert message_of(body).bodies["sqs"] == body
    assert message_of(body).id == happening(kind, step).id


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 min"),
        (29, "0 min"),
        (14 * 60, "14 min"),
        (3 * 3600 + 600, "3 h 10 min"),
        (2 * 3600, "2 h"),
        (52 * 3600 + 600, "2 d 4 h"),
        (48 * 3600, "2 d"),
    ],
)
def test_a_duration_is_said_as_a_person_would(seconds: int, said: str) -> None:
    assert lasting(timedelta(seconds=seconds)) == said
