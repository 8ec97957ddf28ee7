"""Where a run tells of itself: one log line and a few metrics for each source.

A line holds ids, counts and durations, never a key, a name, an address or an answer's body.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import asdict
from threading import Lock

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from paywatch.domain.payments import Source
from paywatch.errors import CredentialsRejected
from paywatch.report import SourceReport

NAMESPACE = "Paywatch"
SERVICE = "paywatch"

# The embedded format takes a hundred values of one metric.
METRIC_VALUES = 100


class LambdaJournal:
    """Logs as JSON lines and metrics in CloudWatch's embedded format, both on standard output.

    `rejected` holds the sources that refused their key.
    """

    def __init__(self, log_level: str) -> None:
        self._logger = Logger(service=SERVICE, level=log_level, logger_handler=_StandardOutput())
        self._lock = Lock()
        self.rejected: set[Source] = set()

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
            **asdict(report),
        }
        log = self._logger.info if report.outcome in ("ok", "busy") else self._logger.warning
        metrics = EphemeralMetrics(namespace=NAMESPACE)
        metrics.add_dimension(name="source", value=source.short)
        metrics.add_metric("Sealed", MetricUnit.Count, float(report.sealed))
        metrics.add_metric("Changes", MetricUnit.Count, report.opened + report.changed)
        metrics.add_metric("Published", MetricUnit.Count, report.published)
        metrics.add_metric("OutboxLeft", MetricUnit.Count, report.outbox_left)
        metrics.add_metric("Unexplained", MetricUnit.Count, report.unexplained)
        metrics.add_metric("MissedByPoll", MetricUnit.Count, report.misses)
        metrics.add_metric("Braked", MetricUnit.Count, float(report.braked))
        for delay in report.delays[:METRIC_VALUES]:
            metrics.add_metric("DetectionDelay", MetricUnit.Seconds, delay)
        metrics.add_metric("RowsRefused", MetricUnit.Count, report.refused_rows + report.set_aside)
        metrics.add_metric("Failed", MetricUnit.Count, float(report.outcome not in ("ok", "busy")))
        with self._lock:
            log("source_polled", extra=fields)
            if not dry_run:
                metrics.flush_metrics()

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
