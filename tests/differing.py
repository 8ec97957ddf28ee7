"""What is stored and told, held against what stands at the provider."""

from __future__ import annotations

from paywatch.domain.payments import Status
from tests.polling import Polling

OPEN = {"compago": ("PENDING",), "onepay": ("created", "processing")}


def differing(polling: Polling, source: str, *, settled_too: bool) -> list[str]:
    """Say which payments are not stored, and told of, as they stand at the provider."""
    world, found = polling.world(source), []
    for payment in world.payments():
        told = polling.told(payment.id)
        if payment.status not in OPEN[world.provider] and not settled_too:
            continue
        record = polling.stored(payment.id, source)
        if record is None:
            found.append(f"{payment.id} is {payment.status} and was never seen")
            continue
        stored = record.payment.provider_status
        if stored.casefold() != payment.status.casefold():
            found.append(f"{payment.id} is {payment.status} and stored as {stored}")
        if told and Status(told[-1]) is not record.status:
            found.append(f"{payment.id} is {record.status} and was told to be {told[-1]}")
        if len(told) != record.version or record.owes:
            found.append(f"{payment.id} has {record.version} versions, {len(told)} were told")
    return found
