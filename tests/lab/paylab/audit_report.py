"""The auditor's findings, and the lines in which it says them."""

from dataclasses import dataclass, field
from statistics import median


@dataclass
class AuditReport:
    """What was delivered of what could have been read; each list has a sentence per finding.

    `expected` counts the transitions that some tick could have read; `optional` those that stood
    during a part of a tick, or only in ticks that could not read, or at the border of the watch;
    `unseen` those that passed between two ticks; `silent` those from before the watch.
    `delays` are in ticks, with the event's id.
    """

    expected: int = 0
    delivered: int = 0
    duplicates: int = 0
    unseen: int = 0
    optional: int = 0
    optional_delivered: int = 0
    silent: int = 0
    expiries: int = 0
    lost: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    delays: list[tuple[int, str]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Say whether nothing was lost, invented or out of order."""
        return not (self.lost or self.invented or self.out_of_order)

    @property
    def median_delay(self) -> float:
        """Return the median of the detection delays, in ticks."""
        return float(median(ticks for ticks, _ in self.delays)) if self.delays else 0.0

    @property
    def worst_delay(self) -> tuple[int, str]:
        """Return the longest detection delay in ticks, and the event that had it."""
        return max(self.delays, default=(0, ""))

    def lines(self) -> list[str]:
        """Return the two lines of the verdict, then a line for each finding."""
        worst, slowest = self.worst_delay
        first = (
            f"delivered {self.delivered} of {self.expected}, lost {len(self.lost)}, "
            f"invented {len(self.invented)}, out of order {len(self.out_of_order)}, "
            f"duplicates {self.duplicates}, "
            f"detection delay median {self.median_delay:g} and worst {worst} ticks"
        )
        second = (
            f"{self.unseen} passed between two ticks unseen by any reader; "
            f"{self.optional} stood for a part of a tick or where it could not read, "
            f"{self.optional_delivered} of them delivered; {self.expiries} expiries; "
            f"{self.silent} from before the watch"
        )
        findings = [
            f"{kind}: {finding}"
            for kind, found in (
                ("lost", self.lost),
                ("invented", self.invented),
                ("out of order", self.out_of_order),
            )
            for finding in found
        ]
        slow = [f"slowest: {slowest}, {worst} ticks"] if worst else []
        return [first, second, *slow, *findings]

    def __str__(self) -> str:
        return "\n".join(self.lines())
