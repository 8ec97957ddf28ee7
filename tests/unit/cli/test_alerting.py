"""The commands about alerts, with the deployed function played by a fake of the Lambda client."""

from __future__ import annotations

import getpass
import io
import json
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from paywatch.cli import alerting, calling
from paywatch.invocation import Invocation
from tests.unit.cli.asking import (
    ACKNOWLEDGED,
    ASKS,
    BACKLOG,
    OVERDUE,
    SNOOZED,
    Functions,
    failed,
    paywatch,
    reports,
)

pytestmark = pytest.mark.usefixtures("functions")


@pytest.mark.parametrize(
    ("arguments", "event"),
    [
        (ASKS["alerts"], {"action": "alerts"}),
        ((*ASKS["alerts"], "--json"), {"action": "alerts"}),
        (ASKS["ack"], {"action": "ack", "alert": "payment_overdue/onepay", "who": "ana"}),
        (
            (*ASKS["ack"], "--why", "I call OnePay", "--close"),
            {
                "action": "ack",
                "alert": "payment_overdue/onepay",
                "who": "ana",
                "why": "I call OnePay",
                "close": True,
            },
        ),
        (
            ("ack", "payment_overdue/onepay/norte"),
            {"action": "ack", "alert": "payment_overdue/onepay/norte", "who": "operator"},
        ),
        (
            (*ASKS["snooze"], "--why", "Sunday"),
            {
                "action": "snooze",
                "alert": "payment_overdue/onepay",
                "who": "ana",
                "why": "Sunday",
                "hours": 8,
            },
        ),
        (
            ("snooze", "delivery_backlog/changes-topic", "--hours", "0.5"),
            {
                "action": "snooze",
                "alert": "delivery_backlog/changes-topic",
                "who": "operator",
                "hours": 0.5,
            },
        ),
        (ASKS["drill"], {"action": "drill"}),
        (ASKS["digest"], {"action": "digest"}),
    ],
)
def test_each_verb_sends_its_event(
    functions: Functions, arguments: tuple[str, ...], event: dict[str, Any]
) -> None:
    functions.report = reports(event["action"])
    result = paywatch(*arguments)
    assert result.exit_code == 0, result.output
    assert functions.asked == [("poller", event)]
    assert Invocation.parse(event, ()).action == event["action"]


def test_the_option_goes_before_the_environment(functions: Functions) -> None:
    functions.report = reports("drill")
    paywatch("drill", "--function", "other")
    assert [name for name, _ in functions.asked] == ["other"]


def test_the_open_alerts_are_a_table(functions: Functions) -> None:
    functions.report = {"alerts": [BACKLOG, ACKNOWLEDGED, SNOOZED]}
    result = paywatch("alerts")
    assert (result.exit_code, result.stderr) == (0, "")
    first, second, third = (line for line in result.stdout.splitlines() if "2026" in line)
    assert first.split() == [
        *("delivery_backlog/changes-topic", "critical", "2026-03-01", "12:00", "UTC"),
        *OVERDUE["cause"].split(),
    ]
    assert "payment_overdue/onepay " in second
    assert second.rstrip().endswith("acknowledged by ana")
    assert third.rstrip().endswith("snoozed until 2026-03-01 20:00 UTC by ana (later)")


def test_no_alert_is_open(functions: Functions) -> None:
    functions.report = {"alerts": []}
    assert paywatch("alerts").stdout == "No alert is open.\n"


def test_the_report_as_json_is_what_the_function_answered(functions: Functions) -> None:
    functions.report = {**reports("alerts"), "more": "ñ [red] \ud800"}
    assert json.loads(paywatch("alerts", "--json").stdout) == functions.report


@pytest.mark.parametrize(
    ("verb", "alert", "said"),
    [
        ("ack", ACKNOWLEDGED, "payment_overdue/onepay is acknowledged by ana."),
        ("ack", {**ACKNOWLEDGED, "by": ""}, "payment_overdue/onepay is acknowledged by ana."),
        ("snooze", SNOOZED, "payment_overdue/onepay is snoozed until 2026-03-01 20:00 UTC."),
        (
            "snooze",
            {**SNOOZED, "snoozed_until": "2026-03-01T14:00:00-06:00"},
            "payment_overdue/onepay is snoozed until 2026-03-01 20:00 UTC.",
        ),
    ],
)
def test_what_was_done_is_one_line(
    functions: Functions, verb: str, alert: dict[str, Any], said: str
) -> None:
    functions.report = {"alert": alert}
    assert paywatch(*ASKS[verb]).stdout == f"{said}\n"


