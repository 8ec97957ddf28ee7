"""Mutants that no test notices, and the sentences that say why that does no harm.

A survivor is known by its function and by the lines that it changes, not by mutmut's number, which
moves with every edit of the function.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

EXPLAINED = Path(__file__).parent / "explained.txt"
TEXTS = ("@@", "---", "+++")


@dataclass(frozen=True)
class Change:
    """What a mutant changes: `function` with its module, the lines before and after."""

    function: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    def __str__(self) -> str:
        lines = [*(f"- {line}" for line in self.before), *(f"+ {line}" for line in self.after)]
        return "\n".join([self.function, *lines])


class Unreadable(ValueError):
    """The file of explanations does not say what it should."""


def change_of(function: str, diff: str) -> Change:
    """Read what `mutmut show` prints of a mutant."""
    lines = [line for line in diff.splitlines() if not line.startswith(TEXTS)]
    before = tuple(line[1:].strip() for line in lines if line.startswith("-"))
    after = tuple(line[1:].strip() for line in lines if line.startswith("+"))
    return Change(function, before, after)


def read_explained(text: str) -> dict[Change, str]:
    """Read blocks of a function's name, lines with `-` and `+`, and the sentence behind `=`."""
    explained: dict[Change, str] = {}
    for block in filter(None, (block.strip() for block in text.split("\n\n"))):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        if not lines:
            continue
        function, *changed, reason = lines
        before = tuple(line[2:] for line in changed if line.startswith("- "))
        after = tuple(line[2:] for line in changed if line.startswith("+ "))
        change = Change(function, before, after)
        if not reason.startswith("= ") or len(before) + len(after) != len(changed):
            raise Unreadable(f"{function}: lines with - and +, and one with = at the end, are due")
        if change in explained:
            raise Unreadable(f"{function} is explained twice:\n{change}")
        explained[change] = reason.removeprefix("= ")
    return explained


@dataclass(frozen=True)
class Tried:
    """A mutant: its module, what became of it in mutmut's words, and what it changes if it lives.

    The words are killed, survived, no tests, caught by type check, timeout, and some that say that
    it was not tried.
    """

    module: str
    status: str
    change: Change | None = None


DEAD = {"killed": "by tests", "timeout": "by time", "caught by type check": "by types"}


def table(tried: Iterable[Tried], explained: Iterable[Change]) -> str:
    """Count by module: tried, killed by tests, by a test that never ends, by types, the living."""
    known = set(explained)
    heads = ("module", "mutants", *DEAD.values(), "explained", "alive")
    counts: dict[str, Counter[str]] = {}
    for each in tried:
        for name in (each.module, "all"):
            counts.setdefault(name, Counter())[_column(each, known)] += 1
    rows: list[tuple[str, ...]] = [heads]
    for name in sorted(counts, key=lambda name: (name == "all", name)):
        row = counts[name]
        rows.append((name, str(row.total()), *(str(row[head]) for head in heads[2:])))
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    return "\n".join(
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    )


def alive(tried: Iterable[Tried], explained: Iterable[Change]) -> list[Tried]:
    """Return those that nothing has killed and nobody has explained."""
    known = set(explained)
    return [each for each in tried if _column(each, known) == "alive"]


def stale(tried: Iterable[Tried], explained: Iterable[Change]) -> list[Change]:
    """Return the explanations of what no longer survives."""
    living = {each.change for each in tried}
    return [change for change in explained if change not in living]


def _column(each: Tried, known: set[Change]) -> str:
    return DEAD.get(each.status) or ("explained" if each.change in known else "alive")
