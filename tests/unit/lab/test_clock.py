from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from paylab import LabClock, SideBySide

START = datetime(2026, 1, 9, 10, 30, tzinfo=UTC)


def test_the_clock_moves_only_when_told(clock: LabClock) -> None:
    start = clock.now()
    clock.sleep(1.5)
    clock.advance(0.5)
    clock.set(start + timedelta(seconds=3))

    assert clock.now() == start + timedelta(seconds=3)
    assert clock.monotonic() == 3.0


def test_time_does_not_go_back_but_the_wall_clock_may_leap(clock: LabClock) -> None:
    start = clock.now()
    with pytest.raises(ValueError, match="leap"):
        clock.set(start - timedelta(seconds=1))
    clock.leap(-60)

    assert clock.now() == start - timedelta(seconds=60)
    assert clock.monotonic() == 0.0


def test_a_naive_start_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        LabClock(datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None))


def test_side_by_side_no_thread_waits_for_what_another_waits_for() -> None:
    clock = SideBySide(START)
    seen = {}

    def read(name: str, seconds: float) -> None:
        clock.begin()
        clock.sleep(seconds)
        clock.advance(0.25)
        seen[name] = (clock.now() - START).total_seconds(), clock.monotonic()

    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        one.submit(read, "slow", 50).result()
        other.submit(read, "fast", 1).result()
        one.submit(read, "after", 2).result()

    assert seen == {"slow": (50.25, 50.25), "fast": (1.25, 1.25), "after": (2.25, 2.25)}
    assert (clock.now() - START, clock.monotonic()) == (timedelta(seconds=50.25), 50.25)
    clock.set(START + timedelta(seconds=60))
    assert clock.monotonic() == 60
