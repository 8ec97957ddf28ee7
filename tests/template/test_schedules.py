"""The schedules say what the samples under events/ say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from paywatch.domain.payments import Source
from paywatch.invocation import Invocation
from tests.template.stack import ROOT, Stack

EVENTS = ROOT / "events"


def schedule(action: str, **parameters: str) -> dict[str, Any]:
    schedules = Stack(**parameters).of_type("AWS::Scheduler::Schedule")
    (found,) = (
        s for s in schedules.values() if json.loads(s["Target"]["Input"])["action"] == action
    )
    return found


@pytest.mark.parametrize(
    ("action", "expression"), [("poll", "rate(1 minute)"), ("reconcile", "rate(1 day)")]
)
def test_a_schedule_sends_the_sample(action: str, expression: str) -> None:
    found = schedule(action)
    sent = json.loads(found["Target"]["Input"])
    sample = json.loads((EVENTS / f"scheduled-{action}.json").read_text())
    # What the scheduler puts in the place of its own words.
    assert sent == sample | {
        "scheduled_time": "<aws.scheduler.scheduled-time>",
        "execution_id": "<aws.scheduler.execution-id>",
    }
    assert found["Target"]["DeadLetterConfig"] == {"Arn": "${FailedRunsQueue.Arn}"}
    assert found["Target"]["Arn"] == "${PollerFunction.Arn}"
    assert found["Target"]["RoleArn"] == "${ScheduleRole.Arn}"
    assert found["ScheduleExpression"] == expression
    assert found["State"] == "ENABLED"


@pytest.mark.parametrize("action", ["poll", "reconcile"])
def test_a_schedule_takes_its_state_and_has_no_name_of_its_own(action: str) -> None:
    found = schedule(action, ScheduleState="DISABLED")
    assert found["State"] == "DISABLED"
    assert "Name" not in found


def test_a_schedule_takes_its_expression() -> None:
    assert schedule("poll", PollSchedule="rate(5 minutes)")["ScheduleExpression"] == (
        "rate(5 minutes)"
    )
    assert schedule("reconcile", ReconcileSchedule="rate(1 day)")["ScheduleExpression"] == (
        "rate(1 day)"
    )


@pytest.mark.parametrize(
    ("action", "parameter"), [("drill", "DrillSchedule"), ("digest", "DigestSchedule")]
)
def test_a_drill_and_a_digest_are_sent_only_if_they_are_asked_for(
    action: str, parameter: str
) -> None:
    assert schedule(action)["State"] == "DISABLED"
    asked = schedule(action, **{parameter: "cron(0 13 * * ? *)"})
    assert (asked["State"], asked["ScheduleExpression"]) == ("ENABLED", "cron(0 13 * * ? *)")
    paused = schedule(action, **{parameter: "rate(1 day)"}, ScheduleState="DISABLED")
    assert paused["State"] == "DISABLED"
    sent = json.loads(asked["Target"]["Input"])
    assert Invocation.parse(sent, [Source("onepay")]).action == action
    assert asked["Target"]["DeadLetterConfig"] == {"Arn": "${FailedRunsQueue.Arn}"}


def test_the_function_may_run_no_longer_than_the_pause_of_the_fastest_schedule() -> None:
    assert Stack().properties("PollerFunction")["Timeout"] == 60


@pytest.mark.parametrize("sample", sorted(path.name for path in EVENTS.glob("*.json")))
def test_a_sample_is_an_invocation_that_is_accepted(sample: str) -> None:
    configured = (Source("compago"), Source("onepay"))
    invocation = Invocation.parse(json.loads((EVENTS / sample).read_text()), configured)
    assert set(invocation.sources) <= set(configured)
