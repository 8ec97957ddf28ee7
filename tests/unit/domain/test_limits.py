"""What a topic and a table refuse, known beforehand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from paywatch.domain.events import Message
from paywatch.domain.limits import (
    MESSAGE_BYTES,
    batches,
    clean,
    is_storable_id,
    refusal_of,
    size_of,
)

PLAIN = Message("p/d/1/1", "{}", "Payment 1 was paid", {"status": "paid"})
# The bytes that are left for the body of such a message.
ROOM = MESSAGE_BYTES - size_of(replace(PLAIN, body=""))


def test_a_message_is_counted_in_bytes_of_body_subject_and_attributes() -> None:
    assert size_of(Message("id", "ñ", "abc", {"é": "12"})) == 2 + 3 + 2 + len("String") + 2


def test_a_plain_message_is_not_refused() -> None:
    assert refusal_of(PLAIN) is None


BODY = "the body is empty or holds a character that SNS does not take"
SUBJECT = "the subject is not 1 to 99 printable ASCII characters"


@pytest.mark.parametrize(
    ("misfit", "reason"),
    [
        pytest.param({"body": ""}, BODY, id="an empty body"),
        pytest.param({"body": "{\x00}"}, BODY, id="a null in the body"),
        pytest.param({"body": "\ud800"}, BODY, id="half a character"),
        pytest.param({"subject": ""}, SUBJECT, id="an empty subject"),
        pytest.param({"subject": "two\nlines"}, SUBJECT, id="two lines"),
        pytest.param({"subject": " blank first"}, SUBJECT, id="a blank first"),
        pytest.param({"subject": "señal"}, SUBJECT, id="no ascii"),
        pytest.param({"subject": "x\x1f"}, SUBJECT, id="the last control character"),
        pytest.param({"subject": "x\x7f"}, SUBJECT, id="a deletion"),
        pytest.param({"subject": "x" * 100}, SUBJECT, id="a long subject"),
        pytest.param(
            {"attributes": {"status": ""}},
            "attribute 'status' is empty or holds a character that SNS does not take",
            id="an empty attribute",
        ),
        pytest.param(
            {"attributes": {"a": "b", "status": "\x00"}},
            "attribute 'status' is empty or holds a character that SNS does not take",
            id="a null in an attribute",
        ),
        pytest.param(
            {"attributes": {"AWS.x": "y"}},
            "'AWS.x' cannot be the name of an attribute",
            id="a reserved name",
        ),
        pytest.param(
            {"attributes": {"b" * 41 + " ": "y"}},
            f"'{'b' * 40}' cannot be the name of an attribute",
            id="a blank in a long name",
        ),
        pytest.param(
            {"attributes": {f"a{n}": "y" for n in range(11)}},
            "11 attributes; there may be 10",
            id="eleven attributes",
        ),
        pytest.param(
            {"body": "x" * (ROOM + 1)}, "262145 bytes; there may be 262144", id="one byte too many"
        ),
    ],
)
def test_a_message_that_sns_would_refuse_is_known_before_it_is_sent_and_why(
    misfit: dict[str, Any], reason: str
) -> None:
    assert refusal_of(replace(PLAIN, **misfit)) == reason


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"body": "x" * ROOM}, id="as many bytes as there may be"),
        pytest.param({"subject": "~"}, id="one character"),
        pytest.param({"subject": "x y" * 33}, id="99 characters"),
        pytest.param({"attributes": {f"a{n}": "y" for n in range(10)}}, id="ten attributes"),
    ],
)
def test_what_just_fits_is_not_refused(fields: dict[str, Any]) -> None:
    assert refusal_of(replace(PLAIN, **fields)) is None


def test_half_a_character_counts_as_the_one_that_stands_for_it() -> None:
    assert size_of(replace(PLAIN, body="{\ud800}")) == size_of(replace(PLAIN, body="{?}"))


def test_a_question_mark_stands_for_each_character_that_sns_does_not_take() -> None:
    assert clean("\x00a\ud800\nñ\ufffe") == "?a?\nñ?"


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


def test_messages_that_fill_a_request_to_its_last_byte_are_one_request() -> None:
    half = (MESSAGE_BYTES - 2 * size_of(replace(PLAIN, body=""))) // 2
    first, second = (replace(PLAIN, body="x" * half, id=name) for name in "ab")
    assert size_of(first) + size_of(second) == MESSAGE_BYTES
    assert list(batches([first, second])) == [[first, second]]
    longer = replace(second, body=second.body + "x")
    assert list(batches([first, longer, first])) == [[first], [longer], [first]]


def test_where_there_is_nothing_to_send_there_is_no_request() -> None:
    assert list(batches([])) == []


def test_an_id_can_be_a_sort_key_if_it_has_1_to_1024_bytes() -> None:
    assert is_storable_id("x" * 1024)
    assert is_storable_id("x")
    assert not is_storable_id("x" * 1025)
    assert not is_storable_id("ñ" * 513)
    assert not is_storable_id("")
    assert not is_storable_id("\ud800")
