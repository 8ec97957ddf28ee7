"""What is wrong with a request whatever the table holds, read from its expressions alone.

AWS refuses each of these. Nothing of it is taken from an emulator: where one refuses a request that
has none of them, it has to have a better reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations

from tests.contract.parts import (
    clauses,
    declared,
    expressions,
    kind_of,
    targets,
    used,
    value_of,
)
from tests.contract.requests import Request

# Of the attributes that random requests speak of, what DG, Reserved words, lists.
RESERVED = {"status"}
SETS = ("SS", "NS", "BS")


def faults(request: Request) -> set[str]:
    """Name all that is wrong with a request."""
    return set(_faults(request))


def _faults(request: Request) -> Iterator[str]:
    if declared(request) - used(request):
        yield "unused"
    if used(request) - declared(request):
        yield "undefined"
    for text in expressions(request):
        if redundant(text):
            yield "parentheses"
        if RESERVED & set(re.findall(r"(?<![#:\w])[a-z_]+", text)):
            yield "reserved"
        for low, high in re.findall(r"BETWEEN (:\w+) AND (:\w+)", text):
            if not _ordered(request, low, high):
                yield "bounds"
    for word, _, operand in clauses(request):
        if not _fits(request, word, operand):
            yield "sum" if _is_sum(operand) else "operand"
    for one, other in combinations(targets(request), 2):
        if one == other[: len(one)] or other == one[: len(other)]:
            yield "overlap"


def redundant(text: str) -> list[tuple[int, int]]:
    """Return where parentheses that stand around nothing but parentheses begin and end."""
    opened: list[int] = []
    pairs = set()
    for place, sign in enumerate(text):
        if sign == "(":
            opened.append(place)
        elif sign == ")" and opened:
            pairs.add((opened.pop(), place))
    return sorted(pair for pair in pairs if (pair[0] + 1, pair[1] - 1) in pairs)


def _ordered(request: Request, low: str, high: str) -> bool:
    """Whether two bounds are of one type that has an order, and the first is not the greater."""
    (kind, least), (other, most) = (
        next(iter(value_of(request, each).items())) for each in (low, high)
    )
    if kind != other or kind not in ("S", "N"):
        return False
    if kind == "N":
        return Decimal(least) <= Decimal(most)
    return bool(least.encode() <= most.encode())


def _fits(request: Request, word: str, operand: str) -> bool:
    """Whether the values in a clause are of types that its operator takes."""
    kinds = [kind_of(value_of(request, each)) for each in re.findall(r":\w+", operand)]
    if word == "ADD":
        return all(kind in ("N", *SETS) for kind in kinds)
    if word == "DELETE":
        return all(kind in SETS for kind in kinds)
    if _is_sum(operand):
        return all(kind == "N" for kind in kinds)
    if operand.startswith("list_append"):
        return all(kind == "L" for kind in kinds)
    return True


def _is_sum(operand: str) -> bool:
    return " + " in operand or " - " in operand
