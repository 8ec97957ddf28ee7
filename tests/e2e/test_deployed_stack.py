"""The built template, deployed for real: its own schedule fires its own function."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from paylab import Delivery, Lab, LabServer, Size, Tick, TruthLog, World, audit, populate
from tests.e2e.emulator import ROOT, Emulator, emulator
from tests.e2e.wall import WallClock

pytestmark = pytest.mark.e2e

SOURCES = ("compago/default", "onepay/default")
TICKS = 3
STACK = "paywatch"

# A run has begun when its first request arrives: it took its leases and read the secret.
BEFORE_THE_FIRST_REQUEST = timedelta(seconds=5)


def test_every_change_reaches_a_subscriber_of_the_deployed_stack(tmp_path: Path) -> None:
    lab = busy_lab()
    with LabServer(lab) as providers, emulator(tmp_path) as aws:
        stack = deploy(aws, STACK, providers)
        aws.client("secretsmanager").put_secret_value(
            SecretId=stack["ApiKeysSecretArn"],
            SecretString=json.dumps({s.split("/")[0]: lab.worlds[s].api_key for s in SOURCES}),
        )
        everything = subscribed_queue(aws, stack["ChangesTopicArn"], "orders", {})
        # As the stack's own output tells users to.
        words = shlex.split(stack["SubscribeQueueCommand"])
        attributes = json.loads(words[words.index("--attributes") + 1])
        wanted = set(json.loads(attributes["FilterPolicy"])["status"])
        some = subscribed_queue(aws, stack["ChangesTopicArn"], "paid", attributes)
        # The schedule fires once a minute, the first time a minute after the deployment.
        wait(
            lambda: len(ticks(lab)) >= TICKS and quiet(lab),
            seconds=60 * (TICKS + 2),
            otherwise=lambda: f"{len(ticks(lab))} ticks\n{aws.log.read_text()[-4000:]}",
        )
        read = ticks(lab)
        received, filtered = drain(aws, everything), drain(aws, some)
        lab.settle()
        hold(lab, read, received)
        assert {e["id"] for e in filtered} == {
            e["id"] for e in received if e["data"]["status"] in wanted
        }
        ask(aws, stack)
        live_on(aws, providers, stack)


def hold(lab: Lab, read: list[Tick], received: list[dict[str, Any]]) -> None:
    """Hold what was received against the truth."""
    starts = [tick.start for tick in read]
    deliveries = [
        Delivery(max(0, bisect_right(starts, datetime.fromisoformat(event["time"])) - 1), event)
        for event in received
    ]
    report = audit(lab.truth, read, deliveries, lab.log)
    print(f"{TICKS} ticks of the deployed schedule: {report}")
    assert report.ok
    assert report.delivered > 0


def ask(aws: Emulator, stack: dict[str, str]) -> None:
    """Ask the deployed function as an operator does, and see what reaches the alerts topic."""
    mailbox = subscribed_queue(aws, stack["AlertsTopicArn"], "operator", {})
    assert json.loads(paywatch(aws, stack, "alerts", "--json"))["alerts"] == []
    said = paywatch(aws, stack, "drill")
    assert "4" in said
    assert "still open" in paywatch(aws, stack, "digest")
    told = drain(aws, mailbox)
    steps = [each["data"]["step"] for each in told if each["type"] == "paywatch.alert.v1"]
    assert sorted(steps) == ["opened", "opened", "resolved", "resolved"]
    assert [each["type"] for each in told].count("paywatch.digest.v1") == 1
    print(f"asked the deployed function for its alerts, a drill and the digest: {said.strip()}")


def paywatch(aws: Emulator, stack: dict[str, str], verb: str, *options: str) -> str:
    """Run an operator's command against the deployed function."""
    done = subprocess.run(
        [str(ROOT / ".venv/bin/paywatch"), verb, *options],
        env={**aws.environment, "PAYWATCH_FUNCTION": stack["PollerFunctionName"]},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"paywatch {verb}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def live_on(aws: Emulator, providers: LabServer, stack: dict[str, str]) -> None:
    """Deploy again, with a change, beside a second stack; delete both, and see what remains."""
    table, function = stack["TableName"], stack["PollerFunctionName"]
    dynamodb, scheduler, lambda_ = map(aws.client, ("dynamodb", "scheduler", "lambda"))
    items = dynamodb.scan(TableName=table, Select="COUNT")["Count"]
    assert items > 0

    assert "No changes to deploy" in sam_deploy(aws, STACK, providers)

    changed = deploy(aws, STACK, providers, "ScheduleState=DISABLED", "LogLevel=DEBUG")
    assert changed == stack
    configured = lambda_.get_function_configuration(FunctionName=function)
    assert configured["Environment"]["Variables"]["PAYWATCH_LOG_LEVEL"] == "DEBUG"
    states = [s["State"] for s in scheduler.list_schedules()["Schedules"]]
    assert states == ["DISABLED"] * 4  # polls, reconciles, and no drill or digest was asked for
    assert dynamodb.scan(TableName=table, Select="COUNT")["Count"] >= items

    second = deploy(aws, f"{STACK}-two", providers, "Sources=onepay", "ScheduleState=DISABLED")
    assert not {*stack.values()} & {*second.values()}, "two stacks share something"
    assert len(scheduler.list_schedules()["Schedules"]) == 8
    alarms = aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    of_two = [alarm["AlarmName"] for alarm in alarms if f"{STACK}-two" in alarm["AlarmName"]]
    assert len(alarms) == 2 * len(of_two) > 0

    for name in (STACK, f"{STACK}-two"):
        sam(aws, "delete", name, "--no-prompts")
    assert scheduler.list_schedules()["Schedules"] == []
    assert lambda_.list_functions()["Functions"] == []
    assert aws.client("sns").list_topics()["Topics"] == []
    # The books outlive the stack.
    assert {table, second["TableName"]} <= {*dynamodb.list_tables()["TableNames"]}
    print("deployed again unchanged, changed, twice side by side, deleted: the tables remain")


def busy_lab() -> Lab:
    """Make a lab in which much moves within a minute."""
    clock = WallClock.at_present()
    truth = TruthLog()
    worlds = [World(source, clock, truth, seed=7) for source in SOURCES]
    for world in worlds:
        populate(world, Size(open=30, settled=60, arrivals_per_minute=20))
    return Lab(clock, worlds)


# --- The stack ------------------------------------------------------------------------------------


def deploy(aws: Emulator, stack: str, providers: LabServer, *parameters: str) -> dict[str, str]:
    """Deploy what was built as a user would, and return the stack's outputs."""
    sam_deploy(aws, stack, providers, *parameters)
    (described,) = aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}


