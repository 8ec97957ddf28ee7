from datetime import timedelta

import pytest

from paylab import Lab, LabClock, World

from .asking import ask, parsed


@pytest.fixture
def world(clock: LabClock) -> World:
    world = World("onepay", clock)
    for place in range(45):
        world.add(created_at=clock.now() - timedelta(minutes=place), external_id=f"order-{place}")
    return world


@pytest.fixture
def lab(clock: LabClock, world: World) -> Lab:
    return Lab(clock, [world])


def test_pages_of_twenty_state_where_they_stand(lab: Lab, world: World) -> None:
    page = parsed(ask(lab, world, "page=3"))

    del page["data"]
    assert page == {
        "current_page": 3,
        "from": 41,
        "last_page": 3,
        "per_page": 20,
        "to": 45,
        "total": 45,
    }


@pytest.mark.parametrize(
    ("query", "last_page", "total"), [("page=4", 3, 45), ("filter[status]=disputed", 1, 0)]
)
def test_an_empty_page_has_no_from_and_no_to(
    lab: Lab, world: World, query: str, last_page: int, total: int
) -> None:
    page = parsed(ask(lab, world, query))

    assert (page["from"], page["to"], page["data"]) == (None, None, [])
    assert (page["last_page"], page["total"]) == (last_page, total)


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "paid_at", "-paid_at"])
def test_each_sort_orders_the_rows_by_its_column(lab: Lab, world: World, sort: str) -> None:
    for payment in world.payments()[::3]:
        world.move(payment.id, "paid", at=payment.created_at + timedelta(seconds=9))
    column = sort.removeprefix("-")

    rows = [parsed(ask(lab, world, f"sort={sort}&page={page}"))["data"] for page in (1, 2, 3)]
    dates = [row[column] or "" for page in rows for row in page]

    assert dates == sorted(dates, reverse=sort.startswith("-"))
    assert len({row["id"] for page in rows for row in page}) == 45


@pytest.mark.parametrize("query", ["sort=amount", "sort=", "page=0", "page=x", "page="])
def test_a_bad_sort_or_page_is_a_422_with_message_and_errors(
    lab: Lab, world: World, query: str
) -> None:
    refused = ask(lab, world, query)

    assert refused.status == 422
    assert parsed(refused).keys() == {"message", "code", "code_name", "errors"}


def test_an_unknown_filter_value_is_an_empty_list(lab: Lab, world: World) -> None:
    assert parsed(ask(lab, world, "filter[status]=settled"))["total"] == 0


def test_filters_keep_what_they_name(lab: Lab, world: World) -> None:
    payment = world.payments()[5]
    world.move(payment.id, "processing")

    for query in (
        f"filter[id]={payment.id}",
        "filter%5Bstatus%5D=processing",
        "filter[external_id]=order-5",
    ):
        assert [row["id"] for row in parsed(ask(lab, world, query))["data"]] == [payment.id]


@pytest.mark.parametrize(("able", "found"), [(True, 2), (False, 0)])
def test_several_ids_in_one_filter_are_an_ability_of_the_world(
    lab: Lab, world: World, able: bool, found: int
) -> None:
    world.id_list_filter = able
    ids = ",".join(payment.id for payment in world.payments()[:2])

    assert parsed(ask(lab, world, f"filter[id]={ids}"))["total"] == found


def test_a_single_intent_is_a_plain_object_and_an_unknown_one_a_404(lab: Lab, world: World) -> None:
    payment = world.payments()[0]

    assert parsed(ask(lab, world, path=f"/{payment.id}"))["id"] == payment.id
    assert ask(lab, world, path="/nobody").status == 404


def test_a_wrong_key_is_a_401(lab: Lab, world: World) -> None:
    assert ask(lab, world, Authorization="Bearer sk_test_wrong").status == 401


@pytest.mark.parametrize("accept", ["", "*/*", "text/html"])
def test_who_does_not_ask_for_json_is_sent_to_a_login_page(
    lab: Lab, world: World, accept: str
) -> None:
    sent = ask(lab, world, Accept=accept)

    assert sent.status == 302
    assert sent.headers["Location"].endswith("/login")


def test_the_rate_limit_is_stated_and_counts_down_within_a_minute(
    lab: Lab, world: World, clock: LabClock
) -> None:
    left = [int(ask(lab, world).headers["X-RateLimit-Remaining"]) for _ in range(3)]
    clock.advance(60)

    assert left == [299, 298, 297]
    assert ask(lab, world).headers["X-RateLimit-Remaining"] == "299"
    assert ask(lab, world).headers["X-RateLimit-Limit"] == "300"


def test_a_limit_that_is_enforced_answers_429_until_the_minute_is_over(
    lab: Lab, world: World, clock: LabClock
) -> None:
    world.rate_limit, world.enforce_rate_limit = 2, True

    answers = [ask(lab, world) for _ in range(3)]
    clock.advance(float(answers[2].headers["Retry-After"]))

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert ask(lab, world).status == 200


def test_a_date_header_comes_from_the_labs_clock(lab: Lab, world: World) -> None:
    assert ask(lab, world).headers["Date"] == "Fri, 09 Jan 2026 10:30:00 GMT"


def test_two_accounts_behind_one_address_are_told_apart_by_their_keys(clock: LabClock) -> None:
    one = World("onepay", clock, seed=1)
    two = World("onepay/norte", clock, seed=2, api_key="sk_live_norte")
    lab = Lab(clock, [one, two])
    two.add()

    assert parsed(ask(lab, one))["total"] == 0
    shown = parsed(ask(lab, two, Authorization="Bearer sk_live_norte"))
    assert shown["total"] == 1
    assert shown["data"][0]["is_test"] is False
    assert [served.source for served in lab.log] == ["onepay/default", "onepay/norte"]
