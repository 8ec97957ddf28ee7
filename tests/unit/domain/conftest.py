"""A board of alerts that is watched."""

from __future__ import annotations

import pytest

from tests.unit.domain.watching import Watch


@pytest.fixture
def watch() -> Watch:
    return Watch()
