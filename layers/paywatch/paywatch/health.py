"""A provider's health: failures in a row, and how long to leave it alone before trying again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from paywatch.domain.payments import instant, moment, timestamp
from paywatch.errors import CredentialsRejected, RateLimited, Unavailable, UnexpectedResponse

# After so many polls in a row that read nothing, the next one comes later, and ever later; it is a
# try like any other, and the first one that reads something ends it.
PATIENT_FOR = 5
FIRST_REST = timedelta(minutes=2)
LONGEST_REST = timedelta(minutes=4)
# Less than the pause between two polls, so that a poll that comes a little early is not left out.
EARLY = timedelta(seconds=30)

RESTING = "resting"
# It answers so slowly, or asks to wait for so long, that a whole run reads nothing.
TOO_SLOW = "too_slow"
UNREACHABLE = (Unavailable.kind, RateLimited.kind, TOO_SLOW)
FAILING = (*UNREACHABLE, CredentialsRejected.kind, UnexpectedResponse.kind)


@dataclass
class Health:
    """How a provider has answered: `failures` polls in a row read nothing, since `failing_since`.

    `outcome` and `detail` are of the last poll that tried; `rejections` how often in a row the key
    was refused; until `next` it is left alone.
    """

    outcome: str = "ok"
    at: str = ""
    detail: str = ""
    failures: int = 0
    failing_since: str = ""
    rejections: int = 0
    next: str = ""

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Health:
        """Read what `store` wrote."""
        return cls(
            str(stored.get("outcome", "ok")),
            _instant(stored, "at"),
            str(stored.get("detail", "")),
            int(stored.get("failures", 0)),
            _instant(stored, "failing_since"),
            int(stored.get("rejections", 0)),
            _instant(stored, "next"),
        )

    def store(self) -> dict[str, Any]:
        """Write down what is not as it is when all is well."""
        return {name: value for name, value in vars(self).items() if value not in ("", 0)}

    def rests(self, now: datetime) -> bool:
        """Whether the provider is left alone at this poll."""
        if not self.next:
            return False
        # A later date than any that is ever set comes from a clock that leapt, and is ignored.
        return now + EARLY < moment(self.next) <= now + LONGEST_REST

    def note(self, now: datetime, outcome: str, detail: str, *, read: bool) -> None:
        """Take note of a poll that tried; `read` says that the open lists were read."""
        self.outcome, self.at, self.detail = outcome, timestamp(now), detail[:200]
        if read or outcome not in FAILING:
            self.failures, self.failing_since, self.rejections, self.next = 0, "", 0, ""
            return
        self.failures += 1
        self.failing_since = min(self.failing_since or timestamp(now), timestamp(now))
        self.rejections = self.rejections + 1 if outcome == CredentialsRejected.kind else 0
        if self.failures >= PATIENT_FOR:
            doubled: int = 2 ** min(self.failures - PATIENT_FOR, 10)
            self.next = timestamp(now + min(FIRST_REST * doubled, LONGEST_REST))


def _instant(stored: Mapping[str, Any], name: str) -> str:
    return "" if stored.get(name, "") == "" else instant(stored[name])
