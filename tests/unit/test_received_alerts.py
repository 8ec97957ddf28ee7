"""The samples of alerts and of the digest are, to the byte, what paywatch tells.

When what is told is changed on purpose, write them anew, and read the difference:

    .venv/bin/python -m tests.unit.test_received_alerts

The chat's and the queue's are indented, for the eye; by the way they come on one line.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from paywatch.diary import Day, Diary
from paywatch.digest import digest
from paywatch.domain.alert_messages import AlertMessage, body_of, message_of
from paywatch.domain.alerts import Detail, Step
from paywatch.domain.payments import timestamp
from paywatch.memory import MemoryControls, MemoryPayments
from tests.examples import COMPAGO, ONEPAY, payment, record
from tests.template.stack import Stack
from tests.unit.domain.telling import OPENED, OVERDUE, happening

RECEIVED = Path(__file__).parents[2] / "events/received"
# When the digest is written: two in the morning where OnePay is, one where Compago is.
NOW = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
FOOT = """
--
If you wish to stop receiving notifications from this topic, please click or visit the link \
below to unsubscribe:
https://sns.us-east-1.amazonaws.com/unsubscribe.html?SubscriptionArn=arn:aws:sns:us-east-1:\
123456789012:paywatch-AlertsTopic-7Hn3QbVc9Zpd:2d6f4b8e-1c3a-4e5f-8a7b-9c0d1e2f3a4b\
&Endpoint=operations@example.com

Please do not reply directly to this email. If you have any questions or comments regarding this \
email, please contact us at https://aws.amazon.com/support
"""


def opened() -> AlertMessage:
    return message_of(body_of(happening(since=OPENED), OVERDUE))


def resolved() -> AlertMessage:
    return message_of(body_of(happening(step=Step.RESOLVED, since=OPENED), Detail()))


def daily() -> AlertMessage:
    """Write the digest of a day at both providers."""
    onepay = Day(
        changes={"pending": 1310, "paid": 1207, "failed": 64, "expired": 11, "refunded": 3},
        money={"paid": {"COP": "150875000"}, "failed": {"COP": "6410000"}},
        delays={"15": 310, "30": 495, "60": 1690, "90": 88, "120": 12},
        watched=86_400,
    )
    compago = Day(
        changes={"pending": 402, "paid": 377, "cancelled": 19},
        money={"paid": {"MXN": "471250.50", "USD": "1280.00"}, "cancelled": {"MXN": "9120.00"}},
        delays={"30": 260, "60": 530, "90": 8},
        misses=1,
        watched=85_140,
    )
    controls, payments = MemoryControls(), MemoryPayments()
    for source, day in ((ONEPAY, onepay), (COMPAGO, compago)):
        control = controls.acquire(source, "poll", NOW, NOW + timedelta(minutes=1))
        assert control is not None
        diary = json.dumps(Diary({"2026-03-02": day}).store())
        controls.finish(control.lease, {}, {"diary": diary})
    for number in range(7):
        row = payment(
            f"0b1{number}", external_id=f"order-{2001 + number}", amount="40000", currency="COP"
        )
        since = timestamp(NOW - timedelta(hours=number + 1))
        payments.save(replace(record(row), since=since), None)
    offsets = {ONEPAY: timedelta(hours=-5), COMPAGO: timedelta(hours=-6)}
    return digest(controls, payments, offsets, NOW, lambda: True)[0]


def mail(message: AlertMessage) -> str:
    """Write a message as it lies in a mail box."""
    name = Stack().properties("AlertsTopic")["DisplayName"]
    head = f"From: {name} <no-reply@sns.amazonaws.com>\nTo: operations@example.com\n"
    return f"{head}Subject: {message.subject}\n\n{message.bodies['email']}{FOOT}"


def indented(body: str) -> str:
    return json.dumps(json.loads(body), ensure_ascii=False, indent=2) + "\n"


SAMPLES: dict[str, Callable[[], str]] = {
    "alert-email.txt": lambda: mail(opened()),
    "alert-chat.json": lambda: indented(opened().bodies["https"]),
    "alert-sqs.json": lambda: indented(opened().bodies["sqs"]),
    "alert-resolved-email.txt": lambda: mail(resolved()),
    "digest-email.txt": lambda: mail(daily()),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_what_is_told_to_the_byte(name: str) -> None:
    assert (RECEIVED / name).read_bytes() == SAMPLES[name]().encode()


@pytest.mark.parametrize(("name", "protocol"), [("alert-chat", "https"), ("alert-sqs", "sqs")])
def test_what_is_indented_is_on_one_line_what_is_told(name: str, protocol: str) -> None:
    sample = json.loads((RECEIVED / f"{name}.json").read_text(encoding="utf-8"))
    line = json.dumps(sample, ensure_ascii=False, separators=(",", ":"))
    assert line == opened().bodies[protocol]


def test_what_a_queue_receives_keeps_the_schema() -> None:
    schema = json.loads(files("paywatch.domain").joinpath("alert.v1.schema.json").read_text())
    sample = json.loads((RECEIVED / "alert-sqs.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(sample)


if __name__ == "__main__":
    for each, render in SAMPLES.items():
        (RECEIVED / each).write_bytes(render().encode())
