"""What the function answers about alerts, read with suspicion: anything else is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from paywatch.cli.ending import Failed
from paywatch.domain.payments import moment


@dataclass(frozen=True)
class OpenAlert:
    """An alert as a person sees it; its dates are written for people already."""

    name: str
    severity: str
    cause: str
    since: str
    acknowledged: bool
    snoozed_until: str | None
    by: str
    why: str

    @property
    def standing(self) -> str:
        """Say who is at it, or until when it is quiet."""
        reason = f" ({self.why})" if self.why else ""
        whose = f" by {self.by}" if self.by else ""
        if self.snoozed_until is not None:
            return f"snoozed until {self.snoozed_until}{whose}{reason}"
        return f"acknowledged{whose}{reason}" if self.acknowledged else ""


def alerts_of(report: Mapping[str, Any]) -> list[OpenAlert]:
    """Read the open alerts."""
    alerts = report.get("alerts")
    if not isinstance(alerts, list):
        raise _nonsense("alerts is not a list")
    return [_alert(alert, f"alerts[{number}]") for number, alert in enumerate(alerts)]


def alert_of(report: Mapping[str, Any]) -> OpenAlert:
    """Read the one alert that was acknowledged or snoozed."""
    return _alert(report.get("alert"), "alert")


def text_of(report: Mapping[str, Any], key: str, of: str = "") -> str:
    """Read a text."""
    value = report.get(key)
    if not isinstance(value, str):
        raise _nonsense(f"{of}{key} is not text")
    return value


def flag_of(report: Mapping[str, Any], key: str) -> bool:
    """Read a yes or a no."""
    value = report.get(key)
    if not isinstance(value, bool):
        raise _nonsense(f"{key} is neither true nor false")
    return value


def count_of(report: Mapping[str, Any], key: str) -> int:
    """Read a count."""
    value = report.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _nonsense(f"{key} is not a count")
    return value


def json_of(report: Mapping[str, Any]) -> str:
    """Write a report as JSON that any terminal and any program can read."""
    try:
        return json.dumps(report, indent=2)
    except RecursionError:
        raise _nonsense("it is nested too deeply") from None


def _alert(alert: object, where: str) -> OpenAlert:
    if not isinstance(alert, Mapping):
        raise _nonsense(f"{where} is not an object")
    of = f"{where}."
    return OpenAlert(
        name=text_of(alert, "alert", of),
        severity=text_of(alert, "severity", of),
        cause=text_of(alert, "cause", of),
        since=_minute(text_of(alert, "since", of), f"{of}since"),
        acknowledged=_minute_or_none(alert, "acknowledged_at", of) is not None,
        snoozed_until=_minute_or_none(alert, "snoozed_until", of),
        by=text_of({"by": "", **alert}, "by", of),
        why=text_of({"why": "", **alert}, "why", of),
    )


def _minute_or_none(alert: Mapping[str, Any], key: str, of: str) -> str | None:
    return None if alert.get(key) is None else _minute(text_of(alert, key, of), f"{of}{key}")


def _minute(text: str, what: str) -> str:
    try:
        when = moment(text)
        if when.tzinfo is None:
            raise ValueError
        return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError):
        raise _nonsense(f"{what} is not a date in UTC") from None


def _nonsense(why: str) -> Failed:
    return Failed(f"the function's answer makes no sense: {why}")
