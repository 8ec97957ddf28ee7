"""A reconcile beside the polls: what it alone finds is a miss, and nothing else is."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from paylab import LabPayment
from paylab.faults import Asked, Emptied, Fault, When, always, where
from paylab.messages import Response
from tests.gates import gate
from tests.polling import Polling

HOUR = timedelta(hours=1)


def begun(source: str) -> tuple[Polling, list[LabPayment]]:
    """Return a polling whose baseline is complete, with open and settled payments."""
    polling = Polling([source])
    world = polling.world(source)
    for number in range(12):
        world.add(created_at=polling.clock.now() - HOUR * (number + 1))
        world.add(
            "CONFIRMED" if source == "compago" else "paid",
            created_at=polling.clock.now() - 100 * HOUR * (number + 1),
        )
    for _ in range(5):
        polling.poll(source)
    return polling, list(world.payments())


class Meanwhile:
    """Lets something happen, once, right after the tail's first page was served."""

    name, source, anew = "Meanwhile", None, False

    def __init__(self, act: Callable[[], object]) -> None:
        self._act: Callable[[], object] | None = act

    def fires(self, asked: Asked, rng: random.Random) -> bool:
        return self._act is not None and "status" not in asked.request.target

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        act, self._act = self._act, None
        if act is not None:
            act()
        return response


@pytest.mark.parametrize(
    ("source", "word", "status"), [("compago", "CONFIRMED", "paid"), ("onepay", "failed", "failed")]
)
def test_what_moves_while_a_reconcile_reads_is_left_to_the_next_poll(
    source: str, word: str, status: str
) -> None:
    polling, payments = begun(source)
    moved = next(p for p in payments if p.status in ("PENDING", "created"))
    act = Meanwhile(lambda: polling.world(source).move(moved.id, word))
    polling.lab.faults = [act]  # type: ignore[list-item]  # it has a fault's three members
    reports = [polling.poll(source, action="reconcile"), *(polling.poll(source) for _ in range(3))]
    assert act._act is None
    assert [report["misses"] for report in reports] == [0, 0, 0, 0]
    (told,) = [d for d in polling.deliveries if d.event["data"]["payment_id"] == moved.id]
    assert told.event["data"]["status"] == status
    assert told.event["data"]["detected_by"] != "reconcile"
    assert told.tick == len(polling.ticks) - 3


@pytest.mark.parametrize("refused", range(1, 8))
def test_a_row_that_could_not_be_written_is_read_again_before_the_baseline_goes_on(
    refused: int,
) -> None:
    polling = Polling(["onepay"])
    for number in range(45):
        polling.world("onepay").add("paid", created_at=polling.clock.now() - HOUR * (number + 1))
    counted, saves = gate(polling), 0

    def before(number: int, name: str) -> None:
        nonlocal saves
        saves += name == "save"
        if name == "save" and saves == refused * 6:
            raise OSError("the table did not take this one")

    counted.before = before
    with pytest.raises(OSError, match="did not take"):
        polling.poll("onepay")
    for _ in range(3):
        polling.poll("onepay")
    stored = [polling.stored(p.id, "onepay") for p in polling.world("onepay").payments()]
    assert None not in stored
    assert polling.deliveries == []


def test_progress_a_reconcile_asked_for_while_one_is_under_way_is_made_after_it() -> None:
    polling = Polling(["onepay"], budget=40)
    for number in range(1500):
        born = polling.clock.now() - HOUR * (number + 1)
        polling.world("onepay").add("paid", created_at=born)
    while not (polling.memory("reconcile", "onepay") or {}).get("completed"):
        polling.poll("onepay")
    polling.poll("onepay", action="reconcile")
    newest = polling.world("onepay").payments()[0]
    # Its page was read already, and no total shows it.
    polling.world("onepay").amend(newest.id, amount=newest.amount + 1)
    polling.poll("onepay", action="reconcile")
    for _ in range(12):
        polling.poll("onepay")
    stored = polling.stored(newest.id, "onepay")
    assert stored is not None
    assert Decimal(str(stored.payment.amount)) == newest.amount
    assert "current" not in polling.memory("reconcile", "onepay")


def test_what_a_sweep_of_many_polls_has_not_come_to_yet_is_no_miss() -> None:
    polling = Polling(["onepay"], budget=16)
    world = polling.world("onepay")
    for number in range(500):
        world.add(created_at=polling.clock.now() - HOUR * (number + 1))
    while polling.memory("reconcile", "onepay") is None:
        polling.poll("onepay")
    moved = world.payments()[::25]
    for payment in moved:
        world.move(payment.id, "processing")
    reports = [polling.poll("onepay") for _ in range(30)]
    assert [polling.told(payment.id) for payment in moved] == [["processing"]] * len(moved)
    told = {d.event["data"]["detected_by"] for d in polling.deliveries}
    assert "reconcile" in told
    assert [report["misses"] for report in reports] == [0] * len(reports)


