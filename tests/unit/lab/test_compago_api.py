from datetime import timedelta
from decimal import Decimal

import pytest

from paylab import Lab, LabClock, Request, World

from .asking import ask, parsed


@pytest.fixture
def world(clock: LabClock) -> World:
    world = World("compago", clock)
    for place in range(7):
        world.add(created_at=clock.now() - timedelta(minutes=place), currency="MXN")
    return world


@pytest.fixture
def lab(clock: LabClock, world: World) -> Lab:
    return Lab(clock, [world])


def test_pages_hold_every_payment_once_and_state_the_total(lab: Lab, world: World) -> None:
    pages = [parsed(ask(lab, world, f"page={page}&pageSize=3")) for page in (1, 2, 3)]

    assert [len(page["items"]) for page in pages] == [3, 3, 1]
    assert {page["count"] for page in pages} == {7}
    assert {row["id"] for page in pages for row in page["items"]} == {
        payment.id for payment in world.payments()
    }


def test_a_page_beyond_the_end_is_empty_and_keeps_the_count(lab: Lab, world: World) -> None:
    assert parsed(ask(lab, world, "page=9&pageSize=3")) == {
        "count": 7,
        "page": 9,
        "pageSize": 3,
        "items": [],
    }


def test_the_page_size_is_100_unless_stated_and_500_at_most(lab: Lab, world: World) -> None:
    assert parsed(ask(lab, world))["pageSize"] == 100
    assert ask(lab, world, "pageSize=500").status == 200
    assert ask(lab, world, "pageSize=501").status == 400


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=-1", "page=x", "pageSize=0", "pageSize=", "status=pending", "currency=COP"],
)
def test_a_bad_value_is_a_400(lab: Lab, world: World, query: str) -> None:
    assert ask(lab, world, query).status == 400


def test_the_status_filter_keeps_and_counts_that_status_alone(lab: Lab, world: World) -> None:
    paid = world.payments()[2]
    world.move(paid.id, "CONFIRMED")

    confirmed = parsed(ask(lab, world, "status=CONFIRMED&currency=MXN"))

    assert confirmed["count"] == 1
    assert [row["id"] for row in confirmed["items"]] == [paid.id]
    assert parsed(ask(lab, world, "status=PENDING"))["count"] == 6


def test_a_wrong_key_is_a_401_in_json(lab: Lab, world: World) -> None:
    refused = ask(lab, world, **{"x-api-key": "wrong"})

    assert refused.status == 401
    assert refused.headers["Content-Type"] == "application/json"
    assert parsed(refused)["message"]


@pytest.mark.parametrize("order", ["newest_first", "oldest_first", "none"])
def test_the_list_has_the_order_of_its_world(clock: LabClock, order: str) -> None:
    world = World("compago", clock, order=order)  # type: ignore[arg-type]
    for place in range(20):
        world.add(created_at=clock.now() - timedelta(minutes=place))
    lab = Lab(clock, [world])

    dates = [row["createdAt"] for row in parsed(ask(lab, world))["items"]]
    again = [row["createdAt"] for row in parsed(ask(lab, world))["items"]]

    assert (dates == sorted(dates, reverse=True)) == (order == "newest_first")
    assert (dates == sorted(dates)) == (order == "oldest_first")
    assert dates == again


def test_a_single_payment_is_found_unless_the_world_says_that_there_is_no_such_endpoint(
    lab: Lab, world: World
) -> None:
    payment = world.payments()[0]

    assert parsed(ask(lab, world, path=f"/{payment.id}"))["id"] == payment.id
    assert ask(lab, world, path="/nobody").status == 404
    world.by_id = False
    assert ask(lab, world, path=f"/{payment.id}").status == 404


def test_amounts_are_numbers_or_text_with_cents(clock: LabClock) -> None:
    for as_text, shown in ((False, 99.5), (True, "99.50")):
        world = World("compago", clock, amounts_as_text=as_text)
        world.add(amount=Decimal("99.5"))
        assert parsed(ask(Lab(clock, [world]), world))["items"][0]["amount"] == shown


def test_the_base_path_is_honoured(clock: LabClock) -> None:
    world = World("compago", clock, base_path="/elsewhere/api")
    lab = Lab(clock, [world])

    assert ask(lab, world).status == 404


def test_only_reading_is_allowed(lab: Lab, world: World) -> None:
    assert lab.request(Request("POST", "/api/one-time-payment")).status == 405
