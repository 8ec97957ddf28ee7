"""The deployed function, called by name: who may invoke it needs no other right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol, cast

from botocore.config import Config

from paywatch.cli.ending import Failed
from paywatch.cli.invoking import session
from paywatch.errors import ConfigurationError

# Longer than the function's own minute and its start: else it would be asked a second time.
CALLS = Config(
    connect_timeout=5, read_timeout=90, retries={"mode": "standard", "total_max_attempts": 3}
)


class Payload(Protocol):
    """The stream that an answer is read from."""

    def read(self) -> bytes:
        """Return all of it."""


class Functions(Protocol):
    """As much of the Lambda client as is used."""

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Mapping[str, Any]:  # noqa: N803
        """Call a function and wait for its answer."""


def functions() -> Functions:
    """Make the client; raise ConfigurationError for what this environment lacks."""
    try:
        return cast(Functions, session().client("lambda", config=CALLS))
    except ValueError as error:
        # botocore says so of an endpoint that is no URL.
        raise ConfigurationError(f"AWS is not configured: {error}") from None


def call(name: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Send the function an event and return its report; raise Failed if it has none."""
    answer = functions().invoke(FunctionName=name, Payload=json.dumps(event).encode())
    stream = cast(Payload | None, answer.get("Payload"))
    text = stream.read() if stream is not None else b""
    try:
        report = json.loads(text)
    except (ValueError, RecursionError):
        report = None
    if answer.get("FunctionError"):
        said = report.get("errorMessage") if isinstance(report, dict) else None
        raise Failed(
            said if isinstance(said, str) and said.strip() else "the function failed without a word"
        )
    if not isinstance(report, dict):
        raise Failed("the function's answer makes no sense: it is not a JSON object")
    return report
