"""The polite pace of a source: a token bucket that learns from what the provider says."""

from __future__ import annotations

from paywatch.errors import OutOfTime
from paywatch.ports import Allowance, Clock

BURST = 10
SLOWEST = 30  # the pace never falls below the setting divided by this
RECOVERY = 20  # and needs this many good answers to climb from nothing to the setting
LONGEST_HOLD = 60.0  # a pace outlives its run: one absurd header must not silence a source for long


class Pace:
    """Requests a second, after a small burst. For one thread, as a source is."""

    def __init__(self, clock: Clock, per_second: float, burst: int = BURST) -> None:
        self._clock = clock
        self._setting = per_second
        self._floor = per_second / SLOWEST
        self._ceiling = per_second
        self._rate = per_second
        self._burst = float(burst)
        self._tokens = float(burst)
        self._filled_at = clock.monotonic()
        self._held_until = self._filled_at

    @property
    def per_second(self) -> float:
        """The pace at present."""
        return self._rate

    def take(self, allowance: Allowance) -> None:
        """Wait for a token and take it; raise OutOfTime if it would come after the run's end."""
        now = self._refill()
        wait = max(self._held_until - now, (1.0 - self._tokens) / self._rate, 0.0)
        if wait > allowance.remaining():
            raise OutOfTime(f"the next request is due in {wait:.1f} s, after the run's end")
        if wait > 0:
            self._clock.sleep(wait)
            self._refill()
        self._tokens = max(0.0, self._tokens - 1.0)

    def succeeded(self) -> None:
        """Climb back a little towards the setting, or to what the provider allows."""
        self._change(self._rate + self._setting / RECOVERY)

    def slow_down(self) -> None:
        """Halve the pace and end the burst: the provider said that it is too fast."""
        self.drain()
        self._change(self._rate / 2)

    def allow(self, per_second: float) -> None:
        """Take the provider's own limit as the ceiling where it is lower than the setting."""
        self._ceiling = max(self._floor, min(self._setting, per_second))
        self._change(self._rate)

    def drain(self) -> None:
        """Take all tokens away."""
        self._refill()
        self._tokens = 0.0

    def hold(self, seconds: float) -> None:
        """Let nothing through for so many seconds, a minute at most."""
        until = self._clock.monotonic() + min(seconds, LONGEST_HOLD)
        self._held_until = max(self._held_until, until)

    def _change(self, rate: float) -> None:
        self._refill()
        self._rate = min(max(rate, self._floor), self._ceiling)

    def _refill(self) -> float:
        now = self._clock.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        return now
