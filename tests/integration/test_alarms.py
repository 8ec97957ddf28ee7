"""Whatever stops the poller leads to an alarm by its name, and to a log line that says why."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from paylab import Size
from paylab.faults import Fault, ServerError, always
from paywatch.domain.events import Message
from paywatch.domain.payments import Source
from paywatch.errors import ConfigurationError, TopicUnavailable
from paywatch.observability import LambdaJournal
from paywatch.ports import Provider
from tests.integration.alarms import FUNCTION, Alarms
from tests.integration.on_aws import OnAws
from tests.polling import Polling

WELL, ILL, WELL_AGAIN = 12, 40, 20


class Measured(Polling):
    """A polling whose runs tell of themselves as the function does."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, size=Size(open=4, settled=4, arrivals_per_minute=2.0))

    def tick(self, **options: Any) -> dict[str, Any]:
        self.journal: Any = LambdaJournal("INFO", FUNCTION, {})
        try:
            return super().tick(**options)
        finally:
            self.journal.close(self.sources)


@dataclass
class Watched:
    """A poller, minute by minute, with the alarms of its stack."""

    capsys: pytest.CaptureFixture[str]
    stage: Polling = field(default_factory=Measured)
    alarms: Alarms = field(default_factory=lambda: Alarms(MaxSilenceMinutes="10"))
    minute: int = 0
    stopped: bool = False
    log: list[dict[str, Any]] = field(default_factory=list)

    def live(self, minutes: int) -> set[str]:
        """Let so many minutes pass; return every alarm that was on at the end of one of them."""
        seen: set[str] = set()
        for _ in range(minutes):
            self._run()
            seen |= self.alarms.on(self.minute)
            self.minute += 1
        return seen

    def _run(self) -> None:
        if self.stopped:
            self.stage.clock.advance(60)
            return
        self.capsys.readouterr()
        errors = 0
        try:
            self.stage.tick()
        except (ClientError, ConfigurationError):
            errors = 1
        lines = self.capsys.readouterr().out.splitlines()
        self.alarms.emitted(self.minute, lines)
        of_function = {"FunctionName": FUNCTION}
        self.alarms.put(self.minute, "AWS/Lambda", "Errors", of_function, errors)
        self.log += [told for told in map(json.loads, lines) if "_aws" not in told]


@pytest.fixture
def watched(capsys: pytest.CaptureFixture[str]) -> Watched:
    return Watched(capsys)


class NoTable:
    """Control items in a table that is gone."""

    def acquire(self, *args: object) -> None:
        refusal = {"Error": {"Code": "ResourceNotFoundException", "Message": "not here"}}
        raise ClientError(refusal, "UpdateItem")  # type: ignore[arg-type]

    peek = acquire


class ShutTopic:
    """A topic whose policy refuses us."""

    def publish(self, messages: Sequence[Message]) -> None:
        raise TopicUnavailable("AuthorizationError: not today")


def stop(watched: Watched) -> None:
    watched.stopped = True


def lose_the_secret(watched: Watched) -> None:
    def connect(source: Source) -> Provider:
        raise ConfigurationError("the secret with the API keys cannot be used: it is not there")

    watched.stage.__dict__["_connect"] = connect


def shut_the_topic(watched: Watched) -> None:
    watched.stage.topic = ShutTopic()  # type: ignore[assignment]


def shut_the_alerts_topic(watched: Watched) -> None:
    take_onepay_away(watched)
    watched.stage.mailbox.fault = "NotFound: no such topic"


def drop_the_table(watched: Watched) -> None:
    watched.stage.controls = NoTable()  # type: ignore[assignment]


def take_onepay_away(watched: Watched) -> None:
    down: Fault = ServerError(when=always(), source="onepay/default")
    watched.stage.lab.faults = [down]


BOTH_SILENT = {"CompagoSilent", "OnePaySilent"}


def test_as_long_as_all_is_well_no_alarm_goes_off(watched: Watched) -> None:
    # Before the first poll there was silence, which is what the alarm is for.
    assert watched.live(1) <= BOTH_SILENT
    assert watched.live(60) == set()
    assert watched.stage.deliveries


def test_a_provider_without_an_account_here_is_not_said_to_be_silent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stage = OnAws(sources=("compago",), size=Size(open=2, settled=2))
    stage.poller.function = FUNCTION
    watched = Watched(capsys, stage)
    watched.live(1)
    assert watched.live(14) == set()


@pytest.mark.parametrize(
    ("strike", "alarms", "sentence"),
    [
        (stop, BOTH_SILENT, None),
        (lose_the_secret, {*BOTH_SILENT, "FunctionErrors"}, "with the API keys cannot be used"),
        (drop_the_table, {*BOTH_SILENT, "FunctionErrors"}, "ResourceNotFoundException"),
        # These are told as alerts: no alarm says the same once more.
        (shut_the_topic, set(), "AuthorizationError"),
        (take_onepay_away, set(), "answered 50"),
        (shut_the_alerts_topic, {"AlertsNotDelivered", "OnePaySilent"}, "NotFound"),
    ],
)
def test_each_way_to_stop_has_its_alarm_and_its_log_line_and_both_end_with_it(
    watched: Watched, strike: Callable[[Watched], None], alarms: set[str], sentence: str | None
) -> None:
    assert watched.live(WELL) <= BOTH_SILENT
    well = (watched.stage.topic, watched.stage.controls)
    strike(watched)
    watched.log.clear()
    assert watched.live(ILL) == alarms
    if sentence is not None:
        told = [each for each in watched.log if each["level"] in ("WARNING", "ERROR")]
        assert any(sentence in each.get("detail", "") for each in told), told[:1]
    watched.stopped, watched.stage.lab.faults = False, []
    watched.stage.topic, watched.stage.controls = well
    watched.stage.__dict__.pop("_connect", None)
    watched.stage.mailbox.fault = None
    watched.live(WELL_AGAIN)
    assert watched.live(1) == set()
