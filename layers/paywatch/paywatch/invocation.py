"""What the handler is asked to do: our own event, or EventBridge Scheduler's default payload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from paywatch.domain.payments import Source
from paywatch.errors import ConfigurationError

ACTIONS = ("poll", "reconcile")

# What a schedule says of itself, for the log. Its context attributes arrive literally in some
# places: "<aws.scheduler.execution-id>".
SCHEDULE_KEYS = ("scheduled_time", "execution_id")
LONGEST_WORD = 100


@dataclass(frozen=True)
class Invocation:
    """One invocation: what to do, for which sources, and whether to leave everything as it is.

    `schedule` is what the schedule that sent it says of itself, if one did.
    """

    action: str
    sources: tuple[Source, ...]
    dry_run: bool = False
    schedule: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, event: object, known: Sequence[Source]) -> Invocation:
        """Read an event; raise ConfigurationError that says what in it cannot be understood."""
        if event is None:
            event = {}
        if not isinstance(event, Mapping):
            raise ConfigurationError("the event must be a JSON object")
        if event.get("source") == "aws.scheduler" or event.get("source") == "aws.events":
            event = {}
        unknown = sorted(map(str, set(event) - {"action", "sources", "dry_run", *SCHEDULE_KEYS}))
        if unknown:
            raise ConfigurationError(
                f"the event has the unknown key {unknown[0][:40]!r}; "
                "there are action, sources and dry_run"
            )
        action = event.get("action", "poll")
        if action not in ACTIONS:
            raise ConfigurationError(f"unknown action {_short(action)}; there are poll, reconcile")
        dry_run = event.get("dry_run", False)
        if not isinstance(dry_run, bool):
            raise ConfigurationError("dry_run must be true or false")
        return cls(action, _sources(event.get("sources"), known), dry_run, _schedule(event))


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


def _short(value: object) -> str:
    return repr(value)[:60]
