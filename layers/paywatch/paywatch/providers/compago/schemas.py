"""What Compago sends, as far as paywatch reads it (List One-Time Payments, Response Fields)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from paywatch.providers.fields import (
    Amount,
    Count,
    Currency,
    Date,
    Identifier,
    Lenient,
    Positive,
    Text,
    Word,
)


class OneTimePayment(BaseModel):
    """A row. Personal data has no field here, so it goes no further."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: Identifier
    status: Word
    amount: Amount | None = None
    currency: Currency | None = None
    created_at: Date | None = Field(default=None, alias="createdAt")
    updated_at: Lenient[Date] = Field(default=None, alias="updatedAt")
    expires_at: Lenient[Date] = Field(default=None, alias="expiresAt")
    external_id: Lenient[Text] = Field(default=None, alias="externalId")


class Listing(BaseModel):
    """A page; its rows are read one by one, later."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    count: Count
    page: Positive
    page_size: Positive = Field(alias="pageSize")
    items: list[Any]
