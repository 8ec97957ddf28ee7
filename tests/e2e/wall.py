"""The machine's own clock, as a lab's: what is deployed cannot be driven."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from paylab import LabClock


class WallClock(LabClock):
    """The lab's clock as the machine's own."""

    @classmethod
    def at_present(cls) -> WallClock:
        """Return a clock whose beginning is now."""
        return cls(datetime.now(UTC))

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()
