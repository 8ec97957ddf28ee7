"""The outbox: published in order, acknowledged one by one, no payment held up by another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from paywatch.delivery import Delivered, deliver
from paywatch.discovery.ledger import judge
from paywatch.domain.changes import Record
from paywatch.domain.events import Message
from paywatch.domain.limits import BATCH_ENTRIES
from paywatch.errors import StaleState
from paywatch.memory import MemoryPayments, MemoryTopic
from tests.examples import ONEPAY, observed, payment, record, rules


def owing(payments: MemoryPayments, payment_id: str, *words: str) -> Record:
    """Store a payment that went through these words, and owes them all."""
    stored = record(payment(payment_id, words[0]))
    payments.save(stored, None)
    for epoch, word in enumerate(words[1:], start=2):
        reading = observed(payment(payment_id, word), epoch=epoch, seconds=60 * epoch)
        after = judge(rules(), stored, reading).record
        assert after is not None
        payments.save(after, stored)
        stored = after
    return stored


class Outbox:
    """A store, a topic and what is owed, with three payments of one, two and three changes."""

    def __init__(self) -> None:
        self.payments = MemoryPayments()
        self.topic = MemoryTopic()
        self.owed = [
            owing(self.payments, "a", "created", "processing", "paid"),
            owing(self.payments, "b", "created", "failed"),
            owing(self.payments, "c", "created"),
        ]

    def deliver(self, rounds: int = 99) -> Delivered:
        left = [rounds]

        def may_go_on() -> bool:
            left[0] -= 1
            return left[0] >= 0

        return deliver(self.owed, self.payments, self.topic, may_go_on)

    @property
    def told(self) -> list[str]:
        return [message.id.removeprefix(f"{ONEPAY}/") for message in self.topic.published]

    def stored(self, payment_id: str) -> Record:
        return self.payments.fetch(ONEPAY, [payment_id])[payment_id]


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


def test_everything_owed_is_published_and_acknowledged(outbox: Outbox) -> None:
    result = outbox.deliver()
    assert result.published == 6
    assert not result.refused
    for payment_id in "abc":
        stored = outbox.stored(payment_id)
        assert not stored.owes
        assert not stored.outbox
        assert result.records[payment_id] == stored


def test_one_version_of_a_payment_goes_out_at_a_time(outbox: Outbox) -> None:
    calls: list[list[str]] = []

    class Listening(MemoryTopic):
        def publish(self, messages: Sequence[Message]) -> Mapping[str, str | None]:
            calls.append([message.id for message in messages])
            return super().publish(messages)

    outbox.topic = Listening()
    outbox.deliver()
    for call in calls:
        payments = [message_id.split("/")[2] for message_id in call]
        assert len(payments) == len(set(payments))
    assert [m for m in outbox.told if m.startswith("a/")] == ["a/1", "a/2", "a/3"]


def test_a_refused_message_holds_up_its_own_payment_alone(outbox: Outbox) -> None:
    outbox.topic.refusing[f"{ONEPAY}/a/2"] = "InternalError"
    result = outbox.deliver()
    assert sorted(outbox.told) == ["a/1", "b/1", "b/2", "c/1"]
    assert result.refused == {"a": "InternalError"}
    assert outbox.stored("a").published == 1
    assert [version for version, _ in outbox.stored("a").outbox] == [2, 3]


def test_isolation_what_was_published_beside_a_refused_message_is_acknowledged(
    outbox: Outbox,
) -> None:
    outbox.topic.refusing[f"{ONEPAY}/a/1"] = "InternalError"
    result = outbox.deliver()
    assert result.refused == {"a": "InternalError"}
    assert not outbox.stored("b").owes
    assert not outbox.stored("c").owes


def test_a_message_without_a_reply_counts_as_refused(outbox: Outbox) -> None:
    class Silent(MemoryTopic):
        def publish(self, messages: Sequence[Message]) -> Mapping[str, str | None]:
            answers = dict(super().publish(messages))
            answers.pop(f"{ONEPAY}/b/1", None)
            return answers

    outbox.topic = Silent()
    result = outbox.deliver()
    assert result.refused == {"b": "no reply"}
    assert outbox.stored("b").published == 0
    assert "b/2" not in outbox.told


def test_a_fault_of_the_whole_topic_ends_the_delivery_and_everything_stays_owed(
    outbox: Outbox,
) -> None:
    outbox.topic.fault = "KMSDisabled"
    result = outbox.deliver()
    assert result.topic_fault == "KMSDisabled"
    assert result.published == 0
    assert not result.refused
    assert all(outbox.stored(payment_id).published == 0 for payment_id in "abc")


def test_what_is_published_and_not_acknowledged_stays_owed_and_is_told_again(
    outbox: Outbox,
) -> None:
    class Forgetful(MemoryPayments):
        def acknowledge(self, record: Record, version: int) -> None:
            raise StaleState("someone else wrote first")

    result = deliver(outbox.owed, Forgetful(), outbox.topic, lambda: True)
    assert result.published == 3
    assert sorted(outbox.told) == ["a/1", "b/1", "c/1"]
    why = "published, but not acknowledged: someone else wrote first"
    assert result.refused == {"a": why, "b": why, "c": why}
    assert all(result.records[payment_id].owes for payment_id in "abc")
    first = {m.id: m for m in outbox.topic.published}
    outbox.deliver()
    repeats = [m for m in outbox.topic.published[3:] if m.id in first]
    assert [first[m.id] for m in repeats] == repeats
    assert len(repeats) == 3


def test_a_death_repeats_no_more_than_one_request_had_published(outbox: Outbox) -> None:
    class Dying(MemoryPayments):
        def acknowledge(self, record: Record, version: int) -> None:
            raise KeyboardInterrupt

    owed = [owing(outbox.payments, f"p{number}", "created") for number in range(25)]
    with pytest.raises(KeyboardInterrupt):
        deliver(owed, Dying(), outbox.topic, lambda: True)
    assert len(outbox.told) == BATCH_ENTRIES
    outbox.topic.published.clear()
    deliver(owed, outbox.payments, outbox.topic, lambda: True)
    assert len(set(outbox.told)) == len(outbox.told) == 25


def test_nothing_is_published_when_the_time_is_up(outbox: Outbox) -> None:
    result = outbox.deliver(rounds=0)
    assert outbox.told == []
    assert set(result.records) == {"a", "b", "c"}
    outbox.deliver(rounds=1)
    assert sorted(outbox.told) == ["a/1", "b/1", "c/1"]


def test_a_record_whose_event_is_missing_is_told_of_and_holds_up_no_other(outbox: Outbox) -> None:
    broken = record(payment("x"))
    outbox.owed.insert(0, Record(**{**broken.__dict__, "outbox": ()}))
    result = outbox.deliver()
    assert result.refused == {"x": "its recorded event is missing"}
    assert result.published == 6


def spoilt(key: str, value: object) -> str:
    """Return the event of payment x with another value at a key of it or of its data."""
    event = json.loads(record(payment("x")).outbox[0][1])
    part = event if key in event else event["data"]
    part[key] = value
    return json.dumps(event)


UNREADABLE = "its recorded event cannot be read"
ANOTHER = "its recorded event is of another change"
MISSING = "its recorded event is missing"


@pytest.mark.parametrize(
    ("kept", "why"),
    [
        (((1, ""),), UNREADABLE),
        (((1, '{"id": "x"'),), UNREADABLE),
        (((1, "{}"),), UNREADABLE),
        (((1, "[]"),), UNREADABLE),
        (((1, "[" * 100_000),), UNREADABLE),
        (((1, spoilt("data", [])),), UNREADABLE),
        (((1, spoilt("status", "captured")),), UNREADABLE),
        (((1, spoilt("amount", 5)),), UNREADABLE),
        (((1, spoilt("currency", 5)),), UNREADABLE),
        (((1, spoilt("type", None)),), UNREADABLE),
        (((1, spoilt("id", 5)),), UNREADABLE),
        (((1, spoilt("id", f"{ONEPAY}/a/1")),), ANOTHER),
        (((1, spoilt("id", f"{ONEPAY}/x/2")),), ANOTHER),
        (((2, spoilt("version", 2)),), MISSING),
    ],
    ids=lambda value: str(value)[:60],
)
def test_isolation_a_record_whose_event_is_none_is_told_of_and_holds_up_no_other(
    outbox: Outbox, kept: tuple[tuple[int, str], ...], why: str
) -> None:
    outbox.owed.insert(0, replace(record(payment("x")), outbox=kept))
    result = outbox.deliver()
    assert result.refused == {"x": why}
    assert result.published == 6
    assert result.records["x"].owes
    assert sorted(outbox.told) == ["a/1", "a/2", "a/3", "b/1", "b/2", "c/1"]


def test_order_an_event_that_is_left_over_beside_the_one_that_is_due_is_not_published(
    outbox: Outbox,
) -> None:
    first = outbox.owed[0]
    published = replace(first, published=1)
    outbox.payments._put(published)
    outbox.owed = [published]
    result = outbox.deliver()
    assert outbox.told == ["a/2", "a/3"]
    assert not result.records["a"].owes
    assert not result.refused


def test_what_owes_nothing_is_left_alone(outbox: Outbox) -> None:
    outbox.deliver()
    again = deliver([outbox.stored(x) for x in "abc"], outbox.payments, outbox.topic, lambda: True)
    assert again.published == 0
    assert not again.records