def test_a_closed_alert_may_be_over_at_once(functions: Functions) -> None:
    functions.report = {"alert": OVERDUE}
    said = "payment_overdue/onepay is closed by ana: its payments of now are left out of it.\n"
    assert paywatch(*ASKS["ack"], "--close").stdout == said


@pytest.mark.parametrize(
    ("told", "detail", "said"),
    [
        (4, "", "The drill passed: 4 messages were told."),
        (1, "", "The drill passed: 1 message was told."),
        (4, "in 2 s", "The drill passed: 4 messages were told (in 2 s)."),
    ],
)
def test_a_drill_that_passed(functions: Functions, told: int, detail: str, said: str) -> None:
    functions.report = {"passed": True, "told": told, "detail": detail}
    assert paywatch("drill").stdout == f"{said}\n"


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("SNS refuses us:\n no such topic", "the drill failed: SNS refuses us: no such topic"),
        ("", "the drill failed: 0 messages were told"),
    ],
)
def test_a_drill_that_failed(functions: Functions, detail: str, said: str) -> None:
    functions.report = {"passed": False, "told": 0, "detail": detail}
    assert failed(paywatch("drill")) == said


def test_a_digest_is_printed_as_it_is(functions: Functions) -> None:
    functions.report = {"told": True, "text": "Yesterday:\n  [12] paid\x1b[31m\n"}
    result = paywatch("digest")
    assert (result.stdout, result.stderr) == ("Yesterday:\n  [12] paid [31m\n", "")


def test_a_digest_that_was_not_sent_is_printed_and_it_is_said(functions: Functions) -> None:
    functions.report = {"told": False, "text": "Yesterday: nothing"}
    result = paywatch("digest")
    assert (result.exit_code, result.stdout) == (0, "Yesterday: nothing\n")
    assert result.stderr == "paywatch: the digest was not sent to the alerts topic.\n"


@pytest.mark.parametrize("verb", ASKS)
def test_no_function_is_named(
    functions: Functions, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.delenv("PAYWATCH_FUNCTION")
    for named in ((), ("--function", " ")):
        line = failed(paywatch(*ASKS[verb], *named), code=2)
        assert "--function NAME or set PAYWATCH_FUNCTION" in line
        assert "PollerFunctionName" in line
    assert functions.asked == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("ack", "onepay", "--who", "ana"), "alert must be a name like"),
        (("ack", "payment_overdue/onepay", "--who", " "), "who must be a name of 1 to 100"),
        ((*ASKS["ack"], "--why", "x" * 301), "why must be text of up to 300 characters"),
        (("snooze", "a/b", "--hours", "0"), "hours must be a number above 0 and up to 720"),
        (("snooze", "a/b", "--hours", "nan"), "hours must be a number above 0 and up to 720"),
        (("snooze", "a/b", "--hours", "1e9"), "hours must be a number above 0 and up to 720"),
    ],
)
def test_what_the_function_would_refuse_is_not_sent(
    functions: Functions, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in failed(paywatch(*arguments), code=2)
    assert functions.asked == []


@pytest.mark.parametrize("fault", [OSError("no"), KeyError("uid"), ImportError("pwd")])
def test_a_machine_that_does_not_know_its_user(
    functions: Functions, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def nobody() -> str:
        raise fault

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert "give --who" in failed(paywatch("ack", "a/b"), code=2)
    assert functions.asked == []


def test_the_client_takes_what_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real client checks the request against its own model, and gives a stream."""
    client = boto3.Session("test", "test", region_name="us-east-1").client("lambda")
    text = json.dumps(reports("drill")).encode()
    answer = {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(text), len(text))}
    asked = {"FunctionName": "poller", "Payload": b'{"action": "drill"}'}
    with Stubber(client) as stub:
        stub.add_response("invoke", answer, asked)
        monkeypatch.setattr(calling, "functions", lambda: client)
        assert paywatch("drill").stdout == "The drill passed: 4 messages were told.\n"


def test_the_verbs_are_those_of_the_function() -> None:
    assert [verb.__name__ for verb in alerting.VERBS] == list(ASKS)
