"""Where a run tells of itself: one log line and a few metrics for each source.

A line holds ids, counts and durations, never a key, a name, an address or an answer's body.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Collection, Mapping
from threading import Lock

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from paywatch.alerting import Told
from paywatch.domain.payments import PROVIDERS, Source
from paywatch.errors import CredentialsRejected
from paywatch.report import SourceReport

NAMESPACE = "Paywatch"
SERVICE = "paywatch"

# The embedded format takes a hundred values of one metric.
METRIC_VALUES = 100


class LambdaJournal:
    """Logs as JSON lines and metrics in CloudWatch's embedded format, both on standard output.

    `function` is the name of the function that polls, `schedule` what the schedule says of itself;
    `rejected` holds the sources that refused their key. Every metric costs the same, so only what a
    person has to see for each source is kept for each source.
    """

    def __init__(self, log_level: str, function: str, schedule: Mapping[str, str]) -> None:
        self._function = function
        self._schedule = schedule
        self._logger = Logger(service=SERVICE, level=log_level, logger_handler=_StandardOutput())
        self._lock = Lock()
        self.rejected: set[Source] = set()
        self._watching: dict[Source, bool] = {}
        self._explained: set[str] = set()

    def source_polled(
        self, run_id: str, source: Source, report: SourceReport, *, dry_run: bool
    ) -> None:
        """Tell of one source's poll; a dry run is not counted in the metrics."""
        if report.outcome == CredentialsRejected.kind:
            self.rejected.add(source)
        fields = {
            "run_id": run_id,
            "source": source.short,
            "dry_run": dry_run,
            **self._schedule,
            **vars(report),
        }
        log = self._logger.info if report.outcome in ("ok", "busy") else self._logger.warning
        of_source, of_stack = self._metrics(source=source.short), self._metrics()
        of_source.add_metric("Changes", MetricUnit.Count, report.opened + report.changed)
        for delay in report.delays[:METRIC_VALUES]:
            of_source.add_metric("DetectionDelay", MetricUnit.Seconds, delay)
        failed = report.outcome not in ("ok", "busy")
        of_stack.add_metric("Failed", MetricUnit.Count, float(failed))
        of_stack.add_metric("OutboxAge", MetricUnit.Seconds, report.outbox_age)
        of_stack.add_metric("Unexplained", MetricUnit.Count, report.unexplained)
        of_stack.add_metric("MissedByPoll", MetricUnit.Count, report.misses)
        refused = report.refused_rows + report.set_aside
        of_stack.add_metric("RowsRefused", MetricUnit.Count, refused)
        with self._lock:
            log("source_polled", extra=fields)
            if not dry_run:
                self._watching[source] = report.watching
                for metrics in (of_source, of_stack):
                    metrics.flush_metrics()

    def told(self, run_id: str, told: Told) -> None:
        """Tell of the alerts: those that are open, told and owed."""
        self._explained = told.explained
        metrics = self._metrics()
        metrics.add_metric("AlertsOwed", MetricUnit.Seconds, told.owed_age)
        metrics.flush_metrics()
        bad = told.fault is not None or told.faults or told.unreadable
        if not (bad or told.told or told.owed):
            return
        (self._logger.error if bad else self._logger.info)(
            "alerts_told",
            extra={
                "run_id": run_id,
                "told": told.told,
                "owed": told.owed,
                "unreadable": told.unreadable,
                "detail": told.fault or "; ".join(f"{type(f).__name__}: {f}" for f in told.faults),
            },
        )

    def close(self, sources: Collection[Source]) -> None:
        """Say of each provider whether all its accounts that were polled were looked at.

        It is said once a run, because an alarm looks at minutes. One without an account here is in
        order: silence is an alarm. `Accounted` also counts the accounts that were not looked at
        and of which an open alert says why.
        """
        for provider in PROVIDERS:
            looked = {s: seen for s, seen in self._watching.items() if s.provider == provider}
            unknown = provider not in {source.provider for source in sources}
            if looked or unknown:
                told = [seen or s.short in self._explained for s, seen in looked.items()]
                metrics = self._metrics(provider=provider)
                metrics.add_metric("Watching", MetricUnit.Count, float(all(looked.values())))
                metrics.add_metric("Accounted", MetricUnit.Count, float(all(told)))
                metrics.flush_metrics()

    def drilled(self, passed: bool) -> None:
        """Tell whether a drill opened and resolved its alerts."""
        metrics = self._metrics()
        metrics.add_metric("DrillPassed", MetricUnit.Count, float(passed))
        metrics.flush_metrics()

    def _metrics(self, **dimensions: str) -> EphemeralMetrics:
        """Return new metrics of this function: its name tells two stacks in one account apart."""
        metrics = EphemeralMetrics(namespace=NAMESPACE)
        for name, value in {"function": self._function, **dimensions}.items():
            metrics.add_dimension(name=name, value=value)
        return metrics

    def failed(self, run_id: str, source: Source, fault: Exception) -> None:
        """Tell of a fault of our own."""
        with self._lock:
            self._logger.error(
                "source_failed",
                extra={
                    "run_id": run_id,
                    "source": source.short,
                    "fault": type(fault).__name__,
                    "detail": str(fault)[:500],
                },
            )
            self._watching[source] = False

    def unreadable(self, partition: str, payment_id: str, why: str) -> None:
        """Tell of a stored item that cannot be read and is passed over."""
        with self._lock:
            self._logger.error(
                "stored_item_unreadable",
                extra={"partition": partition, "payment_id": payment_id, "detail": why[:500]},
            )


class _StandardOutput(logging.Handler):
    """Writes to the standard output of the moment, as the metrics do, wherever that leads."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stdout.write(self.format(record) + "\n")
            sys.stdout.flush()
        except Exception:
            self.handleError(record)
