"""What a poll that could not do all its work leaves for the next one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from paylab import LabPayment
from paylab.faults import Emptied, Lagging, ServerError, always, where
from paywatch.discovery.ledger import judge
from paywatch.domain.changes import stamp
from paywatch.domain.payments import Status
from tests.examples import observed, rules
from tests.gates import Gate, gate
from tests.polling import Polling

HOUR = timedelta(hours=1)


class Throttled(Exception):
    """The table does not take a write."""


def begun(source: str) -> tuple[Polling, LabPayment, Gate]:
    """Return a polling that knows one open payment, with its ports behind a gate."""
    polling = Polling([source])
    payment = polling.world(source).add(created_at=polling.clock.now() - HOUR)
    polling.world(source).add(created_at=polling.clock.now() - HOUR)
    counted = gate(polling)
    for _ in range(4):
        polling.poll(source)
    return polling, payment, counted


def refuse(counted: Gate, refused: str) -> None:
    """Let every call of a name fail."""

    def before(number: int, name: str) -> None:
        if name == refused:
            raise Throttled(name)

    counted.before = before


def agree(counted: Gate) -> None:
    """Let every call through again."""
    counted.before = lambda number, name: None


@pytest.mark.parametrize("source", ["compago", "onepay"])
@pytest.mark.parametrize("call", ["save", "mark", "fetch", "finish", "acknowledge"])
def test_what_came_and_went_while_the_table_was_away_is_found_by_the_next_poll(
    source: str, call: str
) -> None:
    polling, payment, counted = begun(source)
    gone = polling.world(source).add("CONFIRMED" if source == "compago" else "paid")
    polling.world(source).move(payment.id, "CANCELLED" if source == "compago" else "failed")
    refuse(counted, call)
    for _ in range(3):
        with pytest.raises(Throttled):
            polling.poll(source)
    agree(counted)
    for _ in range(2):
        polling.poll(source)
    # What was published and not acknowledged is published again: harmless, and no later.
    assert set(polling.told(gone.id)) == {"paid"}
    assert set(polling.told(payment.id)) == {"cancelled" if source == "compago" else "failed"}


def test_no_loss_what_is_owed_is_published_though_the_provider_is_away() -> None:
    polling, payment, _ = begun("onepay")
    polling.world("onepay").move(payment.id, "paid")
    polling.inbox.fault = "no such topic"
    assert polling.poll("onepay")["outbox_left"] == 1
    polling.inbox.fault = None
    polling.lab.faults = [ServerError(when=always(), statuses=(500,))]
    report = polling.poll("onepay")
    assert (report["outcome"], report["published"]) == ("unavailable", 1)
    assert polling.told(payment.id) == ["paid"]


def test_no_loss_what_is_owed_is_published_though_the_provider_is_left_alone() -> None:
    polling, payment, _ = begun("onepay")
    polling.world("onepay").move(payment.id, "paid")
    polling.inbox.refusing[f"onepay/default/{payment.id}/1"] = "InternalError"
    assert polling.poll("onepay")["outbox_left"] == 1
    polling.lab.faults = [ServerError(when=always(), statuses=(500,))]
    outcomes = [polling.poll("onepay")["outcome"] for _ in range(8)]
    assert outcomes[-2:] == ["unavailable", "resting"]
    polling.inbox.refusing.clear()
    report = polling.poll("onepay")
    assert (report["outcome"], report["published"]) == ("resting", 1)
    assert polling.told(payment.id) == ["paid"]


def test_what_a_run_of_before_writes_late_is_read_and_ruled_anew_and_both_moves_are_told() -> None:
    polling, payment, counted = begun("onepay")
    before = polling.stored(payment.id, "onepay")
    assert before is not None
    row = replace(before.payment, status=Status.PROCESSING, provider_status="processing")
    late = observed(row, seconds=200)
    epoch = int(before.seen.partition(".")[0])
    ruling = judge(rules(), before, replace(late, seen=stamp(epoch, 999_999)))
    polling.world("onepay").move(payment.id, "paid")

    def write_first(number: int, name: str) -> None:
        if name == "save":
            agree(counted)
            assert ruling.record is not None
            polling.payments.save(ruling.record, before)

    counted.before = write_first
    polling.poll("onepay")
    told = [d.event["data"] for d in polling.deliveries]
    assert [(each["status"], each["version"]) for each in told] == [("processing", 1), ("paid", 2)]
    assert told[1]["previous_status"] == "processing"
    # By the row that was at hand already: nobody had to be asked for it again.
    assert told[1]["detected_by"] == "tail"


def test_a_sweep_that_does_not_fit_into_a_run_goes_on_in_the_next() -> None:
    polling = Polling(["onepay"], budget=8)
    for number in range(200):
        born = polling.clock.now() - timedelta(hours=1, minutes=number)
        polling.world("onepay").add(created_at=born)
    for _ in range(12):
        polling.poll("onepay")
    pages = {
        served.target.split("page=")[1].split("&")[0]
        for tick in range(12)
        for served in polling.asked("onepay", tick)
        if "=created&" in served.target or "%5D=created" in served.target
    }
    assert pages >= {str(number) for number in range(1, 11)}
    stored = [polling.stored(p.id, "onepay") for p in polling.world("onepay").payments()]
    assert None not in stored


@pytest.mark.parametrize("word", ["refunded", "disputed", "failed", "paid"])
def test_isolation_one_list_that_cannot_be_had_holds_up_no_other(word: str) -> None:
    polling, payment, _ = begun("onepay")
    polling.lab.faults = [ServerError(when=where(word), statuses=(500,))]
    new = polling.world("onepay").add()
    polling.world("onepay").move(payment.id, "processing")
    reports = [polling.poll("onepay") for _ in range(4)]
    assert polling.told(new.id) == ["pending"]
    assert polling.told(payment.id) == ["processing"]
    assert "unavailable" in {report["outcome"] for report in reports}


def test_no_invention_a_settled_list_that_was_empty_once_makes_no_news_of_what_is_old() -> None:
    polling = Polling(["onepay"])
    for number in range(30):
        born = polling.clock.now() - timedelta(days=10, minutes=number)
        polling.world("onepay").add("refunded", created_at=born)
    polling.lab.faults = [Emptied(when=where("refunded"))]
    polling.poll("onepay")
    polling.lab.faults = []
    for _ in range(10):
        polling.poll("onepay")
    assert polling.deliveries == []
    records = [polling.stored(p.id, "onepay") for p in polling.world("onepay").payments()]
    assert None not in records


def test_a_creation_date_that_is_written_more_finely_is_the_same() -> None:
    polling, payment, _ = begun("onepay")
    row = polling.world("onepay").payment(payment.id)
    assert row is not None
    row.created_at += timedelta(milliseconds=1)
    polling.world("onepay").move(payment.id, "paid")
    polling.poll("onepay")
    assert polling.told(payment.id) == ["paid"]


def test_another_creation_date_is_set_aside_and_said() -> None:
    polling, payment, _ = begun("compago")
    row = polling.world().payment(payment.id)
    assert row is not None
    row.created_at += timedelta(days=1)
    polling.world().amend(payment.id, external_id="order-b")
    report = polling.poll()
    assert report["set_aside"] == 1
    assert "set aside" in report["detail"]


def test_no_invention_two_lists_of_one_old_copy_do_not_take_back_what_was_paid() -> None:
    polling = Polling(["compago"], by_id=False)
    payments = [polling.world().add(created_at=polling.clock.now() - HOUR) for _ in range(2)]
    polling.poll()
    polling.world().move(payments[0].id, "CONFIRMED")
    polling.poll()
    polling.lab.faults = [Lagging(when=always(), seconds=90)]
    polling.poll()
    polling.lab.faults = []
    for _ in range(2):
        polling.poll()
    assert polling.told(payments[0].id) == ["paid"]


def test_payments_that_vanish_one_by_one_are_no_collapse() -> None:
    polling = Polling(["onepay"])
    for number in range(35):
        born = polling.clock.now() - timedelta(hours=1, minutes=number)
        polling.world("onepay").add(created_at=born)
    polling.poll("onepay")
    for payment in polling.world("onepay").payments()[:25]:
        polling.world("onepay").remove(payment.id)
        assert not polling.poll("onepay")["braked"]
    assert polling.deliveries == []
