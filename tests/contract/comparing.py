"""Does one walk on several sides, and says where they part, with as few operations as show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from tests.contract.operations import WALKS, Operation, Walk
from tests.contract.sides import Crash, Side, opened_sides, outcome

STEPS = 32
# After so many steps, and at the end, everything is read on every side.
LOOKED = 8


@dataclass
class Walked:
    """What became of a walk, and how the sides parted ("": not at all).

    `drawn` operations were done on every side, and compared; `reads` of what they left behind were
    compared besides, and the whole `tables` so often. `done` holds them, the last of which is the
    one at which the sides parted; `known` counts the differences that are known and were seen.
    """

    walk: str
    seed: int
    drawn: int = 0
    reads: int = 0
    tables: int = 0
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
        """Compare every answer, and what can be read after some operations.

        What the first side (memory, which costs nothing) can be asked after every operation is what
        the walk learns from.
        """
        random = Random(f"{self._name} {seed}")
        drawn: Walk = WALKS[self._name](random)
        walked = Walked(self._name, seed)
        with opened_sides(self._makers) as sides:
            for step in range(1, STEPS + 1):
                operation = drawn.draw()
                looks = () if operation.look else tuple(drawn.looks(operation))
                walked.drawn += 1
                if self._parts(sides, drawn, operation, walked):
                    return walked
                for look in looks:
                    if self._parts(sides[:1], drawn, look, walked):
                        return walked
                for look in drawn.everything() if step % LOOKED == 0 else ():
                    walked.reads += 1
                    if self._parts(sides, drawn, look, walked):
                        return walked
            # This is for what reads do not show.
            walked.tables += 1
            walked.parted = _parted_items(sides)
        return walked

    def _parts(self, sides: Sequence[Side], drawn: Walk, each: Operation, walked: Walked) -> bool:
        """Do one operation on every side; whether they part at it."""
        walked.done.append(each)
        answers = [outcome(side, each) for side in sides]
        walked.parted = _parted(sides, each, answers)
        if not walked.parted:
            drawn.learn(each, answers[0])
        return bool(walked.parted)

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
    crashed = any(isinstance(answer, Crash) for answer in answers)
    if not crashed and all(answer == answers[0] for answer in answers[1:]):
        return ""
    told = [f"  {side.name}: {answer!r}" for side, answer in zip(sides, answers, strict=True)]
    return "\n".join([f"{operation.port}.{operation.method} is answered", *told])


def _parted_items(sides: Sequence[Side]) -> str:
    """Compare what lies in the tables, item by item."""
    held = [(side.name, items) for side in sides if (items := side.items()) is not None]
    if all(items == held[0][1] for _, items in held[1:]):
        return ""
    return "\n".join(["the tables hold", *(f"  {name}: {items!r}" for name, items in held)])
