"""What paywatch needs of the world outside: the shapes that adapters fill and tests replace."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from paywatch.domain.alert_messages import AlertMessage as AlertMessage
from paywatch.domain.changes import Record
from paywatch.domain.events import Message as Message
from paywatch.domain.payments import Payment, Source
from paywatch.errors import OutOfTime, RowError


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds since some fixed point; never goes back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass
class Allowance:
    """What one source may use in one run: time until `deadline` (monotonic), and requests.

    Every attempt at a provider, retries included, is one request and is numbered from 1.
    """

    clock: Clock
    deadline: float
    requests_allowed: int
    requests: int = 0

    def remaining(self) -> float:
        """Return the seconds that are left, never below zero."""
        return max(0.0, self.deadline - self.clock.monotonic())

    def spend(self) -> int:
        """Take one request and return its number; raise OutOfTime when nothing is left."""
        if self.requests >= self.requests_allowed:
            raise OutOfTime(f"the run's {self.requests_allowed} requests are used up")
        if self.remaining() <= 0:
            raise OutOfTime("the run's time is used up")
        self.requests += 1
        return self.requests


class Order(StrEnum):
    """An order of rows that a list can be asked for."""

    OLDEST_FIRST = "oldest_first"
    NEWEST_FIRST = "newest_first"
    LATEST_PAID_FIRST = "latest_paid_first"
    EARLIEST_PAID_FIRST = "earliest_paid_first"


@dataclass(frozen=True)
class ListQuery:
    """One page of one list: `status` is the provider's own word, `ids` asks for these alone."""

    status: str | None = None
    order: Order | None = None
    page: int = 1
    page_size: int | None = None
    ids: tuple[str, ...] = ()
    external_id: str | None = None
    currency: str | None = None


@dataclass(frozen=True)
class Answer:
    """When, and as which request of the run, something was read.

    `request` is the number of the attempt that was answered; `dated` is the provider's own `Date`.
    """

    request: int
    sent_at: datetime
    received_at: datetime
    dated: datetime | None


@dataclass(frozen=True)
class Page:
    """One page of a list as it was answered: what it says of itself is reported, not believed.

    `refused` holds the rows that could not be understood; `last_page` is at least 1.
    """

    answer: Answer
    number: int
    rows: tuple[Payment, ...]
    refused: tuple[RowError, ...]
    total: int
    last_page: int
    page_size: int

    @property
    def full(self) -> bool:
        """Whether it holds as many rows as a page can, understood or not."""
        return len(self.rows) + len(self.refused) >= self.page_size

    @property
    def goes_on(self) -> bool:
        """Whether the list goes on behind this page, by what it says of its end or of its total."""
        within = self.number * self.page_size < self.total
        return self.number < self.last_page or (self.full and within)


@dataclass(frozen=True)
class Found:
    """The answer to asking for one payment by its id; `payment` is None for a 404."""

    answer: Answer
    payment: Payment | None


@dataclass(frozen=True)
class Abilities:
    """What a provider's lists can do, so that discovery knows abilities and not providers.

    `open_words` and `settled_words` are the provider's status words; `short_words` those settled
    ones whose rows carry no date of the move, and whose lists are short. `orders` are the orders
    that can be asked for. `page_size` is what to ask for (None: it cannot be chosen).
    `by_id` and `many_ids` (several ids in one filter) are True, False, or None where it must be
    found out. `paid_word` names the list that LATEST_PAID_FIRST makes sense for. `utc_offset` is
    the local time of its merchants less UTC.
    """

    open_words: tuple[str, ...]
    settled_words: tuple[str, ...]
    short_words: tuple[str, ...] = ()
    orders: frozenset[Order] = frozenset()
    page_size: int | None = None
    by_id: bool | None = None
    many_ids: bool | None = False
    paid_word: str | None = None
    utc_offset: timedelta = timedelta(0)


