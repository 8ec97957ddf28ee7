"""A board of alerts that is judged once a minute, and what is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from paywatch.domain.alert_board import Board
from paywatch.domain.alerts import CHARACTERS, Alert, Finding, Kind, Pace, Step

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SOURCE = "onepay"


class Watch:
    """A board that is judged once a minute, and whose messages are all delivered at once."""

    def __init__(self) -> None:
        self.board = Board()
        self.now = START
        self.told: list[tuple[datetime, str, Step]] = []
        self.symptoms: list[tuple[str, ...]] = []
        self.ends: list[datetime] = []
        self.delivers = True

    def live(self, lasting: timedelta, *findings: Finding, every: timedelta = MINUTE) -> list[Step]:
        """Find the same for so long; return what was told."""
        before, ends = len(self.told), self.now + lasting
        while self.now < ends:
            for happening in self.board.judge(list(findings), self.now, Pace()):
                self.told.append((self.now, happening.finding.name, happening.step))
                self.symptoms.append(happening.symptoms)
                if happening.step is Step.RESOLVED:
                    self.ends.append(datetime.fromisoformat(happening.alert.resolved_at or ""))
                self.board.owe(happening, "{}")
            for owed in list(self.board.outbox) if self.delivers else []:
                self.board.confirm(owed, self.now)
            # What is stored is what goes on.
            self.board = Board.load(self.board.store())
            self.now += every
        return [step for _, _, step in self.told[before:]]

    def alert(self, finding: Finding) -> Alert:
        """Return the alert as it stands."""
        return self.board.alerts[finding.name]


def found(kind: Kind, size: int = 1, subject: str = SOURCE) -> Finding:
    return Finding(kind, subject, True, f"{kind} is so", size)


def clear(kind: Kind, subject: str = SOURCE) -> Finding:
    return Finding(kind, subject, False)


def opened(watch: Watch, kind: Kind, size: int = 1) -> Finding:
    """Let an alert open."""
    finding = found(kind, size)
    assert watch.live(CHARACTERS[kind].after + MINUTE, finding) == [Step.OPENED]
    return finding
