"""What one poll of a source says of itself, and the status words that it remembers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from paywatch.discovery.reader import Observation
from paywatch.domain.changes import OUTBOX_LIMIT
from paywatch.domain.payments import Payment, timestamp
from paywatch.errors import RowError, Unavailable, UnexpectedResponse
from paywatch.memory import MemoryPayments
from paywatch.poll import EXTRA_WORDS, SourcePoll, _tells_more
from paywatch.report import SourceReport
from tests.examples import WATCH, at, observed, payment
from tests.unit.discovery.rounds import Rounds
from tests.unit.discovery.shelf import Shelf


def poll(rounds: Rounds, **options: Any) -> SourceReport:
    """Poll the source once."""
    return SourcePoll(rounds.begin(), **options).run()


def begun(*rows: Payment) -> Rounds:
    """Return a source that was polled once, when it had these rows."""
    rounds = Rounds(Shelf(rows))
    rounds.clock.advance(100)
    poll(rounds)
    rounds.calls.clear()
    rounds.shelf.asked.clear()
    return rounds


def swept(rounds: Rounds) -> list[str | None]:
    """Return the lists that were asked for, each once, in order."""
    return list(dict.fromkeys(query.status for query in rounds.shelf.asked))


OPEN = payment("open", created_at=at(-50))


def test_a_poll_counts_what_it_announced_and_what_changed() -> None:
    rounds = begun(OPEN, payment("second", created_at=at(-60)))
    rounds.shelf.put(payment("open", "processing", created_at=at(-50)))
    rounds.shelf.rows += [payment(f"new{n}", created_at=at(200 + n)) for n in range(3)]
    report = poll(rounds)
    assert (report.opened, report.changed, report.published) == (3, 1, 4)
    assert (report.outcome, report.detail) == ("ok", "")
    assert (report.watching, report.sealed) == (True, True)
    assert report.requests == len(rounds.shelf.asked)
    assert report.seen >= 5
    assert (report.outbox_left, report.outbox_age) == (0, 0.0)


def test_what_waits_to_be_published_is_counted_and_the_age_of_the_oldest_told() -> None:
    rounds = Rounds(Shelf([payment("b")]))
    rows = [payment("a", word) for word in ("created", "processing", "paid")]
    rounds.hold(*rows, owes=True)
    rounds.hold(payment("b"), owes=True)
    MemoryPayments.acknowledge(rounds.payments, rounds.stored("a"), 1)
    MemoryPayments.acknowledge(rounds.payments, rounds.stored("b"), 1)
    rounds.topic.fault = "KMSDisabled"
    report = poll(rounds)
    assert report.outbox_left == 2
    # The second version, observed two minutes after the watch began.
    oldest = (rounds.clock.now() - WATCH - timedelta(seconds=120)).total_seconds()
    assert report.outbox_age == pytest.approx(oldest, abs=0.01)
    assert (report.outcome, report.detail) == ("topic_unavailable", "KMSDisabled")


def test_rows_that_make_no_sense_are_counted() -> None:
    rounds = begun(OPEN)
    rounds.shelf.refused = {1: (RowError("no status"), RowError("no id"))}
    report = poll(rounds)
    assert report.refused_rows == 2 * rounds.shelf.pages.count(1)


def test_what_contradicts_what_is_stored_is_counted() -> None:
    full, reborn = payment("full", created_at=at(-50)), payment("reborn", created_at=at(-40))
    rounds = begun(full, reborn)
    stuck = replace(rounds.stored("full"), version=OUTBOX_LIMIT, published=0)
    rounds.payments._put(stuck)
    rounds.shelf.rows = [
        payment("full", "processing", created_at=at(-50)),
        payment("reborn", created_at=at(-30)),
    ]
    assert poll(rounds).set_aside == 2


def test_one_that_was_set_aside_is_said() -> None:
    rounds = begun(OPEN)
    rounds.shelf.rows = [payment("open", created_at=at(-30))]
    report = poll(rounds)
    assert report.set_aside == 1
    assert report.detail == "1 set aside: another creation date than before"


def test_without_contradictions_nothing_is_said_of_them() -> None:
    rounds = begun(OPEN)
    assert (poll(rounds).set_aside, poll(rounds).detail) == (0, "")


def test_the_delays_are_those_of_changes_that_bear_a_date() -> None:
    rounds = begun(OPEN, payment("other", created_at=at(-60)))
    now = rounds.clock.now()
    settled = payment("open", "paid", created_at=at(-50), paid_at=timestamp(now))
    rounds.shelf.rows = [settled, payment("other", "processing", created_at=at(-60))]
    (delay,) = poll(rounds).delays
    observed_at = rounds.stored("open").history[-1].observed_at
    assert timestamp(now + timedelta(seconds=delay)) == observed_at


def test_a_status_that_the_provider_made_up_is_swept_from_the_next_poll_on() -> None:
    rounds = begun(OPEN)
    rounds.shelf.rows += [payment("odd", "ON_HOLD", created_at=at(300))]
    poll(rounds)
    assert rounds.memory("words") == {"seen": ["ON_HOLD"], "refused": []}
    rounds.shelf.asked.clear()
    report = poll(rounds)
    assert "ON_HOLD" in swept(rounds)
    assert [c["list"] for c in report.certificates] == ["created", "processing", "ON_HOLD"]
    assert rounds.memory("words") == {"seen": ["ON_HOLD"], "refused": []}


def test_no_more_made_up_words_than_so_many_are_remembered() -> None:
    rounds = begun(OPEN)
    odd = [payment(f"odd{n}", f"ODD_{n}", created_at=at(300 + n)) for n in range(EXTRA_WORDS + 2)]
    rounds.shelf.rows += [*odd, payment("again", "ODD_1", created_at=at(320))]
    poll(rounds)
    assert len(rounds.memory("words")["seen"]) == EXTRA_WORDS
    assert len(set(rounds.memory("words")["seen"])) == EXTRA_WORDS


def odd() -> Rounds:
    """Return a source with a payment of a made-up word, which the next poll sweeps."""
    rounds = begun(OPEN)
    rounds.shelf.rows += [payment("odd", "ON_HOLD", created_at=at(300))]
    poll(rounds)
    return rounds


def test_a_made_up_word_that_cannot_be_asked_for_is_not_asked_for_again() -> None:
    rounds = odd()
    rounds.shelf.broken["ON_HOLD", 1] = UnexpectedResponse("422")
    report = poll(rounds)
    assert rounds.memory("words") == {"seen": ["ON_HOLD"], "refused": ["ON_HOLD"]}
    assert not report.watching
    rounds.shelf.asked.clear()
    report = poll(rounds)
    assert "ON_HOLD" not in swept(rounds)
    assert report.watching
    assert rounds.shelf.looked_up == ["odd"]
    assert rounds.memory("words") == {"seen": ["ON_HOLD"], "refused": ["ON_HOLD"]}


def test_a_made_up_word_that_could_not_be_had_once_is_asked_for_again() -> None:
    rounds = odd()
    rounds.shelf.broken["ON_HOLD", 1] = Unavailable("503")
    poll(rounds)
    assert rounds.memory("words") == {"seen": ["ON_HOLD"], "refused": []}


def test_a_word_is_not_given_up_by_a_poll_that_could_not_read_the_documented_ones() -> None:
    rounds = odd()
    for word in ("processing", "ON_HOLD"):
        rounds.shelf.broken[word, 1] = UnexpectedResponse("422")
    poll(rounds)
    assert rounds.memory("words") == {"seen": ["ON_HOLD"], "refused": []}


def test_a_documented_word_is_never_given_up() -> None:
    rounds = begun(OPEN)
    for word in ("processing", "created"):
        rounds.shelf.broken[word, 1] = UnexpectedResponse("422")
    poll(rounds)
    assert rounds.memory("words") == {"seen": [], "refused": []}


def reading(row: Payment, request: int = 1) -> Observation:
    return observed(row, request)


def test_a_row_tells_more_where_the_sweep_did_not_list_it_just_so() -> None:
    latest = {"open": reading(OPEN)}
    assert not _tells_more(reading(OPEN, 2), latest)
    assert _tells_more(reading(replace(OPEN, amount="7.00"), 2), latest)
    assert _tells_more(reading(payment("other"), 2), latest)
