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


class SideBySide(LabClock):
    """A clock for readers in threads of their own: what one of them waits for, no other waits for.

    A thread's time begins at that of the one that made the clock, which finds itself at the latest
    of them when it looks again: by then they must have ended. So what a thread reads does not
    depend on how the machine shares its time among them.
    """

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self._maker = threading.get_ident()
        self._ahead = threading.local()
        self._furthest = 0.0

    def now(self) -> datetime:
        """Return the thread's own instant."""
        ahead = timedelta(seconds=self._meet())
        return super().now() + ahead

    def monotonic(self) -> float:
        """Return the seconds since the start, by the thread's own time."""
        ahead = self._meet()
        return _micros(super().monotonic() + ahead)

    def advance(self, seconds: float) -> datetime:
        """Move the thread's own time forward, by whole microseconds."""
        ahead = self._meet()
        if threading.get_ident() == self._maker:
            return super().advance(_micros(seconds))
        if seconds < 0:
            raise ValueError("time does not go back; leap() moves the wall clock alone")
        self._ahead.seconds = _micros(ahead + seconds)
        with self._lock:
            self._furthest = max(self._furthest, self._ahead.seconds)
        return self.now()

    def begin(self) -> None:
        """Let the thread begin, anew if it read something else before."""
        self._ahead.seconds = 0.0

    def _meet(self) -> float:
        """Return how far the thread is ahead of the maker, who catches up with all of them."""
        if threading.get_ident() != self._maker:
            return float(getattr(self._ahead, "seconds", 0.0))
        with self._lock:
            furthest, self._furthest = self._furthest, 0.0
        if furthest:
            super().advance(furthest)
        return 0.0


def _micros(seconds: float) -> float:
    """Round, so that sums do not depend on the order of what was added."""
    return round(seconds, 6)