def sam_deploy(aws: Emulator, stack: str, providers: LabServer, *parameters: str) -> str:
    """Deploy what was built, and return what `sam deploy` says."""
    return sam(
        aws,
        "deploy",
        stack,
        "--template-file",
        str(ROOT / ".aws-sam-here/build/template.yaml"),
        "--resolve-s3",
        "--no-confirm-changeset",
        "--no-fail-on-empty-changeset",
        "--capabilities=CAPABILITY_IAM",
        "--parameter-overrides",
        f"CompagoBaseUrl={providers.base_url('compago/default')}",
        f"OnePayBaseUrl={providers.base_url('onepay/default')}",
        "CompagoRequestsPerSecond=50",
        "OnePayRequestsPerSecond=50",
        f"Architecture={architecture()}",
        *parameters,
    )


def sam(aws: Emulator, verb: str, stack: str, *options: str) -> str:
    command = [str(ROOT / ".venv-sam/bin/sam"), verb, "--stack-name", stack, *options]
    done = subprocess.run(
        [*command, "--region", "us-east-1"],
        env=aws.environment,
        cwd=aws.log.parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"sam {verb}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout + done.stderr


def architecture() -> str:
    """Read for which processor the build was made."""
    built = (ROOT / ".aws-sam-here/build.toml").read_text()
    return "arm64" if 'architecture = "arm64"' in built else "x86_64"


# --- The subscriber -------------------------------------------------------------------------------


def subscribed_queue(aws: Emulator, topic: str, name: str, attributes: dict[str, str]) -> str:
    """Make a queue that the topic may send to, and subscribe it."""
    sqs = aws.client("sqs")
    url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    allowed = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn["QueueArn"],
                "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
            }
        ],
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(allowed)})
    aws.client("sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=arn["QueueArn"],
        Attributes={"RawMessageDelivery": "true", **attributes},
    )
    return url


def drain(aws: Emulator, queue: str) -> list[dict[str, Any]]:
    """Receive every event that is waiting, in the order of the queue."""
    sqs = aws.client("sqs")
    events = []
    while messages := sqs.receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=2
    ).get("Messages"):
        for message in messages:
            events.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return events


# --- The schedule's ticks, as the providers saw them ----------------------------------------------


def ticks(lab: Lab) -> list[Tick]:
    """Tell the runs apart by their requests: between two of them is most of a minute."""
    runs: list[list[datetime]] = []
    for served in lab.log:
        if runs and served.at - runs[-1][-1] < timedelta(seconds=15):
            runs[-1].append(served.at)
        else:
            runs.append([served.at])
    return [Tick(min(run) - BEFORE_THE_FIRST_REQUEST, max(run)) for run in runs]


def quiet(lab: Lab) -> bool:
    """Say whether the last run has ended, for all that the providers can tell."""
    return datetime.now(UTC) - ticks(lab)[-1].end > timedelta(seconds=10)


def wait(until: Callable[[], bool], *, seconds: float, otherwise: Callable[[], str]) -> None:
    last = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < last, f"not within {seconds:.0f} s: {otherwise()}"
        time.sleep(1)
