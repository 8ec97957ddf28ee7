"""What an implementation of DynamoDB answered to a request, in a form that can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tests.contract.requests import Request

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

PAGES = 40
# As an emulator says it in process, over HTTP, and as AWS would.
BROKEN = ("crash", "500", "InternalError", "InternalFailure", "InternalServerError")
# The service keeps 38 digits.
_EXACT = Context(prec=60)


@dataclass(frozen=True)
class Answer:
    """An answer: `refusal` is "" where it was none, or the error's code and message.

    `content` is what was answered, values in one form whatever their order or spelling; `after`
    all items of the table, if it was looked at.
    """

    refusal: str
    content: Any
    after: tuple[Any, ...] = ()

    @property
    def code(self) -> str:
        """The error's code, or "crash" where the emulator itself broke; "" for no error."""
        return self.refusal.partition(":")[0]

    @property
    def broke(self) -> bool:
        """Whether the emulator itself broke, or the request did not even reach it."""
        return self.code in BROKEN


def ask(client: DynamoDBClient, table: str, request: Request, *, look: bool = True) -> Answer:
    """Make the request of a table, and `look` at what it left behind."""
    refusal, content = "", None
    try:
        content = _answered(client, table, request)
    except ClientError as error:
        told = error.response["Error"]
        refusal = f"{told['Code']}: {told.get('Message', '')}"
        content = alike(error.response.get("Item"))
    except Exception as error:  # in its own process it would have answered 500
        refusal = f"crash: {type(error).__name__}: {error}"
    return Answer(refusal, content, items(client, table) if look else ())


def items(client: DynamoDBClient, table: str) -> tuple[Any, ...]:
    """Read all items of a table, by key."""
    found: list[Any] = client.scan(TableName=table, ConsistentRead=True)["Items"]
    return tuple(sorted(map(alike, found), key=lambda item: (item["pk"]["S"], item["sk"]["S"])))


def alike(value: Any) -> Any:
    """Write values in one form: numbers without trailing zeros, sets in order."""
    if isinstance(value, Mapping):
        if value.keys() == {"N"}:
            return {"N": str(Decimal(value["N"]).normalize(_EXACT))}
        if value.keys() == {"SS"}:
            return {"SS": sorted(value["SS"])}
        return {name: alike(each) for name, each in value.items()}
    if isinstance(value, list):
        return [alike(each) for each in value]
    return value


def written_out(value: Any) -> Any:
    """Write numbers without an exponent."""
    if isinstance(value, Mapping):
        if value.keys() == {"N"}:
            return {"N": format(Decimal(value["N"]), "f")}
        return {name: written_out(each) for name, each in value.items()}
    return [written_out(each) for each in value] if isinstance(value, list) else value


def _answered(client: DynamoDBClient, table: str, request: Request) -> Any:
    call: Any = getattr(client, request.operation)
    if request.operation == "batch_get_item":
        answer = call(RequestItems={table: request.params})
        found = sorted(answer["Responses"].get(table, []), key=lambda item: str(sorted(item)))
        return {"Items": _by_key(found), "left": alike(answer.get("UnprocessedKeys", {}))}
    if not request.paged:
        answer = call(TableName=table, **request.params)
        return {name: alike(each) for name, each in answer.items() if name != "ResponseMetadata"}
    pages: list[Any] = []
    start: dict[str, Any] = {}
    while len(pages) < PAGES:
        answer = call(TableName=table, **request.params, **start)
        names = ("Items", "Count", "ScannedCount", "LastEvaluatedKey")
        pages.append({name: alike(answer[name]) for name in names if name in answer})
        if "LastEvaluatedKey" not in answer:
            break
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
    return pages if request.operation == "query" else _in_no_order(pages)


def _in_no_order(pages: list[Any]) -> Any:
    """A scan has no order, and so its pages may hold anything."""
    counts = {name: sum(page[name] for page in pages) for name in ("Count", "ScannedCount")}
    return {"Items": _by_key([item for page in pages for item in page["Items"]]), **counts}


def _by_key(found: list[Any]) -> list[Any]:
    return sorted(map(alike, found), key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
