"""Whether a poll had to read everything: by the lab's log and by what was done to it.

What paywatch says of itself is not asked: one that says falsely that it was kept from reading has
had to read all the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from paylab import Lab

# So long a run that died may keep others out, by paywatch's clock.
LEASE = timedelta(seconds=60)
# After so many polls in a row that could not read, a provider may be left alone for so long.
PATIENCE = 5
REST = timedelta(minutes=4)


class Duty(Enum):
    """What a poll had to do."""

    DUE = "nothing kept it from reading"
    EXCUSED = "it asked nothing, and might: a dead run's lease, or a rest after failures"
    DISTURBED = "something failed"


class Duties:
    """Judges the polls of a source, in their order. `slack` is how far clocks may be apart."""

    def __init__(self, lab: Lab, slack: timedelta) -> None:
        self._lab = lab
        self._slack = slack
        self._read = 0
        self._failed = 0
        self._failed_at: datetime | None = None
        self._held_until: datetime | None = None

    def judge(
        self, start: datetime, off: timedelta, *, struck: bool, died: bool, runs: int = 1
    ) -> Duty:
        """Judge the poll that has just ended, or several `runs` at once.

        `off` is how far paywatch's clock was from the lab's; `struck` says that something else than
        the provider failed, `died` that it did not come to its end.
        """
        log = self._lab.log
        asked = [log[number] for number in range(self._read, len(log))]
        self._read = len(log)
        if died:
            self._held_until = start + off + LEASE
        if struck or died or any(served.fault for served in asked):
            self._failed, self._failed_at = self._failed + runs, start
            return Duty.DISTURBED
        if not asked and (self._is_held(start + off) or self._rests(start)):
            return Duty.EXCUSED
        self._failed = 0
        return Duty.DUE

    def _is_held(self, now: datetime) -> bool:
        return self._held_until is not None and now < self._held_until

    def _rests(self, start: datetime) -> bool:
        if self._failed < PATIENCE or self._failed_at is None:
            return False
        return start < self._failed_at + REST + self._slack
