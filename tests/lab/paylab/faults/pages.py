"""One page of a list as a provider sends it, to be spoiled and sent on."""

import json
import random
from abc import abstractmethod
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar

from paylab import wire
from paylab.faults.fault import Fault
from paylab.faults.whens import Asked
from paylab.messages import Response

Row = dict[str, Any]


@dataclass
class ListPage:
    """What a page says, whichever provider's it is.

    `shown` are the ids and statuses that can be read of it, if they are others than before.
    """

    said: dict[str, Any]
    shown: tuple[tuple[str, str], ...] | None = None

    @property
    def rows(self) -> list[Row]:
        """Return the rows."""
        found: list[Row] = self.said["items" if "items" in self.said else "data"]
        return found

    @rows.setter
    def rows(self, rows: list[Row]) -> None:
        self.said["items" if "items" in self.said else "data"] = rows

    @property
    def total(self) -> int:
        """Return how many rows the list holds, by its own word."""
        return int(self.said["count" if "count" in self.said else "total"])

    @total.setter
    def total(self, total: int) -> None:
        if "count" in self.said:
            self.said["count"] = total
        else:
            size = int(self.said["per_page"])
            self.said |= {"total": total, "last_page": max(1, -(-total // size))}


def page_of(response: Response) -> ListPage | None:
    """Read an answer as a page of a list; None if it is something else, or cannot be read."""
    if response.status != 200 or "Content-Encoding" in response.headers:
        return None
    try:
        said = json.loads(response.body, parse_float=Decimal)
    except ValueError:
        return None
    is_list = isinstance(said, dict) and isinstance(said.get("items", said.get("data")), list)
    return ListPage(said) if is_list and ("count" in said or "total" in said) else None


def respelled(response: Response, page: ListPage) -> Response:
    """Return the answer with another page in it."""
    body = wire.text(page.said).encode()
    return replace(response, body=body, rows=response.rows if page.shown is None else page.shown)


@dataclass(frozen=True, kw_only=True)
class PageFault(Fault):
    """Something that goes wrong in a page of a list, if the page has at least so many rows."""

    least: ClassVar[int] = 0

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Spoil the page; any other answer stays as it is."""
        page = page_of(response)
        if page is None or len(page.rows) < self.least:
            return response
        self.spoil(asked, page, rng)
        return respelled(response, page)

    @abstractmethod
    def spoil(self, asked: Asked, page: ListPage, rng: random.Random) -> None:
        """Change what the page says."""
