"""What the control items cost, and what becomes of one that a hand has spoilt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from paywatch.aws.controls_table import DynamoControls
from paywatch.errors import LeaseLost
from paywatch.ports import NO_LEASE, Control
from tests.contract import stack
from tests.contract.records import COMPAGO

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNTIL = NOW + timedelta(minutes=1)
KEY: dict[str, Any] = {"pk": {"S": "compago/default#poll"}, "sk": {"S": "control"}}


def acquired(controls: DynamoControls, now: datetime = NOW) -> Control:
    control = controls.acquire(COMPAGO, "poll", now, now + timedelta(minutes=1))
    assert control is not None
    return control


def spoil(client: DynamoDBClient, **attributes: Any) -> None:
    """Write attributes as a hand may, over what there is."""
    item = client.get_item(TableName=stack.TABLE, Key=KEY).get("Item", KEY)
    client.put_item(TableName=stack.TABLE, Item={**item, **attributes})


def test_each_step_of_a_run_costs_one_call(dynamodb: DynamoDBClient, calls: list[str]) -> None:
    controls = DynamoControls(dynamodb, stack.TABLE)
    lease = acquired(controls).lease
    assert calls == ["UpdateItem"]
    assert controls.acquire(COMPAGO, "poll", NOW, UNTIL) is None
    assert calls == ["UpdateItem"] * 2
    controls.mark(lease, range(64))
    assert calls == ["UpdateItem"] * 3
    controls.mark(lease, [])
    assert calls == ["UpdateItem"] * 3
    assert controls.finish(lease, dict.fromkeys(range(64), "digest"), {"tail": "{}"})
    assert calls == ["UpdateItem"] * 4
    controls.peek(COMPAGO, "poll")
    assert calls == [*["UpdateItem"] * 4, "GetItem"]


def test_a_lost_token_costs_a_second_write_and_a_lost_lease_none(
    dynamodb: DynamoDBClient, calls: list[str]
) -> None:
    controls = DynamoControls(dynamodb, stack.TABLE)
    lost = acquired(controls).lease
    lease = acquired(controls, UNTIL).lease
    calls.clear()
    assert not controls.finish(lease, {1: "digest"}, {})
    assert calls == ["UpdateItem"] * 2
    with pytest.raises(LeaseLost):
        controls.finish(lost, {1: "digest"}, {})
    assert calls == ["UpdateItem"] * 3


def test_the_item_is_readable(dynamodb: DynamoDBClient) -> None:
    controls = DynamoControls(dynamodb, stack.TABLE)
    lease = acquired(controls).lease
    controls.mark(lease, [63])
    controls.finish(lease, {63: "digest"}, {"tail": "{}"})
    assert dynamodb.get_item(TableName=stack.TABLE, Key=KEY)["Item"] == {
        **KEY,
        "epoch": {"N": str(int(NOW.timestamp()) + 1)},
        "lease_until": {"S": "1970-01-01T00:00:00.000000Z"},
        "watch_began": {"S": "2026-03-01T12:00:00.000000Z"},
        "buckets": {"M": {"3f": {"S": "digest"}}},
        "memory_tail": {"S": "{}"},
    }


@pytest.mark.parametrize("buckets", [{"S": "none"}, {"L": []}, {"NULL": True}], ids=str)
def test_buckets_that_are_no_map_are_absent_and_mended(
    dynamodb: DynamoDBClient, buckets: dict[str, Any]
) -> None:
    controls = DynamoControls(dynamodb, stack.TABLE)
    spoil(dynamodb, buckets=buckets)
    assert controls.peek(COMPAGO, "poll").buckets == {}
    lease = acquired(controls).lease
    controls.mark(lease, [1])
    assert controls.finish(lease, {1: "digest"}, {})
    assert controls.peek(COMPAGO, "poll").buckets == {1: "digest"}


def test_what_cannot_be_read_is_absent(dynamodb: DynamoDBClient) -> None:
    spoil(
        dynamodb,
        buckets={"M": {"01": {"S": "kept"}, "02": {"N": "7"}, "zz": {"S": "x"}, "40": {"S": "x"}}},
        memory_tail={"S": "kept"},
        memory_books={"M": {}},
        watch_began={"S": "last year"},
    )
    control = acquired(DynamoControls(dynamodb, stack.TABLE))
    assert control.buckets == {1: "kept"}
    assert control.memory == {"tail": "kept"}
    assert control.watch_began == NO_LEASE


@pytest.mark.parametrize(
    "lease_until",
    [{"N": "99"}, {"NULL": True}, {"S": ""}, {"S": "tomorrow"}, {"S": "2026-03-01T11:00:00"}],
    ids=str,
)
def test_a_lease_whose_end_cannot_be_read_is_nobodys(
    dynamodb: DynamoDBClient, lease_until: dict[str, Any]
) -> None:
    spoil(dynamodb, lease_until=lease_until)
    controls = DynamoControls(dynamodb, stack.TABLE)
    assert controls.peek(COMPAGO, "poll").lease.until == NO_LEASE
    assert acquired(controls).lease.until == UNTIL


@pytest.mark.parametrize("epoch", [{"S": "7"}, {"NULL": True}, {"M": {}}], ids=str)
def test_an_epoch_that_is_no_number_begins_anew_beyond_every_other(
    dynamodb: DynamoDBClient, epoch: dict[str, Any]
) -> None:
    spoil(dynamodb, epoch=epoch)
    controls = DynamoControls(dynamodb, stack.TABLE)
    assert controls.peek(COMPAGO, "poll").lease.epoch == 0
    lease = acquired(controls).lease
    assert lease.epoch == int(NOW.timestamp()) + 1
    assert len(str(lease.epoch)) == 10
    controls.mark(lease, [1])
    assert controls.finish(lease, {1: "digest"}, {})


@pytest.mark.parametrize("epoch", ["1.5", "-7"])
def test_an_epoch_that_counts_nothing_is_mended_by_the_time_the_lease_ends(
    dynamodb: DynamoDBClient, epoch: str
) -> None:
    spoil(dynamodb, epoch={"N": epoch})
    controls = DynamoControls(dynamodb, stack.TABLE)
    assert controls.acquire(COMPAGO, "poll", NOW, UNTIL) is None
    assert acquired(controls, UNTIL).lease.epoch == int(NOW.timestamp()) + 1


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException"])
def test_a_fault_of_our_own_is_raised_as_it_is(code: str) -> None:
    client = stack.dynamodb()
    with Stubber(client) as stub:
        stub.add_client_error("update_item", code, "no")
        stub.add_response("get_item", {})
        with pytest.raises(ClientError, match=code):
            acquired(DynamoControls(client, stack.TABLE))
