"""The ports of a dry run: they read and write nothing."""

from __future__ import annotations

from datetime import timedelta

from paywatch.domain.events import message_of
from paywatch.memory import MemoryControls, MemoryPayments
from paywatch.rehearsal import RehearsedControls, RehearsedPayments, RehearsedTopic
from tests.examples import ONEPAY, WATCH, payment, record

SOON = WATCH + timedelta(minutes=1)


def test_stored_payments_are_read_and_no_write_reaches_them() -> None:
    stored = MemoryPayments()
    opened = record(payment("p1"))
    stored.save(opened, None)
    rehearsed = RehearsedPayments(stored)
    assert rehearsed.fetch(ONEPAY, ["p1", "p2"]) == {"p1": opened}
    assert rehearsed.watched(ONEPAY, opened.bucket) == [opened]
    rehearsed.save(record(payment("p2")), None)
    rehearsed.acknowledge(opened, 1)
    assert stored.fetch(ONEPAY, ["p1", "p2"]) == {"p1": opened}


def test_the_lease_is_not_taken_even_while_another_run_holds_it() -> None:
    stored = MemoryControls()
    held = stored.acquire(ONEPAY, "poll", WATCH, SOON)
    assert held is not None
    before = stored.peek(ONEPAY, "poll")
    rehearsed = RehearsedControls(stored)
    control = rehearsed.acquire(ONEPAY, "poll", WATCH, SOON)
    assert control is not None
    assert control.lease.epoch == held.lease.epoch + 1
    assert control.lease.until == SOON
    assert control.watch_began == WATCH
    rehearsed.mark(control.lease, [1, 2])
    assert rehearsed.finish(control.lease, {1: "digest"}, {"walk": "{}"})
    assert stored.peek(ONEPAY, "poll") == rehearsed.peek(ONEPAY, "poll") == before


def test_before_the_first_poll_a_dry_run_takes_its_own_beginning_for_the_watchs() -> None:
    control = RehearsedControls(MemoryControls()).acquire(ONEPAY, "poll", WATCH, SOON)
    assert control is not None
    assert control.watch_began == WATCH


def test_nothing_counts_as_published() -> None:
    message = message_of(record(payment()).outbox[0][1])
    assert RehearsedTopic().publish([message]) == {message.id: "dry run"}
