"""What must hold once the faults have stopped and the poller has had its polls."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Set

from paywatch.domain.payments import Status
from tests.faults.verdict import of_audit
from tests.gates import TABLE_WRITES, TOPICS
from tests.simulation.stage import Stage

IS_OPEN = ("PENDING", "created", "processing")


def told(stage: Stage) -> set[tuple[str, str]]:
    """Return what subscribers know: each event's id and status."""
    events = [delivery.event for delivery in stage.polling.deliveries]
    return {(str(event["id"]), event["data"]["status"]) for event in events}


def told_at_once(stage: Stage) -> set[tuple[str, str]]:
    """Return what the last run told, by whatever source."""
    last = len(stage.polling.ticks) - 1
    events = [delivery.event for delivery in stage.polling.deliveries if delivery.tick == last]
    return {(str(event["id"]), event["data"]["status"]) for event in events}


def findings(
    stage: Stage,
    expected: Set[tuple[str, str]] | None = None,
    alert: str | None = None,
    most_duplicates: int = 0,
) -> list[str]:
    """Return a sentence for everything that does not hold.

    `expected` is what is told where nothing fails; `alert` is the one that has to be told, once;
    `most_duplicates` how many messages may have come twice.
    """
    found = list(of_audit(stage.polling, most_duplicates))
    for side in stage.sides():
        found += _of_state(side)
    if expected is not None:
        found += [f"not told: {each}" for each in sorted(expected - told(stage))]
        found += [f"told besides: {each}" for each in sorted(told(stage) - expected)]
    found += _of_alerts(stage, alert)
    return [*found, *_of_idle_poll(stage)]


def _of_state(stage: Stage) -> Iterator[str]:
    """Hold what is stored against the provider, and versions against what was told."""
    ids = {event_id for event_id in _ids(stage) if event_id.startswith(f"{stage.source}/")}
    versions = Counter(payment_id for payment_id, _ in map(_version, ids))
    for payment in stage.world.payments():
        record = stage.polling.stored(payment.id, stage.source)
        if record is None:
            yield f"{payment.id} is {payment.status} and not stored"
            continue
        if record.payment.provider_status != payment.status:
            stored = record.payment.provider_status
            yield f"{payment.id} is stored as {stored}, is {payment.status}"
        if record.open != (payment.status in IS_OPEN) and record.status is not Status.EXPIRED:
            yield f"{payment.id} is {record.status}, open: {record.open}"
        if record.owes or record.outbox:
            yield f"{payment.id} owes versions {[v for v, _ in record.outbox]}"
        if record.version != versions[payment.id]:
            yield f"{payment.id} has {record.version} versions, told {versions[payment.id]}"


def _ids(stage: Stage) -> list[str]:
    return [str(delivery.event["id"]) for delivery in stage.polling.deliveries]


def _version(event_id: str) -> tuple[str, int]:
    *_, payment_id, version = event_id.split("/")
    return payment_id, int(version)


def _of_alerts(stage: Stage, alert: str | None) -> Iterator[str]:
    """The one alert that is expected is opened, and no other."""
    yield from of_alert_steps(stage)
    steps = stage.polling.alerted()
    opened = {name for name, step in steps if step == "opened"}
    if opened != ({alert} - {None}) or any(step == "resolved" for _, step in steps):
        yield f"alerts were told as {steps}"


def of_alert_steps(stage: Stage) -> Iterator[str]:
    """Every step of an alert is told once: a repeat has the same id and the same body."""
    bodies: dict[str, str] = {}
    steps: dict[str, list[str]] = {}
    for message in stage.polling.mailbox.told:
        event = json.loads(message.bodies["default"])
        body = json.dumps(event, sort_keys=True)
        if event["id"] not in bodies:
            steps.setdefault(event["subject"], []).append(event["data"]["step"])
        if bodies.setdefault(event["id"], body) != body:
            yield f"{event['id']} was told with two bodies"
    for name, told_of in steps.items():
        turns = [step for step in told_of if step in ("opened", "resolved")]
        if turns != [("opened", "resolved")[number % 2] for number in range(len(turns))]:
            yield f"{name} was told as {told_of}"


def _of_idle_poll(stage: Stage) -> Iterator[str]:
    """Poll once more: there is nothing left to be recorded, published or told."""
    stage.tick()
    made = [name for name in stage.steps if name in TABLE_WRITES | TOPICS]
    if made != ["acquire", "finish"] * len(stage.polling.sources):
        yield f"an idle poll did {made}"
    for source, report in stage.polling.reports[-1]["sources"].items():
        if report["outcome"] != "ok" or report["published"] or report["outbox_left"]:
            yield f"an idle poll of {source} reports {report['outcome']}: {report['detail']}"
