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
from tests.contract.answers import BROKEN, Answer, ask, items
from tests.contract.comparing import report
from tests.contract.comparing_requests import RequestsComparison, own_table
from tests.contract.differences import DIFFERENCES
from tests.contract.differing import FAILED, Difference, same
from tests.contract.emulating import REQUESTS, many
from tests.contract.examples import put, query, update
from tests.e2e.emulator import Emulator
from tests.proofs import Proof, seed_offset

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

SEED = 1
# So many walks find each of the lies below.
ENOUGH = 10
# Operations that are drawn, 100,000 in all: of the ports on three implementations, and requests
# that have no place in memory on two.
PORTS = {"payments": 9_000, "controls": 34_000, "messages": 1_000, "subscribers": 6_000}
REQUESTED = {REQUESTS: 50_000}


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


# Only here, where moto is compared with itself.
BREAKING_ALIKE = Difference(
    "both break",
    right="neither",
    document="none found: both are moto",
    moto="crash",
    ministack="crash",
    leaves_traces=True,
    example=query("NOT NOT attribute_exists(seen)"),
)
LIES: Mapping[str, Callable[..., Any]] = {
    "after-call.dynamodb.Query": leave_out_the_last,
    "after-call.dynamodb.UpdateItem": keep_back,
    "before-call.dynamodb.UpdateItem": do_nothing,
}


@pytest.mark.parametrize("when", LIES)
def test_an_emulator_that_lies_is_found_out(moto: DynamoDBClient, when: str) -> None:
    other: DynamoDBClient = stack.client("dynamodb", region="eu-west-1")
    compared = RequestsComparison(moto, other, known=[BREAKING_ALIKE])
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
        compared = RequestsComparison(moto, other)
        assert difference in (compared.explain(difference.example, *answers) or [])


@pytest.mark.parametrize(
    ("condition", "known"),
    [
        ("seen = :null", True),
        ("NOT seen <> :null", True),
        ("seen IN (:a, :null) AND attribute_exists(epoch)", True),
        # Null is spoken of, and is not why the opposite is answered.
        ("epoch = :null", False),
        ("NOT epoch = :null", False),
        ("attribute_exists(seen) AND seen = :null", False),
        ("seen = :a OR epoch = :null", False),
        ("contains(seen, :null)", False),
    ],
)
def test_that_nothing_equals_null_excuses_nothing_else(
    moto: DynamoDBClient, condition: str, known: bool
) -> None:
    values: dict[str, Any] = {"null": {"NULL": True}, "a": {"S": "a"}}
    told: dict[str, Any] = {
        name: value for name, value in values.items() if f":{name}" in condition
    }
    asked = update("SET published = :one", condition, one={"N": "1"}, **told)
    with own_table(moto) as table:
        ask(moto, table, put(epoch={"N": "1"}))
        before = items(moto, table)
        answer = ask(moto, table, asked)
    opposite = Answer(f"{FAILED}: no", None, before)
    if answer.refusal:
        opposite = Answer("", {}, ({**before[0], "published": {"N": "1"}},))
    explained = RequestsComparison(moto, moto).explain(asked, answer, opposite)
    assert bool(explained) == known


def test_where_both_break_nothing_is_alike() -> None:
    for code in BROKEN:
        assert not same(Answer(f"{code}: oh", None), Answer(f"{code}: oh", None))
    assert same(Answer("ValidationException: no", None), Answer("ValidationException: oh", None))


@pytest.mark.soak
@pytest.mark.takes(13)
def test_three_implementations_do_the_same_but_for_what_the_list_says(
    ministack: Emulator, proof: Proof
) -> None:
    seed = SEED + seed_offset()
    ports = many(PORTS, seed, ministack.endpoint)
    requested = many(REQUESTED, seed, ministack.endpoint)
    drawn = [difference.name for difference in DIFFERENCES if difference.drawn]
    each = ", ".join(f"{count:,} of {name}" for name, count in PORTS.items())
    proof(
        "memory, moto and ministack do the same",
        cases=ports.drawn,
        violations=len(ports.violations),
        seed=seed,
        figures=f"operations drawn ({each}, at least) in {ports.walks:,} walks; besides, "
        f"{ports.reads:,} reads of what they left behind and {ports.tables:,} pairs of tables",
    )
    proof(
        "moto and ministack do the same",
        cases=requested.drawn,
        violations=len(requested.violations),
        seed=seed,
        figures=f"requests drawn in {requested.walks:,} walks; besides, {requested.tables:,} pairs "
        f"of tables; {len(drawn)} known differences were met {requested.known.total():,} times, "
        f"{len(DIFFERENCES) - len(drawn)} more have examples",
    )
    assert ports.violations + requested.violations == []
    assert ports.drawn + requested.drawn >= sum(PORTS.values()) + sum(REQUESTED.values())
    assert [name for name in drawn if not requested.known[name]] == []
