"""Reading pages and rows: a page is refused as a whole, a row alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from paywatch.domain.payments import Payment
from paywatch.errors import RowError, UnexpectedResponse
from paywatch.providers.fields import identifier

Model = TypeVar("Model", bound=BaseModel)


def read_page(model: type[Model], body: object, where: str) -> Model:
    """Read what surrounds the rows; raise UnexpectedResponse that names the field at fault."""
    if not isinstance(body, dict):
        raise UnexpectedResponse(f"{where}: the answer is not a JSON object")
    try:
        return model.model_validate(body)
    except ValidationError as error:
        complaint = _complaint(error)
    raise UnexpectedResponse(f"{where}: {complaint}")


def read_rows(
    rows: Sequence[object], translate: Callable[[object], Payment], where: str
) -> tuple[tuple[Payment, ...], tuple[RowError, ...]]:
    """Read each row by itself; return the payments, and an error for each row set aside."""
    payments, refused = [], []
    for row in rows:
        try:
            payments.append(read_row(row, translate, where))
        except RowError as error:
            refused.append(error)
    return tuple(payments), tuple(refused)


def read_row(row: object, translate: Callable[[object], Payment], where: str) -> Payment:
    """Read one row; raise RowError that names the payment and the field, never the value."""
    if not isinstance(row, dict):
        raise RowError(f"{where}: a row is not a JSON object")
    try:
        return translate(row)
    except ValidationError as error:
        complaint = _complaint(error)
    payment_id = _id(row.get("id"))
    name = "a payment without a usable id" if payment_id is None else f"payment {payment_id}"
    raise RowError(f"{where}: {name}: {complaint}", payment_id)


def read_found(
    row: object, asked: str, translate: Callable[[object], Payment], where: str
) -> Payment:
    """Read the row that was asked for by its id; raise UnexpectedResponse if it is not that."""
    try:
        payment = read_row(row, translate, where)
    except RowError as error:
        complaint = str(error)
    else:
        if payment.id == asked:
            return payment
        complaint = f"{where}: the answer is another payment than the one that was asked for"
    raise UnexpectedResponse(complaint)


def _complaint(error: ValidationError) -> str:
    """Say in words of our own what is wrong with the first field at fault."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    if first["type"] == "value_error":
        return f"{field} {first['msg'].removeprefix('Value error, ')}"
    return f"{field} is missing" if first["type"] == "missing" else f"{field} is not a list"


def _id(value: object) -> str | None:
    try:
        return identifier(value)
    except ValueError:
        return None
