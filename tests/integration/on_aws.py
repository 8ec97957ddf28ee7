"""paywatch as it is deployed, over the lab: real adapters on moto, a queue that subscribes.

Everything goes through `bootstrap.Poller`, as it does for the handler. Use it inside `mock_aws`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from random import Random
from typing import Any

import boto3

from paylab import LabTransport
from paywatch.aws import secrets
from paywatch.aws.controls_table import DynamoControls
from paywatch.aws.items import record_of
from paywatch.aws.payments_table import DynamoPayments
from paywatch.aws.values import from_item
from paywatch.bootstrap import Poller
from paywatch.domain.changes import Record
from paywatch.domain.payments import Source
from paywatch.providers.http import Transport
from paywatch.settings import Settings
from tests.contract.stack import create_table
from tests.integration.aws_line import Line
from tests.polling import Polling

REGION = "us-east-1"
BASE_URLS = {"compago": "https://compago.test/api", "onepay": "https://onepay.test/v1"}

_numbers = count(1)


class OnAws(Polling):
    """The poller on moto; `line` carries its calls, `settings` may be changed between processes.

    The poller lives in a process of its own, so to say: `restart()` begins a new one, which knows
    nothing of the one before. What a test itself asks of AWS does not pass the line.
    """

    def __init__(self, settings: Mapping[str, str] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.line = Line()
        self.dynamodb = boto3.client("dynamodb", REGION)
        self.sqs = boto3.client("sqs", REGION)
        self.sns = boto3.client("sns", REGION)
        self.secrets = boto3.client("secretsmanager", REGION)
        number = next(_numbers)
        self.table = f"payments-{number}"
        create_table(self.dynamodb, self.table)
        self._mailbox = self.sqs.create_queue(QueueName=f"operator-{number}")["QueueUrl"]
        self.topic_arn = self.sns.create_topic(Name=f"changes-{number}")["TopicArn"]
        self.alerts_arn = self.sns.create_topic(Name=f"alerts-{number}")["TopicArn"]
        self._queue = self.sqs.create_queue(QueueName=f"subscriber-{number}")["QueueUrl"]
        self.sns.subscribe(
            TopicArn=self.topic_arn,
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:{REGION}:123456789012:subscriber-{number}",
            Attributes={"RawMessageDelivery": "true"},
        )
        self.sns.subscribe(
            TopicArn=self.alerts_arn,
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:{REGION}:123456789012:operator-{number}",
            Attributes={"RawMessageDelivery": "true"},
        )
        keys_by_source = {source.short: world.api_key for source, world in self.worlds.items()}
        self.secret_arn = self.secrets.create_secret(
            Name=f"keys-{number}", SecretString=json.dumps(keys_by_source)
        )["ARN"]
        self.payments = DynamoPayments(self.dynamodb, self.table, self.clock)
        self.controls = DynamoControls(self.dynamodb, self.table)
        self.transport: Transport = LabTransport(self.lab, latency=self.latency)
        self.settings = self.environment(**(settings or {}))
        self.restart()

    def environment(self, **more: str) -> dict[str, str]:
        """Return the function's environment, with these PAYWATCH_ settings in place of others."""
        settings = {
            "TABLE": self.table,
            "CHANGES_TOPIC_ARN": self.topic_arn,
            "ALERTS_TOPIC_ARN": self.alerts_arn,
            "API_KEYS_SECRET_ARN": self.secret_arn,
            "SOURCES": ",".join(source.short for source in self.sources),
            "REQUEST_BUDGET": str(self.budget),
            **{f"{name.upper()}_BASE_URL": url for name, url in BASE_URLS.items()},
            **{f"{name.upper()}_REQUESTS_PER_SECOND": str(self.pace) for name in BASE_URLS},
            **more,
        }
        return {f"PAYWATCH_{name}": value for name, value in settings.items()}

    def restart(self) -> None:
        """Begin a new process, with new clients."""
        secrets._provider.cache_clear()
        dynamodb = boto3.client("dynamodb", REGION)
        sns = boto3.client("sns", REGION)
        keys = boto3.client("secretsmanager", REGION)
        cloudwatch = boto3.client("cloudwatch", REGION)
        for client in (dynamodb, sns, keys, cloudwatch):
            self.line.watch(client)
        self.poller = Poller(
            Settings.from_environment(self.settings),
            dynamodb,
            sns,
            keys,
            cloudwatch,
            clock=self.clock,
            random=Random(1),
            parallel=False,
            transport=self.transport,
        )

    def tick(self, *, seconds: float = 60.0, **event: Any) -> dict[str, Any]:
        """Invoke the poller once with an event, as Polling.tick does with the ports."""
        start, finished = self.clock.now(), False
        try:
            report = self.poller.invoke(event, seconds, f"run-{len(self.ticks)}")
            self.reports.append(report)
            finished = True
            return report
        finally:
            self.note(start, finished)
            self.clock.set(max(self.clock.now(), start + self.every))

    def receive(self) -> Sequence[Mapping[str, Any]]:
        """Take everything out of the subscriber's queue."""
        return self._take(self._queue)

    def receive_alerts(self) -> Sequence[Mapping[str, Any]]:
        """Take everything out of the queue that is subscribed to the alerts."""
        return self._take(self._mailbox)

    def _take(self, queue: str) -> Sequence[Mapping[str, Any]]:
        events: list[Mapping[str, Any]] = []
        while True:
            answer = self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
            messages = answer.get("Messages", [])
            if not messages:
                return events
            events += [json.loads(message["Body"]) for message in messages]
            self.sqs.delete_message_batch(
                QueueUrl=queue,
                Entries=[
                    {"Id": str(i), "ReceiptHandle": message["ReceiptHandle"]}
                    for i, message in enumerate(messages)
                ],
            )

    def items(self) -> Iterator[dict[str, Any]]:
        """Give every payment's item, as it is stored."""
        for page in self.dynamodb.get_paginator("scan").paginate(TableName=self.table):
            yield from (item for item in page["Items"] if item["sk"] != {"S": "control"})

    def records(self, source: str) -> dict[str, Record]:
        """Return everything that is stored of a source, by id."""
        name = Source.parse(source)
        return {
            record.id: record
            for item in self.items()
            if item["pk"]["S"].startswith(f"{name}#")
            for record in [record_of(name, from_item(item))]
        }
