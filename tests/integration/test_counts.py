"""What polls cost, in calls to AWS and in requests to the providers, counted exactly."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from paylab.payments import LabPayment
from paywatch.domain.payments import bucket_of
from tests.integration.aws_line import count
from tests.integration.on_aws import OnAws
from tests.integration.seeding import standing

MOVED = 40
READS = ("BatchGetItem", "GetItem", "GetMetricStatistics", "GetSecretValue", "Query")

# A source's lease is taken, and given back; a run looks at the board of alerts.
IDLE = {"UpdateItem (control)": 2, "GetItem (control)": 1}


def items(stage: OnAws) -> dict[str, Any]:
    """Return every payment's item by its key."""
    return {f"{item['pk']['S']} {item['sk']['S']}": item for item in stage.items()}


def page_numbers(stage: OnAws, source: str, word: str) -> list[int]:
    """Return which pages of a status's list the last poll asked for, in order."""
    name = "status" if source == "compago" else "filter[status]"
    asked = [request_params(target) for target in targets(stage, source)]
    return [int(params["page"]) for params in asked if params.get(name) == word]


def request_params(target: str) -> dict[str, str]:
    """Read a request's parameters."""
    return dict(parse_qsl(urlsplit(target).query))


def targets(stage: OnAws, source: str) -> list[str]:
    """Return the paths and queries of the last poll's requests."""
    return [served.target for served in stage.asked(source)]


@pytest.mark.parametrize(
    ("open_payments", "compago_pages", "onepay_pages"), [(10, 1, 1), (1_200, 3, 60)]
)
def test_an_idle_poll_costs_two_writes_a_source_however_many_payments_are_open(
    open_payments: int, compago_pages: int, onepay_pages: int
) -> None:
    stage = standing(open_payments)
    stage.tick(seconds=600)  # the first one in its process reads the secret too
    # So does it ask whether the subscribers were reached, which it does again after five minutes.
    once = {"GetSecretValue": 1, "GetMetricStatistics": 1}
    assert count(stage.line.calls) == {"UpdateItem (control)": 4, "GetItem (control)": 1, **once}
    stage.line.calls.clear()
    report = stage.tick(seconds=600)["sources"]
    assert count(stage.line.calls) == {"UpdateItem (control)": 4, "GetItem (control)": 1}
    assert [(each["outcome"], each["sealed"]) for each in report.values()] == [("ok", True)] * 2
    # Each page once, and besides them the tail and one settled list in its turn.
    assert page_numbers(stage, "compago", "PENDING") == list(range(1, compago_pages + 1))
    assert report["compago"]["requests"] == len(targets(stage, "compago")) == compago_pages + 2
    # The same, from the last page to the first, and one for the other list of open ones.
    assert page_numbers(stage, "onepay", "created") == list(range(onepay_pages, 0, -1))
    assert page_numbers(stage, "onepay", "processing") == [1]
    assert report["onepay"]["requests"] == len(targets(stage, "onepay")) == onepay_pages + 3
    assert stage.deliveries == []


@pytest.mark.parametrize(
    ("source", "open_payments", "requests"),
    [
        ("compago", 500, 1 + 2),
        ("compago", 501, 2 + 2),
        ("onepay", 20, 1 + 3),
        ("onepay", 21, 2 + 3),
        ("onepay", 400, 20 + 3),
    ],
)
def test_an_idle_poll_asks_for_one_more_page_only_where_there_is_one(
    source: str, open_payments: int, requests: int
) -> None:
    stage = standing(open_payments, source)
    for _ in range(4):  # whichever settled list has its turn
        assert stage.tick()["sources"][source]["requests"] == requests


def test_idle_polls_write_to_nothing_but_their_control_items() -> None:
    stage = standing(100)
    before = items(stage)
    for _ in range(5):
        stage.tick()
    writes = [call for call in stage.line.calls if call.operation not in READS]
    assert len(before) == 200
    assert items(stage) == before
    assert {call.params["Key"]["pk"]["S"] for call in writes} == {
        "compago/default#poll",
        "onepay/default#poll",
    }
    assert all(call.control for call in writes)
    assert len(writes) == 5 * 2 * 2


def test_a_control_item_does_not_grow_with_idle_polls() -> None:
    stage = standing(100)
    sizes = []
    for _ in range(3):
        for _ in range(4):
            stage.tick()
        sizes.append([len(str(stage.controls.peek(source, "poll"))) for source in stage.sources])
    assert sizes[0] == sizes[1] == sizes[2]


def move(stage: OnAws, source: str, word: str) -> list[LabPayment]:
    """Let forty payments take a status at once; `new`: let forty appear."""
    world = stage.world(source)
    if word == "new":
        return [world.add() for _ in range(MOVED)]
    moved = world.payments()[:MOVED]
    for payment in moved:
        world.move(payment.id, word)
    return moved


@pytest.mark.parametrize(
    ("source", "word", "open_payments", "more"),
    [
        # Those that settle are found in the settled list whose turn it is, others by their lists.
        ("compago", "CONFIRMED", 60, Counter()),
        ("compago", "CONFIRMED", 120, Counter()),
        ("onepay", "processing", 60, Counter()),
        # That no item holds a new one is asked for, a hundred at a time.
        ("compago", "new", 60, Counter({"BatchGetItem": 1})),
        ("onepay", "new", 60, Counter({"BatchGetItem": 1})),
        # One page of a settled list shows twenty of these, the others are asked for: that is
        # a second time of writing, with marks of its own.
        ("onepay", "paid", 60, Counter({"UpdateItem (control)": 1})),
        ("onepay", "failed", 60, Counter({"UpdateItem (control)": 1})),
    ],
)
def test_a_change_costs_two_writes_and_a_tenth_of_a_publication(
    source: str, word: str, open_payments: int, more: Counter[str]
) -> None:
    stage = standing(open_payments, source)
    stage.tick()
    stage.line.calls.clear()
    moved = move(stage, source, word)
    report = stage.tick()["sources"][source]
    assert report["published"] == len(stage.deliveries) == MOVED
    assert count(stage.line.calls) == more + Counter(
        {
            "UpdateItem": 2 * MOVED,
            "PublishBatch": MOVED // 10,
            # Each bucket that holds one of them is read, once.
            "Query": len({bucket_of(payment.id) for payment in moved}),
            # The lease, the marks, the digests.
            "UpdateItem (control)": 3,
            "GetItem (control)": 1,
        }
    )
    stage.line.calls.clear()
    stage.tick()
    assert count(stage.line.calls) == IDLE


def test_one_change_among_a_thousand_costs_what_one_among_ten_costs() -> None:
    costs = []
    for open_payments in (10, 1000):
        stage = standing(open_payments, "compago")
        stage.tick()
        stage.line.calls.clear()
        world = stage.world()
        world.move(world.payments()[3].id, "CONFIRMED")
        stage.tick()
        assert stage.told(world.payments()[3].id) == ["paid"]
        costs.append(count(stage.line.calls))
    assert costs[0] == costs[1]
    assert costs[0] == {
        "UpdateItem (control)": 3,
        "GetItem (control)": 1,
        "Query": 1,
        "UpdateItem": 2,
        "PublishBatch": 1,
    }
