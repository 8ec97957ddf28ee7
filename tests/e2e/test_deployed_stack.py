"""The built template, deployed for real: its own schedule fires its own function."""

from __future__ import annotations

import json
import subprocess
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    with LabServer(lab) as providers, emulator(tmp_path) as aws, deployed(aws, providers) as stack:
        aws.client("secretsmanager").put_secret_value(
            SecretId=stack["ApiKeysSecretArn"],
            SecretString=json.dumps({s.split("/")[0]: lab.worlds[s].api_key for s in SOURCES}),
        )
        queue = subscribed_queue(aws, stack["ChangesTopicArn"])
        # The schedule fires once a minute, the first time a minute after the deployment.
        wait(
            lambda: len(ticks(lab)) >= TICKS and quiet(lab),
            seconds=60 * (TICKS + 2),
            otherwise=lambda: f"{len(ticks(lab))} ticks\n{aws.log.read_text()[-4000:]}",
        )
        read = ticks(lab)
        received = drain(aws, queue)
        lab.settle()

    starts = [tick.start for tick in read]
    deliveries = [
        Delivery(max(0, bisect_right(starts, datetime.fromisoformat(event["time"])) - 1), event)
        for event in received
    ]
    report = audit(lab.truth, read, deliveries, lab.log)
    print(f"{TICKS} ticks of the deployed schedule: {report}")
    assert report.ok
    assert report.delivered > 0


def busy_lab() -> Lab:
    """Make a lab in which much moves within a minute."""
    clock = WallClock.at_present()
    truth = TruthLog()
    worlds = [World(source, clock, truth, seed=7) for source in SOURCES]
    for world in worlds:
        populate(world, Size(open=30, settled=60, arrivals_per_minute=20))
    return Lab(clock, worlds)


# --- The stack ------------------------------------------------------------------------------------


@contextmanager
def deployed(aws: Emulator, providers: LabServer) -> Iterator[dict[str, str]]:
    """Deploy what was built as a user would, give the stack's outputs, and delete it."""
    sam(
        aws,
        "deploy",
        "--template-file",
        str(ROOT / ".aws-sam-here/build/template.yaml"),
        "--resolve-s3",
        "--no-confirm-changeset",
        "--capabilities=CAPABILITY_IAM",
        "--parameter-overrides",
        f"CompagoBaseUrl={providers.base_url('compago/default')}",
        f"OnePayBaseUrl={providers.base_url('onepay/default')}",
        "CompagoRequestsPerSecond=50",
        "OnePayRequestsPerSecond=50",
        f"Architecture={architecture()}",
    )
    cloudformation = aws.client("cloudformation")
    (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    yield outputs
    sam(aws, "delete", "--no-prompts")
    assert aws.client("scheduler").list_schedules()["Schedules"] == []
    # The books outlive the stack.
    assert outputs["TableName"] in aws.client("dynamodb").list_tables()["TableNames"]


def sam(aws: Emulator, verb: str, *options: str) -> None:
    command = [str(ROOT / ".venv-sam/bin/sam"), verb, "--stack-name", STACK, *options]
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


def architecture() -> str:
    """Read for which processor the build was made."""
    built = (ROOT / ".aws-sam-here/build.toml").read_text()
    return "arm64" if 'architecture = "arm64"' in built else "x86_64"


# --- The subscriber -------------------------------------------------------------------------------


def subscribed_queue(aws: Emulator, topic: str) -> str:
    """Make a queue that the topic may send to, and subscribe it."""
    sqs = aws.client("sqs")
    url: str = sqs.create_queue(QueueName="orders")["QueueUrl"]
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
        Attributes={"RawMessageDelivery": "true"},
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
