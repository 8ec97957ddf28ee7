"""Compago's row of a payment (compago-list-one-time-payments, "structure")."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from paylab.payments import LabPayment
from paylab.wire import instant, seconds_z


def to_row(payment: LabPayment, amounts_as_text: bool = False) -> dict[str, object]:
    """Return the row with the document's keys in the document's order."""
    return {
        "id": payment.id,
        "status": payment.status,
        "description": payment.description,
        "amount": f"{payment.amount:.2f}" if amounts_as_text else payment.amount,
        "currency": payment.currency,
        "externalId": payment.external_id,
        "expiresAt": seconds_z(payment.expires_at),
        "redirectUrl": payment.redirect_url,
        "homepageUrl": payment.homepage_url,
        "createdAt": seconds_z(payment.created_at),
        "updatedAt": seconds_z(payment.updated_at),
        "billingInformation": payment.billing,
        **payment.extra,
    }


def from_row(row: Mapping[str, Any]) -> LabPayment:
    """Read a row as the document prints it."""
    created_at = instant(row["createdAt"])
    assert created_at is not None
    return LabPayment(
        id=row["id"],
        status=row["status"],
        description=row.get("description"),
        amount=Decimal(str(row["amount"])),
        currency=row["currency"],
        external_id=row.get("externalId"),
        expires_at=instant(row.get("expiresAt")),
        redirect_url=row.get("redirectUrl"),
        homepage_url=row.get("homepageUrl"),
        created_at=created_at,
        updated_at=instant(row.get("updatedAt")),
        billing=row.get("billingInformation"),
    )
