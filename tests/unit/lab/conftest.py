from datetime import UTC, datetime

import pytest

from paylab import LabClock, World


@pytest.fixture
def clock() -> LabClock:
    return LabClock(datetime(2026, 1, 9, 10, 30, tzinfo=UTC))


@pytest.fixture
def world(clock: LabClock) -> World:
    world = World("compago", clock)
    for _ in range(20):
        world.add()
    return world
