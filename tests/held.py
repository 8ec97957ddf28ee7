"""What a run is held to: what broke is collected, stated with the figures, and then asserted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from tests.proofs import Proof

SHOWN = 5


class Held:
    """What was found wrong with a run, one sentence each; `cases` and `figures` are for its row."""

    def __init__(self) -> None:
        self.cases = 0
        self.figures = "it came to no end"
        self.wrong: list[str] = []

    def to(self, kept: bool, otherwise: str) -> None:
        """Take note of what is wrong unless something was kept."""
        if not kept:
            self.wrong.append(otherwise)

    def to_none(self, what: str, found: Iterable[object]) -> None:
        """Take note of each of what should not be there."""
        self.wrong += [f"{what}: {each}" for each in found]

    def check(self) -> None:
        """Fail if anything is wrong."""
        assert not self.wrong, "\n".join([f"{len(self.wrong)} wrong", *self.wrong[:SHOWN]])

    @contextmanager
    def stated(self, proof: Proof, name: str, seed: object = "none") -> Iterator[None]:
        """State what was found by the end of the block, also where that is an error, then check."""
        try:
            yield
        except Exception as error:
            self.wrong.append(f"it broke off: {error!r}")
            raise
        finally:
            sentence = [self.figures, *(f"WRONG: {each}" for each in self.wrong[:SHOWN])]
            violations, figures = len(self.wrong), "\n".join(sentence)
            proof(name, cases=self.cases, violations=violations, seed=seed, figures=figures)
        self.check()
