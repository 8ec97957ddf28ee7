"""Tells a model what happened at the provider and what subscribers received, as it comes."""

from __future__ import annotations

from collections.abc import Iterator

from tests.polling import Polling
from tests.simulation.model import Model


class Chronicle:
    """What a model has been told so far of one polling."""

    def __init__(self, polling: Polling, model: Model) -> None:
        self._polling = polling
        self._model = model
        self._known, self._heard, self._gone = 0, 0, set[str]()

    def go_on(self) -> Iterator[str]:
        """Tell what came since the last call; what is wrong with an event is returned."""
        polling, model = self._polling, self._model
        polling.lab.settle()
        for move in polling.truth.since(self._known):
            model.happened(move)
            self._known += 1
        for (_, key), at in polling.truth.removed.items():
            if key not in self._gone:
                self._gone.add(key)
                model.vanished(key, at)
        came = polling.ticks[-1].end
        for delivery in polling.deliveries[self._heard :]:
            yield from model.hears(delivery.event, came)
        self._heard = len(polling.deliveries)

    def forget(self) -> None:
        """Let go of what was delivered."""
        self._polling.deliveries.clear()
        self._heard = 0
