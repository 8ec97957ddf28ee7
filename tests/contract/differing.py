"""Where two emulators answer one request differently: whether that is known, and who is right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.contract.answers import Answer
from tests.contract.parts import Item, is_of
from tests.contract.requests import Request

ANSWERED = "answered"
INVALID = "ValidationException: "
FAILED = "ConditionalCheckFailedException"

Mending = Callable[[Request, Any, Any], Any]
Rephrasing = Callable[[Request, Sequence[Item]], Request | None]


@dataclass(frozen=True)
class Difference:
    """One way in which the emulators differ, and what AWS does.

    `moto` and `ministack` are what each says, as patterns that have to match the beginning of its
    refusal (ANSWERED where it refuses nothing). That alone excuses nothing: whoever speaks so may
    lie. So each that is `drawn` says besides what the request has that makes them differ, in one of
    three ways. Where both answer, `mending` makes AWS's content of the wrong one's, given both.
    `rephrasing` makes of a request, and of what the table held before it, one that moto answers
    right where ministack is, and like ministack where that is wrong (None: it is not about that);
    so the whole answer is compared. Otherwise `where` looks at the request. `right` does as AWS
    does: "moto", "ministack" or "neither". `before` are requests that are made first, and `example`
    is the one that shows the difference; what is not `drawn` is shown by its example alone, no
    random request goes there.
    """

    name: str
    right: str
    document: str
    example: Request
    before: Sequence[Request] = ()
    moto: str = ANSWERED
    ministack: str = ANSWERED
    where: Callable[[Request, Answer, Answer], bool] | None = field(default=None, compare=False)
    mending: Mending | None = field(default=None, compare=False)
    rephrasing: Rephrasing | None = field(default=None, compare=False)
    leaves_traces: bool = False
    drawn: bool = True

    def shown_by(self, moto: Answer | None, ministack: Answer | None) -> bool:
        """Whether the answers to the example are as they are said to be; None is not looked at."""
        if not self.said_by(moto, ministack):
            return False
        if moto is None or ministack is None or self.right == "neither":
            return True
        return not same(moto, ministack)

    def said_by(self, moto: Answer | None, ministack: Answer | None) -> bool:
        """Whether the emulators speak as it says; None is not looked at."""
        said = ((self.moto, moto), (self.ministack, ministack))
        return all(_fits(pattern, answer) for pattern, answer in said if answer is not None)

    def explains(self, request: Request, moto: Answer, ministack: Answer) -> bool:
        """Whether this is the way in which two answers differ that are otherwise alike."""
        if self.where is None or not self.said_by(moto, ministack):
            return False
        if self.leaves_traces != ((moto.code, moto.content) == (ministack.code, ministack.content)):
            return False
        return (
            plausible(request, moto)
            and plausible(request, ministack)
            and _rest(request, moto) == _rest(request, ministack)
            and self.where(request, moto, ministack)
        )


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


def plausible(request: Request, answer: Answer) -> bool:
    """Whether there is a condition, if one failed."""
    return answer.code != FAILED or "ConditionExpression" in request.params


def _rest(request: Request, answer: Answer) -> list[Item]:
    """Return the items that no known difference touches."""
    return [item for item in answer.after if not request.writes or not is_of(request, item)]


def same(one: Answer, other: Answer) -> bool:
    """Whether two answers are alike; how a refusal is worded is each emulator's own affair.

    Where both broke, nothing is known of either.
    """
    if one.broke and other.broke:
        return False
    return (one.code, one.content, one.after) == (other.code, other.content, other.after)
