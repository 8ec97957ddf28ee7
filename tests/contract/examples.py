"""What a difference is shown with: short requests."""

from __future__ import annotations

from typing import Any

from tests.contract.requests import Request

KEY = {"pk": {"S": "p"}, "sk": {"S": "1"}}


def put(**attributes: Any) -> Request:
    return Request("put_item", {"Item": KEY | attributes})


def update(update: str, condition: str = "", returned: str = "NONE", **values: Any) -> Request:
    params: dict[str, Any] = {"Key": KEY, "UpdateExpression": update, "ReturnValues": returned}
    if condition:
        params["ConditionExpression"] = condition
    if values:
        params["ExpressionAttributeValues"] = {f":{name}": each for name, each in values.items()}
    return Request("update_item", params)


def query(filtered: str = "", limit: int = 0, **values: Any) -> Request:
    params: dict[str, Any] = {"KeyConditionExpression": "pk = :pk", "ConsistentRead": True}
    if limit:
        params["Limit"] = limit
    if filtered:
        params["FilterExpression"] = filtered
    values = {"pk": {"S": "p"}, **values}
    params["ExpressionAttributeValues"] = {f":{name}": each for name, each in values.items()}
    return Request("query", params, paged=True)
