"""A provider's health: failures in a row, and how long to leave it alone before trying again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from paywatch.domain.payments import instant, moment, timestamp
from paywatch.errors import CredentialsRejected, RateLimited, Unavailable, UnexpectedResponse

# After so many polls in a row that read nothing, the next one comes later, and ever later; it is a
# try like any other, and the first one that reads something ends it.
PATIENT_FOR = 5
FIRST_REST = timedelta(minutes=2)
LONGEST_REST = timedelta(minutes=4)
# One that fails again and again in between counts as failing, if in the last hour it failed in most
# of so many polls or more, in so many streaks or more. The hour is counted in parts of ten minutes.
MANY, STREAKS = 6, 3
PARTS, LEAST, PART = 6, 3, timedelta(minutes=10)
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
    was refused; until `next` it is left alone. `lately` counts the last hour by its parts, from a
    failure on: of how many polls how many found nobody there, and how often that began anew.
    """

    outcome: str = "ok"
    at: str = ""
    detail: str = ""
    failures: int = 0
    failing_since: str = ""
    rejections: int = 0
    next: str = ""
    lately: dict[str, list[int]] = field(default_factory=dict)

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
            {_part(moment(at)): _counts(counts) for at, counts in stored.get("lately", {}).items()},
        )

    def store(self) -> dict[str, Any]:
        """Write down what is not as it is when all is well."""
        return {name: value for name, value in vars(self).items() if value not in ("", 0, {})}

    def rests(self, now: datetime) -> bool:
        """Whether the provider is left alone at this poll."""
        if not self.next:
            return False
        # A later date than any that is ever set comes from a clock that leapt, and is ignored.
        return now + EARLY < moment(self.next) <= now + LONGEST_REST

    def rest(self, now: datetime) -> None:
        """Take note of a poll that left the provider alone."""
        self._count(now, bad=self.outcome in UNREACHABLE, anew=False)

    @property
    def patchy(self) -> tuple[int, int] | None:
        """How many of the last hour's polls read something, if most did not, with some between."""
        polls, bad, streaks = (sum(c[n] for c in self.lately.values()) for n in range(3))
        if len(self.lately) < LEAST or polls < MANY or streaks < STREAKS or 2 * bad <= polls:
            return None
        return polls - bad, polls

    def note(self, now: datetime, outcome: str, detail: str, *, read: bool) -> None:
        """Take note of a poll that tried; `read` says that the open lists were read."""
        bad = not read and outcome in UNREACHABLE
        self._count(now, bad=bad, anew=bad and not self.failures)
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

    def _count(self, now: datetime, *, bad: bool, anew: bool) -> None:
        """Count a poll, and forget what is over an hour old, or of a time to come."""
        part, oldest = _part(now), _part(now - PARTS * PART)
        counts = {at: each for at, each in self.lately.items() if oldest < at <= part}
        polls, found_nobody, streaks = counts.get(part, (0, 0, 0))
        counts[part] = [polls + 1, found_nobody + bad, streaks + anew]
        self.lately = counts if any(each[1] for each in counts.values()) else {}


def _part(at: datetime) -> str:
    """Return when the ten minutes began that an instant is in."""
    return timestamp(at.replace(minute=at.minute - at.minute % 10, second=0, microsecond=0))


def _counts(stored: Any) -> list[int]:
    polls, bad, streaks = (int(count) for count in stored)
    if not 0 <= bad <= polls or not 0 <= streaks <= polls:
        raise ValueError(f"{stored} are no counts")
    return [polls, bad, streaks]


def _instant(stored: Mapping[str, Any], name: str) -> str:
    return "" if stored.get(name, "") == "" else instant(stored[name])
