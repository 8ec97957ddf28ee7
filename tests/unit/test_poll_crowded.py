"""More open payments than a sweep that takes several polls can remember."""

from __future__ import annotations

import pytest

from paywatch.poll import SourcePoll
from tests.examples import at, payment
from tests.unit.discovery.rounds import Rounds
from tests.unit.discovery.shelf import Shelf


def test_it_is_said_and_keeps_no_baseline_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paywatch.discovery.sweep.LISTED_LIMIT", 30)
    rounds = Rounds(Shelf([payment(f"c{n:03}", created_at=at(-900 - n)) for n in range(100)]))
    said = [SourcePoll(rounds.begin(requests=8)).run().detail for _ in range(6)]
    assert "more open payments than a sweep of several polls can remember" in said
    assert "reconcile" in rounds.controls.peek(rounds.shelf.source, "poll").memory
