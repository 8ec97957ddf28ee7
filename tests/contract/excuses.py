"""When a known difference may be why the emulators differ: what the request, and the table, show.

An excuse speaks of a property of the request, and holds for none that has not got it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from tests.contract.answers import Answer
from tests.contract.faults import faults
from tests.contract.parts import PATH, Item, at, items_of, kind_of, path_of, targets
from tests.contract.requests import Request

Where = Callable[[Request, Answer, Answer], bool]


def held(request: Request, moto: Answer, ministack: Answer) -> Sequence[Item]:
    """Return what the table held before the request: who refuses leaves everything as it was."""
    return (ministack if ministack.refusal or not request.writes else moto).after


def with_any(*wrong: str) -> Where:
    """Whether any of this is wrong with the request (faults.py)."""
    return lambda request, moto, ministack: bool(faults(request).intersection(wrong))


def written_in_part(request: Request, moto: Answer, ministack: Answer) -> bool:
    """Whether moto has changed nothing but what the update was to change."""
    before, after = (items_of(request, answer.after) for answer in (ministack, moto))
    old, new = before[0] if before else {}, after[0] if after else {}
    changed = {name for name in (*old, *new) if old.get(name) != new.get(name)}
    return changed <= {path[0] for path in targets(request)} | {"pk", "sk"} and bool(after)


def of_no_key(request: Request, moto: Answer, ministack: Answer) -> bool:
    """Whether moto has stored what cannot be a key of the index, because it was to."""
    stored = at(items_of(request, moto.after), ("watched",))
    kinds = [kind_of(value) for value in stored]
    return ("watched",) in targets(request) and (kinds != ["S"] or stored == [{"S": ""}])


def beginning_with_no_text(request: Request, moto: Answer, ministack: Answer) -> bool:
    """Whether the beginning of something is asked for that is no text."""
    told = " ".join(
        request.params.get(name, "") for name in ("ConditionExpression", "FilterExpression")
    )
    items = items_of(request, held(request, moto, ministack))
    return any(
        kind_of(value) not in ("", "S")
        for path in re.findall(rf"begins_with\(({PATH}),", told)
        for value in at(items, path_of(request, path))
    )


def reaching_nothing(request: Request, moto: Answer, ministack: Answer) -> bool:
    """Whether a word is reserved, in a read that found nothing to hold against it."""
    pages = ministack.content if isinstance(ministack.content, list) else [ministack.content]
    return "reserved" in faults(request) and not any(page.get("ScannedCount", 1) for page in pages)


def without_capacity(request: Request, wrong: Any, right: Any) -> Any:
    """Leave out what nobody asked for."""
    if isinstance(wrong, dict) and "ReturnConsumedCapacity" not in request.params:
        return {name: each for name, each in wrong.items() if name != "ConsumedCapacity"}
    return wrong


def with_last_page(request: Request, wrong: Any, right: Any) -> Any:
    """A full page says where it ended; if nothing comes after it, an empty page does."""
    if request.operation != "query" or wrong[-1]["ScannedCount"] != request.params.get("Limit"):
        return wrong
    end = {"LastEvaluatedKey": right[len(wrong) - 1].get("LastEvaluatedKey")}
    return [*wrong[:-1], wrong[-1] | end, {"Items": [], "Count": 0, "ScannedCount": 0}]