def test_a_list_that_collapses_in_the_middle_does_not_end_a_baseline() -> None:
    polling = Polling(["compago"], pace=100)
    for number in range(1600):
        born = polling.clock.now() - HOUR * (number + 1)
        polling.world().add("CONFIRMED", created_at=born)
    polling.lab.faults = [Emptied(when=where("page=2&pageSize=500"))]
    polling.poll()
    polling.poll()
    polling.lab.faults = []
    for _ in range(3):
        polling.poll()
    assert polling.memory("reconcile")["completed"]["rows"] == 1600


class Broken(Fault):
    """One page of the unfiltered list cannot be had."""

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        return Response(500, b"{}", {"Content-Type": "application/json"})


def unfiltered_page(number: int) -> When:
    def condition(asked: Asked, rng: random.Random) -> bool:
        target = asked.request.target
        return "status" not in target and f"page={number}&" in f"{target}&"

    return condition


def test_pages_that_can_never_be_read_from_one_on_do_not_hold_up_a_baseline_for_ever() -> None:
    polling = Polling(["onepay"])
    world = polling.world("onepay")
    for number in range(400):
        world.add("paid", created_at=polling.clock.now() - HOUR * (number + 1))

    def deep(asked: Asked, rng: random.Random) -> bool:
        target = asked.request.target
        number = re.search(r"page=(\d+)", target)
        return "status" not in target and number is not None and int(number[1]) >= 3

    polling.lab.faults = [Broken(when=deep)]
    reports = [polling.poll("onepay") for _ in range(60)]
    completed = polling.memory("reconcile", "onepay")["completed"]
    assert completed["rows"] == 40
    assert completed["skipped"] >= 18
    # It is said, and it is no fault of a poll that all else was answered to.
    assert {report["outcome"] for report in reports} == {"ok"}
    assert any("cannot be read and is left out" in report["detail"] for report in reports)


@pytest.mark.parametrize("broken", [3, 4, 5])
def test_a_page_that_can_never_be_read_does_not_hold_up_a_baseline(broken: int) -> None:
    polling = Polling(["onepay"])
    world = polling.world("onepay")
    for number in range(100):
        world.add("paid", created_at=polling.clock.now() - HOUR * (number + 1))
    polling.lab.faults = [Broken(when=unfiltered_page(broken))]
    for _ in range(8):
        polling.poll("onepay")
    completed = polling.memory("reconcile", "onepay")["completed"]
    assert (completed["rows"], completed["skipped"]) == (80, 1)
    assert any("left out" in report["sources"]["onepay"]["detail"] for report in polling.reports)
    assert polling.deliveries == []


def test_an_outage_in_the_middle_of_a_reconcile_leaves_out_nothing() -> None:
    polling = Polling(["onepay"], budget=10)
    world = polling.world("onepay")
    for number in range(200):
        world.add("paid", created_at=polling.clock.now() - HOUR * (number + 1))
    for _ in range(3):
        polling.poll("onepay")
    polling.lab.faults = [Broken(when=always())]
    for _ in range(12):
        polling.poll("onepay")
    polling.lab.faults = []
    while not (polling.memory("reconcile", "onepay") or {}).get("completed"):
        polling.poll("onepay")
    completed = polling.memory("reconcile", "onepay")["completed"]
    assert (completed["rows"], completed["skipped"]) == (200, 0)


def test_a_list_of_which_not_even_the_first_page_can_be_read_is_not_taken_for_read() -> None:
    polling, _ = begun("compago")
    # The tail asks for fewer rows a page, and is answered.
    polling.lab.faults = [Broken(when=where_all("pageSize=500", without="status="))]
    reports = [polling.poll(action="reconcile"), *(polling.poll() for _ in range(8))]
    assert {report["outcome"] for report in reports} == {"unavailable"}
    assert "current" in polling.memory("reconcile")
    polling.lab.faults = []
    polling.poll()
    assert polling.memory("reconcile")["completed"]["skipped"] == 0


def where_all(text: str, *, without: str) -> When:
    return lambda asked, rng: text in asked.request.target and without not in asked.request.target


@pytest.mark.parametrize("turn", range(5))
def test_a_refund_whose_list_has_not_had_its_turn_is_no_miss(turn: int) -> None:
    polling, payments = begun("onepay")
    # The oldest one: the tail does not reach that far.
    paid = min(payments, key=lambda payment: payment.created_at)
    for _ in range(turn):
        polling.poll("onepay")
    polling.world("onepay").move(paid.id, "refunded")
    misses = polling.poll("onepay", action="reconcile")["misses"]
    for _ in range(8):
        misses += polling.poll("onepay")["misses"]
    told = [d.event["data"] for d in polling.deliveries if d.event["data"]["payment_id"] == paid.id]
    assert [(each["status"], each["detected_by"]) for each in told] == [
        ("refunded", "settled_scan")
    ]
    assert misses == 0