class Provider(Protocol):
    """One account at one provider. Both calls raise ProviderError or OutOfTime."""

    @property
    def source(self) -> Source:
        """The account that is read."""

    @property
    def abilities(self) -> Abilities:
        """What its lists can do."""

    def list(self, query: ListQuery, allowance: Allowance) -> Page:
        """Read one page."""

    def get(self, payment_id: str, allowance: Allowance) -> Found:
        """Ask for one payment by its id."""


class Payments(Protocol):
    """The stored payments. Every read is strongly consistent.

    A payment that is stored and cannot be read is left out, and its id is added to `unread`.
    """

    def watched(
        self, source: Source, bucket: int, unread: set[str] | None = None
    ) -> Sequence[Record]:
        """Return the bucket's records that are open or have something unpublished."""

    def fetch(
        self, source: Source, ids: Collection[str], unread: set[str] | None = None
    ) -> Mapping[str, Record]:
        """Return the stored records among these ids."""

    def save(self, record: Record, replacing: Record | None) -> None:
        """Write the record in one conditional write.

        The condition: what is stored has the version and the published version of `replacing`
        and an older evidence stamp than `record`; or, where `replacing` is None, nothing is stored.
        Raise StaleState otherwise.
        """

    def acknowledge(self, record: Record, version: int) -> None:
        """Note that `version`, the first unpublished one, is published, and drop its body.

        The record leaves the index only if `version` is still its newest and it is settled.
        Harmless when it was acknowledged before.
        """


# No run lasts longer, so a lease that claims to is the mark of a clock that leapt.
LONGEST_LEASE = timedelta(minutes=15)
# When a lease ends that nobody holds.
NO_LEASE = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Lease:
    """The right to poll a source until `until`; `epoch` grows with every holder."""

    source: Source
    kind: str
    epoch: int
    until: datetime

    @property
    def token(self) -> str:
        """What marks a bucket as being written by this run."""
        return f"run:{self.epoch}"


@dataclass(frozen=True)
class Control:
    """A source's control item as it was found when the lease was taken.

    `watch_began` is when the lease was taken for the first time. `buckets` maps a bucket's number
    to its digest, or to the token of the run that wrote to it and did not finish; `memory` maps a
    section's name to JSON text, opaque to the store.
    """

    lease: Lease
    watch_began: datetime
    buckets: Mapping[int, str] = field(default_factory=dict)
    memory: Mapping[str, str] = field(default_factory=dict)


class Controls(Protocol):
    """The control items: one per source and kind of run (`poll`, `reconcile`)."""

    def acquire(self, source: Source, kind: str, now: datetime, until: datetime) -> Control | None:
        """Take the lease with the next epoch; None while someone else holds it.

        A lease that claims to last longer than any run can (15 minutes from `now`) is ignored.
        """

    def peek(self, source: Source, kind: str) -> Control:
        """Read the item without taking anything (epoch 0 if there is none)."""

    def mark(self, lease: Lease, buckets: Collection[int]) -> None:
        """Replace these buckets' digests by the lease's token, in one write; raise LeaseLost."""

    def keep(self, lease: Lease, memory: Mapping[str, str]) -> None:
        """Store sections and go on holding the lease, in one write; raise LeaseLost."""

    def finish(self, lease: Lease, buckets: Mapping[int, str], memory: Mapping[str, str]) -> bool:
        """Give the lease back and store digests and sections, in one write; raise LeaseLost.

        If one of `buckets` does not carry the lease's token any more, no digest is stored at all
        and the answer is False: those buckets will be read again.
        """


class AlertsTopic(Protocol):
    """The topic of alerts."""

    def tell(self, message: AlertMessage) -> None:
        """Publish one message; raise TopicUnavailable if it was not taken."""


class Subscribers(Protocol):
    """Those who receive the changes."""

    def not_reached(self, since: datetime, until: datetime) -> int:
        """Return how many deliveries to them were given up in that time."""


class Topic(Protocol):
    """The topic of changes."""

    def publish(self, messages: Sequence[Message]) -> Mapping[str, str | None]:
        """Publish; return for each message id None, or why it was refused.

        A message without a reply counts as refused. Raise TopicUnavailable when the topic as a
        whole refuses; if it does so only after some messages were answered, their answers are
        returned, and the others are refused.
        """
