"""A OnePay row as a payment."""

from __future__ import annotations

from paywatch.domain.payments import Origin, Payment, Status
from paywatch.providers.onepay.schemas import PaymentIntent

_STATUSES = {
    "created": Status.PENDING,
    "processing": Status.PROCESSING,
    "paid": Status.PAID,
    "failed": Status.FAILED,
    "refunded": Status.REFUNDED,
    "disputed": Status.DISPUTED,
}


def payment(row: object) -> Payment:
    """Translate a row; raise pydantic's ValidationError if it makes no sense.

    The provider's word is kept in lower case, as its documents write it, known or not: a word that
    only changes its letter case is no change.
    """
    read = PaymentIntent.model_validate(row)
    word = read.status.lower()
    return Payment(
        id=read.id,
        status=_STATUSES.get(word, Status.UNRECOGNIZED),
        provider_status=word,
        amount=read.amount,
        currency=read.currency,
        created_at=read.created_at,
        paid_at=read.paid_at,
        external_id=read.external_id,
        payment_method_type=read.payment_method_type,
        origin=Origin(read.source.type, read.source.id) if read.source else None,
        is_test=read.is_test or False,
    )
