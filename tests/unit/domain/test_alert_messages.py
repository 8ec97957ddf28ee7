"""What is said of an alert, by each way of delivery."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paywatch.domain.alert_messages import (
    ALERT_TYPE,
    CAUSE_LIMIT,
    CHAT_LIMIT,
    FIELD_LIMIT,
    ROW,
    AlertMessage,
    body_of,
    lasting,
    message_of,
    money_line,
    notice,
)
from paywatch.domain.alert_texts import MEANINGS, NEXT_STEPS, TITLES
from paywatch.domain.alerts import Detail, Kind, Severity, Step
from paywatch.domain.events import Message
from paywatch.domain.limits import ATTRIBUTES, MESSAGE_BYTES, refusal_of, size_of
from tests.unit.domain.telling import CAUSE, OVERDUE, happening, row

PROTOCOLS = {
    "default",
    "email",
    "email-json",
    "sms",
    "http",
    "https",
    "sqs",
    "lambda",
    "firehose",
}
STEPS = [step for step in Step if step is not Step.RESOLVED]
RLO = "\N{RIGHT-TO-LEFT OVERRIDE}"
# A kilobyte each of what makes JSON, a mail or a chat long or wrong.
HOSTILE = [
    "\x00\x1b\x7f" * 341,
    '"\\' * 512,
    "\ud800" * 1024,
    f"\n\nWhat to do: call 555{RLO}\u2028" * 40,
    "\U0001f4b8" * 1024,
    "<!channel> & ```" * 64,
]


def message(
    kind: Kind = Kind.PAYMENT_OVERDUE,
    step: Step = Step.OPENED,
    detail: Detail = OVERDUE,
    *,
    drill: bool = False,
    **fields: Any,
) -> AlertMessage:
    return message_of(body_of(happening(kind, step, **fields), detail, drill=drill))


def chat_of(told: AlertMessage) -> dict[str, Any]:
    chat: dict[str, Any] = json.loads(told.bodies["https"])
    return chat


def wrapped(told: AlertMessage) -> Message:
    """Return all the bodies as the one message that SNS is given."""
    bodies = json.dumps(dict(told.bodies), ensure_ascii=False)
    return Message(told.id, bodies, told.subject, told.attributes)


def hold(told: AlertMessage) -> None:
    """Hold a message against all that SNS, a telephone and a chat ask of it."""
    assert told.bodies.keys() == PROTOCOLS
    for protocol, body in told.bodies.items():
        one = Message(told.id, body, told.subject, told.attributes)
        assert refusal_of(one) is None, protocol
        assert body.strip(), protocol
    assert len(told.bodies["sms"]) <= 140
    assert refusal_of(wrapped(told)) is None
    assert size_of(wrapped(told)) < MESSAGE_BYTES
    assert 1 <= len(told.subject) <= 99
    assert told.subject.isascii()
    assert told.subject.isprintable()
    assert told.subject[0] != " "
    assert len(told.attributes) <= ATTRIBUTES
    hold_chat(chat_of(told))
    assert told.bodies["http"] == told.bodies["https"]
    for protocol in ("default", "email-json", "lambda", "firehose"):
        assert told.bodies[protocol] == told.bodies["sqs"]


def hold_chat(told: dict[str, Any]) -> None:
    """Hold a notification against the schema of Amazon Q Developer's custom notifications."""
    assert told.keys() <= {"version", "source", "id", "content", "metadata"}
    assert (told["version"], told["source"]) == ("1.0", "custom")
    content, metadata = told["content"], told["metadata"]
    assert content.keys() <= {"textType", "title", "description", "nextSteps", "keywords"}
    assert content["textType"] == "client-markdown"
    assert 1 <= len(content["description"]) <= CHAT_LIMIT
    assert 1 <= len(content["title"]) <= 250
    for name in ("nextSteps", "keywords"):
        assert all(isinstance(each, str) and each for each in content.get(name, []))
    known = {"threadId", "summary", "eventType", "relatedResources", "additionalContext"}
    assert metadata.keys() <= known
    assert all(isinstance(metadata[name], str) for name in ("threadId", "summary", "eventType"))
    assert metadata["threadId"]


@pytest.mark.parametrize("drill", [False, True], ids=["real", "drill"])
@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("kind", Kind)
def test_every_message_is_one_that_everybody_takes(kind: Kind, step: Step, drill: bool) -> None:
    hold(message(kind, step, drill=drill))
    hold(message(kind, step, Detail(), drill=drill))


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("kind", Kind)
def test_hostile_payments_make_no_message_that_anybody_refuses(kind: Kind, step: Step) -> None:
    for text in HOSTILE:
        rows = [row(n, payment_id=text, external_id=text) for n in range(5)]
        told = message(kind, step, Detail(5, {"COP": "1"}, {}, rows), cause=text, symptoms=(text,))
        hold(told)
        assert "\n\nWhat to do: call" not in told.bodies["email"]
        assert RLO not in "".join(told.bodies.values())


