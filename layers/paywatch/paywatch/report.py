"""What one run of one source tells of itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class SourceReport:
    """What one run did for one source; `outcome` is `ok`, or why not everything was done.

    `watching` says that the open lists were read and believed, to their end or on towards it where
    that takes several runs; `sealed` that they were read to their end and the lists bore it out
    (an empty list never does). `opened` counts payments announced at their first
    sight, `changed` later changes; `seen` rows read, `refused_rows` those that made no sense,
    `set_aside` those that contradict what is stored, and payments of which what is stored cannot be
    read. `outbox_age` is how many seconds the oldest unpublished change has waited. `misses` are
    changes that only reconcile found, `differences` lasting ones between the provider's totals and
    our counts, `delays` the seconds from the provider's date of a move to our reading of it.
    """

    outcome: str = "ok"
    watching: bool = False
    sealed: bool = False
    opened: int = 0
    changed: int = 0
    published: int = 0
    outbox_left: int = 0
    outbox_age: float = 0.0
    leavers: int = 0
    unexplained: int = 0
    requests: int = 0
    seen: int = 0
    refused_rows: int = 0
    set_aside: int = 0
    misses: int = 0
    braked: bool = False
    detail: str = ""
    reconcile: dict[str, Any] = field(default_factory=dict)
    differences: dict[str, int] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    certificates: list[dict[str, Any]] = field(default_factory=list)

    def fault(self, outcome: str, detail: str) -> None:
        """Note what ended a step; the first fault names the outcome."""
        if self.outcome == "ok":
            self.outcome, self.detail = outcome, detail

    def hint(self, detail: str) -> None:
        """Note something that does not make the run a failed one, unless there is worse to say."""
        self.detail = self.detail or detail
