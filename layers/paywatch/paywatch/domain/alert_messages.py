"""What is said of an alert: one finished JSON body, and from it a text for each way of delivery.

E-mail and SMS are for people. HTTPS carries the custom notification of Amazon Q Developer in chat
applications, so that Slack and Teams show it as it is, one thread for each alert. Queues and
functions get the JSON itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from paywatch.domain import alert_texts as words
from paywatch.domain.alert_board import Happening
from paywatch.domain.alerts import Detail, Kind, Severity, Step
from paywatch.domain.events import plain, provider_name
from paywatch.domain.limits import clean
from paywatch.domain.payments import moment

ALERT_TYPE = "paywatch.alert.v1"
SUBJECT_LIMIT = 99
SMS_LIMIT = 140
CHAT_LIMIT = 4000
# The length of a payment's texts and of a cause: all bodies together have to be under 256 KB.
FIELD_LIMIT, CAUSE_LIMIT = 256, 500
# All that is ever told of a payment, and of how many.
ROW = ("payment_id", "external_id", "status", "amount", "currency", "since")
ROWS = 5

_STEPS: Mapping[Step, str] = {
    Step.OPENED: "",
    Step.UPDATED: "more: ",
    Step.REPEATED: "still: ",
    Step.ESCALATED: "still, and now critical: ",
    Step.REOPENED: "again: ",
}

_DRILL = "This is a drill: nothing is wrong. It shows that alerts reach you."
_ICONS = {Severity.WARNING: ":warning:", Severity.CRITICAL: ":rotating_light:"}


@dataclass(frozen=True)
class AlertMessage:
    """A message for the topic of alerts: `bodies` by SNS protocol, `default` among them."""

    id: str
    subject: str
    bodies: Mapping[str, str]
    attributes: Mapping[str, str]


def body_of(happening: Happening, detail: Detail, *, drill: bool = False) -> str:
    """Write what is told of a step as JSON text; a CloudEvents 1.0 object, as changes are."""
    alert = happening.alert
    lasted = _seconds(alert.since, alert.resolved_at) if alert.resolved_at else None
    todo = words.DRILL_STEP if drill else words.NEXT_STEPS[alert.kind].format(alert=alert.name)
    event = {
        "specversion": "1.0",
        "id": happening.id,
        "source": "paywatch",
        "type": ALERT_TYPE,
        "subject": alert.name,
        "time": happening.at,
        "datacontenttype": "application/json",
        "data": {
            "alert": alert.name,
            "incident": alert.incident,
            "kind": alert.kind,
            "subject": alert.subject,
            "step": happening.step,
            "severity": alert.severity,
            "drill": drill,
            "cause": words.one_line(alert.cause, CAUSE_LIMIT),
            "meaning": words.MEANINGS[alert.kind],
            "next_step": todo,
            "since": alert.since,
            "opened_at": alert.opened_at,
            "resolved_at": alert.resolved_at,
            "lasted_seconds": lasted,
            "symptoms": [words.one_line(each, CAUSE_LIMIT) for each in happening.symptoms],
            **asdict(detail),
            "oldest": [_told(row) for row in detail.oldest[:ROWS]],
        },
    }
    return clean(json.dumps(event, ensure_ascii=False, separators=(",", ":")))


def message_of(body: str) -> AlertMessage:
    """Make the message of a finished body, so that a repeat is the same."""
    event = json.loads(body)
    data = event["data"]
    return _message(
        event["id"],
        subject=_subject(data),
        text=_text(data),
        chat=_chat(data),
        body=body,
        attributes={
            "event_type": event["type"],
            "kind": data["kind"],
            "severity": data["severity"],
            "step": data["step"],
            "subject": data["subject"],
            "drill": "true" if data["drill"] else "false",
        },
    )


def notice(id: str, subject: str, text: str, data: Mapping[str, Any]) -> AlertMessage:
    """Make a message that is no alert, such as the daily digest."""
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    shown = f"```\n{words.for_chat(text)[: CHAT_LIMIT - 8]}\n```"
    chat = _notification(id, subject, shown, [], [], data["type"], subject)
    return _message(
        id,
        subject=plain(subject)[:SUBJECT_LIMIT],
        text=text,
        chat=chat,
        body=body,
        attributes={"event_type": data["type"]},
    )


def money_line(money: Mapping[str, str]) -> str:
    """Say amounts by currency: `1,250.00 MXN and 90,000 COP`."""
    return " and ".join(f"{words.grouped(amount)} {currency}" for currency, amount in money.items())


def lasting(duration: timedelta) -> str:
    """Say a duration as a person would: `3 h 10 min`, `2 d 4 h`, `14 min`."""
    minutes = max(round(duration.total_seconds() / 60), 0)
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"


def name_of(subject: str) -> str:
    """Name a source, or what else an alert is about, for a person: `OnePay (norte)`."""
    if subject in words.NAMES:
        return words.NAMES[subject]
    provider, _, account = subject.partition("/")
    name = provider_name(provider)
    return f"{name} ({account})" if account else name


def _message(
    id: str, *, subject: str, text: str, chat: str, body: str, attributes: Mapping[str, str]
) -> AlertMessage:
    bodies = {
        "default": body,
        "email": text,
        "email-json": body,
        "sms": subject[:SMS_LIMIT],
        "http": chat,
        "https": chat,
        "sqs": body,
        "lambda": body,
        "firehose": body,
    }
    taken = {protocol: clean(text) for protocol, text in bodies.items()}
    return AlertMessage(id, subject, taken, attributes)


def _subject(data: Mapping[str, Any]) -> str:
    """Write one line for a mail box or a telephone: ASCII, under 100 characters."""
    drill = "[DRILL] " if data["drill"] else ""
    line = plain(f"{drill}{_line(data)}")
    return line if len(line) <= SUBJECT_LIMIT else line[: SUBJECT_LIMIT - 3] + "..."


def _line(data: Mapping[str, Any]) -> str:
    """Say in one line what is the matter, or that it is over."""
    name = name_of(data["subject"])
    if data["step"] == Step.RESOLVED:
        lasted = lasting(timedelta(seconds=data["lasted_seconds"]))
        return f"{name}: over after {lasted}: {words.TITLES[Kind(data['kind'])]}"
    return f"{name}: {_STEPS[Step(data['step'])]}{data['cause']}"


def _lines(data: Mapping[str, Any]) -> list[str]:
    """Return what is known of the payments concerned, a line for each thing."""
    lines = []
    if data["count"]:
        least = "at least " if data["partial"] else ""
        money = money_line(data["money"])
        one = "payment" if data["count"] == 1 else "payments"
        lines.append(f"{least}{data['count']:,} {one}" + (f", {money}" if money else ""))
    if data["ages"]:
        ages = ", ".join(f"{count:,} for {age}" for age, count in data["ages"].items() if count)
        lines.append(f"waiting: {ages}")
    if data["oldest"]:
        lines.append("oldest:")
        lines += [f"  {_row(row)}" for row in data["oldest"]]
    return lines


def _told(row: Mapping[str, Any]) -> dict[str, str | None]:
    """Return what may be told of a payment."""
    texts = {name: row[name] for name in ROW}
    return {n: None if t is None else words.one_line(str(t), FIELD_LIMIT) for n, t in texts.items()}


def _row(row: Mapping[str, Any]) -> str:
    name = row["external_id"] or row["payment_id"]
    money = f", {words.grouped(row['amount'])} {row['currency'] or ''}" if row["amount"] else ""
    return f"{name}: {row['status']} since {_minute(row['since'])}{money}".rstrip()


def _when(data: Mapping[str, Any]) -> str:
    if data["step"] == Step.RESOLVED:
        return f"From {_minute(data['since'])} to {_minute(data['resolved_at'])}."
    return f"It is so since {_minute(data['since'])}."


def _text(data: Mapping[str, Any]) -> str:
    """Write what a person reads in a mail."""
    over = data["step"] == Step.RESOLVED
    parts = [_line(data)]
    if data["drill"]:
        parts.append(_DRILL)
    parts.append(_when(data))
    if not over:
        parts.append(f"What it means: {data['meaning']}")
    if lines := _lines(data):
        parts.append("\n".join(lines))
    if data["symptoms"]:
        held = "\n".join(f"  {line}" for line in data["symptoms"])
        parts.append(f"Because of it, not told by themselves:\n{held}")
    if not over:
        parts.append(f"What to do: {data['next_step']}")
    if not over and not data["drill"]:
        parts.append(
            f"Somebody is at it? paywatch ack {data['alert']} --who you --why ...\n"
            f"Not now? paywatch snooze {data['alert']} --hours 8 --who you --why ..."
        )
    parts.append(f"{data['severity']} alert {data['incident']}")
    return "\n\n".join(parts) + "\n"


def _chat(data: Mapping[str, Any]) -> str:
    over, drill = data["step"] == Step.RESOLVED, data["drill"]
    icon = ":white_check_mark:" if over else _ICONS[Severity(data["severity"])]
    line = f"{'[DRILL] ' if drill else ''}{_line(data)}"
    parts = [_DRILL] if drill else []
    parts.append(_when(data))
    if not over:
        parts.append(data["meaning"])
    if lines := _lines(data):
        parts.append("\n".join(lines))
    if data["symptoms"]:
        parts.append("\n".join(["Because of it:", *(f"- {line}" for line in data["symptoms"])]))
    steps = [] if over else [words.for_chat(data["next_step"])]
    ack = f"paywatch ack {data['alert']}"
    if not over and not drill and not data["next_step"].endswith(ack):
        steps.append(f"Acknowledge: {ack}")
    keywords = [data["kind"], data["severity"], data["subject"]]
    text, title = words.for_chat("\n\n".join(parts)), f"{icon} {words.for_chat(line)}"
    return _notification(data["incident"], title, text, steps, keywords, ALERT_TYPE, line)


def _notification(
    thread: str,
    title: str,
    description: str,
    steps: Sequence[str],
    keywords: Iterable[str],
    event_type: str,
    summary: str,
) -> str:
    """Write a custom notification of Amazon Q Developer in chat applications."""
    content: dict[str, Any] = {
        "textType": "client-markdown",
        "title": title[:250],
        "description": description[:CHAT_LIMIT],
    }
    if steps:
        content["nextSteps"] = list(steps)
    if keywords := list(keywords):
        content["keywords"] = keywords
    metadata = {"threadId": thread, "summary": summary[:250], "eventType": event_type}
    told = {"version": "1.0", "source": "custom", "content": content, "metadata": metadata}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _seconds(since: str, until: str) -> int:
    return max(round((moment(until) - moment(since)).total_seconds()), 0)


def _minute(at: str) -> str:
    return f"{at[:10]} {at[11:16]} UTC"
