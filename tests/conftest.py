"""What every test may ask for."""

from __future__ import annotations

import botocore.session
import pytest
from botocore.loaders import create_loader
from hypothesis import settings

from tests.proofs import (
    proof,
    pytest_configure,
    pytest_runtest_makereport,
    pytest_terminal_summary,
)

__all__ = [
    "proof",
    "pytest_configure",
    "pytest_runtest_makereport",
    "pytest_terminal_summary",
]

# Every test has AWS clients of its own, but the descriptions of the services are read once.
_loader = create_loader()
botocore.session.create_loader = lambda search_path_string=None: _loader

# No example fails because the machine was busy just then.
settings.register_profile("paywatch", deadline=None)
settings.load_profile("paywatch")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no core is left alone with it at the end."""
    items.sort(key=_minutes, reverse=True)


def _minutes(item: pytest.Item) -> float:
    marker = item.get_closest_marker("takes")
    return 0.0 if marker is None else float(marker.args[0])
