"""The brake: when an improbable share of the open payments leaves at once, or a list turns empty.

Nothing is ever concluded from an absence, braked or not. The brake keeps such a list from being
taken for a walk, asks after a small sample of what left instead of all of it, and says so. It lets
go when direct evidence shows that payments of the sample did move, or when two walks running list
a plausible share again; an empty list never releases it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SAMPLE = 5
WALKS = 2


@dataclass(frozen=True)
class Plausible:
    """More leavers at once than this number *and* this share of the open ones are improbable."""

    leavers: int = 20
    share: float = 0.5

    def collapsed(self, missing: int, listed: int) -> bool:
        """Whether a list that shows so many, and does not show so many open ones, is improbable."""
        return missing > self.leavers and missing > self.share * (missing + listed)


@dataclass
class Brake:
    """Whether the brake is on, since which epoch, and how many plausible walks there were since."""

    since: int = 0
    walks: int = 0

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Brake:
        """Read what `store` wrote."""
        return cls(int(stored.get("since", 0)), int(stored.get("walks", 0)))

    def store(self) -> dict[str, Any]:
        """Write down whether it is on."""
        return {"since": self.since, "walks": self.walks}

    @property
    def on(self) -> bool:
        """Whether what a sweep does not list is in doubt."""
        return self.since > 0

    def weigh(self, plausible: Plausible, epoch: int, missing: int, listed: int) -> None:
        """Weigh a completed sweep that shows `listed` payments, and not `missing` open ones."""
        if plausible.collapsed(missing, listed):
            self.since, self.walks = self.since or epoch, 0
        elif self.on and listed:
            self.walks += 1
            if self.walks >= WALKS:
                self.release()

    def release(self) -> None:
        """Let go."""
        self.since, self.walks = 0, 0
