"""A polling whose keys may be turned."""

from __future__ import annotations

from typing import Any

from paywatch.domain.payments import Source
from tests.polling import Polling


class Keyed(Polling):
    """A polling whose keys are read anew when one was refused, as the function does."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.keys = {source: world.api_key for source, world in self.worlds.items()}

    def tick(self, **options: Any) -> dict[str, Any]:
        report = super().tick(**options)
        for source in self.sources:
            if report["sources"][source.short]["outcome"] == "credentials_rejected":
                self._providers.pop(source, None)
        return report

    def key_of(self, source: Source) -> str:
        return self.keys[source]
