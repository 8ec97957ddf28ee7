"""Lists that do not tell what is there now: old copies, false totals, emptiness."""

import random
from dataclasses import dataclass, field, replace
from datetime import timedelta

from paylab.answering import answered
from paylab.faults.fault import YEAR, Fault, Leaves, dated, within
from paylab.faults.pages import ListPage, PageFault, page_of
from paylab.faults.whens import Asked
from paylab.messages import Response


@dataclass(frozen=True, kw_only=True)
class Frozen(Fault):
    """The same answer again to the same question, as of a copy that is no longer brought up."""

    leaves = Leaves.ROWS
    anew = True

    kept: dict[str, Response] = field(default_factory=dict, compare=False, repr=False)

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Answer as the first time; only the machine's own date goes on."""
        first = self.kept.setdefault(
            f"{asked.source} {asked.request.target}",
            replace(response, as_of=response.as_of or asked.at),
        )
        return replace(first, headers={**first.headers, **dated(response)})


@dataclass(frozen=True, kw_only=True)
class Lagging(Fault):
    """Every list comes from a replica that is so many seconds behind; reads by id do not."""

    leaves = Leaves.ROWS
    anew = True

    seconds: float = within(90.0, 0, YEAR)

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Answer as of then."""
        if asked.world is None or page_of(response) is None:
            return response
        then = asked.at - timedelta(seconds=self.seconds)
        old = answered(asked.world.as_of(then), asked.request)
        return replace(response, body=old.body, rows=old.rows, as_of=then)


@dataclass(frozen=True, kw_only=True)
class Emptied(PageFault):
    """A 200 that says that there is nothing: no row, no total."""

    leaves = Leaves.ROWS

    def spoil(self, asked: Asked, page: ListPage, rng: random.Random) -> None:
        """Leave nothing."""
        page.rows, page.total = [], 0
        page.said |= {"from": None, "to": None} if "from" in page.said else {}
        page.shown = ()


@dataclass(frozen=True, kw_only=True)
class FalseTotals(PageFault):
    """The stated total is the true one times `factor` plus `add`, and so is the last page's number.

    The rows are all there, on the pages where they always were.
    """

    leaves = Leaves.ALL

    factor: float = within(1.0, 0, 1_000_000)
    add: int = within(0, -1_000_000, 1_000_000)

    def spoil(self, asked: Asked, page: ListPage, rng: random.Random) -> None:
        """Lie."""
        page.total = max(0, int(page.total * self.factor) + self.add)


@dataclass(frozen=True, kw_only=True)
class FrozenTotals(PageFault):
    """A list's total stays what it was when it was first asked for; its rows move on."""

    leaves = Leaves.ALL

    kept: dict[tuple[str | None, str], int] = field(default_factory=dict, compare=False, repr=False)

    def spoil(self, asked: Asked, page: ListPage, rng: random.Random) -> None:
        """State the first total again."""
        params = asked.request.params
        name = "status" if "status" in params else "filter[status]"
        page.total = self.kept.setdefault((asked.source, params.get(name, "")), page.total)
