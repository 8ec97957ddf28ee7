from datetime import UTC, datetime, timedelta

import pytest

from paylab import LabClock


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
