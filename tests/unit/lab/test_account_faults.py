"""What is odd in an account itself: it is in the truth, and in what the lists say of it."""

from datetime import timedelta

import pytest

from paylab import Delivery, Lab, LabClock, World, audit
from paylab.faults import Drifting, KeyTurned, StrayTests, UnknownStatus, always

from .asking import HEADERS, a_lab, ask, parsed
from .honest_poller import HonestPoller


def opened(provider: str, clock: LabClock, key: str | None = None, by_id: bool = True) -> World:
    world = World(provider, clock, api_key=key, by_id=by_id)
    for age in range(1, 9):
        world.add(created_at=clock.now() - timedelta(hours=age))
    return world


@pytest.mark.parametrize("provider", ["compago", "onepay"])
def test_a_list_drifts_behind_the_page_that_was_served(provider: str, clock: LabClock) -> None:
    world = opened(provider, clock)
    lab = a_lab(world, Drifting(when=always(), arrivals=2, leaving=3))
    before = ask(a_lab(world), world).body

    assert ask(lab, world).body == before
    assert len(world.payments()) == 10
    moved = [t for t in world.truth if t.n == 2]
    assert (len(moved), {t.at > clock.now() for t in moved}) == (3, {True})
    assert lab.log[0].undamaged


def test_an_unknown_status_is_in_the_truth_and_in_no_list_that_compago_filters(
    clock: LabClock,
) -> None:
    world = opened("compago", clock)
    lab = a_lab(world, UnknownStatus(when=always(), word="ON_HOLD", payments=2))
    for _ in range(5):
        ask(lab, world)

    held = [t for t in world.truth if t.provider_status == "ON_HOLD"]
    assert [t.our_status for t in held] == ["unrecognized"] * 2
    assert parsed(ask(lab, world, "status=PENDING"))["count"] == 6
    assert ask(lab, world, "status=ON_HOLD").status == 400
    assert parsed(ask(lab, world, path=f"/{held[0].payment_id}"))["status"] == "ON_HOLD"
    assert world.truth.hidden == frozenset()


def test_what_only_the_list_of_all_shows_and_passes_is_not_owed(clock: LabClock) -> None:
    world = opened("compago", clock, by_id=False)
    lab = a_lab(world, UnknownStatus(when=always(), payments=1))
    poller = HonestPoller(lab)
    poller.run(2)
    ((_, held),) = world.truth.hidden
    world.move(held, "CONFIRMED")
    poller.run(2)

    def lost(*statuses: str) -> list[str]:
        kept = [d for d in poller.deliveries if d.event["data"]["status"] not in statuses]
        again = [Delivery(d.tick, {**d.event, "data": dict(d.event["data"])}) for d in kept]
        return audit(world.truth, poller.ticks, again, lab.log).lost

    assert lost() == lost("ON_HOLD") == []
    assert [finding.split(": ")[1][:9] for finding in lost("paid")] == ["CONFIRMED"]


def test_a_test_in_a_live_account_says_so_and_whoever_hides_that_invents(clock: LabClock) -> None:
    world = opened("onepay", clock, key="sk_live_1")
    lab = a_lab(world, StrayTests(when=always(), payments=2))
    headers = HEADERS["onepay"] | {"Authorization": "Bearer sk_live_1"}
    for _ in range(6):
        answer = ask(lab, world, **headers)
    flags = [row["is_test"] for row in parsed(answer)["data"]]

    assert (flags.count(True), flags.count(False)) == (2, 8)
    assert len(world.truth.tests) == 2
    words = [
        t.provider_status for t in world.truth if (t.source, t.payment_id) in world.truth.tests
    ]
    assert set(words) == {"created", "paid"}


@pytest.mark.parametrize(("provider", "key"), [("onepay", "sk_test_1"), ("compago", "live")])
def test_there_are_no_stray_tests_where_no_row_or_every_row_is_one(
    provider: str, key: str, clock: LabClock
) -> None:
    world = opened(provider, clock, key=key)
    lab = a_lab(world, StrayTests(when=always()))
    ask(lab, world)

    assert (len(world.payments()), world.truth.tests, lab.log[0].fault) == (8, frozenset(), None)


def test_a_turned_key_is_refused_for_good_and_the_new_one_answered(clock: LabClock) -> None:
    world = opened("compago", clock)
    lab = a_lab(world, KeyTurned(when=always()))

    assert [ask(lab, world).status for _ in range(3)] == [401, 401, 401]
    assert ask(lab, world, **{"x-api-key": "compago-lab-key-turned"}).status == 200
    lab.faults = []
    assert ask(lab, world).status == 401


def test_a_former_key_is_still_its_account_s_beside_another_one(clock: LabClock) -> None:
    worlds = [World("onepay", clock), World("onepay/norte", clock, api_key="sk_live_norte")]
    lab = Lab(clock, worlds)
    worlds[1].turn_key("sk_live_new")
    answer = ask(lab, worlds[1], Authorization="Bearer sk_live_norte")

    assert (answer.status, lab.log[0].source) == (401, "onepay/norte")
