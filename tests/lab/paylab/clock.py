"""The lab's clock: it moves only when it is told to."""

import threading
from datetime import UTC, datetime, timedelta


class LabClock:
    """A clock that a test drives; several threads may read and move it."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("the lab's clock starts at an aware instant")
        self._lock = threading.Lock()
        self._now = start.astimezone(UTC)
        self._monotonic = 0.0

    def now(self) -> datetime:
        """Return the instant, aware, in UTC."""
        with self._lock:
            return self._now

    def monotonic(self) -> float:
        """Return the seconds since the start; it never goes back."""
        with self._lock:
            return self._monotonic

    def advance(self, seconds: float) -> datetime:
        """Move forward by so many seconds and return the new instant."""
        if seconds < 0:
            raise ValueError("time does not go back; leap() moves the wall clock alone")
        with self._lock:
            self._now += timedelta(seconds=seconds)
            self._monotonic += seconds
            return self._now

    def sleep(self, seconds: float) -> None:
        """Stand in for `time.sleep`: the time passes at once."""
        self.advance(max(0.0, seconds))

    def set(self, instant: datetime) -> None:
        """Move forward to an instant; one in the past is refused."""
        with self._lock:
            seconds = (instant - self._now).total_seconds()
            if seconds < 0:
                raise ValueError("time does not go back; leap() moves the wall clock alone")
            self._now = instant.astimezone(UTC)
            self._monotonic += seconds

    def leap(self, seconds: float) -> None:
        """Move the wall clock alone, forward or back, as a corrected machine clock does."""
        with self._lock:
            self._now += timedelta(seconds=seconds)
