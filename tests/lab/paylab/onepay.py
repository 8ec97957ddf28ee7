"""OnePay's API as its document describes it (onepay-list-payment-intents), on Laravel."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from paylab import wire
from paylab.messages import Request, Response
from paylab.payments import LabPayment
from paylab.world import World

SORTS = ("created_at", "-created_at", "paid_at", "-paid_at")


def respond(world: World, request: Request, path: str) -> Response:
    """Answer a request; `path` is what follows the base path.

    Who does not ask for JSON is sent to a login page (providers/README.md: near certain).
    """
    if "/json" not in request.header("accept").split(",")[0]:
        login = f"https://app.onepay.invalid{world.base_path}/login"
        return Response(302, b"", {"Content-Type": "text/html; charset=UTF-8", "Location": login})
    if request.header("authorization") != f"Bearer {world.api_key}":
        return wire.answer(401, wire.text({"message": "Unauthenticated."}))
    if path == "/payment-intents":
        return _list(world, request.params)
    if path.startswith("/payment-intents/"):
        return _one(world, path.removeprefix("/payment-intents/"))
    return _not_found()


def _list(world: World, params: Mapping[str, str]) -> Response:
    sort = params.get("sort", "-created_at")
    page_text = params.get("page", "1")
    if sort not in SORTS:
        return _invalid("sort")
    if not (page_text.isascii() and page_text.isdigit() and 1 <= len(page_text) < 10):
        return _invalid("page")
    page = int(page_text)
    if page < 1:
        return _invalid("page")
    wanted = {
        name: params[f"filter[{name}]"]
        for name in ("id", "status", "external_id")
        if params.get(f"filter[{name}]")
    }
    key = (*wanted.items(), sort, world.id_list_filter)
    found = world.listing(key, _keep(world, wanted), _rank(world, sort))
    size = world.per_page
    shown = found[(page - 1) * size : page * size]
    first = (page - 1) * size + 1 if shown else None
    last = (page - 1) * size + len(shown) if shown else None
    head = {
        "current_page": page,
        "from": first,
        "last_page": max(1, -(-len(found) // size)),
        "per_page": size,
        "to": last,
        "total": len(found),
    }
    data = ",".join(map(world.row_text, shown))
    return wire.answer(
        200,
        f'{wire.text(head)[:-1]},"data":[{data}]}}',
        world.pairs(shown),
    )


def _one(world: World, payment_id: str) -> Response:
    payment = world.payment(payment_id)
    if payment is None:
        return _not_found()
    return wire.answer(200, world.row_text(payment), ((payment.id, payment.status),))


def _keep(world: World, wanted: Mapping[str, str]) -> Callable[[LabPayment], bool]:
    id_text = wanted.get("id", "")
    ids = set(id_text.split(",")) if world.id_list_filter else {id_text}

    def keep(payment: LabPayment) -> bool:
        return (
            (not id_text or payment.id in ids)
            and wanted.get("status", payment.status).casefold() == payment.status.casefold()
            and ("external_id" not in wanted or payment.external_id == wanted["external_id"])
        )

    return keep


def _rank(world: World, sort: str) -> Callable[[LabPayment], tuple[object, ...]]:
    """Sort as MySQL does: no date comes before every date; ties by birth."""
    descending = sort.startswith("-")
    column = sort.removeprefix("-")
    before_all = datetime(1, 1, 2, tzinfo=UTC)

    def rank(payment: LabPayment) -> tuple[object, ...]:
        at: datetime = getattr(payment, column) or before_all
        place = (at - before_all).total_seconds()
        birth = world.birth_number(payment)
        return (-place, -birth) if descending else (place, birth)

    return rank


def _invalid(field: str) -> Response:
    message = f"The selected {field} is invalid."
    body = {
        "message": message,
        "code": 422,
        "code_name": "validation_error",
        "errors": [{"field": field, "message": message}],
    }
    return wire.answer(422, wire.text(body))


def _not_found() -> Response:
    body = {"message": "Resource not found.", "code": 404, "code_name": "not_found", "errors": []}
    return wire.answer(404, wire.text(body))
