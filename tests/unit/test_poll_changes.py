"""What a poll publishes of payments that move."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from paylab import LabPayment, Size, leaks
from paylab.faults import Asked, Fault, always, where
from paylab.messages import Response
from paylab.world import Order
from tests.polling import Polling

HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Stale(Fault):
    """A list as it was: `kept` gets what is said now, `says` is said instead."""

    kept: list[dict[str, Any]] = field(default_factory=list)
    says: dict[str, Any] | None = None

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        if self.says is not None:
            return replace(response, body=json.dumps(self.says).encode())
        self.kept.append(json.loads(response.body))
        return response


def begun(source: str = "onepay", **options: Any) -> tuple[Polling, LabPayment]:
    """Return a polling with one open payment from before the watch, polled once."""
    polling = Polling([source], **options)
    payment = polling.world(source).add(created_at=polling.clock.now() - HOUR)
    polling.world(source).add(created_at=polling.clock.now() - HOUR)
    polling.poll(source)
    return polling, payment


@dataclass(frozen=True, kw_only=True)
class Unlisted(Fault):
    """No list shows a payment; by its id it is answered for."""

    payment_id: str

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        answer = json.loads(response.body)
        if "last_page" in answer:
            rows = [row for row in answer["data"] if row["id"] != self.payment_id]
            answer.update(data=rows, total=len(rows))
        return replace(response, body=json.dumps(answer).encode())


def test_within_one_poll_a_leaver_that_was_still_open_is_asked_for_again() -> None:
    # As one that left a list that was not read yet for one that was: no list showed it.
    polling, payment = begun(every=timedelta(seconds=55))
    polling.lab.faults = [Unlisted(when=always(), payment_id=payment.id)]
    assert polling.poll("onepay")["leavers"] == 1
    polling.world("onepay").move(payment.id, "failed")
    polling.poll("onepay")
    assert polling.told(payment.id) == ["failed"]


@pytest.mark.parametrize("source", ["compago", "onepay"])
def test_a_new_payment_is_announced_once(source: str) -> None:
    polling, _ = begun(source)
    new = polling.world(source).add()
    report = polling.poll(source)
    assert (report["opened"], report["changed"], report["published"]) == (1, 0, 1)
    polling.poll(source)
    assert polling.told(new.id) == ["pending"]


@pytest.mark.parametrize("by_id", [True, False])
@pytest.mark.parametrize("order", ["newest_first", "oldest_first", "none"])
def test_a_link_that_was_paid_is_told_of_in_the_same_poll(order: Order, by_id: bool) -> None:
    polling, payment = begun("compago", order=order, by_id=by_id)
    polling.world().move(payment.id, "CONFIRMED")
    report = polling.poll()
    assert polling.told(payment.id) == ["paid"]
    assert report["unexplained"] == 0


class OnePageSaid(Fault):
    """Of every list OnePay says that it has one page, and how many rows it has in truth."""

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        answer = json.loads(response.body)
        if "last_page" in answer:
            answer["last_page"] = 1
        return replace(response, body=json.dumps(answer).encode())


def test_a_last_page_that_is_none_by_the_total_hides_no_payment() -> None:
    polling = Polling(["onepay"], faults=[OnePageSaid(when=always())])
    world = polling.world("onepay")
    payments = [world.add(created_at=polling.clock.now() - HOUR * (n + 1)) for n in range(70)]
    for _ in range(3):
        polling.poll("onepay")
    assert all(polling.stored(payment.id, "onepay") for payment in payments)
    for payment in payments:
        world.move(payment.id, "paid")
    for _ in range(6):
        polling.poll("onepay")
    assert {tuple(polling.told(payment.id)) for payment in payments} == {("paid",)}


def test_a_list_that_lags_behind_a_correction_is_not_believed_at_once() -> None:
    polling, payment = begun()
    world = polling.world("onepay")
    stale: list[dict[str, Any]] = []
    world.move(payment.id, "paid")
    polling.poll("onepay")
    for word in ("refunded", "paid"):
        for _ in range(5):
            polling.poll("onepay")
        if word == "paid":
            polling.lab.faults = [Stale(when=where("refunded"), kept=stale)]
            for _ in range(5):
                polling.poll("onepay")
            polling.lab.faults = []
        world.move(payment.id, word)
    for _ in range(5):
        polling.poll("onepay")
    told = ["paid", "refunded", "paid"]
    assert polling.told(payment.id) == told
    # Long after the correction, an old copy of the list of refunded ones.
    polling.lab.faults = [Stale(when=where("filter%5Bstatus%5D=refunded"), says=stale[-1])]
    for _ in range(5):
        polling.poll("onepay")
    assert polling.told(payment.id) == told


def test_a_dispute_that_is_taken_back_is_told_of_as_a_correction() -> None:
    polling, payment = begun()
    world = polling.world("onepay")
    world.move(payment.id, "paid")
    polling.poll("onepay")
    for word in ("disputed", "paid"):
        for _ in range(5):
            polling.poll("onepay")
        world.move(payment.id, word)
    for _ in range(5):
        polling.poll("onepay")
    assert polling.told(payment.id) == ["paid", "disputed", "paid"]
    corrections = [d.event["data"]["correction"] for d in polling.deliveries]
    assert corrections == [False, False, True]
    assert sum(report["sources"]["onepay"]["misses"] for report in polling.reports) == 0


@pytest.mark.parametrize("word", ["paid", "failed", "refunded", "disputed"])
def test_an_intent_that_settled_is_told_of_in_the_same_poll(word: str) -> None:
    polling, payment = begun()
    polling.world("onepay").move(payment.id, word)
    polling.poll("onepay")
    assert polling.told(payment.id) == [word]


@pytest.mark.parametrize("order", ["newest_first", "oldest_first"])
def test_a_link_that_opened_and_was_paid_between_two_polls_is_found(order: Order) -> None:
    polling, _ = begun("compago", order=order)
    new = polling.world().add("CONFIRMED")
    polling.poll()
    assert polling.told(new.id) == ["paid"]


def test_an_intent_that_opened_and_was_paid_between_two_polls_is_found() -> None:
    polling, _ = begun()
    new = polling.world("onepay").add("paid")
    polling.poll("onepay")
    assert polling.told(new.id) == ["paid"]


def test_a_refund_of_a_payment_that_was_settled_before_the_watch_is_told_of() -> None:
    polling = Polling(["onepay"])
    world = polling.world("onepay")
    old = world.add("paid", created_at=polling.clock.now() - 1000 * HOUR)
    for _ in range(4):
        polling.poll("onepay")
    world.move(old.id, "refunded")
    for _ in range(4):
        polling.poll("onepay")
    assert polling.told(old.id) == ["refunded"]


def test_a_link_past_its_deadline_expires_once_and_may_still_be_paid() -> None:
    polling = Polling(["compago"])
    deadline = polling.clock.now() + timedelta(minutes=10)
    link = polling.world().add(created_at=polling.clock.now() - HOUR, expires_at=deadline)
    for _ in range(20):
        polling.poll()
    assert polling.told(link.id) == ["expired"]
    polling.world().move(link.id, "CONFIRMED")
    polling.poll()
    assert polling.told(link.id) == ["expired", "paid"]


def test_a_payment_that_no_list_and_no_lookup_shows_stays_open_and_is_unexplained() -> None:
    polling, payment = begun()
    polling.world("onepay").remove(payment.id)
    reports = [polling.poll("onepay") for _ in range(20)]
    assert polling.told(payment.id) == []
    assert all(report["unexplained"] == 1 for report in reports)
    stored = polling.stored(payment.id, "onepay")
    assert stored is not None
    assert stored.open
    # Asked for with growing pauses: at once, after 1, 2, 4 and 8 minutes.
    assert [n for n, r in enumerate(reports) if r["leavers"]] == [0, 1, 3, 7, 15]


def test_an_unexplained_payment_that_is_listed_again_is_a_leaver_no_more() -> None:
    polling, payment = begun("compago")
    row = polling.world().payment(payment.id)
    assert row is not None
    polling.world().remove(payment.id)
    assert polling.poll()["unexplained"] == 1
    polling.world()._payments[row.id] = row
    polling.world()._changed(row.id)
    assert polling.poll()["unexplained"] == 0
    assert polling.told(payment.id) == []


def test_a_status_that_nobody_knows_is_told_of_and_watched_like_an_open_one() -> None:
    polling, payment = begun()
    polling.world("onepay").move(payment.id, "on_hold")
    polling.poll("onepay")
    assert polling.told(payment.id) == ["unrecognized"]
    polling.poll("onepay")
    assert any("on_hold" in served.target for served in polling.asked("onepay"))
    polling.world("onepay").move(payment.id, "paid")
    polling.poll("onepay")
    assert polling.told(payment.id) == ["unrecognized", "paid"]


def test_the_interval_of_a_change_begins_with_the_last_walk_that_listed_the_old_status() -> None:
    polling, payment = begun()
    for _ in range(3):
        polling.poll("onepay")
    polling.world("onepay").move(payment.id, "failed")
    polling.poll("onepay")
    data = polling.deliveries[-1].event["data"]
    last, now = polling.ticks[-2], polling.ticks[-1]
    after, before = data["changed_after"], data["changed_before"]
    assert last.start.isoformat() <= after.replace("Z", "+00:00") <= last.end.isoformat()
    assert now.start.isoformat() <= before.replace("Z", "+00:00") <= now.end.isoformat()


MANY = Size(open=15, settled=20, arrivals_per_minute=2.0)


@pytest.mark.parametrize("by_id", [True, False])
@pytest.mark.parametrize("order", ["newest_first", "oldest_first", "none"])
def test_an_auditor_finds_nothing_lost_invented_or_out_of_order(order: Order, by_id: bool) -> None:
    polling = Polling(order=order, by_id=by_id, size=MANY, seed=7)
    for _ in range(25):
        polling.tick()
    report = polling.audit()
    lost = [] if order == "none" else report.lost
    assert (lost, report.invented, report.out_of_order) == ([], [], [])
    assert report.duplicates == 0
    assert report.delivered > 50


def test_nothing_personal_is_published_stored_or_reported() -> None:
    polling = Polling(size=MANY, seed=3)
    for _ in range(10):
        polling.tick()
    texts = [json.dumps([d.event for d in polling.deliveries])]
    texts += [message.subject for message in polling.inbox.published]
    texts += [json.dumps(polling.reports)]
    for source, world in polling.worlds.items():
        texts += [repr(polling.stored(p.id, str(source))) for p in world.payments()]
        texts += polling.controls.peek(source, "poll").memory.values()
    assert len(texts) > 50
    assert [mark for text in texts for mark in leaks(text)] == []


def test_what_the_topic_did_not_take_is_published_by_the_next_poll() -> None:
    polling, payment = begun()
    polling.inbox.fault = "no such topic"
    polling.world("onepay").move(payment.id, "paid")
    assert polling.poll("onepay")["outbox_left"] == 1
    polling.inbox.fault = None
    assert polling.poll("onepay")["outbox_left"] == 0
    assert polling.told(payment.id) == ["paid"]


def test_a_refused_message_is_published_once_it_is_refused_no_more() -> None:
    polling, payment = begun()
    polling.inbox.refusing[f"onepay/default/{payment.id}/1"] = "too long"
    polling.world("onepay").move(payment.id, "paid")
    assert polling.poll("onepay")["outbox_left"] == 1
    polling.inbox.refusing.clear()
    assert polling.poll("onepay")["outbox_left"] == 0
    assert polling.told(payment.id) == ["paid"]


@pytest.mark.parametrize("order", ["newest_first", "oldest_first", "none"])
def test_progress_a_link_that_is_open_again_is_believed_without_answers_by_id(order: Order) -> None:
    polling, payment = begun("compago", order=order, by_id=False)
    world = polling.world()
    world.move(payment.id, "CONFIRMED")
    polling.poll()
    row = world.payment(payment.id)
    assert row is not None
    world.move(payment.id, "PENDING")
    # Its own date does not tell that it moved: it has whole seconds.
    confirmed = polling.stored(payment.id)
    assert confirmed is not None
    row.updated_at = datetime.fromisoformat(str(confirmed.payment.updated_at))
    world._changed(payment.id)
    for _ in range(2):
        polling.poll()
    assert polling.told(payment.id) == ["paid", "pending"]
    assert polling.deliveries[-1].event["data"]["correction"] is True
