"""Where two emulators answer one request differently: whether that is known, and who is right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.contract.answers import Answer
from tests.contract.requests import Request

ANSWERED = "answered"
INVALID = "ValidationException: "
FAILED = "ConditionalCheckFailedException"

Mending = Callable[[Request, Any, Any], Any]


@dataclass(frozen=True)
class Difference:
    """One way in which the emulators differ, and what AWS does.

    `moto` and `ministack` are what each says, as patterns that have to match the beginning of its
    refusal (ANSWERED where it refuses nothing). Where both answer, `mending` makes AWS's content
    of the wrong one's, given both. `rephrasing`, where only that tells whether this is why they
    differ, makes of a request one that AWS answers alike and moto rightly (None: it is not about
    that). `right` does as AWS does: "moto", "ministack" or "neither". `before` are requests that
    are made first, and `example` is the one that shows the difference; what is not `drawn` is shown
    by its example alone, no random request goes there.
    """

    name: str
    right: str
    document: str
    example: Request
    before: Sequence[Request] = ()
    moto: str = ANSWERED
    ministack: str = ANSWERED
    where: Callable[[Request, Answer, Answer], bool] = lambda request, moto, ministack: True
    mending: Mending | None = field(default=None, compare=False)
    rephrasing: Callable[[Request], Request | None] | None = field(default=None, compare=False)
    leaves_traces: bool = False
    drawn: bool = True

    def shown_by(self, moto: Answer | None, ministack: Answer | None) -> bool:
        """Whether the answers to the example are as they are said to be; None is not looked at."""
        said = ((self.moto, moto), (self.ministack, ministack))
        if not all(_fits(pattern, answer) for pattern, answer in said if answer is not None):
            return False
        if moto is None or ministack is None or self.right == "neither":
            return True
        return not same(moto, ministack)

    def explains(self, request: Request, moto: Answer, ministack: Answer) -> bool:
        """Whether this is the way in which two answers differ that are otherwise alike."""
        fits = _fits(self.moto, moto) and _fits(self.ministack, ministack)
        if self.mending is not None or self.rephrasing is not None or not fits:
            return False
        if self.leaves_traces != ((moto.code, moto.content) == (ministack.code, ministack.content)):
            return False
        return self.where(request, moto, ministack)


def explained(
    known: Iterable[Difference], request: Request, moto: Answer, ministack: Answer
) -> list[Difference] | None:
    """Return the differences that explain why the answers are not alike; None if none does."""
    if same(moto, ministack):
        return []
    known = [difference for difference in known if difference.drawn]
    for difference in known:
        if difference.explains(request, moto, ministack):
            return [difference]
    used = []
    for difference in known:
        if difference.mending is None or moto.refusal or ministack.refusal:
            continue
        if difference.right == "ministack":
            content = difference.mending(request, moto.content, ministack.content)
            changed, moto = content != moto.content, replace(moto, content=content)
        else:
            content = difference.mending(request, ministack.content, moto.content)
            changed, ministack = content != ministack.content, replace(ministack, content=content)
        if changed:
            used.append(difference)
    return used if used and same(moto, ministack) else None


def _fits(pattern: str, answer: Answer) -> bool:
    return re.match(pattern, answer.refusal or ANSWERED) is not None


def same(one: Answer, other: Answer) -> bool:
    """Whether two answers are alike; how a refusal is worded is each emulator's own affair.

    Where both broke, nothing is known of either.
    """
    if one.broke and other.broke:
        return False
    return (one.code, one.content, one.after) == (other.code, other.content, other.after)
