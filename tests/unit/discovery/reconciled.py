"""A reconcile by hand, and the pages that it is given."""

from __future__ import annotations

from collections.abc import Sequence

from paywatch.discovery.reader import UNFILTERED
from paywatch.discovery.reconcile import Reconcile
from paywatch.domain.payments import Payment
from paywatch.ports import Answer, Page
from tests.examples import at, instant

ANSWER = Answer(1, instant(0), instant(1), instant(1))


def answered(
    rows: Sequence[Payment] = (), *, number: int = 1, total: int | None = None, last_page: int = 1
) -> Page:
    """Return a page of two rows at most; its total is that of its rows unless told otherwise."""
    total = len(rows) if total is None else total
    return Page(ANSWER, number, tuple(rows), (), total, last_page, page_size=2)


def reading(*lists: str) -> Reconcile:
    """Return one that has read nothing yet of these lists, or of the list of all."""
    return Reconcile(list(lists or (UNFILTERED,)), at(0))
