"""A Compago row as a payment."""

from __future__ import annotations

from paywatch.domain.payments import Payment, Status
from paywatch.providers.compago.schemas import OneTimePayment

_STATUSES = {
    "PENDING": Status.PENDING,
    "CONFIRMED": Status.PAID,
    "CANCELLED": Status.CANCELLED,
}


def payment(row: object) -> Payment:
    """Translate a row; raise pydantic's ValidationError if it makes no sense.

    The provider's word is kept in upper case, as its documents write it, known or not: a word that
    only changes its letter case is no change.
    """
    read = OneTimePayment.model_validate(row)
    word = read.status.upper()
    return Payment(
        id=read.id,
        status=_STATUSES.get(word, Status.UNRECOGNIZED),
        provider_status=word,
        amount=read.amount,
        currency=read.currency,
        created_at=read.created_at,
        updated_at=read.updated_at,
        expires_at=read.expires_at,
        external_id=read.external_id,
    )
