"""The rules of the topic, and what is refused before it is sent."""

from __future__ import annotations

import pytest

from paywatch.domain.events import Message, message_of
from paywatch.domain.limits import MESSAGE_BYTES, batches, size_of
from paywatch.domain.payments import Status
from paywatch.errors import TopicUnavailable
from tests.contract.conftest import Desk, message
from tests.contract.records import moved, opened

OVERHEAD = size_of(message("m", body=""))


def test_messages_arrive_in_order_with_subject_and_attributes(desk: Desk) -> None:
    record = moved(opened("p1"), Status.PAID)
    sent = [message_of(body) for _, body in record.outbox]
    assert desk.topic.publish(sent) == {m.id: None for m in sent}
    assert desk.received() == [(m.body, m.subject, dict(m.attributes)) for m in sent]


def test_nothing_to_publish_is_no_fault(desk: Desk) -> None:
    assert desk.topic.publish([]) == {}
    desk.close()
    assert desk.topic.publish([]) == {}


def test_more_messages_than_a_request_takes_arrive(desk: Desk) -> None:
    sent = [message(f"m{number}", body=f"body {number}") for number in range(23)]
    assert desk.topic.publish(sent) == {m.id: None for m in sent}
    assert [body for body, _, _ in desk.received()] == [m.body for m in sent]


def test_a_topic_that_is_gone_is_unavailable(desk: Desk) -> None:
    desk.close()
    with pytest.raises(TopicUnavailable, match="NotFound"):
        desk.topic.publish([message("m1")])


def test_what_cannot_be_sent_is_refused_without_asking_the_topic(desk: Desk) -> None:
    desk.close()
    assert desk.topic.publish([message("m1", subject="")]).keys() == {"m1"}


@pytest.mark.parametrize(
    "refused",
    [
        message("m", body=""),
        message("m", body="a bell \a"),
        message("m", body="half a pair \ud800"),
        message("m", body="x" * (MESSAGE_BYTES - OVERHEAD + 1)),
        message("m", body="ñ" * (MESSAGE_BYTES // 2)),
        message("m", body="x" * (MESSAGE_BYTES - OVERHEAD - 5), name="v"),
        message("m", subject=""),
        message("m", subject="x" * 100),
        message("m", subject="two\nlines"),
        message("m", subject="a bell \a"),
        message("m", subject=" begins with a space"),
        message("m", subject="señor"),
        message("m", name=""),
        message("m", name="a bell \a"),
        Message("m", "{}", "A sentence", {"": "value"}),
        Message("m", "{}", "A sentence", {"two words": "value"}),
        Message("m", "{}", "A sentence", {".name": "value"}),
        Message("m", "{}", "A sentence", {"name.": "value"}),
        Message("m", "{}", "A sentence", {"na..me": "value"}),
        Message("m", "{}", "A sentence", {"AWS.name": "value"}),
        Message("m", "{}", "A sentence", {"n" * 257: "value"}),
        Message("m", "{}", "A sentence", {f"name{number}": "value" for number in range(11)}),
    ],
    ids=lambda m: f"{m.body[:12]}|{m.subject[:12]}|{','.join(m.attributes)[:20]}",
)
def test_a_misfit_is_refused_alone(desk: Desk, refused: Message) -> None:
    answer = desk.topic.publish([message("before"), refused, message("after")])
    assert (answer["before"], answer["after"]) == (None, None)
    assert answer["m"]
    assert len(desk.received()) == 2


@pytest.mark.parametrize(
    "taken",
    [
        message("m", body="x" * (MESSAGE_BYTES - OVERHEAD)),
        message("m", body="Pago de la niña 🎉\t\r\n"),
        message("m", subject="x" * 99),
        Message("m", "{}", "1", {f"name{number}": "value" for number in range(10)}),
        Message("m", "{}", "A sentence", {"a.b-c_D9": "value", "AWSome": "value"}),
    ],
    ids=lambda m: f"{m.body[:12]}|{m.subject[:12]}|{','.join(m.attributes)[:20]}",
)
def test_what_just_fits_is_published(desk: Desk, taken: Message) -> None:
    assert desk.topic.publish([taken]) == {"m": None}
    ((body, subject, attributes),) = desk.received()
    assert (body, subject, attributes) == (taken.body, taken.subject, dict(taken.attributes))


def test_a_request_holds_at_most_ten_messages_and_256_kib() -> None:
    small = [message(f"m{number}") for number in range(21)]
    assert [len(batch) for batch in batches(small)] == [10, 10, 1]
    half = [
        message(f"m{number}", body="x" * (MESSAGE_BYTES // 2 - OVERHEAD)) for number in range(3)
    ]
    assert [len(batch) for batch in batches(half)] == [2, 1]
    over = [message(f"m{number}", body="x" * (MESSAGE_BYTES // 2)) for number in range(3)]
    assert [len(batch) for batch in batches(over)] == [1, 1, 1]


def test_every_byte_that_sns_counts_is_counted() -> None:
    assert size_of(message("m", body="ñ", subject="ab", name="ö")) == 2 + 2 + 4 + len("String") + 2
