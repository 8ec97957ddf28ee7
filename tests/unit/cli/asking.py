"""A fake of the Lambda client, what the function answers to each verb, and how it is asked."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from typer.testing import CliRunner, Result

from paywatch.cli.main import app

OVERDUE: dict[str, Any] = {
    "alert": "payment_overdue/onepay",
    "kind": "payment_overdue",
    "subject": "onepay",
    "severity": "warning",
    "cause": "12 payments wait for over 3 h",
    "since": "2026-03-01T12:00:00.000000Z",
    "opened_at": "2026-03-01T12:00:00.000000Z",
    "told_at": "2026-03-01T12:00:01.000000Z",
    "acknowledged_at": None,
    "snoozed_until": None,
    "by": "",
    "why": "",
}
ACKNOWLEDGED = {**OVERDUE, "acknowledged_at": "2026-03-01T12:30:00.000000Z", "by": "ana"}
SNOOZED = {**OVERDUE, "snoozed_until": "2026-03-01T20:00:00.000000Z", "by": "ana", "why": "later"}
BACKLOG = {
    **OVERDUE,
    "alert": "delivery_backlog/changes-topic",
    "severity": "critical",
    "told_at": None,
}


@dataclass
class Functions:
    """A Lambda client that gives one answer to everything, and remembers what it was asked."""

    report: object = None
    fault: Exception | None = None
    error: str | None = None
    raw: bytes | None = None
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Mapping[str, Any]:  # noqa: N803
        self.asked.append((FunctionName, json.loads(Payload)))
        if self.fault is not None:
            raise self.fault
        text = json.dumps(self.report).encode() if self.raw is None else self.raw
        answer: dict[str, Any] = {"StatusCode": 200, "Payload": io.BytesIO(text)}
        return answer if self.error is None else {**answer, "FunctionError": self.error}


def paywatch(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def failed(result: Result, code: int = 1) -> str:
    """Return the one line that a failure is told with."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    (line,) = result.stderr.splitlines()
    assert line.startswith("paywatch: ")
    return line.removeprefix("paywatch: ")


def reports(action: str) -> dict[str, Any]:
    """What the function answers to an action if all is well."""
    answers: dict[str, dict[str, Any]] = {
        "alerts": {"run_id": "1", "action": "alerts", "alerts": [BACKLOG, ACKNOWLEDGED]},
        "ack": {"run_id": "1", "action": "ack", "alert": ACKNOWLEDGED},
        "snooze": {"run_id": "1", "action": "snooze", "alert": SNOOZED},
        "drill": {"action": "drill", "passed": True, "told": 4, "detail": ""},
        "digest": {"action": "digest", "told": True, "text": "All is well."},
    }
    return answers[action]


ASKS: dict[str, tuple[str, ...]] = {
    "alerts": ("alerts",),
    "ack": ("ack", "payment_overdue/onepay", "--who", "ana"),
    "snooze": ("snooze", "payment_overdue/onepay", "--hours", "8", "--who", "ana"),
    "drill": ("drill",),
    "digest": ("digest",),
}
