"""Payments made up to look like real ones, people included."""

import random
import uuid
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from paylab import people
from paylab.payments import LabPayment

FIELDS = frozenset(f.name for f in fields(LabPayment))


def new_id(rng: random.Random) -> str:
    """Return an id of the form that both providers use."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def make(
    provider: str,
    rng: random.Random,
    *,
    order: str,
    created_at: datetime,
    given: Mapping[str, Any],
) -> LabPayment:
    """Return a payment with what is given, and the rest made up."""
    make_rest = _compago if provider == "compago" else _onepay
    made: dict[str, Any] = {
        "id": new_id(rng),
        "created_at": created_at,
        "external_id": order,
        "description": people.description(rng, order),
    }
    return LabPayment(**{**made, **make_rest(rng, created_at, given.get("status")), **given})


def _compago(rng: random.Random, created_at: datetime, status: str | None) -> dict[str, object]:
    cents = rng.choice((0, 0, 0, 50, 90, 99))
    return {
        "status": status or "PENDING",
        "amount": Decimal(rng.randrange(50, 5000) * 100 + cents) / 100,
        "currency": "MXN",
        "updated_at": created_at,
        "expires_at": created_at + timedelta(hours=48),
        "redirect_url": "https://example.com/success",
        "homepage_url": "https://example.com",
        "billing": people.billing(rng),
    }


def _onepay(rng: random.Random, created_at: datetime, status: str | None) -> dict[str, object]:
    return {
        "status": status or "created",
        "amount": Decimal(rng.randrange(50, 5000) * 100),
        "currency": "COP",
        "paid_at": created_at if status in ("paid", "refunded", "disputed") else None,
        "method_type": "CreditCard",
        "method_id": new_id(rng),
        "origin_type": "Link",
        "origin_id": new_id(rng),
        "remarks": people.remarks(rng),
    }
