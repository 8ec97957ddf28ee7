"""The same in other words: what moto has to be asked for it to say what ministack says.

Each returns None where a request, and what it is about, has nothing of what it is there for. What
the table held before the request is known, so that only what breaks moto there is reworded.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tests.contract.answers import written_out
from tests.contract.faults import redundant
from tests.contract.parts import (
    CONDITIONS,
    PATH,
    PLACEHOLDERS,
    Item,
    at,
    clauses,
    declared,
    items_of,
    kind_of,
    path_of,
    reworded,
    update_of,
    used,
    value_of,
)
from tests.contract.requests import Request

ORDER = "<=|>=|<|>"
# A path and what it is compared with: one value, or any of some.
COMPARED = rf"(?P<path>{PATH}) (?P<sign>=|<>|IN) (:\w+|\([^()]*\))"
MEASURED = rf"size\((?P<path>{PATH})\) (?P<sign>=|<>|{ORDER}) (?P<bound>:\w+)"
ORDERED = (
    rf"(?P<path>{PATH}) (?:(?:{ORDER}) (?P<other>[:#\w][#\w.\[\]]*)"
    r"|BETWEEN (?P<low>:\w+) AND :\w+)"
)
UNSIZED = ("N", "BOOL", "NULL")
# Types whose values Python takes for one another: 1 equals True.
LIKE = {"N": "BOOL", "BOOL": "N"}
SIGNS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
NULL = {"NULL": True}


def asking_whether_it_is_there(request: Request, before: Sequence[Item]) -> Request | None:
    """Ask of whatever is compared with null whether it is there at all."""

    def guarded(found: re.Match[str]) -> str:
        if NULL not in [value_of(request, name) for name in re.findall(r":\w+", found[0])]:
            return found[0]
        return _if_there(found)

    return _with_conditions(request, COMPARED, guarded)


def asking_whether_it_is_a_number(request: Request, before: Sequence[Item]) -> Request | None:
    """Ask of a number, and of a truth, that is compared with the other, whether it is the other."""
    types = _Types()

    def guarded(found: re.Match[str]) -> str:
        path, sign = found["path"], found["sign"]
        held = {kind_of(value) for value in at(items_of(request, before), path_of(request, path))}
        names = re.findall(r":\w+", found[0])
        kinds = [kind_of(value_of(request, name)) for name in names]
        if not any(LIKE.get(kind) in held for kind in kinds):
            return found[0]
        parts = []
        for name, kind in zip(names, kinds, strict=True):
            part = f"{path} {'<>' if sign == '<>' else '='} {name}"
            if kind in LIKE:
                other = types.asked(path, LIKE[kind])
                part = f"({other} OR {part})" if sign == "<>" else f"(NOT {other} AND {part})"
            parts.append(part)
        return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"

    return _with_conditions(request, COMPARED, guarded, types)


def asking_whether_there_is_a_size(request: Request, before: Sequence[Item]) -> Request | None:
    """Ask of whatever is measured whether it is there: what is not differs from every size."""

    def guarded(found: re.Match[str]) -> str:
        if None not in at(items_of(request, before) or [{}], path_of(request, found["path"])):
            return found[0]
        return _if_there(found)

    return _with_conditions(request, MEASURED, guarded)


def with_no_size_for_nought(request: Request, before: Sequence[Item]) -> Request | None:
    """Hold nought against the bound, as ministack does, where what is measured has no size."""
    types = _Types()

    def guarded(found: re.Match[str]) -> str:
        path, comparison = found["path"], found[0]
        held = at(items_of(request, before), path_of(request, path))
        kinds = sorted({kind_of(value) for value in held} & set(UNSIZED))
        if not kinds:
            return comparison
        bound = Decimal(value_of(request, found["bound"])["N"])
        asked = " OR ".join(types.asked(path, kind) for kind in kinds)
        if SIGNS[found["sign"]](Decimal(0), bound):
            return f"({asked} OR {comparison})"
        return f"(NOT ({asked}) AND {comparison})"

    return _with_conditions(request, MEASURED, guarded, types)


def asking_whether_types_are_alike(request: Request, before: Sequence[Item]) -> Request | None:
    """Ask of whatever is ordered whether both have one type."""
    types = _Types()

    def guarded(found: re.Match[str]) -> str:
        path, other = found["path"], found["other"] or found["low"]
        held = at(items_of(request, before), path_of(request, path))
        if other.startswith(":"):
            kind = kind_of(value_of(request, other))
            if all(value is None or kind_of(value) == kind for value in held):
                return found[0]
            return f"({types.asked(path, kind)} AND {found[0]})"
        with_it = at(items_of(request, before), path_of(request, other))
        if all(
            None in pair or kind_of(pair[0]) == kind_of(pair[1])
            for pair in zip(held, with_it, strict=True)
        ):
            return found[0]
        alike = " OR ".join(
            f"{types.asked(path, kind)} AND {types.asked(other, kind)}" for kind in "SN"
        )
        return f"(({alike}) AND {found[0]})"

    return _with_conditions(request, ORDERED, guarded, types)


def without_double_negation(request: Request, before: Sequence[Item]) -> Request | None:
    """Leave out NOT NOT."""
    return _with_conditions(request, "NOT NOT ", lambda found: "")


def without_exponents(request: Request, before: Sequence[Item]) -> Request | None:
    """Write numbers out where there is a sum: moto is given those of the items so anyway."""
    if not re.search(r" [+-] :|ADD ", request.params.get("UpdateExpression", "")):
        return None
    values = request.params["ExpressionAttributeValues"]
    numbers = [
        *values.values(),
        *(each for item in items_of(request, before) for each in item.values()),
    ]
    if not any("E" in number.get("N", "") for number in numbers):
        return None
    return reworded(request, {}, values=written_out(values))


def without_the_list_that_is_not_there(request: Request, before: Sequence[Item]) -> Request | None:
    """Read an attribute that no item has, instead of appending to what is no list."""
    update = request.params.get("UpdateExpression", "")
    for appended in re.findall(r"list_append\([^)]*\)", update):
        for path in re.findall(rf"(?<=[( ])(?:{PATH})(?=[,)])", appended):
            if kind_of(at(items_of(request, before) or [{}], path_of(request, path))[0]) != "L":
                other = update.replace(appended, "#absent")
                return reworded(request, {"UpdateExpression": other}, {"#absent": "absent"})
    return None


def with_the_key_written_out(request: Request, before: Sequence[Item]) -> Request | None:
    """Give the update of an item its key as a value, instead of reading it."""
    return _with_the_key(request) if items_of(request, before) else None


def with_the_key_that_is_to_be(request: Request, before: Sequence[Item]) -> Request | None:
    """Give an update its key as a value, where there is no item to read it from."""
    return None if items_of(request, before) else _with_the_key(request)


def without_what_is_left_over(request: Request, before: Sequence[Item]) -> Request | None:
    """Leave out unused placeholders that are the beginning of one that is used."""
    speaks = used(request)
    over = {
        each for each in declared(request) - speaks if any(name.startswith(each) for name in speaks)
    }
    if not over:
        return None
    params = dict(request.params)
    for kind in PLACEHOLDERS:
        given = params.pop(kind, {})
        if left := {name: each for name, each in given.items() if name not in over}:
            params[kind] = left
    return replace(request, params=params)


def removing_nothing(request: Request, before: Sequence[Item]) -> Request | None:
    """Remove some attribute that is not there, instead of what is inside of one that is not."""
    parts: list[tuple[str, str, str]] = []
    names: dict[str, str] = {}
    for word, path, operand in clauses(request):
        attribute, *inside = path_of(request, path)
        there = at(items_of(request, before) or [{}], (attribute,)) != [None]
        if word == "REMOVE" and inside and not there:
            name = f"absent{len(names)}"
            names[f"#{name}"] = name
            path = f"#{name}"
        parts.append((word, path, operand))
    if not names:
        return None
    return reworded(request, {"UpdateExpression": update_of(parts)}, names)


def removing_from_no_item(request: Request, before: Sequence[Item]) -> Request | None:
    """The same, where there is no item at all."""
    return None if items_of(request, before) else removing_nothing(request, before)


def removing_from_an_item(request: Request, before: Sequence[Item]) -> Request | None:
    """The same, where there is an item."""
    return removing_nothing(request, before) if items_of(request, before) else None


def _with_the_key(request: Request) -> Request | None:
    update = request.params.get("UpdateExpression", "")
    values = {}
    for call, path in re.findall(rf"(if_not_exists\(({PATH}), :\w+\))", update):
        name = path_of(request, path)[0]
        if name in ("pk", "sk"):
            values[f":{name}"] = request.params["Key"][name]
            update = update.replace(call, f":{name}")
    return reworded(request, {"UpdateExpression": update}, values=values) if values else None


def _if_there(found: re.Match[str]) -> str:
    """Ask besides whether what is compared is there: what is not differs from everything."""
    path, comparison = found["path"], found[0]
    if found["sign"] == "<>":
        return f"(attribute_not_exists({path}) OR {comparison})"
    return f"(attribute_exists({path}) AND {comparison})"


class _Types:
    """The types that a condition asks for, each under a name of its own."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def asked(self, path: str, kind: str) -> str:
        self.values[f":type{kind}"] = {"S": kind}
        return f"attribute_type({path}, :type{kind})"


def _with_conditions(
    request: Request,
    pattern: str,
    other: Callable[[re.Match[str]], str],
    types: _Types | None = None,
) -> Request | None:
    """Put something else into a request's conditions; None if nothing changes."""
    texts: dict[str, str] = {}
    for name in CONDITIONS:
        if name in request.params:
            was = request.params[name]
            texts[name] = re.sub(pattern, other, was)
            while redundant(texts[name]) and not redundant(was):
                texts[name] = _unwrapped(texts[name])
    if all(text == request.params[name] for name, text in texts.items()):
        return None
    return reworded(request, texts, values=types.values if types is not None else {})


def _unwrapped(text: str) -> str:
    """Leave out the first parentheses that stand around nothing but parentheses."""
    first, last = redundant(text)[0]
    return text[:first] + text[first + 1 : last] + text[last + 1 :]
