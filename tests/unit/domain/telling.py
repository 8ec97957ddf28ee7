"""Alerts that are told, as examples: each with its step and the payments that it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paywatch.domain.alert_board import Happening
from paywatch.domain.alerts import (
    CHANGES_TOPIC,
    CHARACTERS,
    Alert,
    Detail,
    Finding,
    Kind,
    State,
    Step,
)

SINCE = "2026-03-02T12:00:00.000000Z"
OPENED = "2026-03-02T12:05:00.000000Z"
RESOLVED = "2026-03-02T15:10:00.000000Z"
CAUSE = "40 payments are overdue (2,780,000 COP); the oldest has waited 9 h, 99 % settle within 2 h"


def row(number: int, **fields: Any) -> dict[str, Any]:
    """Return one of the oldest payments."""
    return {
        "payment_id": f"0a5{number:x}",
        "external_id": f"order-{1233 + number}",
        "status": "pending",
        "amount": f"{50 + 15 * number}000",
        "currency": "COP",
        "since": f"2026-03-02T03:{10 * number - 5:02}:00.000000Z",
        **fields,
    }


OVERDUE = Detail(
    count=40,
    money={"COP": "2780000"},
    ages={"1 to 6 h": 31, "6 to 24 h": 9},
    oldest=[row(number) for number in range(1, 6)],
)


def subject_of(kind: Kind) -> str:
    """Return what an alert of this kind is about."""
    return CHANGES_TOPIC if kind is Kind.DELIVERY_BACKLOG else "onepay"


def happening(
    kind: Kind = Kind.PAYMENT_OVERDUE,
    step: Step = Step.OPENED,
    cause: str = CAUSE,
    symptoms: tuple[str, ...] = (),
    **fields: Any,
) -> Happening:
    """Return the step of an alert that was opened five minutes after it began."""
    over = step is Step.RESOLVED
    number = 1 if step is Step.OPENED else 2
    given: Mapping[str, Any] = {
        "kind": kind,
        "subject": subject_of(kind),
        "state": State.RESOLVED if over else State.OPEN,
        "since": SINCE,
        "severity": CHARACTERS[kind].severity,
        "cause": cause,
        "opened_at": OPENED,
        "resolved_at": RESOLVED if over else None,
        "sequence": number,
    }
    alert = Alert(**{**given, **fields})
    finding = Finding(kind, alert.subject, not over, cause)
    return Happening(step, alert, finding, symptoms, RESOLVED if over else OPENED)
