"""An emulator that lies is found out, whatever it says: no known difference excuses it.

All of it is tried with the whole list of differences. Whoever lies is moto, in the place of either
emulator; what it lies to the other one about is only found because it is not so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from itertools import cycle
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from tests.contract import stack
from tests.contract.answers import Answer, ask, items
from tests.contract.comparing import PortsComparison, report
from tests.contract.comparing_requests import RequestsComparison, own_table
from tests.contract.differences import DIFFERENCES
from tests.contract.differing import Difference
from tests.contract.examples import query
from tests.contract.faults import faults
from tests.contract.lying import (
    CRASHES,
    REFUSALS,
    do_nothing,
    keep_back,
    leave_out_the_last,
    lying,
    refusing,
)
from tests.contract.parts import items_of
from tests.contract.requests import request
from tests.contract.sides import Aws, Memory, Side

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

# So many walks, of 60 operations each, find each of the lies below.
ENOUGH = 5
# So many requests are lied about in every way.
LIED_ABOUT = 100
# Besides what comes from the other emulator being moto too.
BREAKING_ALIKE = Difference(
    "both break",
    right="neither",
    document="none found: both are moto",
    moto="crash",
    ministack="crash",
    where=lambda request, moto, ministack: True,
    leaves_traces=True,
    example=query("NOT NOT attribute_exists(seen)"),
)
KNOWN = (*DIFFERENCES, BREAKING_ALIKE)
UNUSED, FAILED = REFUSALS[5], REFUSALS[0]
LIES: Mapping[str, tuple[str, Callable[[], Callable[..., Any]]]] = {
    "a query leaves out the last item": ("after-call.Query", lambda: leave_out_the_last),
    "an update keeps back what it found": ("after-call.UpdateItem", lambda: keep_back),
    "an update is not made": ("before-call.UpdateItem", lambda: do_nothing),
    "an item is not put": ("before-call.PutItem", lambda: do_nothing),
    **{
        f"{operation}: {text}": (f"before-call.{operation}", partial(refusing, text))
        for operation, texts in {
            "UpdateItem": (REFUSALS[2], UNUSED, FAILED, CRASHES[0]),
            "Query": (REFUSALS[3], UNUSED, CRASHES[1]),
            "PutItem": (REFUSALS[4], FAILED),
            "GetItem": (REFUSALS[1], UNUSED),
        }.items()
        for text in texts
    },
}
PORTS_LIES = [
    (walk, service, operation, text)
    for walk, service, operation in [
        ("messages", "sns", "PublishBatch"),
        ("messages", "sns", "Publish"),
        ("payments", "dynamodb", "UpdateItem"),
        ("payments", "dynamodb", "BatchGetItem"),
        ("controls", "dynamodb", "UpdateItem"),
        ("controls", "dynamodb", "GetItem"),
    ]
    for text in (FAILED, REFUSALS[2])
]


@pytest.fixture
def moto() -> Iterator[DynamoDBClient]:
    with mock_aws():
        yield stack.dynamodb()


def everywhere() -> Iterator[Any]:
    """Give each lie in the place of either emulator: of the other one in `make soak` alone."""
    for name, quick in zip(LIES, cycle(("moto", "ministack"))):
        for place in ("moto", "ministack"):
            yield pytest.param(name, place, marks=() if place == quick else pytest.mark.soak)


@pytest.mark.parametrize(("name", "place"), [*everywhere()])
def test_an_emulator_that_lies_is_found_out(moto: DynamoDBClient, name: str, place: str) -> None:
    liar: DynamoDBClient = stack.client("dynamodb", region="eu-west-1")
    sides = (liar, moto) if place == "moto" else (moto, liar)
    compared = RequestsComparison(*sides, known=KNOWN)
    when, lie = LIES[name]
    phase, _, operation = when.partition(".")
    with lying(liar, f"{phase}.dynamodb.{operation}", lie()):
        walked = next(w for seed in range(ENOUGH) if (w := compared.walk(seed)).parted)
    # It was the lie.
    assert compared.again(walked.done) == ""


@pytest.mark.parametrize("name", [name for name in LIES if name.startswith(("a", "an"))])
def test_a_lie_is_shown_in_a_few_operations(moto: DynamoDBClient, name: str) -> None:
    other: DynamoDBClient = stack.client("dynamodb", region="eu-west-1")
    compared = RequestsComparison(moto, other, known=KNOWN)
    phase, _, operation = LIES[name][0].partition(".")
    with lying(other, f"{phase}.dynamodb.{operation}", LIES[name][1]()):
        walked = next(w for seed in range(ENOUGH) if (w := compared.walk(seed)).parted)
        told = report(compared, walked).splitlines()
    assert f"replay requests {walked.seed}" in told[0]
    assert 1 <= len([line for line in told if line.startswith("  Request(")]) <= 3


def test_no_request_that_is_in_order_may_be_refused(moto: DynamoDBClient) -> None:
    """Every refusal that the list quotes is told of requests that were answered, by either side.

    What the list does excuse has to have what it says: that is rare, and never without a reason.
    """
    random = Random("lies")
    compared = RequestsComparison(moto, moto, known=DIFFERENCES)
    lies, excused = 0, []
    with own_table(moto) as table:
        for _ in range(LIED_ABOUT):
            asked, before = request(random), items(moto, table)
            own = items_of(asked, before)
            honest = ask(moto, table, asked)
            if honest.refusal or faults(asked):
                continue
            for text in (*REFUSALS, *CRASHES):
                liar = Answer(text, None, before)
                for sides in ((honest, liar), (liar, honest)):
                    lies += 1
                    if (found := compared.explain(asked, *sides, own)) is not None:
                        excused.append((text, [each.name for each in found], asked))
    assert lies > 40 * LIED_ABOUT / 2
    assert len(excused) * 100 <= lies, excused


@pytest.mark.parametrize(("walk", "service", "operation", "text"), PORTS_LIES)
def test_an_emulator_that_refuses_what_a_port_may_ask_is_found_out(
    walk: str, service: str, operation: str, text: str
) -> None:
    with mock_aws():
        client = cache(stack.client)
        makers: list[Callable[[], Side]] = [Memory, partial(Aws, "moto", client)]
        compared = PortsComparison(walk, makers)
        with lying(client(service), f"before-call.{service}.{operation}", refusing(text)):
            walked = next(w for seed in range(ENOUGH) if (w := compared.walk(seed)).parted)
        assert compared.again(walked.done) == ""
