"""Rows that come twice, in no order, or written as no document says."""

import random
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from paylab import wire
from paylab.faults.fault import Fault, Leaves
from paylab.faults.pages import ListPage, Row, page_of, respelled
from paylab.faults.whens import Asked
from paylab.messages import Response


@dataclass(frozen=True, kw_only=True)
class Duplicated(Fault):
    """Some rows of a page come twice in it, in place of none: the page is longer than it says."""

    leaves = Leaves.ALL

    rows: int = 2

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Repeat some rows, each anywhere."""
        page = page_of(response)
        if page is None or not page.rows:
            return response
        for row in rng.choices(page.rows, k=self.rows):
            page.rows.insert(rng.randrange(len(page.rows) + 1), row)
        return respelled(response, page)


@dataclass(frozen=True, kw_only=True)
class OutOfOrder(Fault):
    """The rows of a page come in any order; each is on the page where it belongs."""

    leaves = Leaves.ALL

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Shuffle."""
        page = page_of(response)
        if page is None or len(page.rows) < 2:
            return response
        rng.shuffle(page.rows)
        return respelled(response, page)


@dataclass(frozen=True, kw_only=True)
class Respelled(Fault):
    """Other types for the same sense: numbers and flags as text, dates with another offset."""

    leaves = Leaves.ALL

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Write it otherwise."""
        page = page_of(response)
        if page is None:
            return response
        lists = {name: value for name, value in page.said.items() if isinstance(value, list)}
        page.said |= {name: _other_type(value) for name, value in page.said.items()} | lists
        page.rows = [{name: _other_type(value) for name, value in row.items()} for row in page.rows]
        return respelled(response, page)


@dataclass(frozen=True, kw_only=True)
class Misshapen(Fault):
    """Types that make no sense, in a share of the rows: an amount that is a list, a date of 1."""

    leaves = Leaves.ROWS

    share: float = 0.5

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Spoil some rows; the others can be read."""
        page = page_of(response)
        if page is None:
            return response
        whole: list[tuple[str, str]] = []
        for row in page.rows:
            if rng.random() < self.share:
                date = "createdAt" if "createdAt" in row else "created_at"
                row |= {"amount": [row["amount"]], date: 1}
            else:
                whole.append((row["id"], row["status"]))
        return respelled(response, page, rows=tuple(whole))


@dataclass(frozen=True, kw_only=True)
class Nested(Fault):
    """Rows with a field of objects within objects, so many deep, that no document knows."""

    leaves = Leaves.ALL

    deep: int = 40

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Add the field."""
        page = page_of(response)
        if page is None:
            return response
        for row in page.rows:
            row["metadata"] = _nest(self.deep)
        return respelled(response, page)


@dataclass(frozen=True, kw_only=True)
class Wrapped(Fault):
    """The whole answer lies one level deeper than the documents say."""

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Wrap."""
        page = page_of(response)
        if page is None:
            return response
        return respelled(response, ListPage({"success": True, "result": page.said}))


def _nest(deep: int) -> Row:
    nested: Row = {"status": "CONFIRMED", "amount": 1}
    for _ in range(deep):
        nested = {"payment": nested}
    return nested


def _other_type(value: Any) -> Any:
    if isinstance(value, bool | int | Decimal):
        return wire.text(value)
    if isinstance(value, str) and value.endswith("Z") and "T" in value:
        return datetime.fromisoformat(value).isoformat(" ")
    return value
