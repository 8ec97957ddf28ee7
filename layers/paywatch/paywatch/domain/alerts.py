"""Alerts: what is wrong is stored state, and what is told of it are its steps.

A finding says whether something is so now. An alert opens when that has lasted, is told of again
only for a reason, is held while its cause is told of instead, and resolves when it has been calm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from paywatch.domain.payments import moment
from paywatch.domain.stored import text


class Kind(StrEnum):
    """What can be wrong."""

    CREDENTIALS_REJECTED = "credentials_rejected"
    PROVIDER_UNREACHABLE = "provider_unreachable"
    CONTRACT_DRIFT = "contract_drift"
    MASS_DISAPPEARANCE = "mass_disappearance"
    PROVIDER_FROZEN = "provider_frozen"
    PAYMENT_OVERDUE = "payment_overdue"
    PAYMENT_UNEXPLAINED = "payment_unexplained"
    MISSED_BY_POLL = "missed_by_poll"
    DELIVERY_BACKLOG = "delivery_backlog"


class Severity(StrEnum):
    """Whether it can wait for the morning."""

    WARNING = "warning"
    CRITICAL = "critical"


class Step(StrEnum):
    """What is told of an alert."""

    OPENED = "opened"
    UPDATED = "updated"
    REPEATED = "repeated"
    ESCALATED = "escalated"
    REOPENED = "reopened"
    RESOLVED = "resolved"


class State(StrEnum):
    """Where an alert stands."""

    PENDING = "pending"  # it is so, but has not lasted yet
    OPEN = "open"
    RESOLVED = "resolved"  # kept for a while: should it come back, it is the same alert


# The subjects of what concerns the whole stack, and no source alone.
CHANGES_TOPIC = "changes-topic"
SUBSCRIBERS = "subscribers"


@dataclass(frozen=True)
class Character:
    """How a kind of alert behaves: how bad it is, how long it has to last, and to be over."""

    severity: Severity
    after: timedelta
    calm: timedelta
    rank: int | None = None  # of a cause: it holds every kind with a greater rank, or without one
    holds: bool = False


MINUTE = timedelta(minutes=1)

CHARACTERS: Mapping[Kind, Character] = {
    Kind.CREDENTIALS_REJECTED: Character(Severity.CRITICAL, 0 * MINUTE, 2 * MINUTE, 1, True),
    Kind.PROVIDER_UNREACHABLE: Character(Severity.CRITICAL, 5 * MINUTE, 3 * MINUTE, 2, True),
    Kind.CONTRACT_DRIFT: Character(Severity.WARNING, 10 * MINUTE, 10 * MINUTE, 3),
    Kind.MASS_DISAPPEARANCE: Character(Severity.CRITICAL, 2 * MINUTE, 2 * MINUTE, 4, True),
    Kind.PROVIDER_FROZEN: Character(Severity.WARNING, 0 * MINUTE, 0 * MINUTE, 5, True),
    Kind.PAYMENT_OVERDUE: Character(Severity.WARNING, 0 * MINUTE, 5 * MINUTE, 6),
    Kind.PAYMENT_UNEXPLAINED: Character(Severity.WARNING, 0 * MINUTE, 5 * MINUTE, 6),
    Kind.MISSED_BY_POLL: Character(Severity.WARNING, 0 * MINUTE, 0 * MINUTE, 6),
    Kind.DELIVERY_BACKLOG: Character(Severity.CRITICAL, 0 * MINUTE, 5 * MINUTE),
}

# While an alert is open it is told again after so long, and the first time more urgently.
REPEAT = timedelta(hours=24)
# What comes back within this time after its end is the same alert; twice as long each time.
FLAPPING = timedelta(hours=1)
LONGEST_FLAPPING = timedelta(hours=24)
# A change is material if there are twice as many as were told of, and so many more.
GROWN_TIMES, GROWN_BY = 2, 5
# Nobody sleeps on an alert for longer.
LONGEST_SNOOZE = timedelta(days=30)
# More payments than these are not dismissed one by one.
DISMISSED_LIMIT = 300


@dataclass(frozen=True)
class Detail:
    """What a message says of the payments concerned; money and dates are text.

    `count` payments, `money` by currency, `ages` how many have waited how long, `oldest` the five
    that have waited longest. `partial` says that there was no time to count them all.
    """

    count: int = 0
    money: Mapping[str, str] = field(default_factory=dict)
    ages: Mapping[str, int] = field(default_factory=dict)
    oldest: Sequence[Mapping[str, Any]] = ()
    partial: bool = False


MayGoOn = Callable[[], bool]


def nothing(may_go_on: MayGoOn) -> Detail:
    """Return the detail of what concerns no payment."""
    return Detail()


@dataclass(frozen=True)
class Finding:
    """What one run says of one kind for one subject: whether it is so now.

    `cause` is one line for a person; `size` what counts as more of the same; `lasted` how long it
    has been so already where the run knows it itself; `about` the payments, where each of them can
    be dismissed, and `candidates` those that it may yet be about. `explains` says that it is the
    reason why a source was not looked at. `detail` is asked for only when it is told, and stops
    where time is up.
    """

    kind: Kind
    subject: str
    present: bool
    cause: str = ""
    size: int = 1
    lasted: timedelta = timedelta(0)
    about: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    explains: bool = False
    detail: Callable[[MayGoOn], Detail] = field(default=nothing, compare=False)

    @property
    def name(self) -> str:
        """Which alert it is about, as a person types it."""
        return f"{self.kind}/{self.subject}"


@dataclass(frozen=True)
class Alert:
    """One alert as it is stored. Dates are RFC 3339 text in UTC.

    `since` is when it began to be so; `told_at` when a topic last confirmed that it was told, with
    `told_size`; `calm_since` since when it is not so any more, and `resolved_at` the same once it
    is over; `flaps` how often it came back. `by` and `why` are of the person who acknowledged or
    snoozed it.
    """

    kind: Kind
    subject: str
    state: State
    since: str
    severity: Severity
    cause: str = ""
    opened_at: str | None = None
    calm_since: str | None = None
    resolved_at: str | None = None
    told_at: str | None = None
    told_size: int = 0
    sequence: int = 0
    flaps: int = 0
    acknowledged_at: str | None = None
    snoozed_until: str | None = None
    by: str = ""
    why: str = ""

    @property
    def name(self) -> str:
        """Which alert it is, as a person types it: one is open for each kind and subject."""
        return f"{self.kind}/{self.subject}"

    @property
    def incident(self) -> str:
        """What tells it from the alerts of this kind and subject before it."""
        return f"{self.name}/{self.opened_at or self.since}"

    @property
    def calm(self) -> timedelta:
        """How long it must not be so before it is over: longer for one that comes and goes."""
        return max(CHARACTERS[self.kind].calm, self.flapping if self.flaps else timedelta(0))

    @property
    def flapping(self) -> timedelta:
        """How long after its end it is still the same alert, should it come back."""
        doubled: int = 2 ** min(self.flaps, 10)
        return min(FLAPPING * doubled, LONGEST_FLAPPING)

    def store(self) -> dict[str, Any]:
        """Write it down, without what is not set."""
        return {name: value for name, value in asdict(self).items() if value not in (None, "", 0)}

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Alert:
        """Read what `store` wrote; raise ValueError, TypeError or KeyError for anything else."""
        alert = cls(
            **{
                **stored,
                "kind": Kind(stored["kind"]),
                "state": State(stored["state"]),
                "severity": Severity(stored["severity"]),
            }
        )
        dates = [alert.opened_at, alert.calm_since, alert.resolved_at, alert.told_at]
        dates += [alert.acknowledged_at, alert.snoozed_until]
        for date in (alert.since, *(each for each in dates if each is not None)):
            if moment(date).tzinfo is None:
                raise ValueError(f"{date} is no date in UTC")
        for count in (alert.told_size, alert.sequence, alert.flaps):
            if not isinstance(count, int):
                raise ValueError(f"{count!r} is no count")
        for each in (alert.subject, alert.cause, alert.by, alert.why):
            text(each)
        return alert


@dataclass(frozen=True)
class Pace:
    """How long each kind has to last before it is told, where that is not the usual."""

    after: Mapping[Kind, timedelta] = field(default_factory=dict)
    repeat: timedelta = REPEAT

    def wait(self, kind: Kind) -> timedelta:
        """Return how long it has to last."""
        return self.after.get(kind, CHARACTERS[kind].after)
