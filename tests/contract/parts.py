"""The parts of a request: what its expressions speak of, and which items they are about.

It reads what a random request may hold (expressions.py) and the examples do, no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from tests.contract.requests import Request

# A path is an attribute, or something inside one.
PATH = r"[#\w][#\w.\[\]]*"
PLACEHOLDER = re.compile(r"[#:]\w+")
PLACEHOLDERS = ("ExpressionAttributeNames", "ExpressionAttributeValues")
CONDITIONS = ("ConditionExpression", "FilterExpression")
EXPRESSIONS = ("KeyConditionExpression", *CONDITIONS, "UpdateExpression")

Item = Mapping[str, Any]
Path = tuple[str, ...]


def expressions(request: Request) -> Iterator[str]:
    """Return the expressions of a request."""
    return (request.params[name] for name in EXPRESSIONS if name in request.params)


def used(request: Request) -> set[str]:
    """Return the placeholders that its expressions use."""
    return {each for text in expressions(request) for each in PLACEHOLDER.findall(text)}


def declared(request: Request) -> set[str]:
    """Return the placeholders that it says the meaning of."""
    return {each for kind in PLACEHOLDERS for each in request.params.get(kind, ())}


def value_of(request: Request, placeholder: str) -> Mapping[str, Any]:
    """Return the value that a placeholder stands for; {"": None} if nobody said."""
    given: Mapping[str, Any] = request.params.get("ExpressionAttributeValues", {})
    found: Mapping[str, Any] = given.get(placeholder, {"": None})
    return found


def kind_of(value: Mapping[str, Any] | None) -> str:
    """Return the type of a value; "" where there is none."""
    return next(iter(value)) if value else ""


def path_of(request: Request, written: str) -> Path:
    """Return a path in the names that an item has."""
    names = request.params.get("ExpressionAttributeNames", {})
    return tuple(names.get(each, each) for each in re.findall(r"#?\w+", written))


def clauses(request: Request) -> list[tuple[str, str, str]]:
    """Return word, path and operand ("" of a removal) of each clause of an update."""
    words = re.split(r"\b(SET|REMOVE|ADD|DELETE) ", request.params.get("UpdateExpression", ""))
    found = []
    for word, text in zip(words[1::2], words[2::2], strict=True):
        for clause in re.split(r", (?![^(]*\))", text.strip()):
            path, _, operand = clause.partition(" = " if word == "SET" else " ")
            found.append((word, path, operand))
    return found


def update_of(parts: Sequence[tuple[str, str, str]]) -> str:
    """Write an update of such clauses."""
    texts = []
    for word, each in groupby(parts, key=lambda part: part[0]):
        between = " = " if word == "SET" else " "
        texts.append(f"{word} " + ", ".join(between.join(part[1:]).rstrip() for part in each))
    return " ".join(texts)


def targets(request: Request) -> list[Path]:
    """Return the paths that an update writes or removes."""
    return [path_of(request, path) for _, path, _ in clauses(request)]


def is_of(request: Request, item: Item) -> bool:
    """Whether an item is what a request writes or reads, or one of them."""
    if request.operation == "scan":
        return True
    if request.operation == "query":
        found = re.search(r"pk = (:\w+)", request.params["KeyConditionExpression"])
        return found is not None and item["pk"] == value_of(request, found[1])
    if request.operation == "batch_get_item":
        return {name: item[name] for name in ("pk", "sk")} in request.params["Keys"]
    key = request.params.get("Key") or request.params["Item"]
    return all(item[name] == key[name] for name in ("pk", "sk"))


def items_of(request: Request, items: Sequence[Item]) -> list[Item]:
    """Return the items that a request is about."""
    return [item for item in items if is_of(request, item)]


def at(items: Sequence[Item], path: Path) -> list[Mapping[str, Any] | None]:
    """Return what each of the items has at a path; None where it has nothing."""
    return [_inside({"M": item}, path) for item in items]


def _inside(value: Mapping[str, Any] | None, path: Path) -> Mapping[str, Any] | None:
    for name in path:
        if value is None:
            return None
        inner = value.get("M", {}).get(name)
        if "L" in value and name.isdigit() and int(name) < len(value["L"]):
            inner = value["L"][int(name)]
        value = inner
    return value


def reworded(
    request: Request,
    expressions: Mapping[str, str],
    names: Mapping[str, str] | None = None,
    values: Mapping[str, Any] | None = None,
) -> Request:
    """Put other expressions into a request, say what is new in them, and no more what is gone."""
    other = replace(request, params={**request.params, **expressions})
    gone = used(request) - used(other)
    told: dict[str, Any] = {}
    for kind, added in zip(PLACEHOLDERS, (names or {}, values or {}), strict=True):
        given = {**request.params.get(kind, {}), **added}
        told[kind] = {each: given[each] for each in given if each not in gone}
    params = {name: each for name, each in other.params.items() if name not in PLACEHOLDERS}
    return replace(other, params={**params, **{kind: each for kind, each in told.items() if each}})
