"""When a sweep is too bad to be true, and when it is believed again."""

from __future__ import annotations

import pytest

from paywatch.discovery.brake import WALKS, Brake, Plausible

PLAUSIBLE = Plausible(leavers=20, share=0.5)


@pytest.mark.parametrize(
    ("missing", "listed", "on"),
    [(21, 0, True), (20, 0, False), (21, 20, True), (21, 21, False), (500, 499, True)],
)
def test_it_takes_a_number_and_a_share_to_be_improbable(
    missing: int, listed: int, on: bool
) -> None:
    brake = Brake()
    brake.weigh(PLAUSIBLE, 7, missing, listed)
    assert brake.on is on


def test_it_may_come_on_in_the_very_first_run() -> None:
    brake = Brake()
    assert not brake.on
    brake.weigh(PLAUSIBLE, 1, 80, 20)
    assert brake.on


def test_an_empty_list_never_releases_it_whatever_is_still_missing() -> None:
    brake = Brake(since=7)
    for epoch in range(8, 20):
        brake.weigh(PLAUSIBLE, epoch, 3, 0)
    assert brake.on


def test_plausible_walks_in_a_row_release_it_and_an_improbable_one_begins_the_count_anew() -> None:
    brake = Brake(since=7)
    brake.weigh(PLAUSIBLE, 8, 3, 100)
    brake.weigh(PLAUSIBLE, 9, 80, 20)
    for _ in range(WALKS - 1):
        brake.weigh(PLAUSIBLE, 10, 3, 100)
        assert brake.on
    brake.weigh(PLAUSIBLE, 11, 3, 100)
    assert not brake.on
    assert brake == Brake()


def test_it_is_kept_from_run_to_run_with_the_epoch_in_which_it_came_on() -> None:
    brake = Brake()
    brake.weigh(PLAUSIBLE, 7, 80, 20)
    brake.weigh(PLAUSIBLE, 8, 80, 20)
    assert Brake.load(brake.store()) == Brake(since=7)


def test_the_walks_that_were_plausible_are_kept_too() -> None:
    brake = Brake(since=7, walks=1)
    assert brake.store() == {"since": 7, "walks": 1}
    assert Brake.load(brake.store()) == brake
    assert Brake.load({}) == Brake(0, 0)
