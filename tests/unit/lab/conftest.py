from datetime import UTC, datetime

import pytest

from paylab import LabClock


@pytest.fixture
def clock() -> LabClock:
    return LabClock(datetime(2026, 1, 9, 10, 30, tzinfo=UTC))
