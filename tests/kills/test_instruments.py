"""What strikes and what counts: it does what it says, or the kills prove nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError

from paylab import LabClock, TruthLog, World
from paywatch.aws.items import attributes_of
from paywatch.aws.values import to_item
from paywatch.domain.changes import Record
from paywatch.domain.limits import BATCH_ENTRIES
from paywatch.domain.payments import Source, Status
from tests.contract.records import acknowledged, opened
from tests.e2e.emulator import REGION
from tests.kills.ledger import Ledger
from tests.kills.moments import any_moment
from tests.kills.relay import Passing, Relay
from tests.kills.repeats import Repeats
from tests.kills.server import state_server


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    folder = tmp_path_factory.mktemp("state")
    with state_server(folder) as endpoint, Relay(endpoint).serving() as relay:
        yield relay


def client(relay: Relay, service: str) -> Any:
    make: Any = boto3.client  # its type wants the service spelled out
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    once = Config(retries={"total_max_attempts": 1})
    return make(service, REGION, endpoint_url=relay.endpoint, config=once, **keys)


@pytest.mark.parametrize(("answered", "there"), [(False, 0), (True, 1)])
def test_a_call_is_struck_before_its_effect_or_after_it(
    relay: Relay, answered: bool, there: int
) -> None:
    sns = client(relay, "sns")
    name = f"changes-{there}"
    seen: list[Passing] = []

    def watcher(passing: Passing) -> bool:
        seen.append(passing)
        return passing.operation == "CreateTopic" and passing.answered == answered

    relay.watch(watcher)
    sns.list_topics()
    with pytest.raises(ConnectionClosedError):
        sns.create_topic(Name=name)
    relay.watch(None)
    names = [topic["TopicArn"].split(":")[-1] for topic in sns.list_topics()["Topics"]]
    assert names.count(name) == there
    last = Passing("CreateTopic", 2, 1, answered)
    assert (seen[0], seen[-1]) == (Passing("ListTopics", 1, 1, False), last)


def test_calls_are_told_apart_whatever_the_service_calls_them_by(relay: Relay) -> None:
    relay.watch(None)
    client(relay, "dynamodb").list_tables()
    client(relay, "secretsmanager").list_secrets()
    client(relay, "cloudwatch").list_metrics()
    client(relay, "sns").list_topics()
    assert relay.calls == {"ListTables": 1, "ListSecrets": 1, "ListMetrics": 1, "ListTopics": 1}


def test_the_same_seed_chooses_the_same_moments() -> None:
    one, same, other = ([any_moment(dice) for _ in range(200)] for dice in map(Random, (1, 1, 2)))
    assert one == same
    assert one != other
    assert len({moment.kind for moment in one}) == 8


def test_what_comes_again_is_the_fault_of_the_run_that_died_after_it() -> None:
    repeats = Repeats()
    first = [{"id": f"p/{number}", "source": "compago"} for number in range(BATCH_ENTRIES)]
    repeats.receive(0, first)
    repeats.died(0)
    repeats.receive(1, [{"id": "q/1", "source": "onepay"}])
    repeats.died(1)
    repeats.receive(2, [*first, {"id": "q/1", "source": "onepay"}])
    assert repeats.by_death() == [BATCH_ENTRIES, 1]
    assert repeats.worst_publisher() == BATCH_ENTRIES
    assert not repeats.groundless
    repeats.receive(3, first[:1])
    assert repeats.groundless == ["p/0: published by runs 2 and 3"]


class Scanned:
    """A table of one payment, in the index or not."""

    def __init__(self, record: Record, *, watched: bool) -> None:
        written = {"pk": "onepay/default#00", "sk": record.id, **attributes_of(record)}
        there = {name: value for name, value in written.items() if value is not None}
        self._items, self._watched = [to_item(there)], watched

    def get_paginator(self, operation: str) -> Scanned:
        return self

    def paginate(self, **asked: Any) -> list[dict[str, Any]]:
        return [{"Items": self._items if self._watched or "IndexName" not in asked else []}]


@pytest.mark.parametrize(
    ("standing", "stored", "watched", "owes", "told"),
    [
        ("processing", "processing", True, False, ""),
        ("paid", "paid", False, False, ""),
        ("paid", "processing", True, False, "is paid and stored as processing"),
        ("refunded", "paid", False, False, "is refunded and stored as paid"),
        ("paid", "paid", True, False, "is paid and in the index"),
        ("processing", "processing", False, False, "is processing and not stored"),
        ("paid", "paid", True, True, "owes versions [1]"),
    ],
)
def test_what_is_not_stored_as_it_stands_is_found(
    standing: str, stored: str, watched: bool, owes: bool, told: str
) -> None:
    clock = LabClock(datetime(2026, 3, 1, tzinfo=UTC))
    world = World("onepay", clock, TruthLog(), seed=1)
    record = opened(world.add(standing).id, Source("onepay"))
    row = replace(record.payment, provider_status=stored, status=Status(stored))
    record = replace(record, payment=row, status=Status(stored))
    record = record if owes else acknowledged(record, 1)
    found = Ledger(Scanned(record, watched=watched), "table", {"onepay/default": world}).differing()
    assert [line for line in found if told in line] if told else found == []
