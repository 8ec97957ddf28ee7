"""What a topic and a table refuse, known beforehand, so that one misfit never holds up the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from paywatch.domain.events import SUBJECT_LIMIT, Message

# Amazon SNS, PublishBatch: entries, and the bytes of one message and of a whole request.
BATCH_ENTRIES = 10
MESSAGE_BYTES = 262_144
# More than ten are refused where a queue takes the message raw.
ATTRIBUTES = 10
# Amazon DynamoDB: a sort key holds 1 to 1024 bytes.
ID_BYTES = 1024

_ATTRIBUTE_TYPE = "String"
_ATTRIBUTE_NAME = re.compile(r"(?!(?i:aws|amazon)\.)(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)")
# Amazon SNS takes the characters of XML 1.0 and no others.
_FORBIDDEN = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """Return the text with a question mark for each character that SNS does not take."""
    return _FORBIDDEN.sub("?", text)


def size_of(message: Message) -> int:
    """Count a message's bytes as SNS does: body, and each attribute's name, type and value.

    The subject is counted too: no document says that it is not.
    """
    parts = [message.body, message.subject]
    for name, value in message.attributes.items():
        parts += name, _ATTRIBUTE_TYPE, value
    return sum(len(part.encode(errors="replace")) for part in parts)


def refusal_of(message: Message) -> str | None:
    """Return why SNS would refuse the message, or None. The reason quotes nothing of the body."""
    if not message.body or _FORBIDDEN.search(message.body):
        return "the body is empty or holds a character that SNS does not take"
    if not _is_subject(message.subject):
        return f"the subject is not 1 to {SUBJECT_LIMIT} printable ASCII characters"
    if len(message.attributes) > ATTRIBUTES:
        return f"{len(message.attributes)} attributes; there may be {ATTRIBUTES}"
    for name, value in message.attributes.items():
        if not _ATTRIBUTE_NAME.fullmatch(name):
            return f"{name[:40]!r} cannot be the name of an attribute"
        if not value or _FORBIDDEN.search(value):
            return f"attribute {name!r} is empty or holds a character that SNS does not take"
    size = size_of(message)
    if size > MESSAGE_BYTES:
        return f"{size} bytes; there may be {MESSAGE_BYTES}"
    return None


def batches(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Split messages, in order, into requests that SNS takes; none may be over the limit itself."""
    batch: list[Message] = []
    room = MESSAGE_BYTES
    for message in messages:
        size = size_of(message)
        if batch and (len(batch) == BATCH_ENTRIES or size > room):
            yield batch
            batch, room = [], MESSAGE_BYTES
        batch.append(message)
        room -= size
    if batch:
        yield batch


def is_storable_id(payment_id: str) -> bool:
    """Whether an item can have this sort key."""
    try:
        return 1 <= len(payment_id.encode()) <= ID_BYTES
    except UnicodeEncodeError:
        return False


def _is_subject(text: str) -> bool:
    """Whether the text begins with something visible and has no line break or control character."""
    printable = all(" " <= c <= "~" for c in text)
    return 1 <= len(text) <= SUBJECT_LIMIT and printable and text[0] != " "
