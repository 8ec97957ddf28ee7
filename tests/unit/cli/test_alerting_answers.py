"""Answers of the function that are no good: each is one line, and never a traceback."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from paywatch.cli import calling
from tests.unit.cli.asking import ASKS, OVERDUE, SNOOZED, Functions, failed, paywatch, reports

pytestmark = pytest.mark.usefixtures("functions")


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


def test_an_answer_that_is_nested_without_end(functions: Functions) -> None:
    deep = 900
    functions.raw = b'{"alerts": [], "more": ' + b"[" * deep + b"]" * deep + b"}"
    result = paywatch("alerts", "--json")
    assert result.exit_code == 0 or "nested too deeply" in failed(result)
