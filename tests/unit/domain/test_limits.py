"""What a topic and a table refuse, known beforehand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from paywatch.domain.events import Message
from paywatch.domain.limits import MESSAGE_BYTES, batches, is_storable_id, refusal_of, size_of

PLAIN = Message("p/d/1/1", "{}", "Payment 1 was paid", {"status": "paid"})


def test_a_message_is_counted_in_bytes_of_body_subject_and_attributes() -> None:
    assert size_of(Message("id", "ñ", "abc", {"é": "12"})) == 2 + 3 + 2 + len("String") + 2


def test_a_plain_message_is_not_refused() -> None:
    assert refusal_of(PLAIN) is None


@pytest.mark.parametrize(
    "misfit",
    [
        pytest.param(replace(PLAIN, body=""), id="an empty body"),
        pytest.param(replace(PLAIN, body="{\x00}"), id="a null in the body"),
        pytest.param(replace(PLAIN, body="\ud800"), id="half a character"),
        pytest.param(replace(PLAIN, subject=""), id="an empty subject"),
        pytest.param(replace(PLAIN, subject="two\nlines"), id="two lines"),
        pytest.param(replace(PLAIN, subject=" blank first"), id="a blank first"),
        pytest.param(replace(PLAIN, subject="señal"), id="no ascii"),
        pytest.param(replace(PLAIN, subject="x" * 100), id="a long subject"),
        pytest.param(replace(PLAIN, attributes={"status": ""}), id="an empty attribute"),
        pytest.param(replace(PLAIN, attributes={"AWS.x": "y"}), id="a reserved name"),
        pytest.param(replace(PLAIN, attributes={"a b": "y"}), id="a blank in a name"),
        pytest.param(
            replace(PLAIN, attributes={f"a{n}": "y" for n in range(11)}), id="eleven attributes"
        ),
        pytest.param(replace(PLAIN, body="x" * MESSAGE_BYTES), id="a long body"),
    ],
)
def test_a_message_that_sns_would_refuse_is_known_before_it_is_sent(misfit: Message) -> None:
    reason = refusal_of(misfit)
    assert reason
    assert misfit.body not in reason or not misfit.body


def test_a_batch_holds_ten_messages_at_most_in_their_order() -> None:
    messages = [replace(PLAIN, id=str(n)) for n in range(25)]
    sent = list(batches(messages))
    assert [len(batch) for batch in sent] == [10, 10, 5]
    assert [m for batch in sent for m in batch] == messages


def test_a_batch_holds_no_more_bytes_than_sns_takes_in_one_request() -> None:
    large = replace(PLAIN, body="x" * (MESSAGE_BYTES // 3))
    sent = list(batches([large] * 5))
    assert [len(batch) for batch in sent] == [2, 2, 1]
    assert all(sum(map(size_of, batch)) <= MESSAGE_BYTES for batch in sent)


def test_where_there_is_nothing_to_send_there_is_no_request() -> None:
    assert list(batches([])) == []


def test_an_id_can_be_a_sort_key_if_it_has_1_to_1024_bytes() -> None:
    assert is_storable_id("x" * 1024)
    assert not is_storable_id("x" * 1025)
    assert not is_storable_id("ñ" * 513)
    assert not is_storable_id("")
    assert not is_storable_id("\ud800")
