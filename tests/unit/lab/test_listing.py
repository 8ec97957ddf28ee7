"""A list that is kept in order shows what one sorted anew would show."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from paylab import LabClock, World
from paylab.compago import respond as compago
from paylab.messages import Request
from paylab.onepay import respond as onepay

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ASKED = {
    "compago": (
        "pageSize=500",
        "pageSize=500&status=PENDING",
        "pageSize=7&page=2&status=CANCELLED",
    ),
    "onepay": ("page=1", "filter[status]=created&sort=created_at", "sort=-paid_at&page=2"),
}
WORDS = {
    "compago": ("PENDING", "CONFIRMED", "CANCELLED"),
    "onepay": ("created", "processing", "paid", "failed", "refunded"),
}


def body(world: World, query: str) -> bytes:
    """Return what the provider answers."""
    respond, path = (
        (compago, "/one-time-payment")
        if world.provider == "compago"
        else (onepay, "/payment-intents")
    )
    headers = {
        "x-api-key": world.api_key,
        "Authorization": f"Bearer {world.api_key}",
        "Accept": "application/json",
    }
    return respond(world, Request("GET", path, query, headers), path).body


@pytest.mark.parametrize("provider", ["compago", "onepay"])
def test_a_list_that_is_kept_in_order_shows_what_one_sorted_anew_shows(provider: str) -> None:
    dice = random.Random(1)
    world = World(provider, LabClock(START))
    ids: list[str] = []
    for _ in range(300):
        act = dice.random()
        if act < 0.4 or not ids:
            born = START - timedelta(seconds=dice.randrange(40))
            ids.append(world.add(created_at=born).id)
        elif act < 0.9:
            world.move(dice.choice(ids), dice.choice(WORDS[provider]))
        else:
            world.remove(ids.pop(dice.randrange(len(ids))))
        query = dice.choice(ASKED[provider])
        answer, kept = body(world, query), world._listings
        world._listings = {}
        assert body(world, query) == answer
        world._listings = kept


def test_lists_that_are_asked_for_once_are_not_kept_for_ever() -> None:
    world = World("onepay", LabClock(START))
    for _ in range(50):
        made = world.add()
        body(world, f"filter[id]={made.id}")
    assert len(world._listings) < 20
