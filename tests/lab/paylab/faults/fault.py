"""What goes wrong between a provider and its reader: small named objects that combine.

A fault says for each request whether it fires, and then changes or replaces the answer. When it
fires is a `When` of its own (whens.py), so that every fault can be always, sometimes, at the n-th
request, or for a while. What it leaves of the truth it says too, so that the auditor asks no more
of a reader than could be known: invented is invented under every fault.
"""

import random
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any, ClassVar

from paylab.faults.whens import Asked, When
from paylab.messages import Response

# In seconds: the longest that anything may take, and that anything may be behind or put off.
DAY, YEAR = 86_400, 365 * 86_400


class Leaves(Enum):
    """What a reader can still know from an answer that a fault has spoiled.

    NOTHING: the rows cannot be read. LATE: all of it, if the reader waits long enough. ROWS: the
    rows are true, or were, but not all that there are; what stood meanwhile is not owed, and what
    still stands when the fault has ended is. ALL: it is owed as if nothing had gone wrong.
    """

    NOTHING = "nothing"
    LATE = "late"
    ROWS = "rows"
    ALL = "all"


class WrongFault(ValueError):
    """A fault that cannot be made; its text says what of it, and what is expected there."""


def within(default: Any, least: float, most: float) -> Any:
    """Return a field of a fault for a number, or some, from `least` to `most`."""
    return field(default=default, metadata={"within": (least, most)})


@dataclass(frozen=True, kw_only=True)
class Fault(ABC):
    """Something that goes wrong at one source (`compago/default`), or at all.

    One that answers `anew`, from another copy, comes before those that spoil an answer.
    """

    leaves: ClassVar[Leaves] = Leaves.NOTHING
    anew: ClassVar[bool] = False

    when: When
    source: str | None = None

    def __post_init__(self) -> None:
        """Refuse what the lab could not do; raise WrongFault."""
        for each in fields(self):
            value = getattr(self, each.name)
            if value == ():
                raise WrongFault(f"{each.name} = {value!r} is empty")
            if "within" in each.metadata:
                least, most = each.metadata["within"]
                many = isinstance(value, tuple)
                if not all(least <= v <= most for v in (value if many else [value])):
                    raise WrongFault(f"{each.name} = {value!r} is not from {least} to {most}")

    @property
    def name(self) -> str:
        """Return the name under which the request log shows the fault."""
        return type(self).__name__

    def fires(self, asked: Asked, rng: random.Random) -> bool:
        """Say whether this request is hit."""
        return self.source in (None, asked.source) and self.when(asked, rng)

    @abstractmethod
    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Return what is sent instead of the answer; the answer itself if it is not spoiled."""


def dated(response: Response) -> dict[str, str]:
    """Return the answer's date as a header: a machine in front of the provider has it too."""
    return {"Date": response.headers["Date"]} if "Date" in response.headers else {}
