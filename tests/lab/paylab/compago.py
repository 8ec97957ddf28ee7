"""Compago's API as its document describes it (compago-list-one-time-payments)."""

import hashlib
from collections.abc import Callable, Mapping

from paylab import wire
from paylab.messages import Request, Response
from paylab.payments import LabPayment
from paylab.world import World

STATUSES = ("PENDING", "CONFIRMED", "CANCELLED")


def respond(world: World, request: Request, path: str) -> Response:
    """Answer a request; `path` is what follows the base path.

    Error bodies are not public; these have the shape of the framework that others like it use.
    """
    if request.header("x-api-key") != world.api_key:
        return _error(401, "Unauthorized")
    if path == "/one-time-payment":
        return _list(world, request.params)
    if world.by_id and path.startswith("/one-time-payment/"):
        return _one(world, path.removeprefix("/one-time-payment/"))
    return _error(404, f"Cannot {request.method} {request.path}")


def _list(world: World, params: Mapping[str, str]) -> Response:
    page = _whole(params.get("page", "1"), 1, None)
    size = _whole(params.get("pageSize", "100"), 1, 500)
    status, currency = params.get("status"), params.get("currency")
    if page is None:
        return _error(400, "page must be a positive integer")
    if size is None:
        return _error(400, "pageSize must be between 1 and 500")
    if status is not None and status not in STATUSES:
        return _error(400, f"status must be one of {', '.join(STATUSES)}")
    if currency is not None and currency != "MXN":
        return _error(400, "currency must be MXN")

    def keep(payment: LabPayment) -> bool:
        return status in (None, payment.status) and currency in (None, payment.currency)

    size = min(size, world.largest_page)
    found = world.listing((status, currency, world.order), keep, _rank(world))
    shown = found[(page - 1) * size : page * size]
    items = ",".join(map(world.row_text, shown))
    return wire.answer(
        200,
        f'{{"count":{len(found)},"page":{page},"pageSize":{size},"items":[{items}]}}',
        world.pairs(shown),
    )


def _one(world: World, payment_id: str) -> Response:
    payment = world.payment(payment_id)
    if payment is None:
        return _error(404, "One-time payment not found")
    return wire.answer(200, world.row_text(payment), ((payment.id, payment.status),))


def _rank(world: World) -> Callable[[LabPayment], tuple[object, ...]]:
    def newest_first(payment: LabPayment) -> tuple[object, ...]:
        return (-payment.created_at.timestamp(), -world.birth_number(payment))

    def oldest_first(payment: LabPayment) -> tuple[object, ...]:
        return (payment.created_at, world.birth_number(payment))

    def none(payment: LabPayment) -> tuple[object, ...]:
        return (hashlib.sha256(f"{world.seed}/{payment.id}".encode()).digest(),)

    return {"newest_first": newest_first, "oldest_first": oldest_first, "none": none}[world.order]


def _whole(text: str, least: int, most: int | None) -> int | None:
    """Return a whole number within bounds, or None."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return None
    value = int(text)
    return value if least <= value and (most is None or value <= most) else None


def _error(status: int, message: str) -> Response:
    return wire.answer(status, wire.text({"statusCode": status, "message": message}))
