"""What must hold once a scenario is over and the poller has had its two polls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from paywatch.domain.payments import Status
from tests.integration.aws_line import count
from tests.integration.on_aws import OnAws
from tests.polling import Polling

# Killed once, the poller may publish one request's messages again.
MOST_DUPLICATES = 10
OVERDUE = "payment_overdue/onepay"


def findings(stage: OnAws) -> list[str]:
    """Return a sentence for everything that does not hold; `stage` is calm and polled once more."""
    return [*of_audit(stage), *_of_table(stage), *_of_idle_tick(stage)]


def of_audit(polling: Polling, most_duplicates: int = MOST_DUPLICATES) -> Iterator[str]:
    """Say what the auditor finds."""
    report = polling.audit()
    for kind, found in (
        ("lost", report.lost),
        ("invented", report.invented),
        ("out of order", report.out_of_order),
    ):
        yield from (f"{kind}: {each}" for each in found)
    if report.duplicates > most_duplicates:
        yield f"{report.duplicates} duplicates"


def _of_table(stage: OnAws) -> Iterator[str]:
    """Hold the table against the lab: every stored payment, and every open one stored."""
    for source, world in stage.worlds.items():
        records = stage.records(str(source))
        for payment in world.payments():
            record = records.get(payment.id)
            if record is None:
                if payment.status in ("PENDING", "created", "processing"):
                    yield f"{payment.id} is {payment.status} and not stored"
            elif record.payment.provider_status.casefold() != payment.status.casefold():
                stored = record.payment.provider_status
                yield f"{payment.id} is stored as {stored}, is {payment.status}"
        for record in records.values():
            if record.owes or record.outbox:
                yield f"{record.id} owes versions {[v for v, _ in record.outbox]}"
    for item in stage.items():
        is_open = not Status(item["status"]["S"]).settled
        if ("watched" in item) != is_open:
            yield f"{item['sk']['S']} is {item['status']['S']}, in the index: {not is_open}"


def of_alerts(stage: OnAws) -> Iterator[str]:
    """Hold what an operator received against what there was: payments at OnePay are overdue.

    Nothing else lasts long enough to be told: one fault ends with the run that it struck.
    """
    told: dict[str, Any] = {}
    for event in stage.receive_alerts():
        if told.setdefault(event["id"], event) != event:
            yield f"{event['id']} was told with two bodies"
    steps = [each["data"]["step"] for each in told.values() if each["subject"] == OVERDUE]
    if steps.count("opened") != 1 or not set(steps) <= {"opened", "updated"}:
        yield f"{OVERDUE} was told as {steps}"
    for event in told.values():
        if event["subject"] != OVERDUE:
            yield f"{event['id']} was told: {event['data']['cause']}"


def _of_idle_tick(stage: OnAws) -> Iterator[str]:
    """Poll once more: nothing is left to be recorded or published.

    Reads may be left: what a dead run had not counted is compared with the totals once more.
    """
    before = len(stage.line.calls)
    report = stage.tick()
    made = count([call for call in stage.line.since(before) if call.writes and not call.control])
    if made:
        yield f"an idle poll made the calls {dict(made)}"
    for source, told in report["sources"].items():
        if told["outcome"] != "ok" or told["published"] or told["outbox_left"]:
            yield f"an idle poll of {source} reports {told['outcome']}: {told['detail']}"
