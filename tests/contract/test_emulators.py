"""The emulators are not the oracle: where they differ, AWS's documents say who is right.

Without ministack only moto's half of the list can be tried; `make soak` tries all of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from tests.contract import stack
from tests.contract.answers import BROKEN, Answer, ask, items
from tests.contract.comparing_requests import RequestsComparison, own_table
from tests.contract.differences import DIFFERENCES
from tests.contract.differing import FAILED, Difference, same
from tests.contract.emulating import REQUESTS, many
from tests.contract.examples import put, update
from tests.contract.excuses import without_capacity
from tests.contract.parts import Item, items_of
from tests.e2e.emulator import Emulator
from tests.proofs import Proof, seeds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

SEED = 1
# More than are walked of any kind.
MOST_WALKS = 2_000
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


def held_before(client: DynamoDBClient, difference: Difference) -> tuple[Item, ...]:
    """Return what the table holds before a difference's example."""
    with own_table(client) as table:
        for request in difference.before:
            ask(client, table, request)
        return items(client, table)


def test_every_difference_is_named_once_and_has_a_side_and_a_document() -> None:
    assert len({difference.name for difference in DIFFERENCES}) == len(DIFFERENCES)
    for difference in DIFFERENCES:
        assert difference.right in ("moto", "ministack", "neither")
        assert difference.document.startswith(("DG, ", "API, ", "alternator: ", "none found: "))


def test_every_difference_that_excuses_says_what_the_request_has() -> None:
    for difference in DIFFERENCES:
        ways = (difference.where, difference.mending, difference.rephrasing)
        assert [way is not None for way in ways].count(True) == difference.drawn


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.name)
def test_moto_still_does_what_the_list_says(moto: DynamoDBClient, difference: Difference) -> None:
    assert difference.shown_by(shown(moto, difference), None)


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
        ("(seen = :null)", True),
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


@pytest.mark.parametrize(
    "difference",
    [difference for difference in DIFFERENCES if difference.rephrasing is not None],
    ids=lambda difference: difference.name,
)
def test_only_what_is_answered_in_other_words_too_is_excused(
    moto: DynamoDBClient, difference: Difference
) -> None:
    asked, before = difference.example, held_before(moto, difference)
    assert difference.rephrasing is not None
    other = difference.rephrasing(asked, before)
    assert other is not None
    right = shown(moto, replace(difference, example=other))
    # As the other emulator says it.
    right = replace(right, content=without_capacity(other, right.content, None))
    compared, own = RequestsComparison(moto, moto), items_of(asked, before)
    answer = shown(moto, difference)
    assert difference in (compared.explain(asked, answer, right, own) or [])
    for wrong in (
        Answer(f"{FAILED}: no", None, before),
        Answer("ValidationException: no", None, before),
        Answer("", [] if asked.paged else {"Attributes": {"seen": {"S": "no"}}}, before),
    ):
        if not same(wrong, right) and not same(wrong, answer):
            assert compared.explain(asked, answer, wrong, own) is None


def test_where_both_break_nothing_is_alike() -> None:
    for code in BROKEN:
        assert not same(Answer(f"{code}: oh", None), Answer(f"{code}: oh", None))
    assert same(Answer("ValidationException: no", None), Answer("ValidationException: oh", None))


@pytest.mark.soak
@pytest.mark.takes(23)
def test_three_implementations_do_the_same_but_for_what_the_list_says(
    ministack: Emulator, proof: Proof
) -> None:
    seed = seeds(MOST_WALKS, SEED).start
    ports = many(PORTS, seed, ministack.endpoint)
    requested = many(REQUESTED, seed, ministack.endpoint)
    drawn = [difference.name for difference in DIFFERENCES if difference.drawn]
    each = ", ".join(f"{count:,} of {name}" for name, count in PORTS.items())
    share = ports.drawn / (ports.drawn + requested.drawn)
    proof(
        "memory, moto and ministack do the same",
        cases=ports.drawn,
        violations=len(ports.violations),
        seed=seed,
        figures=f"{share:.0%} of all operations drawn, done on all three ({each}, at least), in "
        f"{ports.walks:,} walks; besides, "
        f"{ports.reads:,} reads of what they left behind and {ports.tables:,} pairs of tables",
    )
    proof(
        "moto and ministack do the same",
        cases=requested.drawn,
        violations=len(requested.violations),
        seed=seed,
        figures=f"{1 - share:.0%} of all operations drawn, requests that have no place in memory, "
        f"on these two alone, in {requested.walks:,} walks; besides, {requested.tables:,} pairs of "
        f"tables; {len(drawn)} known differences were met {requested.known.total():,} times, "
        f"{len(DIFFERENCES) - len(drawn)} more have examples",
    )
    assert ports.violations + requested.violations == []
    assert ports.drawn + requested.drawn >= sum(PORTS.values()) + sum(REQUESTED.values())
    assert [name for name in drawn if not requested.known[name]] == []
