"""What came of a scenario that was played."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from paylab.scenario import Scenario


@dataclass
class Played:
    """What came of a scenario: what was found wrong, and a hash of all that happened.

    `calm` holds such a hash of each source that no fault hits, `fired` how often each fault did;
    `owed` counts the changes that had to be told.
    """

    scenario: Scenario
    findings: list[str]
    digest: str
    events: int
    requests: int
    owed: int
    calm: Mapping[str, str] = field(default_factory=dict)
    fired: Mapping[str, int] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Say it in lines; what failed ends with the command that plays it again."""
        fired = ", ".join(f"{name} {times}" for name, times in sorted(self.fired.items()))
        return [
            f"{self.scenario.name} (seed {self.scenario.seed}): {self.scenario.tells}",
            f"{self.scenario.polls} polls and the recovery: {self.requests} requests, "
            f"{self.events} events, {self.owed} of them owed; fired: {fired or 'nothing'}",
            *(f"wrong: {each}" for each in self.findings),
            f"digest {self.digest}",
            *([f"again: {self.scenario.replay}"] if self.findings else []),
        ]

    def __str__(self) -> str:
        return "\n".join(self.lines())
