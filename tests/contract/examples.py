"""What a difference is shown with: short requests, and what AWS's answer is made with."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from tests.contract.answers import Answer
from tests.contract.requests import Request

# A path and what it is compared with: one value, or any of some.
COMPARED = re.compile(r"(?P<path>[#\w][#\w.\[\]]*) (?P<sign>=|<>|IN) (:\w+|\([^()]*\))")
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


def asking_whether_it_is_there(request: Request) -> Request | None:
    """Ask of whatever is compared with null whether it is there at all; None if nothing is."""
    values = request.params.get("ExpressionAttributeValues", {})
    params = dict(request.params)

    def guarded(found: re.Match[str]) -> str:
        path, comparison = found["path"], found[0]
        if {"NULL": True} not in [values.get(name) for name in re.findall(r":\w+", comparison)]:
            return comparison
        if found["sign"] == "<>":
            return f"(attribute_not_exists({path}) OR {comparison})"
        return f"(attribute_exists({path}) AND {comparison})"

    for name in ("ConditionExpression", "FilterExpression"):
        if name in params:
            params[name] = COMPARED.sub(guarded, params[name])
    return replace(request, params=params) if params != request.params else None


def of_a_new_item(request: Request, moto: Answer, ministack: Answer) -> bool:
    """Whether ministack has an item that moto, which refused, has not."""
    return len(ministack.after) > len(moto.after)


def of_an_old_item(request: Request, moto: Answer, ministack: Answer) -> bool:
    """Whether nothing was added to the table."""
    return not of_a_new_item(request, moto, ministack)


def without_capacity(request: Request, wrong: Any, right: Any) -> Any:
    if isinstance(wrong, dict):
        return {name: each for name, each in wrong.items() if name != "ConsumedCapacity"}
    return wrong


def with_last_page(request: Request, wrong: Any, right: Any) -> Any:
    """A full page says where it ended; if nothing comes after it, an empty page does."""
    if request.operation != "query" or wrong[-1]["ScannedCount"] != request.params.get("Limit"):
        return wrong
    end = {"LastEvaluatedKey": right[len(wrong) - 1].get("LastEvaluatedKey")}
    return [*wrong[:-1], wrong[-1] | end, {"Items": [], "Count": 0, "ScannedCount": 0}]
