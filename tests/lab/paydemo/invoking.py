"""The real handler, called as Lambda would call it, on the lab's clock."""

import importlib.util
import io
import json
from collections import deque
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paylab import LabClock

ROOT = Path(__file__).parents[3]
APP = ROOT / "functions/poller/app.py"
EVENT = ROOT / "events/scheduler-default.json"

TIMEOUT = 60.0  # as in the template
KEPT_WARNINGS = 50

Handler = Callable[[object, object], dict[str, Any]]


@dataclass(frozen=True)
class Context:
    """What Lambda tells a handler: its request's id, and how much time is left."""

    clock: LabClock
    until: float
    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds that are left, by the lab's clock."""
        return max(0, round((self.until - self.clock.monotonic()) * 1000))


class HandlerLog(io.TextIOBase):
    """Takes what the handler writes to standard output, and keeps the last warnings."""

    def __init__(self) -> None:
        self.warnings: deque[str] = deque(maxlen=KEPT_WARNINGS)
        self.warned = 0
        self._rest = ""

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, text: str) -> int:
        """Take text; every whole line is looked at."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._look_at(line)
        return len(text)

    def _look_at(self, line: str) -> None:
        try:
            told = json.loads(line)
        except ValueError:
            return
        if isinstance(told, dict) and told.get("level") in ("WARNING", "ERROR", "CRITICAL"):
            self.warned += 1
            what = told.get("outcome") or told.get("fault") or told.get("message")
            self.warnings.append(f"{told.get('source', 'paywatch')}: {what}: {told.get('detail')}")


class Lambda:
    """The function: calls the handler with the scheduled event and keeps its log apart."""

    def __init__(self, clock: LabClock) -> None:
        self.log = HandlerLog()
        self._clock = clock
        self._handler = _load_handler()
        self._event = json.loads(EVENT.read_text(encoding="utf-8"))

    def invoke(self, number: int) -> dict[str, Any]:
        """Call the handler once and return its report; its own faults are raised."""
        until = self._clock.monotonic() + TIMEOUT
        context = Context(self._clock, until, f"tick-{number:04}")
        event = {**self._event, "time": self._clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")}
        with redirect_stdout(self.log):
            return self._handler(event, context)


def _load_handler() -> Handler:
    spec = importlib.util.spec_from_file_location("poller_app", APP)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    handler: Handler = module.lambda_handler
    return handler
