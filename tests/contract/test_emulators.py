"""The emulators are not the oracle: where they differ, AWS's documents say who is right.

Without ministack only moto's half of the list can be tried; `make soak` tries all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto import mock_aws

from tests.contract import stack
from tests.contract.answers import Answer, ask
from tests.contract.comparing import report
from tests.contract.comparing_requests import RequestsComparison, own_table
from tests.contract.differences import DIFFERENCES
from tests.contract.differing import Difference, explained
from tests.contract.emulating import many
from tests.e2e.emulator import Emulator
from tests.proofs import Proof

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

SEED = 1
# So many walks find each of the lies below.
ENOUGH = 10
# Calls made on every implementation: 100,000.
CALLS = {
    "payments": 28_000,
    "controls": 30_000,
    "messages": 5_000,
    "subscribers": 2_000,
    "requests": 35_000,
}


@pytest.fixture
def moto() -> Iterator[DynamoDBClient]:
    with mock_aws():
        yield stack.dynamodb()


def shown(client: DynamoDBClient, difference: Difference) -> Answer:
    """Make the requests that come before a difference's example, and then the example."""
    with own_table(client) as table:
        for request in difference.before:
            assert ask(client, table, request).refusal == ""
        return ask(client, table, difference.example)


def test_every_difference_is_named_once_and_has_a_side_and_a_document() -> None:
    assert len({difference.name for difference in DIFFERENCES}) == len(DIFFERENCES)
    for difference in DIFFERENCES:
        assert difference.right in ("moto", "ministack", "neither")
        assert difference.document.startswith(("DG, ", "API, ", "alternator: ", "none found: "))


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.name)
def test_moto_still_does_what_the_list_says(moto: DynamoDBClient, difference: Difference) -> None:
    assert difference.shown_by(shown(moto, difference), None)


def leave_out_the_last(parsed: Any, **_: Any) -> None:
    """Answer a query without its last item."""
    del parsed.get("Items", [])[-1:]


def keep_back(parsed: Any, **_: Any) -> None:
    """Refuse an update without saying what is stored."""
    parsed.pop("Item", None)


def do_nothing(**_: Any) -> Any:
    """Answer an update without making it."""
    return AWSResponse("", 200, HTTPHeaders(), None), {"ResponseMetadata": {}}


LIES: Mapping[str, Callable[..., Any]] = {
    "after-call.dynamodb.Query": leave_out_the_last,
    "after-call.dynamodb.UpdateItem": keep_back,
    "before-call.dynamodb.UpdateItem": do_nothing,
}


@pytest.mark.parametrize("when", LIES)
def test_an_emulator_that_lies_is_found_out(moto: DynamoDBClient, when: str) -> None:
    other: DynamoDBClient = stack.client("dynamodb", region="eu-west-1")
    compared = RequestsComparison(moto, other, known=())
    assert compared.walk(0).parted == ""
    other.meta.events.register(when, LIES[when])
    walked = next(w for seed in range(ENOUGH) if (w := compared.walk(seed)).parted)
    told = report(compared, walked).splitlines()
    assert f"replay requests {walked.seed}" in told[0]
    operations = [line for line in told if line.startswith("  Request(")]
    assert 1 <= len(operations) <= 3
    assert ("query" if "Query" in when else "update_item") in operations[-1]


@pytest.mark.soak
@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.name)
def test_the_emulators_still_differ_as_the_list_says(
    moto: DynamoDBClient, ministack: Emulator, difference: Difference
) -> None:
    other: DynamoDBClient = stack.client("dynamodb", ministack.endpoint)
    answers = shown(moto, difference), shown(other, difference)
    assert difference.shown_by(*answers)
    if difference.drawn:
        assert difference in (explained(DIFFERENCES, difference.example, *answers) or [])


@pytest.mark.soak
@pytest.mark.takes(13)
def test_three_implementations_do_the_same_but_for_what_the_list_says(
    ministack: Emulator, proof: Proof
) -> None:
    found = many(CALLS, SEED, ministack.endpoint)
    drawn = [difference.name for difference in DIFFERENCES if difference.drawn]
    proof(
        "memory, moto and ministack do the same",
        cases=found.calls,
        violations=len(found.violations),
        seed=SEED,
        figures=f"{found.walks} walks; {len(drawn)} known differences were met "
        f"{found.known.total():,} times, {len(DIFFERENCES) - len(drawn)} more have examples",
    )
    assert found.violations == []
    assert found.calls >= sum(CALLS.values())
    assert [name for name in drawn if not found.known[name]] == []
