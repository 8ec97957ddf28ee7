"""Random requests to a table, written and read in every way that paywatch does it, and others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.contract.expressions import ATTRIBUTES, TEXTS, Expressions, Value, value

PARTITIONS = ("compago/default#00", "compago/default#01")
SORTS = ("p1", "p2", "p3", "p10", "ñ")
RETURNED = ("NONE", "ALL_OLD", "ALL_NEW")


@dataclass(frozen=True)
class Request:
    """One call of a client, its table aside; `paged`: as often as it takes, page after page."""

    operation: str
    params: Mapping[str, Any]
    paged: bool = False

    @property
    def writes(self) -> bool:
        """Whether it may leave anything behind."""
        return self.operation in ("update_item", "put_item", "delete_item")


def key(random: Random) -> dict[str, Value]:
    """Choose one of the few keys."""
    return {"pk": {"S": random.choice(PARTITIONS)}, "sk": {"S": random.choice(SORTS)}}


def request(random: Random) -> Request:
    """Make one request."""
    return random.choice(_REQUESTS)(random)


def _update_item(random: Random) -> Request:
    each = Expressions(random)
    params: dict[str, Any] = {"Key": key(random), "UpdateExpression": each.update()}
    if random.random() < 0.5:
        params["ConditionExpression"] = each.condition()
    return Request("update_item", {**params, **each.mentioned(), **_returned(random, RETURNED)})


def _put_item(random: Random) -> Request:
    item = key(random)
    for name, kind in ATTRIBUTES.items():
        if random.random() < 0.6:
            item[name] = value(random, kind)
    if item.get("watched") == {"S": ""}:
        del item["watched"]
    each = Expressions(random)
    params: dict[str, Any] = {"Item": item}
    if random.random() < 0.3:
        params["ConditionExpression"] = each.condition(1)
    return Request("put_item", {**params, **each.mentioned(), **_returned(random, RETURNED[:2])})


def _delete_item(random: Random) -> Request:
    each = Expressions(random)
    params: dict[str, Any] = {"Key": key(random)}
    if random.random() < 0.5:
        params["ConditionExpression"] = each.condition(1)
    told = {**each.mentioned(), **_returned(random, RETURNED[:2])}
    return Request("delete_item", {**params, **told})


def _returned(random: Random, forms: Sequence[str]) -> dict[str, str]:
    returned = {"ReturnValues": random.choice(forms)} if random.random() < 0.5 else {}
    if random.random() < 0.5:
        returned["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return returned


def _get_item(random: Random) -> Request:
    return Request("get_item", {"Key": key(random), "ConsistentRead": True})


def _batch_get_item(random: Random) -> Request:
    keys = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk in PARTITIONS for sk in SORTS]
    wanted = random.sample(keys, random.randint(1, len(keys)))
    if random.random() < 0.1:
        wanted.append(wanted[0])
    if random.random() < 0.1:
        # To a hundred keys, and one beyond.
        absent = [{**wanted[0], "sk": {"S": f"absent {number}"}} for number in range(101)]
        wanted += absent[: random.choice([100, 101]) - len(wanted)]
    return Request("batch_get_item", {"Keys": wanted, "ConsistentRead": True})


def _query(random: Random) -> Request:
    each = Expressions(random)
    params: dict[str, Any] = {"ConsistentRead": random.random() < 0.8}
    condition = f"pk = {each.value({'S': random.choice(PARTITIONS)})}"
    order = "sk"
    if random.random() < 0.6:
        params["IndexName"] = order = "watched"
    if random.random() < 0.4:
        form = random.choice(
            [
                *(f"{{0}} {sign} {{1}}" for sign in ("=", "<", "<=", ">", ">=")),
                "begins_with({0}, {1})",
                "{0} BETWEEN {1} AND {2}",
            ]
        )
        bounds = sorted(random.sample([text for text in TEXTS + SORTS if text], 2))
        if random.random() < 0.03:
            bounds.reverse()
        low, high = bounds
        told = [each.value({"S": low})] + ([each.value({"S": high})] if "{2}" in form else [])
        condition += " AND " + form.format(order, *told)
    params["KeyConditionExpression"] = condition
    if random.random() < 0.3:
        params["FilterExpression"] = each.condition(1)
    if random.random() < 0.6:
        params["Limit"] = random.choice([1, 2, 3])
    if random.random() < 0.3:
        params["ScanIndexForward"] = False
    return Request("query", {**params, **each.mentioned()}, paged=True)


def _scan(random: Random) -> Request:
    each = Expressions(random)
    params: dict[str, Any] = {"ConsistentRead": True}
    if random.random() < 0.4:
        params["IndexName"] = "watched"
    if random.random() < 0.5:
        params["FilterExpression"] = each.condition(1)
    if random.random() < 0.5:
        params["Limit"] = random.choice([1, 2, 3])
    return Request("scan", {**params, **each.mentioned()}, paged=True)


_REQUESTS = (
    *(_update_item,) * 8,
    *(_put_item,) * 3,
    _delete_item,
    _get_item,
    _batch_get_item,
    *(_query,) * 4,
    _scan,
)
