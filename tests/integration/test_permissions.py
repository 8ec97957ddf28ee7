"""The calls that the code makes are the calls that its role allows, both ways."""

from __future__ import annotations

from paylab import Size
from tests.integration.aws_line import Call
from tests.integration.on_aws import OnAws
from tests.template.stack import Stack

# What Lambda itself does in the role's name: the code makes no such call.
LAMBDA_S_OWN = {"Log", "Trace", "KeepFailedRuns"}
# What is authorised under another name than its own.
AUTHORISED_AS = {"PublishBatch": "Publish"}


def allowed() -> set[tuple[str, str]]:
    """Return every action and resource that the role allows the code."""
    (policy,) = Stack().properties("PollerRole")["Policies"]
    found = set()
    for statement in policy["PolicyDocument"]["Statement"]:
        if statement["Sid"] not in LAMBDA_S_OWN:
            actions = statement["Action"]
            for action in [actions] if isinstance(actions, str) else actions:
                on = statement["Resource"]
                found |= {(action, each) for each in ([on] if isinstance(on, str) else on)}
    return found


def needed(stage: OnAws, call: Call) -> tuple[str, str]:
    """Return the action and the resource, in the template's words, that a call needs."""
    service = call.client.meta.service_model.signing_name
    action = f"{service}:{AUTHORISED_AS.get(call.operation, call.operation)}"
    if service == "dynamodb":
        tables = {call.params.get("TableName"), *call.params.get("RequestItems", {})} - {None}
        assert tables == {stage.table}
        index = call.params.get("IndexName")
        return action, "${PaymentsTable.Arn}" + (f"/index/{index}" if index else "")
    if service == "sns":
        topics = {stage.topic_arn: "${ChangesTopic}", stage.alerts_arn: "${AlertsTopic}"}
        return action, topics[call.params["TopicArn"]]
    if service == "monitoring":
        return f"cloudwatch:{call.operation}", "*"
    assert call.params["SecretId"] == stage.secret_arn
    return action, "${ApiKeysSecret.Id}"


def test_the_role_allows_the_calls_that_are_made_and_no_others() -> None:
    stage = OnAws(size=Size(open=8, settled=8, arrivals_per_minute=3.0))
    for _ in range(6):
        stage.tick()
    stage.tick(action="reconcile")
    # A run that dies is found again by the next one, and one that only reads reads more.
    stage.restart()
    for _ in range(3):
        stage.tick()
    stage.tick(dry_run=True)
    for action in ("alerts", "drill", "digest"):
        stage.tick(action=action)
    assert stage.deliveries
    made = {needed(stage, call) for call in stage.line.calls}
    assert made == allowed()
