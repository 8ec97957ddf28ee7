"""A payment as the lab holds it, whichever provider it belongs to."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass
class LabPayment:
    """One payment; `status` is the provider's own word, every date is whole seconds, in UTC.

    Fields that a provider does not know stay None and are not sent.
    """

    id: str
    status: str
    amount: Decimal
    currency: str
    created_at: datetime
    external_id: str | None = None
    description: str | None = None
    updated_at: datetime | None = None
    paid_at: datetime | None = None
    expires_at: datetime | None = None
    redirect_url: str | None = None
    homepage_url: str | None = None
    billing: dict[str, object] | None = None
    method_type: str | None = None
    method_id: str | None = None
    origin_type: str | None = None
    origin_id: str | None = None
    remarks: str | None = None
    is_test: bool = True
    network_id: str | None = None
    extra: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("created_at", "updated_at", "paid_at", "expires_at"):
            at = getattr(self, name)
            if at is not None:
                setattr(self, name, at.replace(microsecond=0))
