"""What is stored and told, held against what stands at the provider."""

from __future__ import annotations

from collections.abc import Collection

from paywatch.domain.payments import Source, Status
from tests.polling import Polling

OPEN = {"compago": ("PENDING",), "onepay": ("created", "processing")}


def differing(
    polling: Polling,
    source: str,
    *,
    settled_too: bool,
    tailed: bool = False,
    but: Collection[str] = (),
) -> list[str]:
    """Say which payments, `but` for some, are not stored and told of as they stand at the provider.

    Unless `settled_too`, a move from settled to settled may wait for a reconcile, and so may what
    only the list of all shows: a word that is in no document, and what was settled before any list
    of open ones showed it. Where the list is `tailed`, the latter has to be seen as well, if it
    came after the watch began.
    """
    world, found = polling.world(source), []
    unlisted = set() if settled_too else _unlisted(polling, source)
    watch = polling.ticks[0].start
    for payment in world.payments():
        if payment.id in but or payment.id in unlisted:
            continue
        told = polling.told(payment.id)
        record = polling.stored(payment.id, source)
        waits = payment.status not in OPEN[world.provider] and not settled_too
        if record is None:
            if not waits or (tailed and payment.created_at > watch):
                found.append(f"{payment.id} is {payment.status} and was never seen")
            continue
        if waits and not record.open:
            continue
        stored = record.payment.provider_status
        if stored.casefold() != payment.status.casefold():
            found.append(f"{payment.id} is {payment.status} and stored as {stored}")
        if told and Status(told[-1]) is not record.status:
            found.append(f"{payment.id} is {record.status} and was told to be {told[-1]}")
        if len(told) != record.version or record.owes:
            found.append(f"{payment.id} has {record.version} versions, {len(told)} were told")
    return found


def left_to_reconcile(polling: Polling, source: str, but: Collection[str] = ()) -> list[str]:
    """Say which moves a reconcile alone has found that the polls had to find.

    They are all but Compago's from settled to settled, for which no list is asked by date, and
    those to where only the list of all has a payment; `but` for some payments, too.
    """
    name, found, late = Source.parse(source), [], 0
    unlisted = _unlisted(polling, source).union(but)
    for delivery in polling.deliveries:
        data, whose = delivery.event["data"], delivery.event["source"]
        previous = data["previous_status"]
        if whose != f"paywatch/{name}" or data["detected_by"] != "reconcile" or previous is None:
            continue
        settled = name.provider == "compago" and Status(previous).settled
        if settled or data["payment_id"] in unlisted:
            late += 1
        else:
            found.append(f"that {data['payment_id']} is {data['status']} was left to a reconcile")
    reports = [report["sources"].get(name.short, {}) for report in polling.reports]
    misses = sum(report.get("misses", 0) for report in reports)
    if misses > late:
        found.append(f"{source}: {misses} misses, and {late} moves that might have been any")
    return found


def _unlisted(polling: Polling, source: str) -> set[str]:
    """Return the payments that went where no list by status, and no answer by id, has them."""
    name = str(Source.parse(source))
    return {payment_id for whose, payment_id in polling.truth.hidden if whose == name}
