"""What OnePay sends, as far as paywatch reads it (Listar payment intents, Response)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from paywatch.providers.fields import (
    Amount,
    Count,
    Currency,
    Date,
    Flag,
    Identifier,
    Lenient,
    Positive,
    Text,
    Word,
)


class IntentSource(BaseModel):
    """What an intent was made for."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: Word
    id: Identifier


class PaymentIntent(BaseModel):
    """A row. Free text about people has no field here, so it goes no further."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: Identifier
    status: Word
    amount: Amount | None = None
    currency: Currency | None = None
    created_at: Date | None = None
    paid_at: Lenient[Date] = None
    external_id: Lenient[Text] = None
    payment_method_type: Lenient[Word] = None
    source: Lenient[IntentSource] = None
    is_test: Lenient[Flag] = None


class Listing(BaseModel):
    """A page; its rows are read one by one, later."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    current_page: Positive
    last_page: Count
    per_page: Positive
    total: Count
    data: list[Any]
