"""Messages of alerts to the letter: whoever reads them by a program relies on every part."""

from __future__ import annotations

import json
from typing import Any

import pytest

from paywatch.domain.alert_messages import (
    CHAT_LIMIT,
    AlertMessage,
    body_of,
    money_line,
    name_of,
    notice,
)
from paywatch.domain.alert_texts import MEANINGS, NEXT_STEPS, TITLES
from paywatch.domain.alerts import Detail, Kind, Step
from tests.unit.domain.holding import message
from tests.unit.domain.telling import CAUSE, OPENED, OVERDUE, RESOLVED, SINCE, happening, row

DOWN = Kind.PROVIDER_UNREACHABLE
LATE = Kind.PAYMENT_OVERDUE
INCIDENT = f"{LATE}/onepay/{OPENED}"
DRILL = "This is a drill: nothing is wrong. It shows that alerts reach you."
SO = "It is so since 2026-03-02 12:00 UTC."


def written(value: Any) -> str:
    """Return what is published: short, with every letter as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def body(**data: Any) -> str:
    """Return the body of an alert of late payments as it opens, with other data."""
    step = data.get("step", "opened")
    number = 1 if step == "opened" else 2
    return written(
        {
            "specversion": "1.0",
            "id": f"{INCIDENT}/{number}",
            "source": "paywatch",
            "type": "paywatch.alert.v1",
            "subject": "payment_overdue/onepay",
            "time": RESOLVED if step == "resolved" else OPENED,
            "datacontenttype": "application/json",
            "data": {
                "alert": "payment_overdue/onepay",
                "incident": INCIDENT,
                "kind": "payment_overdue",
                "subject": "onepay",
                "step": "opened",
                "severity": "warning",
                "drill": False,
                "cause": CAUSE,
                "meaning": MEANINGS[LATE],
                "next_step": NEXT_STEPS[LATE].format(alert="payment_overdue/onepay"),
                "since": SINCE,
                "opened_at": OPENED,
                "resolved_at": None,
                "lasted_seconds": None,
                "symptoms": [],
                "count": 0,
                "money": {},
                "ages": {},
                "oldest": [],
                "partial": False,
                **data,
            },
        }
    )


def test_a_body_is_an_event_with_all_that_is_known() -> None:
    told = happening(cause="Señal\nno", symptoms=("a\nb", "c"))
    rows = [row(n, external_id=None, amount=5, extra="no") for n in range(6)]
    detail = Detail(7, {"COP": "5"}, {"1 to 6 h": 7}, rows, partial=True)
    oldest = [{**row(n), "external_id": None, "amount": "5"} for n in range(5)]
    assert body_of(told, detail) == body(
        cause="Señal?no",
        symptoms=["a?b", "c"],
        count=7,
        money={"COP": "5"},
        ages={"1 to 6 h": 7},
        oldest=oldest,
        partial=True,
    )


def test_the_body_of_an_end_and_of_a_drill_say_so() -> None:
    over = {"step": "resolved", "resolved_at": RESOLVED, "lasted_seconds": 3 * 3600 + 600}
    assert body_of(happening(step=Step.RESOLVED), Detail()) == body(**over)
    drill = {"drill": True, "next_step": "Nothing: this is a drill."}
    assert body_of(happening(), Detail(), drill=True) == body(**drill)


def test_a_message_has_a_body_for_each_way_and_its_id_and_attributes() -> None:
    told = message()
    text = body_of(happening(), OVERDUE)
    assert told.id == f"{INCIDENT}/1"
    for protocol in ("default", "email-json", "sqs", "lambda", "firehose"):
        assert told.bodies[protocol] == text
    assert told.bodies["sms"] == told.subject
    assert message(drill=True).attributes["drill"] == "true"


ACK = "paywatch ack provider_unreachable/onepay"
MEANS = f"What it means: {MEANINGS[DOWN]}"
NEXT = f"What to do: {NEXT_STEPS[DOWN]}"
AT_IT = (
    f"Somebody is at it? {ACK} --who you --why ...\n"
    "Not now? paywatch snooze provider_unreachable/onepay --hours 8 --who you --why ..."
)
LAST = f"critical alert provider_unreachable/onepay/{OPENED}\n"
HELD = "Because of it, not told by themselves:\n  1 is late\n  2 froze"
COUNTED = (
    "at least 1,200 payments, 1,250.00 MXN and 90,000 COP\nwaiting: 1,199 for < 1 h, 1 for more"
)
WAITING = Detail(
    1200,
    {"MXN": "1250.00", "COP": "90000"},
    {"< 1 h": 1199, "none": 0, "more": 1},
    [row(1, currency=None), row(2, amount=None)],
    partial=True,
)
ROWS = "oldest:\n  order-1234: pending since 2026-03-02 03:05 UTC, 65,000\n" + (
    "  order-1235: pending since 2026-03-02 03:15 UTC"
)


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        pytest.param({"detail": Detail()}, [SO, MEANS, NEXT, AT_IT], id="nothing is counted"),
        pytest.param(
            {"detail": WAITING, "symptoms": ("1 is late", "2 froze")},
            [SO, MEANS, f"{COUNTED}\n{ROWS}", HELD, NEXT, AT_IT],
            id="all",
        ),
        pytest.param(
            {"detail": Detail(1), "drill": True},
            [DRILL, SO, MEANS, "1 payment", "What to do: Nothing: this is a drill."],
            id="a drill",
        ),
        pytest.param(
            {"detail": Detail(), "step": Step.RESOLVED, "symptoms": ("1 is late", "2 froze")},
            ["From 2026-03-02 12:00 UTC to 2026-03-02 15:10 UTC.", HELD],
            id="an end",
        ),
    ],
)
def test_a_mail_to_the_letter(fields: dict[str, Any], parts: list[str]) -> None:
    told = message(DOWN, **fields)
    over = fields.get("step") is Step.RESOLVED
    line = f"OnePay: over after 3 h 10 min: {TITLES[DOWN]}" if over else f"OnePay: {CAUSE}"
    assert told.bodies["email"] == "\n\n".join([line, *parts, LAST])


def chat(title: str, description: str, steps: list[str], summary: str | None = None) -> str:
    """Return a notification of that provider."""
    content: dict[str, Any] = {
        "textType": "client-markdown",
        "title": title,
        "description": description,
        **({"nextSteps": steps} if steps else {}),
        "keywords": ["provider_unreachable", "critical", "onepay"],
    }
    metadata = {
        "threadId": f"provider_unreachable/onepay/{OPENED}",
        "summary": title.partition(" ")[2] if summary is None else summary,
        "eventType": "paywatch.alert.v1",
    }
    return written({"version": "1.0", "source": "custom", "content": content, "metadata": metadata})


def test_a_chat_to_the_letter() -> None:
    meaning, todo, acknowledge = MEANINGS[DOWN], NEXT_STEPS[DOWN], f"Acknowledge: {ACK}"
    shown = f"{COUNTED}\n{ROWS}".replace("<", "&lt;")
    light, check = ":rotating_light: OnePay: ", ":white_check_mark: OnePay: "
    because = "Because of it:\n- 1 is late\n- 2 froze"
    told = message(DOWN, detail=WAITING, cause="ñ", symptoms=("1 is late", "2 froze"))
    text = "\n\n".join([SO, meaning, shown, because])
    assert told.bodies["https"] == chat(f"{light}ñ", text, [todo, acknowledge])

    told = message(DOWN, detail=Detail(), cause="down", drill=True)
    text = "\n\n".join([DRILL, SO, meaning])
    title = ":rotating_light: [DRILL] OnePay: down"
    assert told.bodies["https"] == chat(title, text, ["Nothing: this is a drill."])

    told = message(DOWN, Step.RESOLVED, Detail(), symptoms=("1 is late", "2 froze"))
    text = f"From 2026-03-02 12:00 UTC to 2026-03-02 15:10 UTC.\n\n{because}"
    title = f"{check}over after 3 h 10 min: {TITLES[DOWN]}"
    assert told.bodies["https"] == chat(title, text, [])


def test_a_chat_takes_so_much_of_a_title_a_summary_and_a_text() -> None:
    told = message(DOWN, detail=Detail(), cause="<" + "x" * 400, symptoms=("y" * 400,) * 20)
    content = json.loads(told.bodies["http"])["content"]
    assert content["title"] == f":rotating_light: OnePay: &lt;{'x' * 400}"[:250]
    assert len(content["description"]) == CHAT_LIMIT
    summary = json.loads(told.bodies["http"])["metadata"]["summary"]
    assert summary == f"OnePay: <{'x' * 400}"[:250]


def test_a_notice_to_the_letter() -> None:
    data = {"type": "paywatch.digest.v1", "señal": [1, 2]}
    content = {
        "textType": "client-markdown",
        "title": "paywatch: señal",
        "description": "```\n1 <b> ñ\n```".replace("<b>", "&lt;b&gt;"),
    }
    metadata = {"threadId": "d/1", "summary": "paywatch: señal", "eventType": "paywatch.digest.v1"}
    shown = {"version": "1.0", "source": "custom", "content": content, "metadata": metadata}
    text, mail, chats = written(data), "1 <b> ñ", written(shown)
    assert notice("d/1", "paywatch: señal", mail, data) == AlertMessage(
        "d/1",
        "paywatch: senal",
        {
            "default": text,
            "email": mail,
            "email-json": text,
            "sms": "paywatch: senal",
            "http": chats,
            "https": chats,
            "sqs": text,
            "lambda": text,
            "firehose": text,
        },
        {"event_type": "paywatch.digest.v1"},
    )


def test_a_long_notice_fills_a_chat_and_its_subject_a_mail_box() -> None:
    told = notice("d/1", "s" * 300, "t" * 5000, {"type": "t"})
    assert told.subject == "s" * 99
    content = json.loads(told.bodies["https"])["content"]
    assert content["description"] == "```\n" + "t" * (CHAT_LIMIT - 8) + "\n```"


def test_a_subject_that_just_fits_is_not_cut() -> None:
    room = 99 - len("OnePay: ")
    assert message(cause="x" * room).subject == "OnePay: " + "x" * room
    assert message(cause="x" * (room + 1)).subject == "OnePay: " + "x" * (room - 3) + "..."


def test_amounts_are_said_by_currency() -> None:
    assert money_line({}) == ""
    assert money_line({"COP": "90000"}) == "90,000 COP"
    assert money_line({"MXN": "1250.00", "COP": "9"}) == "1,250.00 MXN and 9 COP"


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("changes-topic", "The topic of changes"),
        ("subscribers", "The subscribers"),
        ("onepay", "OnePay"),
        ("onepay/norte", "OnePay (norte)"),
        ("other/a/b", "other (a/b)"),
    ],
)
def test_who_an_alert_is_about_is_named_for_a_person(subject: str, name: str) -> None:
    assert name_of(subject) == name
