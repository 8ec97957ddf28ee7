"""Random operations on the ports that have an implementation on AWS.

A walk draws one operation after the other from a seed. It learns from what was read back, so that
it knows every state that a run may still believe in, and asks for what has long changed as often as
for what is. An operation holds all that it needs: any part of a walk can be made again by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Protocol

from paywatch.domain.alert_messages import notice
from paywatch.domain.changes import Record, stamp
from paywatch.domain.events import Message, message_of
from paywatch.domain.limits import MESSAGE_BYTES, size_of
from paywatch.domain.payments import Origin, Source, Status, bucket_of
from paywatch.ports import LONGEST_LEASE, Control, Lease
from tests.contract.records import COMPAGO, NORTE, ONEPAY, moved, opened

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE, INSTANT = timedelta(minutes=1), timedelta(microseconds=1)
SOURCES = (COMPAGO, NORTE, ONEPAY)
# The first three share a bucket.
IDS = ("p5", "p40", "p80", "p1", "niño", "x" * 1024)
WORDS = ("", "a", "ñandú", "two words", "🎉", "#a", ":b", "a.b", "a[0]", "2026-03-01", "\n", "\x00")


@dataclass(frozen=True)
class Operation:
    """One call of one port, `look` if it only reads."""

    port: str
    method: str
    arguments: tuple[Any, ...]
    look: bool = False

    def __str__(self) -> str:
        return f"{self.port}.{self.method}{self.arguments!r}"


class Walk(Protocol):
    """Where operations on one port come from."""

    def draw(self) -> Operation:
        """Return the next operation."""

    def looks(self, operation: Operation) -> Iterator[Operation]:
        """Return the reads that show what an operation has done, and change nothing."""

    def everything(self) -> Iterator[Operation]:
        """Return the reads that show what all operations so far have done."""

    def learn(self, operation: Operation, answer: Any) -> None:
        """Take in what was answered."""


class PaymentsWalk:
    """Operations on a few payments, three of them in one bucket."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._source = random.choice(SOURCES)
        # Every state that a payment has been in: what a run may still believe that it is in.
        self._believed: dict[str, list[Record]] = {payment_id: [] for payment_id in IDS}

    def draw(self) -> Operation:
        random = self._random
        known = self._believed[payment_id := random.choice(IDS)]
        deed = random.choice(["open", "change", "update", "update", "publish", "publish", "fetch"])
        if deed == "fetch":
            absent = [
                f"absent {number}" for number in range(random.choice([0, 0, 0, 1, 1, 99, 100, 230]))
            ]
            wanted = [*random.sample(IDS, random.randint(0, len(IDS))), *absent, "", "x" * 1025]
            return Operation("payments", "fetch", (self._source, wanted), look=True)
        if deed == "open" or not known:
            return Operation("payments", "save", (self._opened(payment_id), None))
        # Mostly what is stored now.
        before = known[-1] if random.random() < 0.7 else random.choice(known)
        if deed == "publish":
            version = before.published + random.choice([1, 1, 1, 1, 0, 2, -1])
            return Operation("payments", "acknowledge", (before, version))
        after = self._changed(before) if deed == "change" else self._updated(before)
        return Operation("payments", "save", (after, before))

    def looks(self, operation: Operation) -> Iterator[Operation]:
        """Read the payment and perhaps others."""
        record: Record = operation.arguments[0]
        ids = [record.id, *self._random.sample(IDS, self._random.choice([0, 0, 0, 1, 2]))]
        yield Operation("payments", "fetch", (self._source, ids), look=True)

    def everything(self) -> Iterator[Operation]:
        """Read every payment, and the index of every bucket; now and then another source's."""
        yield Operation("payments", "fetch", (self._source, list(IDS)), look=True)
        for bucket in sorted(set(map(bucket_of, IDS))):
            yield Operation("payments", "watched", (self._source, bucket), look=True)
        other = self._random.choice(SOURCES), bucket_of(self._random.choice(IDS))
        yield Operation("payments", "watched", other, look=True)

    def learn(self, operation: Operation, answer: Any) -> None:
        if operation.method != "fetch" or not isinstance(answer, Mapping):
            return
        for payment_id, record in answer.items():
            known = self._believed[payment_id]
            if record in known:
                known.remove(record)
            known.append(record)

    def _opened(self, payment_id: str) -> Record:
        record = opened(payment_id, self._source, self._random.randint(1, 9))
        if self._random.random() < 0.3:
            record = self._changed(record)
        if self._random.random() < 0.2:  # recorded in silence
            record = replace(record, version=0, published=0, history=(), outbox=())
        return record

    def _changed(self, before: Record) -> Record:
        after = moved(before, self._random.choice(list(Status)), self._random.randint(1, 9))
        after = replace(after, history=after.history[-2:])
        return self._seen(self._updated(after))

    def _updated(self, before: Record) -> Record:
        random = self._random
        row = replace(
            before.payment,
            external_id=random.choice([None, *WORDS]),
            amount=random.choice([None, "0.10", "1250.00"]),
            paid_at=random.choice([None, "2026-03-01T12:00:30.000000Z"]),
            created_at=random.choice([None, "2026-03-01T11:59:30.000000Z"]),
            origin=random.choice([None, Origin("link", random.choice(WORDS))]),
            is_test=random.choice([True, False]),
        )
        return self._seen(replace(before, payment=row))

    def _seen(self, record: Record) -> Record:
        """Read in some run, mostly a later one."""
        epoch = int(record.seen.partition(".")[0]) + self._random.choice([0, 0, 1, 1, 1])
        return replace(record, seen=stamp(epoch, self._random.randint(0, 9)))


