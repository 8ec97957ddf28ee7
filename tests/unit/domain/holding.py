"""Messages of alerts, held against all that those who take them ask."""

from __future__ import annotations

import json
from typing import Any

from paywatch.domain.alert_messages import CHAT_LIMIT, AlertMessage, body_of, message_of
from paywatch.domain.alerts import Detail, Kind, Step
from paywatch.domain.events import Message
from paywatch.domain.limits import ATTRIBUTES, MESSAGE_BYTES, refusal_of, size_of
from tests.unit.domain.telling import OVERDUE, happening

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
