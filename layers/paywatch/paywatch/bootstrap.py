"""Where everything is put together: the one place that knows every adapter."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
from botocore.config import Config

from paywatch.actions import act
from paywatch.aws.alerts_topic import SnsAlertsTopic
from paywatch.aws.controls_table import DynamoControls
from paywatch.aws.payments_table import DynamoPayments
from paywatch.aws.secrets import api_keys
from paywatch.aws.subscribers import CloudWatch, SnsSubscribers
from paywatch.aws.topics import SnsTopic
from paywatch.clock import SystemClock
from paywatch.discovery.brake import Plausible
from paywatch.domain.payments import Source
from paywatch.invocation import POLLS, Invocation
from paywatch.observability import LambdaJournal
from paywatch.ports import Clock, Provider
from paywatch.providers.http import Limits, Transport
from paywatch.providers.registry import connect
from paywatch.runner import World, run
from paywatch.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_secretsmanager.client import SecretsManagerClient
    from mypy_boto3_sns.client import SNSClient

# What a run may take where nobody says how long it has (a local call without a context).
DEFAULT_SECONDS = 60.0

# The name in the metrics of a poller that is no function.
LOCAL = "local"

# A call to AWS that hangs must not take the run's whole time.
AWS_CALLS = Config(
    connect_timeout=3,
    read_timeout=8,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=32,
)


@dataclass
class Poller:
    """Everything that lives from one invocation to the next in the same process."""

    settings: Settings
    dynamodb: DynamoDBClient
    sns: SNSClient
    secrets: SecretsManagerClient
    cloudwatch: CloudWatch
    clock: Clock
    random: Random
    function: str = LOCAL
    parallel: bool = True
    transport: Transport | None = None
    limits: Limits | None = None
    _providers: dict[Source, Provider] = field(default_factory=dict)
    _unsure: set[Source] = field(default_factory=set)
    _subscribers: SnsSubscribers = field(init=False)

    def __post_init__(self) -> None:
        self._subscribers = SnsSubscribers(self.cloudwatch, self.settings.changes_topic_arn)

    def invoke(self, event: object, remaining: float, run_id: str) -> dict[str, Any]:
        """Do what an invocation asks for within `remaining` seconds; return the run's report."""
        settings = self.settings
        invocation = Invocation.parse(event, settings.sources)
        journal = LambdaJournal(settings.log_level, self.function, invocation.schedule)
        world = World(
            payments=DynamoPayments(
                self.dynamodb, settings.table, self.clock, on_unreadable=journal.unreadable
            ),
            controls=DynamoControls(self.dynamodb, settings.table),
            topic=SnsTopic(self.sns, settings.changes_topic_arn),
            alerts=SnsAlertsTopic(self.sns, settings.alerts_topic_arn),
            subscribers=self._subscribers,
            connect=self._connect,
            clock=self.clock,
            journal=journal,
            request_budget=settings.request_budget,
            sources=settings.sources,
            plausible=Plausible(settings.brake_leavers, settings.brake_share),
            thresholds=settings.thresholds,
            parallel=self.parallel,
        )
        try:
            if invocation.action not in POLLS:
                return act(world, invocation, run_id, remaining)
            return run(world, invocation, run_id, remaining)
        finally:
            if not invocation.dry_run:
                journal.close(settings.sources)
            # The keys may have been turned: read them anew before the next poll.
            for source in journal.rejected:
                self._unsure.add(source)
                self._providers.pop(source, None)

    def _connect(self, source: Source) -> Provider:
        """Return the source's provider, which keeps its pace from run to run."""
        if source not in self._providers:
            self._providers[source] = connect(
                source,
                self._key_for(source),
                self.settings.base_urls[source.provider],
                self.settings.requests_per_second[source.provider],
                self.clock,
                self.random,
                self.transport,
                self.limits,
            )
        return self._providers[source]

    def _key_for(self, source: Source) -> str:
        """Return the source's key; where there is none, the next poll reads the secret anew."""
        unsure = source in self._unsure
        self._unsure.add(source)
        keys = api_keys(self.secrets, self.settings.api_keys_secret_arn, force=unsure)
        key = keys.key_for(source)
        self._unsure.discard(source)
        return key


_poller: Poller | None = None


def build(
    env: Mapping[str, str],
    clock: Clock | None = None,
    random: Random | None = None,
    clients: Callable[..., Any] = boto3.client,
    limits: Limits | None = None,
) -> Poller:
    """Make a poller from settings; raise ConfigurationError for what is missing or wrong.

    `clients` makes a client of an AWS service by its name; `limits` is what one attempt at a
    provider may take, where that is not the usual.
    """
    settings = Settings.from_environment(env)
    return Poller(
        settings=settings,
        dynamodb=clients("dynamodb", config=AWS_CALLS),
        sns=clients("sns", config=AWS_CALLS),
        secrets=clients("secretsmanager", config=AWS_CALLS),
        cloudwatch=clients("cloudwatch", config=AWS_CALLS),
        clock=clock or SystemClock(),
        random=random or Random(),
        function=env.get("AWS_LAMBDA_FUNCTION_NAME") or LOCAL,
        limits=limits,
    )


def install(poller: Poller | None) -> None:
    """Let the handler use this poller; None: let it make its own from the environment again."""
    global _poller
    _poller = poller


def invoke(event: object, context: object) -> dict[str, Any]:
    """Answer one invocation of the Lambda function."""
    global _poller
    if _poller is None:
        _poller = build(os.environ)
    millis = getattr(context, "get_remaining_time_in_millis", None)
    remaining = millis() / 1000 if callable(millis) else DEFAULT_SECONDS
    run_id = str(getattr(context, "aws_request_id", "") or uuid4())
    return _poller.invoke(event, remaining, run_id)
