"""The deployed function, as the tests of the commands have it."""

from __future__ import annotations

import getpass

import pytest

from paywatch.cli import calling
from tests.unit.cli.asking import Functions


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Functions:
    """Put a fake in the client's place, and name the function."""
    fake = Functions()
    monkeypatch.setattr(calling, "functions", lambda: fake)
    monkeypatch.setattr(getpass, "getuser", lambda: "operator")
    monkeypatch.setenv("PAYWATCH_FUNCTION", "poller")
    return fake
