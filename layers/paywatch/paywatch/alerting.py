"""The step that tells: from what a run found to alerts that are stored, published and confirmed.

The board of alerts is one control item of the whole stack. A message is stored there with its
finished body before it is published, and forgotten when the topic has taken it: a run that dies in
between leaves it to the next one, which sends the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from paywatch.domain.alert_board import Board, Happening
from paywatch.domain.alert_messages import body_of, message_of
from paywatch.domain.alerts import Alert, Detail, Finding, MayGoOn, Pace, Step
from paywatch.domain.payments import Source, moment
from paywatch.errors import LeaseLost, StateBusy, TopicUnavailable
from paywatch.ports import AlertsTopic, Clock, Control, Controls

# Whose control item the board is.
STACK = Source("paywatch")
BOARD = "alerts"
# How long a run holds the board: a message takes a moment.
LEASE = timedelta(seconds=30)
# A person's word waits for a run that is at the board: so many looks, so many seconds apart.
LOOKS, WAIT = 20, 1.0
# If the messages of so many alerts are refused, it is no longer the fault of single ones.
FAULTS_IN_A_ROW = 2

# What reading a stored body may raise that is not as it was written.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

T = TypeVar("T")


@dataclass
class Told:
    """What became of a run's alerts.

    `told` messages were taken by the topic; `owed_age` is how many seconds the oldest one waits
    that was not, and `fault` why. `explained` are the subjects of which an alert that was told says
    why they were not looked at. `faults` are those that only made a message poorer.
    """

    open: list[Alert] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    explained: set[str] = field(default_factory=set)
    owed: int = 0
    owed_age: float = 0.0
    unreadable: int = 0
    fault: str | None = None
    faults: list[Exception] = field(default_factory=list)


class Alerting:
    """The board of alerts and its topic."""

    def __init__(
        self,
        controls: Controls,
        topic: AlertsTopic,
        clock: Clock,
        pace: Pace,
        *,
        board: str = BOARD,
        drill: bool = False,
    ) -> None:
        self._controls = controls
        self._topic = topic
        self._clock = clock
        self._pace = pace
        self._board = board
        self._drill = drill

    def read(self) -> Board:
        """Return the board as it is stored."""
        return Board.load(self._controls.peek(STACK, self._board).memory)

    def run(
        self,
        findings: Sequence[Finding],
        may_go_on: MayGoOn,
        subjects: Collection[str] | None = None,
    ) -> Told:
        """Judge the findings, store what changes, and publish what is owed.

        The alerts of other than these `subjects` are forgotten: nobody looks there any more. While
        another run is at the board nothing is done: what lasts is found by the next one.
        """
        stored = self._controls.peek(STACK, self._board).memory
        board = Board.load(stored)
        before = board.store()
        happenings = self._judge(board, findings, subjects)
        told = Told(unreadable=board.unreadable)
        # An item that cannot be read as a whole is written anew.
        if happenings or board.outbox or board.store() != before or board.unreadable:
            control = self._take()
            if control is not None:
                board = Board.load(control.memory)
                happenings = self._judge(board, findings, subjects)
                self._tell(control, board, happenings, may_go_on, told)
        told.open, told.owed = board.open, len(board.outbox)
        now = self._clock.now()
        ages = [(now - moment(owed.at)).total_seconds() for owed in board.outbox]
        told.owed_age = max(ages, default=0.0)
        alerts = {alert.name for alert in told.open if alert.told_at is not None}
        told.explained = {f.subject for f in findings if f.explains and f.name in alerts}
        return told

    def change(self, act: Callable[[Board], T]) -> T:
        """Change the board by a person's word; raise StateBusy if a run holds it for too long."""
        for _ in range(LOOKS):
            control = self._take()
            if control is not None:
                board = Board.load(control.memory)
                try:
                    return act(board)
                finally:
                    self._controls.finish(control.lease, {}, board.store())
            self._clock.sleep(WAIT)
        raise StateBusy("the alerts are being written by a run; try again in a minute")

    def _judge(
        self, board: Board, findings: Sequence[Finding], subjects: Collection[str] | None
    ) -> list[Happening]:
        if subjects is not None:
            board.forget(subjects)
        return board.judge(findings, self._clock.now(), self._pace)

    def _take(self) -> Control | None:
        now = self._clock.now()
        return self._controls.acquire(STACK, self._board, now, now + LEASE)

    def _tell(
        self,
        control: Control,
        board: Board,
        happenings: Sequence[Happening],
        may_go_on: MayGoOn,
        told: Told,
    ) -> None:
        for happening in happenings:
            detail = self._detail(happening, may_go_on, told)
            board.owe(happening, body_of(happening, detail, drill=self._drill))
        refused: list[str] = []
        try:
            if happenings:
                self._controls.keep(control.lease, board.store())
            for owed in list(board.outbox):
                if len(refused) >= FAULTS_IN_A_ROW or not may_go_on():
                    break
                if owed.alert in refused:
                    continue  # an alert's messages keep their order
                try:
                    self._topic.tell(message_of(owed.body))
                except TopicUnavailable as fault:
                    told.fault = str(fault)
                    refused.append(owed.alert)
                except UNREADABLE as fault:
                    # A stored body that nobody can read: the alert is told anew.
                    told.faults.append(fault)
                    board.outbox.remove(owed)
                else:
                    board.confirm(owed, self._clock.now())
                    told.told.append(owed.id)
            board.put_back(refused)
            self._controls.finish(control.lease, {}, board.store())
        except LeaseLost as fault:
            # What was published is published again by whoever holds the board now.
            told.faults.append(fault)

    def _detail(self, happening: Happening, may_go_on: MayGoOn, told: Told) -> Detail:
        """Return the detail; an alert without it is better than none."""
        if happening.step is Step.RESOLVED:
            return Detail()
        try:
            return happening.finding.detail(may_go_on)
        except Exception as fault:
            told.faults.append(fault)
            return Detail(partial=True)
