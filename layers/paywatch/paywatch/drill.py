"""The drill: a payment that waits for too long and a provider that cannot be reached, both made up.

They go the whole way of real ones: polls, findings, the board of alerts (one of its own, in the
table), the topic, until both alerts were opened and resolved. Only the providers, the payments and
the clock are not real, and every message says that it is a drill.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from paywatch.alerting import Alerting
from paywatch.domain.alert_board import Board
from paywatch.domain.alerts import Finding, Kind, MayGoOn, Step
from paywatch.domain.payments import Payment, Source, Status, timestamp
from paywatch.domain.thresholds import Thresholds
from paywatch.errors import Unavailable
from paywatch.ports import (
    Abilities,
    AlertsTopic,
    Allowance,
    Answer,
    Controls,
    Found,
    ListQuery,
    Page,
    Provider,
)

BOARD = "drill"
OVERDUE = Source("drill", "overdue")
UNREACHABLE = Source("drill", "unreachable")
STEP = timedelta(minutes=10)
# The polls take place in these last hours, so that no message bears a date to come.
AGO = timedelta(hours=6)
POLLS = 24
THRESHOLDS = Thresholds(overdue_floor_minutes=30, overdue_ceiling_hours=1)
EXPECTED = frozenset(
    (kind, step)
    for kind in (Kind.PAYMENT_OVERDUE, Kind.PROVIDER_UNREACHABLE)
    for step in (Step.OPENED, Step.RESOLVED)
)

Poll = Callable[[Source, Provider, "DrillClock", Thresholds], Sequence[Finding]]


@dataclass
class DrillClock:
    """A clock that only sleeping moves."""

    at: datetime
    slept: float = 0.0

    def now(self) -> datetime:
        """Return the drill's instant."""
        return self.at + timedelta(seconds=self.slept)

    def monotonic(self) -> float:
        """Return the seconds since the drill began."""
        return (self.at - datetime.min.replace(tzinfo=self.at.tzinfo)).total_seconds() + self.slept

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept += seconds


@dataclass
class DrillProvider:
    """A provider of one payment in motion (ports.Provider), until it is `over`."""

    source: Source
    clock: DrillClock
    over: bool = False
    born: str = field(init=False)
    abilities: Abilities = field(
        default=Abilities(open_words=("processing",), settled_words=("paid",), by_id=True)
    )

    def __post_init__(self) -> None:
        self.born = timestamp(self.clock.now() - timedelta(hours=1))

    def list(self, query: ListQuery, allowance: Allowance) -> Page:
        """List the payment where it is, or fail."""
        answer, payment = self._answer(allowance), self._payment()
        listed = query.status in (None, payment.provider_status)
        rows = (payment,) if listed else ()
        return Page(answer, query.page, rows, (), len(rows), 1, 20)

    def get(self, payment_id: str, allowance: Allowance) -> Found:
        """Answer for the payment, or fail."""
        return Found(self._answer(allowance), self._payment())

    def _answer(self, allowance: Allowance) -> Answer:
        number = allowance.spend()
        if self.source == UNREACHABLE and not self.over:
            raise Unavailable("a drill: it is made not to answer")
        now = self.clock.now()
        return Answer(number, now, now, now)

    def _payment(self) -> Payment:
        settled = self.over or self.source == UNREACHABLE
        status = Status.PAID if settled else Status.PROCESSING
        return Payment(
            id="drill-payment",
            status=status,
            provider_status=str(status),
            amount="1.00",
            currency="XTS",  # ISO 4217: reserved for tests
            created_at=self.born,
            paid_at=timestamp(self.clock.now()) if settled else None,
            external_id="drill-order-1",
            is_test=True,
        )


def drill(
    controls: Controls,
    topic: AlertsTopic,
    poll: Poll,
    now: datetime,
    may_go_on: MayGoOn,
) -> tuple[list[str], str]:
    """Let both alerts open and resolve; return the messages that were told, and what is missing.

    `poll` polls a source once, with a provider, a clock and thresholds, and returns its findings.
    """
    clock = DrillClock(now - AGO)
    providers = [DrillProvider(source, clock) for source in (OVERDUE, UNREACHABLE)]
    alerting = Alerting(controls, topic, clock, THRESHOLDS.pace, board=BOARD, drill=True)
    alerting.change(_wipe)
    told: list[str] = []
    done: set[tuple[Kind, Step]] = set()
    fault = ""
    for _ in range(POLLS):
        if done == EXPECTED or not may_go_on():
            break
        findings = [f for each in providers for f in poll(each.source, each, clock, THRESHOLDS)]
        result = alerting.run(findings, may_go_on)
        told += result.told
        fault = result.fault or fault
        done |= _told(alerting.read(), result.told)
        for each in providers:
            each.over = each.over or (_kind(each.source), Step.OPENED) in done
        clock.at += STEP
    missing = sorted(f"{kind} was not {step}" for kind, step in EXPECTED - done)
    return told, "; ".join([*missing, *([fault] if fault and missing else [])])


def _told(board: Board, ids: Sequence[str]) -> set[tuple[Kind, Step]]:
    """Return which steps were told: the first message of an alert opens it, the last ends it."""
    steps = set()
    for alert in board.alerts.values():
        for number in range(1, alert.sequence + 1):
            if f"{alert.incident}/{number}" in ids:
                steps.add((alert.kind, Step.OPENED if number == 1 else Step.RESOLVED))
    return steps


def _kind(source: Source) -> Kind:
    return Kind.PAYMENT_OVERDUE if source == OVERDUE else Kind.PROVIDER_UNREACHABLE


def _wipe(board: Board) -> None:
    """Begin with nothing: what a drill left that died is no matter."""
    board.alerts.clear()
    board.outbox.clear()
