"""Does one walk on several sides, and says where they part, with as few operations as show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from tests.contract.operations import WALKS, Operation, Walk
from tests.contract.sides import Side, opened_sides, outcome

STEPS = 25


@dataclass
class Walked:
    """What became of a walk: `calls` made on every side, and how they parted ("": not at all).

    `done` holds its operations, the last of which is the one at which they parted; `known` counts
    the differences that are known and were seen.
    """

    walk: str
    seed: int
    calls: int = 0
    done: list[Any] = field(default_factory=list)
    parted: str = ""
    known: Counter[str] = field(default_factory=Counter)


class Comparison(Protocol):
    """Sides that are to do the same."""

    def walk(self, seed: int) -> Walked:
        """Draw operations from a seed, and do them until the sides part or the walk ends."""

    def again(self, operations: Sequence[Any]) -> str:
        """Do these operations anew; return how the sides part, or "" if they do not."""


class PortsComparison:
    """Implementations of the ports, and one of the walks on them (operations.WALKS)."""

    def __init__(self, name: str, makers: Sequence[Callable[[], Side]]) -> None:
        self._name = name
        self._makers = makers

    def walk(self, seed: int) -> Walked:
        """Compare after every operation what was answered, and what can be read."""
        random = Random(f"{self._name} {seed}")
        drawn: Walk = WALKS[self._name](random)
        walked = Walked(self._name, seed)
        with opened_sides(self._makers) as sides:
            for _ in range(STEPS):
                operation = drawn.draw()
                looks = () if operation.look else drawn.looks(operation)
                for each in (operation, *looks):
                    walked.done.append(each)
                    walked.calls += 1
                    answers = [outcome(side, each) for side in sides]
                    walked.parted = _parted(sides, each, answers)
                    if walked.parted:
                        return walked
                    drawn.learn(each, answers[0])
            # The reads have shown what each operation did; this is for what they do not show.
            walked.calls += 1
            walked.parted = _parted_items(sides)
        return walked

    def again(self, operations: Sequence[Operation]) -> str:
        """Compare the tables after every operation too."""
        with opened_sides(self._makers) as sides:
            for each in operations:
                answers = [outcome(side, each) for side in sides]
                parted = _parted(sides, each, answers) or _parted_items(sides)
                if parted:
                    return parted
        return ""


def shortest(comparison: Comparison, operations: Sequence[Any]) -> list[Any]:
    """Leave out whatever operation is not needed for the sides to part."""
    kept = list(operations)
    size = len(kept)
    while size := size // 2:
        for start in range(len(kept) - size, -1, -size):
            fewer = kept[:start] + kept[start + size :]
            if comparison.again(fewer):
                kept = fewer
    return kept


def report(comparison: Comparison, walked: Walked) -> str:
    """Say how the sides part, with as few operations as show it, and how to see it again."""
    operations = shortest(comparison, walked.done)
    return "\n".join(
        [
            f"again: .venv/bin/python -m tests.contract.replay {walked.walk} {walked.seed}",
            *(f"  {operation}" for operation in operations),
            comparison.again(operations) or walked.parted,
        ]
    )


def _parted(sides: Sequence[Side], operation: Operation, answers: Sequence[Any]) -> str:
    if all(answer == answers[0] for answer in answers[1:]):
        return ""
    told = [f"  {side.name}: {answer!r}" for side, answer in zip(sides, answers, strict=True)]
    return "\n".join([f"{operation.port}.{operation.method} is answered", *told])


def _parted_items(sides: Sequence[Side]) -> str:
    """Compare what lies in the tables, item by item."""
    held = [(side.name, items) for side in sides if (items := side.items()) is not None]
    if all(items == held[0][1] for _, items in held[1:]):
        return ""
    return "\n".join(["the tables hold", *(f"  {name}: {items!r}" for name, items in held)])
