"""Who left, where a part of the open lists cannot be read."""

from __future__ import annotations

from paywatch.discovery.brake import Plausible
from paywatch.discovery.known import short_hash
from paywatch.discovery.reader import Observation
from paywatch.discovery.sweep import Sweep
from paywatch.discovery.walk import Walk
from paywatch.errors import Unavailable
from tests.examples import WATCH, observed, payment
from tests.unit.discovery.leaving import Stage
from tests.unit.discovery.shelf import COMPAGO_CAN, Shelf


def walk(word: str, *ids: str, skipped: int = 0) -> Walk:
    return Walk(word, ids={short_hash(key) for key in ids}, complete=True, skipped=skipped)


def test_no_loss_a_list_of_which_nothing_was_read_hides_nobody_of_another() -> None:
    held = [payment("c1"), payment("c2"), payment("p1", "processing")]
    stage = Stage(held, plausible=Plausible(20, 0.9))
    walks = [walk("created", "c1"), walk("processing", skipped=1)]
    stage.leaving.find(Sweep(WATCH, stage.round.epoch, walks, {}))
    # Of the list that was not read nobody is known to be missing.
    assert [leaver.id for leaver in stage.leaving.missing] == ["c2"]


def test_no_loss_whether_single_payments_are_answered_for_is_found_out_beside_a_bad_page() -> None:
    listed = [payment(name, "PENDING") for name in ("l1", "l2")]
    shelf = Shelf([*listed, payment("a", "CONFIRMED")], abilities=COMPAGO_CAN)
    held = [*listed, payment("a", "PENDING")]
    stage = Stage(held, shelf=shelf, plausible=Plausible(20, 0.9))
    sweep = Sweep(WATCH, stage.round.epoch, [walk("PENDING", "l1", "l2", skipped=1)], {})
    stage.leaving.find(sweep)
    assert stage.leaving.missing == []
    swept = [observed(row, 9, epoch=stage.round.epoch) for row in listed]
    stage.leaving.ask(set(), swept)
    assert stage.looked_up == ["l1"]
    stage.leaving.find(sweep)
    assert [leaver.id for leaver in stage.leaving.missing] == ["a"]
    stage.leaving.ask(set(), swept)
    assert stage.looked_up == ["l1", "a"]
    assert stage.rounds.stored("a").status == "paid"


def test_what_is_found_out_by_the_way_is_evidence() -> None:
    listed = [payment(name, "PENDING") for name in ("l1", "l2")]
    moved = payment("l1", "CONFIRMED")
    stage = Stage(listed, shelf=Shelf([moved, listed[1]], abilities=COMPAGO_CAN))
    stage.leaving.find(
        Sweep(WATCH, stage.round.epoch, [walk("PENDING", "l1", "l2", skipped=1)], {})
    )
    stage.leaving.ask(set(), [observed(row, 9, epoch=stage.round.epoch - 1) for row in listed])
    assert stage.looked_up == ["l1"]
    assert stage.rounds.stored("l1").status == "paid"


def curious(*, by_id: bool = True, requests: int = 600) -> tuple[Stage, list[Observation]]:
    """Return a run beside a bad page, which asks for one of those that are listed."""
    listed = [payment(name, "PENDING") for name in ("l1", "l2")]
    shelf = Shelf(listed, abilities=COMPAGO_CAN, by_id=by_id)
    stage = Stage(listed, shelf=shelf, plausible=Plausible(20, 0.9))
    stage.begin(requests=requests)
    stage.leaving.find(
        Sweep(WATCH, stage.round.epoch, [walk("PENDING", "l1", "l2", skipped=1)], {})
    )
    return stage, [observed(row, 9, epoch=stage.round.epoch) for row in listed]


def test_what_fails_to_be_found_out_by_the_way_is_not_asked_again_in_the_same_run() -> None:
    stage, swept = curious()
    stage.shelf.broken["l1"] = Unavailable("500")
    for _ in range(2):
        stage.leaving.ask(set(), swept)
        assert stage.looked_up == ["l1"]


def test_where_the_time_ends_while_it_is_found_out_the_step_is_named() -> None:
    stage, swept = curious(by_id=False, requests=1)
    stage.leaving.ask(set(), swept)
    assert stage.looked_up == ["l1"]
    assert stage.round.report.detail.startswith("verdicts: ")
