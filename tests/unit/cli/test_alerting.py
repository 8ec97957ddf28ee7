"""The commands about alerts, with the deployed function played by a fake of the Lambda client."""

from __future__ import annotations

import getpass
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.response import StreamingBody
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner, Result

from paywatch.cli import alerting, calling, showing
from paywatch.cli.main import app
from paywatch.invocation import Invocation

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


@pytest.fixture(autouse=True)
def functions(monkeypatch: pytest.MonkeyPatch) -> Functions:
    """Put a fake in the client's place, and name the function."""
    fake = Functions()
    monkeypatch.setattr(calling, "functions", lambda: fake)
    monkeypatch.setattr(getpass, "getuser", lambda: "operator")
    monkeypatch.setenv("PAYWATCH_FUNCTION", "poller")
    return fake


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


@pytest.mark.parametrize("verb", ASKS)
@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (
            b'{"errorMessage": "no alert a/b\\n is \\u001b[1m open", "errorType": "X"}',
            "no alert a/b is [1m open",
        ),
        (b'{"errorMessage": ["a"]}', "the function failed without a word"),
        (b'{"errorMessage": " "}', "the function failed without a word"),
        (b"{}", "the function failed without a word"),
        (b"null", "the function failed without a word"),
        (b"", "the function failed without a word"),
        (b"\xff", "the function failed without a word"),
    ],
)
def test_a_function_that_fails_is_quoted_in_one_line(
    functions: Functions, verb: str, raw: bytes, said: str
) -> None:
    functions.error, functions.raw = "Unhandled", raw
    assert failed(paywatch(*ASKS[verb])) == said


@pytest.mark.parametrize("verb", ASKS)
def test_aws_refuses(functions: Functions, verb: str) -> None:
    denied = {"Error": {"Code": "AccessDeniedException", "Message": "not you"}}
    functions.fault = ClientError(denied, "Invoke")  # type: ignore[arg-type]
    assert "AccessDeniedException" in failed(paywatch(*ASKS[verb]))
    functions.fault = EndpointConnectionError(endpoint_url="https://lambda.invalid")
    assert "https://lambda.invalid" in failed(paywatch(*ASKS[verb]))


@pytest.mark.parametrize("verb", ASKS)
@pytest.mark.parametrize("raw", [b"", b"[]", b"7", b"null", b"{", b"\xff", b"[" * 100_000])
def test_an_answer_that_is_no_report(functions: Functions, verb: str, raw: bytes) -> None:
    functions.raw = raw
    assert "is not a JSON object" in failed(paywatch(*ASKS[verb]))


@pytest.mark.parametrize(
    ("verb", "report", "said"),
    [
        ("alerts", {}, "alerts is not a list"),
        ("alerts", {"alerts": {}}, "alerts is not a list"),
        ("alerts", {"alerts": [OVERDUE, 7]}, "alerts[1] is not an object"),
        ("alerts", {"alerts": [{}]}, "alerts[0].alert is not text"),
        ("alerts", {"alerts": [{**OVERDUE, "cause": 7}]}, "alerts[0].cause is not text"),
        ("alerts", {"alerts": [{**OVERDUE, "since": "now"}]}, "alerts[0].since is not a date"),
        ("alerts", {"alerts": [{**OVERDUE, "since": None}]}, "alerts[0].since is not text"),
        ("alerts", {"alerts": [{**OVERDUE, "by": None}]}, "alerts[0].by is not text"),
        (
            "alerts",
            {"alerts": [{**OVERDUE, "since": "2026-03-01T12:00:00"}]},
            "alerts[0].since is not a date",
        ),
        (
            "alerts",
            {"alerts": [{**OVERDUE, "since": "0001-01-01T00:00:00+14:00"}]},
            "alerts[0].since is not a date",
        ),
        (
            "alerts",
            {"alerts": [{**OVERDUE, "snoozed_until": True}]},
            "alerts[0].snoozed_until is not text",
        ),
        ("ack", {}, "alert is not an object"),
        ("ack", {"alert": "payment_overdue/onepay"}, "alert is not an object"),
        ("ack", {"alert": OVERDUE}, "does not say that payment_overdue/onepay is acknowledged"),
        ("snooze", {"alert": OVERDUE}, "does not say that payment_overdue/onepay is snoozed"),
        ("snooze", {"alert": {**SNOOZED, "snoozed_until": "soon"}}, "is not a date"),
        ("drill", {}, "passed is neither true nor false"),
        ("drill", {"passed": 1, "told": 4, "detail": ""}, "passed is neither true nor false"),
        ("drill", {"passed": True, "told": True, "detail": ""}, "told is not a count"),
        ("drill", {"passed": True, "told": -1, "detail": ""}, "told is not a count"),
        ("drill", {"passed": True, "told": 4}, "detail is not text"),
        ("digest", {"text": "x"}, "told is neither true nor false"),
        ("digest", {"told": True}, "text is not text"),
    ],
)
def test_a_report_that_makes_no_sense(
    functions: Functions, verb: str, report: object, said: str
) -> None:
    functions.report = report
    assert said in failed(paywatch(*ASKS[verb]))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(data=st.data(), verb=st.sampled_from(sorted(ASKS)))
def test_whatever_the_answer_there_is_no_traceback(data: st.DataObject, verb: str) -> None:
    """Replace one value anywhere in a good report."""
    report = json.loads(json.dumps(reports(verb)))
    place = report
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(JSON)
            break
        place = place[key]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calling, "functions", lambda: Functions(report))
        result = paywatch(*ASKS[verb])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.exit_code in (0, 1)
    assert len(result.stderr.splitlines()) == (result.exit_code == 1) or verb == "digest"


def test_markup_and_control_characters_are_shown_and_not_obeyed(functions: Functions) -> None:
    cause = "[bold]12[/bold] [/nothing] \x1b[2J\n:warning: \ud800"
    functions.report = {"alerts": [{**OVERDUE, "cause": cause}]}
    result = paywatch("alerts")
    assert result.exit_code == 0, result.output
    assert "[bold]12[/bold] [/nothing]" in result.stdout
    assert ":warning:" in result.stdout
    assert "\x1b" not in result.stdout


def test_an_answer_that_is_nested_without_end(functions: Functions) -> None:
    deep = 900
    functions.raw = b'{"alerts": [], "more": ' + b"[" * deep + b"]" * deep + b"}"
    result = paywatch("alerts", "--json")
    assert result.exit_code == 0 or "nested too deeply" in failed(result)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_on_a_narrow_terminal_nothing_is_cut(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    def terminal(**options: Any) -> Console:
        return Console(**options, force_terminal=True, width=width, color_system=None)

    monkeypatch.setattr(showing, "Console", terminal)
    name = "delivery_backlog/changes-topic"
    cells = [name, "critical", "2026-03-01 12:00 UTC", "c" * 99, "s" * 40]
    showing.print_table(["alert", "severity", "since", "cause", "standing"], [cells], {0})
    table = capsys.readouterr().out.splitlines()
    lines = table[table.index("\u2500" * width) + 1 :]
    assert lines[0].startswith(name)
    assert max(map(len, lines)) <= width
    written = "".join(lines).removeprefix(name)
    assert (written.count("c") - "critical".count("c"), written.count("s")) == (99, 40), lines
    assert sum(map(str.isdigit, written)) == len("202603011200")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_what_the_terminal_cannot_write_is_replaced(
    monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr("sys.stdout", out)
    showing.print_table(["alert"], [[showing.line("a/b \u4e16")]], set())
    out.write(showing.shown("\u4e16"))
    out.flush()


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
