"""OnePay's row of a payment intent (onepay-list-payment-intents, "Response Example")."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from paylab.payments import LabPayment
from paylab.wire import instant, micros_z, number


def label(amount: Decimal) -> str:
    """Return the amount as people in Colombia write it: `$63.040`."""
    if amount.adjusted() > 30 or amount != amount.to_integral_value():
        return f"${number(amount)}".replace(".", ",")
    return f"${int(amount):,}".replace(",", ".")


def to_row(payment: LabPayment, amounts_as_text: bool = False) -> dict[str, object]:
    """Return the row with the document's keys in the document's order."""
    return {
        "id": payment.id,
        "description": payment.description,
        "amount": number(payment.amount) if amounts_as_text else payment.amount,
        "amount_label": label(payment.amount),
        "currency": payment.currency,
        "status": payment.status,
        "payment_method_type": payment.method_type,
        "payment_method_id": payment.method_id,
        "source": {"type": payment.origin_type, "id": payment.origin_id},
        "created_at": micros_z(payment.created_at),
        "paid_at": micros_z(payment.paid_at),
        "remarks": payment.remarks,
        "is_test": payment.is_test,
        "network_id": payment.network_id,
        "external_id": payment.external_id,
        **payment.extra,
    }


def from_row(row: Mapping[str, Any]) -> LabPayment:
    """Read a row as the document prints it."""
    created_at = instant(row["created_at"])
    assert created_at is not None
    return LabPayment(
        id=row["id"],
        description=row.get("description"),
        amount=Decimal(str(row["amount"])),
        currency=row["currency"],
        status=row["status"],
        method_type=row.get("payment_method_type"),
        method_id=row.get("payment_method_id"),
        origin_type=(row.get("source") or {}).get("type"),
        origin_id=(row.get("source") or {}).get("id"),
        created_at=created_at,
        paid_at=instant(row.get("paid_at")),
        remarks=row.get("remarks"),
        is_test=row.get("is_test", True),
        network_id=row.get("network_id"),
        external_id=row.get("external_id"),
    )