class ControlsWalk:
    """Operations on the control items of three sources, two kinds each."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._now = NOW
        self._leases = [Lease(random.choice(SOURCES), "poll", 1, NOW)]
        self._touched = {(self._leases[0].source, "poll")}

    def draw(self) -> Operation:
        random = self._random
        lease = random.choice(self._leases[-3:])
        deed = random.choice(["acquire", "acquire", "mark", "keep", "finish", "finish", "peek"])
        if deed == "acquire":
            return Operation("controls", "acquire", self._asked(lease))
        if deed == "peek":
            return Operation("controls", "peek", (lease.source, lease.kind), look=True)
        if deed == "mark":
            return Operation("controls", "mark", (lease, self._buckets()))
        sections = random.sample(["tail", "books", "two words", "ñ", "a.b"], random.randint(0, 3))
        memory = {section: random.choice(WORDS) for section in sections}
        if deed == "keep":
            return Operation("controls", "keep", (lease, memory))
        digests = {bucket: random.choice(WORDS) for bucket in self._buckets()}
        return Operation("controls", "finish", (lease, digests, memory))

    def looks(self, operation: Operation) -> Iterator[Operation]:
        """Read the item; now and then another one."""
        first = operation.arguments[0]
        if isinstance(first, Lease):
            yield Operation("controls", "peek", (first.source, first.kind), look=True)
        else:
            yield Operation("controls", "peek", operation.arguments[:2], look=True)
        if self._random.random() < 0.1:
            other = self._random.choice(SOURCES), self._random.choice(["poll", "reconcile"])
            yield Operation("controls", "peek", other, look=True)

    def everything(self) -> Iterator[Operation]:
        """Read all items that somebody asked for."""
        for source, kind in sorted(self._touched, key=str):
            yield Operation("controls", "peek", (source, kind), look=True)

    def learn(self, operation: Operation, answer: Any) -> None:
        if isinstance(answer, Control) and answer.lease not in self._leases:
            self._leases.append(answer.lease)

    def _asked(self, lease: Lease) -> tuple[Source, str, datetime, datetime]:
        """Ask for a lease, often at the very instant at which it ends, or does not end yet."""
        random = self._random
        source, kind = lease.source, lease.kind
        if random.random() < 0.2:
            source, kind = random.choice(SOURCES), random.choice(["poll", "reconcile"])
        edges = [lease.until, lease.until - INSTANT, lease.until - LONGEST_LEASE]
        edges += [lease.until - LONGEST_LEASE - INSTANT, self._now, self._now + MINUTE]
        now = random.choice([edge for edge in edges if edge >= NOW - MINUTE] or [self._now])
        if random.random() < 0.05:
            now += timedelta(days=365)  # a clock that leapt
        self._now = now
        self._touched.add((source, kind))
        lasting = random.choice([timedelta(0), INSTANT, MINUTE, LONGEST_LEASE, 2 * LONGEST_LEASE])
        return source, kind, now, now + lasting

    def _buckets(self) -> list[int]:
        return self._random.sample([0, 1, 10, 63], self._random.randint(0, 3))


class MessagesWalk:
    """Publishing of changes and of alerts, within what may be sent and beyond it."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._sent: list[Message] = []

    def draw(self) -> Operation:
        random = self._random
        if random.random() < 0.3:
            told = notice(
                f"n{random.randint(1, 99)}",
                random.choice([word for word in WORDS if word.strip(" \n\x00")]),
                " ".join(random.choices(WORDS, k=random.randint(1, 9))) + ".",
                {"type": "paywatch.digest.v1", "word": random.choice(WORDS)},
            )
            return Operation("alerts", "tell", (told,))
        if random.random() < 0.01:
            return Operation("topic", "close", ())
        messages = [self._message() for _ in range(random.choice([0, 1, 1, 2, 3, 11, 21]))]
        self._sent += messages
        return Operation("topic", "publish", (messages,))

    def looks(self, operation: Operation) -> Iterator[Operation]:
        """Leave it to `everything`: what is taken from a queue is there no more."""
        return iter(())

    def everything(self) -> Iterator[Operation]:
        """Take what the subscriber of each topic has received."""
        for port in ("alerts", "topic"):
            yield Operation(port, "received", (), look=True)

    def learn(self, operation: Operation, answer: Any) -> None:
        """Nothing that was answered changes what is sent."""

    def _message(self) -> Message:
        random = self._random
        if self._sent and random.random() < 0.2:
            return random.choice(self._sent)
        record = opened(random.choice(IDS), random.choice(SOURCES))
        record = moved(record, random.choice(list(Status)))
        message = message_of(random.choice(record.outbox)[1])
        number = len(self._sent) + random.randint(0, 10**9)
        message = replace(message, id=f"{message.id}/{number}")
        if random.random() < 0.03:
            room = MESSAGE_BYTES - size_of(replace(message, body=""))
            return replace(message, body="x" * (room // random.choice([1, 2, 3])))
        if random.random() < 0.1:
            return random.choice(
                [
                    replace(message, subject=random.choice(["", "two\nlines", "señor", " a"])),
                    replace(message, body=random.choice(["", "a bell \a", "x" * MESSAGE_BYTES])),
                    replace(message, attributes={random.choice(["", "a b", "AWS.a"]): "a"}),
                    replace(message, attributes={"name": random.choice(["", "\a"])}),
                ]
            )
        return message


class SubscribersWalk:
    """Deliveries that failed, and questions for them by the minute, as the metric has them."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def draw(self) -> Operation:
        if self._random.random() < 0.5:
            at = NOW + timedelta(seconds=self._random.randint(0, 3600))
            return Operation("subscribers", "miss", (at,))
        since = NOW + MINUTE * self._random.randint(-5, 60)
        until = since + MINUTE * self._random.randint(1, 60)
        return Operation("subscribers", "not_reached", (since, until), look=True)

    def looks(self, operation: Operation) -> Iterator[Operation]:
        """Leave it to `everything`."""
        return iter(())

    def everything(self) -> Iterator[Operation]:
        """Ask for the whole hour."""
        yield Operation("subscribers", "not_reached", (NOW, NOW + 61 * MINUTE), look=True)

    def learn(self, operation: Operation, answer: Any) -> None:
        """What was answered changes nothing."""


WALKS: Mapping[str, Callable[[Random], Walk]] = {
    "payments": PaymentsWalk,
    "controls": ControlsWalk,
    "messages": MessagesWalk,
    "subscribers": SubscribersWalk,
}
