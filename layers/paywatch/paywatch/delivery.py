"""The outbox: what is recorded and not yet published is published, in order, and acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from paywatch.domain.changes import Record
from paywatch.domain.events import Message, event_id, message_of
from paywatch.domain.limits import BATCH_ENTRIES
from paywatch.errors import StaleState, TopicUnavailable
from paywatch.ports import Payments, Topic


@dataclass
class Delivered:
    """What a delivery did: the messages that it published, and the records as they stand then."""

    published: int = 0
    records: dict[str, Record] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    topic_fault: str | None = None


def deliver(
    owing: Iterable[Record], payments: Payments, topic: Topic, may_go_on: Callable[[], bool]
) -> Delivered:
    """Publish what the records owe, one version of a payment at a time.

    A later version of a payment is published only when the one before it was. What one request has
    published is acknowledged before the next is sent: who dies in between repeats no more than
    that. A refused message, or a stored one that is none, holds up its own payment alone; a topic
    that refuses everything ends the delivery. `records` in the answer holds every record as it
    stands afterwards, `refused` why a payment still owes.
    """
    result = Delivered()
    queue = [record for record in owing if record.owes]
    result.records = {record.id: record for record in queue}
    while queue and may_go_on():
        batch, queue = queue[:BATCH_ENTRIES], queue[BATCH_ENTRIES:]
        due = {}
        for record in batch:
            try:
                message = _message(record)
            except ValueError as fault:
                result.refused[record.id] = str(fault)
                continue
            due[message.id] = (record, message)
        try:
            answers = topic.publish([message for _, message in due.values()])
        except TopicUnavailable as fault:
            result.topic_fault = str(fault)
            break
        again = []
        for message_id, (record, _) in due.items():
            refusal = answers.get(message_id, "no reply")
            if refusal is not None:
                result.refused[record.id] = refusal
                continue
            result.published += 1
            try:
                after = _acknowledge(record, payments)
            except StaleState as fault:
                result.refused[record.id] = f"published, but not acknowledged: {fault}"
                continue
            result.records[record.id] = after
            if after.owes:
                again.append(after)
        queue = again + queue
    return result


def _message(record: Record) -> Message:
    """Return the message of a record's next version; raise ValueError if what is stored is none."""
    version = record.published + 1
    body = dict(record.outbox).get(version)
    if body is None:
        raise ValueError("its recorded event is missing")
    message = message_of(body)
    if message.id != event_id(record.source, record.id, version):
        raise ValueError("its recorded event is of another change")
    return message


def _acknowledge(record: Record, payments: Payments) -> Record:
    version = record.published + 1
    payments.acknowledge(record, version)
    outbox = tuple(entry for entry in record.outbox if entry[0] != version)
    return replace(record, published=version, outbox=outbox)
