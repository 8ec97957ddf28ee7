"""Abilities that no document promises are found out with payments that a list shows just now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Protocol

from paywatch.discovery.reader import Observation, Reader
from paywatch.domain.changes import DetectedBy
from paywatch.domain.payments import instant, timestamp
from paywatch.errors import CredentialsRejected, ProviderError
from paywatch.ports import Abilities, ListQuery

KEPT = timedelta(days=1)


class Asking(Protocol):
    """What finding out needs of one run's questions; `memory` is carried from run to run.

    Whatever is read on the way is evidence, and goes into `found`.
    """

    reader: Reader
    memory: dict[str, Any]
    now: datetime
    found: list[Observation]

    @property
    def may_go_on(self) -> Callable[[], bool]:
        """Say whether there is time for another request."""


def can_ask_by_id(asking: Asking, listed: Sequence[str]) -> bool:
    """Whether the provider answers for a single payment.

    Yes is an answer with the id of a listed payment. No is a 404, or a refusal, for two ids that a
    page read afterwards still lists. Anything else leaves it open until the next time.
    """
    known = asking.reader.abilities.by_id
    return known if known is not None else _find_out(asking, "by_id", listed, _answers_by_id)


def is_known_to_answer(abilities: Abilities, memory: Mapping[str, Any]) -> bool:
    """Whether it is known, without asking now, that the provider answers for a single payment."""
    if abilities.by_id is not None:
        return abilities.by_id
    return bool(memory.get("by_id", {}).get("answer"))


def load_found_out(stored: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Read what was found out, by the ability's name."""
    return {
        name: {"answer": bool(stored[name]["answer"]), "until": instant(stored[name]["until"])}
        for name in ("by_id", "many_ids")
        if name in stored
    }


def can_ask_for_many(asking: Asking, listed: Sequence[str]) -> bool:
    """Whether one filter takes several ids: yes if two listed ones both come back."""
    known = asking.reader.abilities.many_ids
    return known if known is not None else _find_out(asking, "many_ids", listed, _answers_for_two)


def _find_out(
    asking: Asking,
    name: str,
    listed: Sequence[str],
    probe: Callable[[Asking, Sequence[str]], bool | None],
) -> bool:
    remembered = asking.memory.get(name)
    # A memory that claims to last longer than any does comes from a clock that leapt.
    latest = timestamp(asking.now + KEPT)
    if remembered and timestamp(asking.now) < remembered["until"] <= latest:
        return bool(remembered["answer"])
    if len(set(listed)) < 2 or not asking.may_go_on():
        return False
    try:
        answer = probe(asking, listed[:2])
    except ProviderError:
        answer = None
    if answer is not None:
        asking.memory[name] = {"answer": answer, "until": latest}
    return bool(answer)


def _answers_by_id(asking: Asking, pair: Sequence[str]) -> bool | None:
    reader = asking.reader
    for payment_id in pair:
        observed = None
        with suppress(CredentialsRejected):  # whether it is of the key, the page below will show
            observed = reader.lookup(payment_id)
        if observed is not None:
            asking.found.append(observed)
            return True
    for word in reader.abilities.open_words:
        query = ListQuery(word, page_size=reader.abilities.page_size)
        page, rows = reader.page(query, DetectedBy.OPEN_SWEEP)
        asking.found.extend(rows)
        if set(pair) <= {row.id for row in page.rows}:
            return False
    return None


def _answers_for_two(asking: Asking, pair: Sequence[str]) -> bool | None:
    query = ListQuery(ids=(pair[0], pair[1]))
    page, rows = asking.reader.page(query, DetectedBy.LOOKUP)
    asking.found.extend(rows)
    return {row.id for row in page.rows} == set(pair)
