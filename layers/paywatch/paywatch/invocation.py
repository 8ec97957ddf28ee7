"""What the handler is asked to do: our own event, or EventBridge Scheduler's default payload."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from paywatch.domain.payments import Source
from paywatch.errors import ConfigurationError

POLLS = ("poll", "reconcile")
ACTIONS = ("poll", "reconcile", "alerts", "ack", "snooze", "drill", "digest")

# The keys that each action takes, besides the schedule's own.
TAKES: Mapping[str, tuple[str, ...]] = {
    "poll": ("action", "sources", "dry_run"),
    "reconcile": ("action", "sources", "dry_run"),
    "alerts": ("action",),
    "ack": ("action", "alert", "who", "why", "close"),
    "snooze": ("action", "alert", "who", "why", "hours"),
    "drill": ("action",),
    "digest": ("action",),
}

# What a schedule says of itself, for the log. Its context attributes arrive literally in some
# places: "<aws.scheduler.execution-id>".
SCHEDULE_KEYS = ("scheduled_time", "execution_id")
LONGEST_WORD = 100

LONGEST_ALERT = 200
LONGEST_WHO = 100
LONGEST_WHY = 300
MOST_HOURS = 720


@dataclass(frozen=True)
class Invocation:
    """One invocation: what to do, for which sources, and whether to leave everything as it is.

    `schedule` is what the schedule that sent it says of itself, if one did. `alert` is the one to
    acknowledge or to snooze for so many `hours`, `who` does it and `why`; `close` leaves its
    payments out of it from now on.
    """

    action: str
    sources: tuple[Source, ...]
    dry_run: bool = False
    schedule: Mapping[str, str] = field(default_factory=dict)
    alert: str = ""
    who: str = ""
    why: str = ""
    hours: float = 0.0
    close: bool = False

    @classmethod
    def parse(cls, event: object, known: Sequence[Source]) -> Invocation:
        """Read an event; raise ConfigurationError that says what in it cannot be understood."""
        if event is None:
            event = {}
        if not isinstance(event, Mapping):
            raise ConfigurationError("the event must be a JSON object")
        if event.get("source") == "aws.scheduler" or event.get("source") == "aws.events":
            event = {}
        action = event.get("action", "poll")
        if action not in ACTIONS:
            there_are = ", ".join(ACTIONS)
            raise ConfigurationError(f"unknown action {_short(action)}; there are {there_are}")
        _refuse_other_keys(event, action)
        if "alert" in TAKES[action]:
            _refuse_missing_keys(event, action)
        return cls(
            action,
            _sources(event.get("sources"), known),
            _yes_or_no(event, "dry_run"),
            _schedule(event),
            alert=_alert(event["alert"]) if "alert" in event else "",
            who=_who(event["who"]) if "who" in event else "",
            why=_why(event.get("why", "")),
            hours=_hours(event["hours"]) if "hours" in event else 0.0,
            close=_yes_or_no(event, "close"),
        )


def _refuse_other_keys(event: Mapping[Any, Any], action: str) -> None:
    mine = TAKES[action]
    others = sorted(map(str, set(event) - {*mine, *SCHEDULE_KEYS}))
    if not others:
        return
    elsewhere = {key for keys in TAKES.values() for key in keys}
    strange = [key for key in others if key not in elsewhere]
    if strange:
        there_are = f"there are {_listed(mine)}" if len(mine) > 1 else f"there is {_listed(mine)}"
        raise ConfigurationError(f"the event has the unknown key {_short(strange[0])}; {there_are}")
    raise ConfigurationError(
        f"{action} does not take the key {others[0]!r}; it takes {_listed(mine)}"
    )


def _refuse_missing_keys(event: Mapping[Any, Any], action: str) -> None:
    needed = [key for key in TAKES[action] if key in ("alert", "who", "hours")]
    for key in needed:
        if key not in event:
            raise ConfigurationError(f"{action} needs the key {key!r}; it needs {_listed(needed)}")


def _listed(keys: Sequence[str]) -> str:
    return f"{', '.join(keys[:-1])} and {keys[-1]}" if len(keys) > 1 else f"{keys[0]} alone"


def _yes_or_no(event: Mapping[Any, Any], key: str) -> bool:
    value = event.get(key, False)
    if not isinstance(value, bool):
        raise ConfigurationError(f"{key} must be true or false")
    return value


def _alert(value: Any) -> str:
    if (
        not isinstance(value, str)
        or len(value) > LONGEST_ALERT
        or "/" not in value
        or not value.isprintable()
    ):
        raise ConfigurationError(
            f'alert must be a name like "payment_overdue/onepay", of up to {LONGEST_ALERT} '
            "characters"
        )
    return value


def _who(value: Any) -> str:
    who = value.strip() if isinstance(value, str) else ""
    if not 0 < len(who) <= LONGEST_WHO or not who.isprintable():
        raise ConfigurationError(f"who must be a name of 1 to {LONGEST_WHO} printable characters")
    return who


def _why(value: Any) -> str:
    why = value.strip() if isinstance(value, str) else None
    if why is None or len(why) > LONGEST_WHY or not _can_be_written(why):
        raise ConfigurationError(f"why must be text of up to {LONGEST_WHY} characters")
    return why


def _can_be_written(text: str) -> bool:
    """Whether it has no half of a character, as JSON's escapes allow."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _hours(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MOST_HOURS:
        raise ConfigurationError(f"hours must be a number above 0 and up to {MOST_HOURS}")
    return float(value)


def _schedule(event: Mapping[str, Any]) -> dict[str, str]:
    said = {key: event[key] for key in SCHEDULE_KEYS if isinstance(event.get(key), str)}
    return {k: v[:LONGEST_WORD] for k, v in said.items() if not v.startswith("<aws.")}


def _sources(names: Any, known: Sequence[Source]) -> tuple[Source, ...]:
    if names is None:
        return tuple(known)
    if not isinstance(names, list) or not names:
        raise ConfigurationError('sources must be a list of names, like ["compago"]')
    configured = ", ".join(source.short for source in known)
    chosen = []
    for name in names:
        try:
            source = Source.parse(name)
        except (ValueError, AttributeError):
            raise ConfigurationError(f"{_short(name)} does not name a source") from None
        if source not in known:
            raise ConfigurationError(f"unknown source {_short(name)}; configured: {configured}")
        if source not in chosen:
            chosen.append(source)
    return tuple(chosen)


_QUOTING = reprlib.Repr()
_QUOTING.maxstring = _QUOTING.maxother = 60


def _short(value: object) -> str:
    """Quote a part of it, however long or deeply nested it is."""
    return _QUOTING.repr(value)[:60]
