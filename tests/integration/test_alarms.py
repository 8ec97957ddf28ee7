"""Whatever stops the poller leads to an alarm by its name, and to a log line that says why."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from paylab import Size
from paylab.faults import Fault, ServerError, always
from tests.integration.alarms import FUNCTION, Alarms
from tests.integration.aws_line import Call, Send
from tests.integration.on_aws import OnAws

WELL, ILL, WELL_AGAIN = 6, 24, 16


@dataclass
class Watched:
    """A poller of two sources, minute by minute, with the alarms of its stack."""

    capsys: pytest.CaptureFixture[str]
    stage: OnAws = field(
        default_factory=lambda: OnAws(size=Size(open=2, settled=2, arrivals_per_minute=1.0))
    )
    alarms: Alarms = field(default_factory=lambda: Alarms(MaxSilenceMinutes="5"))
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
        self.stage.poller.function = FUNCTION
        errors = 0
        try:
            self.stage.tick()
        except Exception:
            # What Lambda counts, and answers with a new process where it has to.
            errors = 1
        lines = self.capsys.readouterr().out.splitlines()
        self.alarms.emitted(self.minute, lines)
        of_function = {"FunctionName": FUNCTION}
        self.alarms.put(self.minute, "AWS/Lambda", "Errors", of_function, errors)
        self.log += [told for told in map(json.loads, lines) if "_aws" not in told]


@pytest.fixture
def watched(capsys: pytest.CaptureFixture[str]) -> Watched:
    return Watched(capsys)


def refusing(service: str, code: str) -> Callable[[Call, Send], Any]:
    """Let AWS refuse every call to a service."""

    def carry(call: Call, send: Send) -> Any:
        if call.client.meta.service_model.signing_name != service:
            return send()
        refusal = {"Error": {"Code": code, "Message": "not today"}}
        raise ClientError(refusal, call.operation)  # type: ignore[arg-type]

    return carry


def stop(watched: Watched) -> None:
    watched.stopped = True


def lose_the_secret(watched: Watched) -> None:
    watched.stage.line.carry = refusing("secretsmanager", "ResourceNotFoundException")
    watched.stage.restart()


def shut_the_topic(watched: Watched) -> None:
    watched.stage.line.carry = refusing("sns", "AuthorizationError")


def drop_the_table(watched: Watched) -> None:
    watched.stage.line.carry = refusing("dynamodb", "ResourceNotFoundException")


def take_onepay_away(watched: Watched) -> None:
    down: Fault = ServerError(when=always(), source="onepay/default")
    watched.stage.lab.faults = [down]


def mend(watched: Watched) -> None:
    watched.stopped = False
    watched.stage.line.carry = lambda call, send: send()
    watched.stage.lab.faults = []


BOTH_SILENT = {"CompagoSilent", "OnePaySilent"}


def test_as_long_as_all_is_well_no_alarm_goes_off(watched: Watched) -> None:
    # Before the first poll there was silence, which is what the alarm is for.
    assert watched.live(1) <= BOTH_SILENT
    assert watched.live(25) == set()
    assert watched.stage.deliveries


def test_a_provider_without_an_account_here_is_not_said_to_be_silent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    watched = Watched(capsys, OnAws(sources=("compago",), size=Size(open=2, settled=2)))
    watched.live(1)
    assert watched.live(8) == set()


@pytest.mark.parametrize(
    ("strike", "alarms", "sentence"),
    [
        (stop, BOTH_SILENT, None),
        (lose_the_secret, {*BOTH_SILENT, "FunctionErrors"}, "with the API keys cannot be used"),
        (drop_the_table, {*BOTH_SILENT, "FunctionErrors"}, "ResourceNotFoundException"),
        (shut_the_topic, {"ProviderFailing", "ChangesNotPublished"}, "AuthorizationError"),
        (take_onepay_away, {"ProviderFailing", "OnePaySilent"}, "answered 50"),
    ],
)
def test_each_way_to_stop_has_its_alarm_and_its_log_line_and_both_end_with_it(
    watched: Watched, strike: Callable[[Watched], None], alarms: set[str], sentence: str | None
) -> None:
    assert watched.live(WELL) <= BOTH_SILENT
    strike(watched)
    watched.log.clear()
    assert watched.live(ILL) == alarms
    if sentence is not None:
        told = [each for each in watched.log if each["level"] in ("WARNING", "ERROR")]
        assert any(sentence in each.get("detail", "") for each in told), told[:1]
    mend(watched)
    watched.live(WELL_AGAIN)
    assert watched.live(1) == set()
