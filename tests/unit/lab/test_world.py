import json
from datetime import UTC, datetime, timedelta

import pytest

from paylab import Lab, LabClock, Size, World, leaks, populate

from .asking import ask, parsed

START = datetime(2026, 1, 9, 10, 30, tzinfo=UTC)


def hour(provider: str, seed: int, step: int = 60) -> tuple[Lab, World, bytes]:
    clock = LabClock(START)
    world = World(provider, clock, seed=seed)
    populate(world, Size(open=30, settled=60, arrivals_per_minute=3))
    lab = Lab(clock, [world])
    read = b""
    for _ in range(3600 // step):
        clock.advance(step)
        read += ask(lab, world).body
    return lab, world, read


@pytest.mark.parametrize("provider", ["compago", "onepay"])
def test_the_same_seed_and_instants_give_the_same_bytes(provider: str) -> None:
    assert hour(provider, 7)[2] == hour(provider, 7)[2]
    assert hour(provider, 7)[2] != hour(provider, 8)[2]


@pytest.mark.parametrize("provider", ["compago", "onepay"])
def test_the_truth_does_not_depend_on_how_often_it_is_looked_at(provider: str) -> None:
    often, rarely = hour(provider, 7, 20)[1], hour(provider, 7, 900)[1]

    assert list(often.truth) == list(rarely.truth)


@pytest.mark.parametrize(
    ("provider", "moves"),
    [
        ("compago", {("PENDING", "CONFIRMED"), ("PENDING", "CANCELLED")}),
        (
            "onepay",
            {
                ("created", "paid"),
                ("created", "failed"),
                ("created", "processing"),
                ("processing", "paid"),
                ("processing", "failed"),
                ("paid", "refunded"),
                ("paid", "disputed"),
            },
        ),
    ],
)
def test_payments_move_as_real_ones_do_within_the_watched_hour(
    provider: str, moves: set[tuple[str, str]]
) -> None:
    world = hour(provider, 3)[1]
    seen = set()
    last: dict[str, str] = {}
    for transition in world.truth:
        if transition.n > 1 and transition.at > START:
            seen.add((last[transition.payment_id], transition.provider_status))
        last[transition.payment_id] = transition.provider_status

    assert moves <= seen


def test_some_links_expire_and_stay_pending_and_some_are_confirmed_afterwards() -> None:
    _, world, _ = hour("compago", 3)
    now = world.clock.now()
    late = [
        t for t in world.truth if t.our_status == "paid" and t.expires_at and t.at > t.expires_at
    ]

    assert late
    assert any(
        p.status == "PENDING" and p.expires_at and p.expires_at < now for p in world.payments()
    )


def test_a_list_changes_while_it_is_being_read(clock: LabClock) -> None:
    world = World("compago", clock)
    lab = Lab(clock, [world])
    payment = world.add()
    world.move(payment.id, "CONFIRMED", at=clock.now() + timedelta(seconds=5))

    before = parsed(ask(lab, world, "status=PENDING"))["count"]
    clock.advance(5)

    assert (before, parsed(ask(lab, world, "status=PENDING"))["count"]) == (1, 0)


def test_the_truth_log_numbers_every_move_and_begins_with_the_birth(clock: LabClock) -> None:
    world = World("onepay", clock)
    payment = world.add()
    world.move(payment.id, "processing", at=clock.advance(10))
    world.move(payment.id, "paid", at=clock.advance(10))

    assert [
        (t.n, t.previous, t.our_status, t.provider_status)
        for t in world.truth.of("onepay/default", payment.id)
    ] == [
        (1, None, "pending", "created"),
        (2, "pending", "processing", "processing"),
        (3, "processing", "paid", "paid"),
    ]


def test_a_word_that_is_not_in_the_documents_is_unrecognized(clock: LabClock) -> None:
    world = World("compago", clock)
    payment = world.add()
    world.move(payment.id, "REFUNDED")

    assert [t.our_status for t in world.truth] == ["pending", "unrecognized"]


def test_a_removed_payment_is_in_no_list_and_no_lookup(clock: LabClock) -> None:
    world = World("onepay", clock)
    lab = Lab(clock, [world])
    payment = world.add()
    world.remove(payment.id)

    assert parsed(ask(lab, world))["total"] == 0
    assert ask(lab, world, path=f"/{payment.id}").status == 404
    assert world.truth.removed == {("onepay/default", payment.id): clock.now()}


def test_amending_a_payment_is_no_transition(clock: LabClock) -> None:
    world = World("compago", clock)
    payment = world.add()
    later = clock.advance(10)
    world.amend(payment.id, expires_at=later)

    assert len(world.truth) == 1
    assert world.truth.amendments[0].expires_at == later
    assert (
        parsed(ask(Lab(clock, [world]), world))["items"][0]["updatedAt"] == "2026-01-09T10:30:10Z"
    )


def test_what_was_served_is_not_changed_afterwards(clock: LabClock) -> None:
    world = World("compago", clock)
    payment = world.add()
    ask(Lab(clock, [world]), world)

    with pytest.raises(ValueError, match="afterwards"):
        world.move(payment.id, "CONFIRMED", at=clock.now() - timedelta(seconds=1))


@pytest.mark.parametrize("provider", ["compago", "onepay"])
def test_every_row_carries_personal_data_that_can_be_recognised(provider: str) -> None:
    lab, world, _ = hour(provider, 1)
    page = parsed(ask(lab, world))
    for row in page.get("items", page.get("data")):
        assert leaks(json.dumps(row["description"]))
        assert leaks(json.dumps(row.get("billingInformation", row.get("remarks"))))
        del row["description"]
        row.pop("billingInformation", None)
        row.pop("remarks", None)
        assert not leaks(json.dumps(row))


def test_the_request_log_says_what_was_sent(clock: LabClock) -> None:
    world = World("onepay", clock)
    lab = Lab(clock, [world])
    payment = world.add()
    ask(lab, world, "page=1")

    (served,) = lab.log
    assert (served.at, served.source, served.method, served.status) == (
        clock.now(),
        "onepay/default",
        "GET",
        200,
    )
    assert served.target == "/v1/payment-intents?page=1"
    assert served.rows == ((payment.id, "created"),)
    assert served.fault is None


def test_what_is_moved_by_hand_after_a_reading_happened_after_it(clock: LabClock) -> None:
    world = World("compago", clock)
    payment = world.add()
    ask(Lab(clock, [world]), world)
    world.move(payment.id, "CONFIRMED")

    assert [t.at > clock.now() for t in world.truth] == [False, True]
    assert world.count("CONFIRMED") == 1
