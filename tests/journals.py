"""A journal for tests."""

from __future__ import annotations

from paywatch.alerting import Told
from paywatch.domain.payments import Source
from paywatch.report import SourceReport


class KeptJournal:
    """A journal (runner.Journal) that keeps what it is told: reports and faults by source."""

    def __init__(self) -> None:
        self.reports: list[tuple[Source, SourceReport]] = []
        self.faults: list[tuple[Source, Exception]] = []
        self.alerts: list[Told] = []
        self.drills: list[bool] = []

    def source_polled(
        self, run_id: str, source: Source, report: SourceReport, *, dry_run: bool
    ) -> None:
        self.reports.append((source, report))

    def failed(self, run_id: str, source: Source, fault: Exception) -> None:
        self.faults.append((source, fault))

    def told(self, run_id: str, told: Told) -> None:
        self.alerts.append(told)

    def drilled(self, passed: bool) -> None:
        self.drills.append(passed)
