"""Leavers: open payments that the sweeps do not list, and when to ask for them again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any, TypeVar

from paywatch.domain.payments import timestamp
from paywatch.domain.stored import date, flag, mapping, text, whole_number

T = TypeVar("T")

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
# Less than the pause between two polls: one that begins a little early must not leave a leaver out.
EARLY = timedelta(seconds=30)


@dataclass
class Leaver:
    """An open payment that the sweeps do not list, and when to ask for it again.

    `line` is its part of the bucket's digest; `since` when the last walk began that listed it.
    `absent` counts the answers that did not know it; `answered` says that the last one knew it, and
    `word` is its status if nobody knows what that means.
    """

    id: str
    line: str
    since: str
    next: str
    asked: int = 0
    absent: int = 0
    answered: bool = False
    word: str = ""

    def pause(self, now: datetime) -> None:
        """Put the next question off, longer each time."""
        self.asked += 1
        wait = min(FIRST_PAUSE * 2 ** min(self.asked - 1, 10), LONGEST_PAUSE)
        self.next = timestamp(now + wait)


def load_leavers(stored: Mapping[str, Any]) -> dict[str, Leaver]:
    """Read what `store_leavers` wrote."""
    return {
        key: Leaver(
            id=key,
            line=text(value["line"]),
            since=date(value["since"]),
            next=date(value["next"]),
            asked=whole_number(value["asked"]),
            absent=whole_number(value["absent"]),
            answered=flag(value.get("answered", False)),
            word=text(value.get("word", "")),
        )
        for key, value in mapping(stored).items()
    }


def store_leavers(leavers: Iterable[Leaver]) -> dict[str, Any]:
    """Write the leavers down by id."""
    return {
        leaver.id: {
            "line": leaver.line,
            "since": leaver.since,
            "next": leaver.next,
            "asked": leaver.asked,
            "absent": leaver.absent,
            **({"answered": True} if leaver.answered else {}),
            **({"word": leaver.word} if leaver.word else {}),
        }
        for leaver in leavers
    }


def fair(leavers: Collection[Leaver], now: datetime) -> list[Leaver]:
    """Return the leavers whose time has come, old and new ones in turn, the longest due first."""
    limit = timestamp(now + EARLY)
    # A pause longer than the longest there is comes from a clock that leapt, and is ignored.
    leapt = timestamp(now + LONGEST_PAUSE)
    due = [leaver for leaver in leavers if leaver.next <= limit or leaver.next > leapt]
    old = sorted((x for x in due if x.asked), key=lambda x: (x.next, x.id))
    new = sorted((x for x in due if not x.asked), key=lambda x: (x.since, x.id))
    return in_turns(new, old)


def in_turns(first: Sequence[T], second: Sequence[T]) -> list[T]:
    """Return one of each in turn, the first of both first, until both are at their ends."""
    both = zip_longest(first, second)
    return [x for pair in both for x in pair if x is not None]