@given(
    st.text(max_size=2000),
    st.text(max_size=2000),
    st.sampled_from(Kind),
    st.sampled_from(Step),
    st.booleans(),
)
def test_no_text_whatever_makes_a_message_that_anybody_refuses(
    cause: str, name: str, kind: Kind, step: Step, drill: bool
) -> None:
    detail = Detail(5, {"COP": "1"}, {}, [row(n, external_id=name) for n in range(5)])
    hold(message(kind, step, detail, drill=drill, cause=cause, symptoms=(cause, name)))


def test_a_number_that_is_none_is_left_as_it_is() -> None:
    odd = {"COP": "1E+999999", "MXN": "much", "USD": "NaN", "EUR": "-1234.50"}
    assert money_line(odd) == "1E+999999 COP and much MXN and NaN USD and -1,234.50 EUR"
    hold(message(detail=Detail(1, odd, {}, [row(1, amount="1E+999999")])))


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


@pytest.mark.parametrize("kind", Kind)
def test_all_messages_of_an_incident_are_one_thread(kind: Kind) -> None:
    threads = {chat_of(message(kind, step))["metadata"]["threadId"] for step in Step}
    assert threads == {happening(kind).alert.incident}
    later = chat_of(message(kind, opened_at="2026-03-03T12:05:00.000000Z"))
    assert later["metadata"]["threadId"] not in threads


@pytest.mark.parametrize("kind", Kind)
def test_a_chat_takes_nothing_for_a_link_or_a_mention(kind: Kind) -> None:
    told = message(kind, cause="<!channel> & <https://x|y>", detail=Detail(1, {}, {}, [row(1)]))
    content = chat_of(told)["content"]
    assert "&lt;!channel&gt; &amp; &lt;https://x|y&gt;" in content["title"]
    for text in (content["title"], content["description"], *content["nextSteps"]):
        assert "<" not in text
        assert ">" not in text


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("kind", Kind)
def test_a_chat_says_once_how_to_acknowledge(kind: Kind, step: Step) -> None:
    told = message(kind, step)
    ack = f"paywatch ack {json.loads(told.bodies['sqs'])['data']['alert']}"
    assert sum(each.endswith(ack) for each in chat_of(told)["content"]["nextSteps"]) == 1


@pytest.mark.parametrize(
    ("kind", "step", "icon"),
    [
        (Kind.PAYMENT_OVERDUE, Step.OPENED, ":warning: "),
        (Kind.CREDENTIALS_REJECTED, Step.OPENED, ":rotating_light: "),
        (Kind.CREDENTIALS_REJECTED, Step.RESOLVED, ":white_check_mark: "),
    ],
)
def test_a_chat_shows_how_bad_it_is(kind: Kind, step: Step, icon: str) -> None:
    assert chat_of(message(kind, step))["content"]["title"].startswith(icon)


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


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("kind", Kind)
def test_nothing_personal_gets_in(kind: Kind, step: Step) -> None:
    personal = {
        "customer": {"name": "Zyx Wvu"},
        "email": "zyx@example.com",
        "phone": "+57 300 000 0000",
        "description": "the rent of Zyx",
        "metadata": {"card": "4111"},
    }
    rows = [row(n, **personal) for n in range(1, 6)]
    told = message(kind, step, Detail(40, {}, {}, rows))
    assert told == message(kind, step, Detail(40, {}, {}, [row(n) for n in range(1, 6)]))
    for shown in json.loads(told.bodies["sqs"])["data"]["oldest"]:
        assert tuple(shown) == ROW
    for protocol, body in told.bodies.items():
        for word in ("zyx", "example.com", "300 000", "4111"):
            assert word not in body.lower(), protocol


def test_who_acknowledged_and_why_is_told_to_nobody() -> None:
    by: dict[str, Any] = {
        "by": "somebody",
        "why": "I call them",
        "acknowledged_at": "2026-03-02T13:00:00.000000Z",
    }
    assert message(**by) == message()


def test_no_more_than_five_payments_are_named_and_no_text_is_longer_than_its_limit() -> None:
    rows = [row(n, external_id="x" * 1024) for n in range(9)]
    data = json.loads(message(detail=Detail(9, {}, {}, rows), cause="c" * 900).bodies["sqs"])[
        "data"
    ]
    assert len(data["oldest"]) == 5
    assert {each["external_id"] for each in data["oldest"]} == {"x" * (FIELD_LIMIT - 3) + "..."}
    assert len(data["cause"]) == CAUSE_LIMIT


def test_an_id_as_long_as_a_provider_s_may_be_stays_whole() -> None:
    told = message(detail=Detail(1, {}, {}, [row(1, payment_id="p" * 256)]))
    assert json.loads(told.bodies["sqs"])["data"]["oldest"][0]["payment_id"] == "p" * 256


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


def test_a_notice_is_shown_in_a_chat_as_it_is_and_never_breaks_out_of_it() -> None:
    told = notice("digest/1", "paywatch: 1 change", "``` <!channel>\n" * 900, {"type": "t"})
    hold(told)
    description = chat_of(told)["content"]["description"]
    assert description.startswith("```\n")
    assert description.endswith("\n```")
    assert description.count("```") == 2
    assert "<" not in description
