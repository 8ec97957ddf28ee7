"""The message that a change is published as: CloudEvents 1.0, with attributes and a subject."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paywatch.domain.changes import Change
from paywatch.domain.payments import Source, Status

EVENT_TYPE = "paywatch.payment.status_changed.v1"
SUBJECT_LIMIT = 99

_PROVIDER_NAMES = {"compago": "Compago", "onepay": "OnePay"}

_SENTENCES = {
    Status.PENDING: "was opened",
    Status.PROCESSING: "is being processed",
    Status.PAID: "was paid",
    Status.FAILED: "failed",
    Status.CANCELLED: "was cancelled",
    Status.EXPIRED: "expired without being paid",
    Status.REFUNDED: "was refunded",
    Status.DISPUTED: "is disputed",
    Status.UNRECOGNIZED: "has a status that paywatch does not know",
}


@dataclass(frozen=True)
class Message:
    """One event, ready to be published. Attribute values are never empty."""

    id: str
    body: str
    subject: str
    attributes: Mapping[str, str]


def event_id(source: Source, payment_id: str, version: int) -> str:
    """Return the event's identity, the same for every repeat of it."""
    return f"{source}/{payment_id}/{version}"


def body_of(source: Source, change: Change) -> str:
    """Write the change's finished event as JSON text; the same change gives the same text."""
    payment = change.payment
    origin = payment.origin
    event = {
        "specversion": "1.0",
        "id": event_id(source, payment.id, change.version),
        "source": f"paywatch/{source}",
        "type": EVENT_TYPE,
        "subject": payment.id,
        "time": change.observed_at,
        "datacontenttype": "application/json",
        "data": {
            "provider": source.provider,
            "account": source.account,
            "payment_id": payment.id,
            "version": change.version,
            "status": change.status,
            "previous_status": change.previous_status,
            "provider_status": change.provider_status,
            "previous_provider_status": change.previous_provider_status,
            "amount": payment.amount,
            "currency": payment.currency,
            "external_id": payment.external_id,
            "created_at": payment.created_at,
            "updated_at": payment.updated_at,
            "paid_at": payment.paid_at,
            "expires_at": payment.expires_at,
            "payment_method_type": payment.payment_method_type,
            "origin": None if origin is None else {"type": origin.type, "id": origin.id},
            "is_test": payment.is_test,
            "changed_after": change.changed_after,
            "changed_before": change.changed_before,
            "detected_by": change.detected_by,
            "derived": change.derived,
            "correction": change.correction,
            "replayed": False,
        },
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def message_of(body: str) -> Message:
    """Make the message of a finished event body, so that a repeat has the same subject too.

    Raise ValueError for what is no event: a body is read as it was stored.
    """
    try:
        event = json.loads(body)
        message = _message(event, event["data"], body)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        raise ValueError("its recorded event cannot be read") from None
    if not all(isinstance(text, str) for text in (message.id, *message.attributes.values())):
        raise ValueError("its recorded event cannot be read")
    return message


def _message(event: Mapping[str, Any], data: Mapping[str, Any], body: str) -> Message:
    return Message(
        id=event["id"],
        body=body,
        subject=_subject(data),
        attributes={
            "event_type": event["type"],
            "provider": data["provider"],
            "account": data["account"],
            "status": data["status"],
            "previous_status": data["previous_status"] or "none",
            "currency": data["currency"] or "none",
            "is_test": "true" if data["is_test"] else "false",
            "settled": "true" if Status(data["status"]).settled else "false",
        },
    )


def _subject(data: Mapping[str, Any]) -> str:
    """Write one sentence for a mail box: ASCII, under 100 characters; a long name is cut."""
    provider = provider_name(data["provider"])
    account = "" if data["account"] == "default" else f" ({plain(data['account'])[:20]})"
    money = f": {data['amount'][:24]} {data['currency'] or ''}".rstrip() if data["amount"] else ""
    test = "[TEST] " if data["is_test"] else ""
    tail = f" at {provider}{account} {_SENTENCES[Status(data['status'])]}{money}"
    name = plain(data["external_id"] or "") or plain(data["payment_id"]) or "without a name"
    room = SUBJECT_LIMIT - len(f"{test}Payment {tail}")
    if len(name) > room:
        name = name[: max(room - 3, 0)] + "..."
    return f"{test}Payment {name}{tail}"[:SUBJECT_LIMIT]


def provider_name(provider: str) -> str:
    """Return a provider's name as it writes it itself."""
    return _PROVIDER_NAMES.get(provider, provider)


def plain(text: str) -> str:
    """Return the text in printable ASCII, accents dropped, anything else as a question mark."""
    ascii_text = unicodedata.normalize("NFKD", text)
    kept = (c for c in ascii_text if not unicodedata.combining(c))
    return "".join(c if " " <= c <= "~" else "?" for c in kept).strip()
