"""Rows that come twice, in no order, or written as no document says."""

import random
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from paylab import wire
from paylab.faults.fault import Leaves, within
from paylab.faults.pages import ListPage, PageFault, Row
from paylab.faults.whens import Asked


@dataclass(frozen=True, kw_only=True)
class Duplicated(PageFault):
    """Some rows of a page come twice in it, in place of none: the page is longer than it says."""

    leaves = Leaves.ALL
    least = 1

    rows: int = within(2, 1, 1000)

    def spoil(self, asked: Asked, page: ListPage, rng: random.Random) -> None:
        """Repeat some rows, each anywhere."""
        for row in rng.choices(page.rows, k=self.rows):
            page.rows.insert(rng.randrange(len(page.rows) + 1), row)


@dataclass(frozen=True, kw_only=True)
class OutOfOrder(PageFault):
    """The rows of a page come in any order; each is on the page where it belongs."""

    leaves = Leaves.ALL
    least = 2

    def spoil(self, asked: Asked, page: ListPage, rng: random.Random) -> None:
        """Shuffle."""
        rng.shuffle(page.rows)


@dataclass(frozen=True, kw_only=True)
class Respelled(PageFault):
    """Other types for the same sense: numbers and flags as text, dates with another offset."""

    leaves = Leaves.ALL

    def spoil(self, asked: Asked, page: ListPage, rng: random.Random) -> None:
        """Write it otherwise."""
        lists = {name: value for name, value in page.said.items() if isinstance(value, list)}
        page.said |= {name: _other_type(value) for name, value in page.said.items()} | lists
        page.rows = [{name: _other_type(value) for name, value in row.items()} for row in page.rows]


@dataclass(frozen=True, kw_only=True)
class Misshapen(PageFault):
    """Types that make no sense, in a share of the rows: an amount that is a list, a date of 1."""

    leaves = Leaves.ROWS

    share: float = within(0.5, 0, 1)

    def spoil(self, asked: Asked, page: ListPage, rng: random.Random) -> None:
        """Spoil some rows; the others can be read."""
        whole: list[tuple[str, str]] = []
        for row in page.rows:
            if rng.random() < self.share:
                date = "createdAt" if "createdAt" in row else "created_at"
                row |= {"amount": [row["amount"]], date: 1}
            else:
                whole.append((row["id"], row["status"]))
        page.shown = tuple(whole)


@dataclass(frozen=True, kw_only=True)
class Nested(PageFault):
    """Rows with a field of objects within objects, so many deep, that no document knows."""

    leaves = Leaves.ALL

    deep: int = within(40, 0, 300)

    def spoil(self, asked: Asked, page: ListPage, rng: random.Random) -> None:
        """Add the field."""
        for row in page.rows:
            row["metadata"] = _nest(self.deep)


@dataclass(frozen=True, kw_only=True)
class Wrapped(PageFault):
    """The whole answer lies one level deeper than the documents say."""

    def spoil(self, asked: Asked, page: ListPage, rng: random.Random) -> None:
        """Wrap."""
        page.said = {"success": True, "result": page.said}


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
