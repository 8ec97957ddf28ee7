"""The provider's totals against our counts: what lasts is searched for, then reconciled."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from paywatch.balancing import BALANCED, SEARCHED, Balancing
from paywatch.discovery.conservation import EARLY_PAUSE
from paywatch.discovery.settled import SettledWatch
from paywatch.domain.payments import timestamp
from paywatch.errors import Unavailable
from paywatch.reconciling import Reconciling
from paywatch.round import Round
from tests.examples import at, observed, payment
from tests.unit.discovery.inquiring import paid
from tests.unit.discovery.rounds import Rounds
from tests.unit.discovery.shelf import Shelf, always

COMPLETED = {"began": at(0), "ended": at(1), "rows": 0, "misses": 0, "skipped": 0}
# When every open payment was listed last.
LISTED = at(90)
# A count to which the same difference of -2 came up once before.
ONCE_OFF = [42, 0, -2, 1]


class Books:
    """A run that compares: 40 paid payments on two pages, and our count of them as stored."""

    def __init__(
        self,
        account: list[Any] | None = None,
        *,
        reconcile: dict[str, Any] | None = None,
        early_after: str = "",
        rows: int = 40,
        known: int | None = None,
        opened: Collection[int] = (),
    ) -> None:
        self.shelf = Shelf(paid(rows, start=-5000)[::-1])
        self.rounds = Rounds(self.shelf)
        for number, row in enumerate(self.shelf.rows[:known]):
            before = payment(row.id, created_at=row.created_at, paid_at=row.paid_at)
            self.rounds.hold(before if number in opened else row)
        accounts = {} if account is None else {"paid": account}
        stored = {"completed": COMPLETED} if reconcile is None else reconcile
        self.rounds.write(
            totals={"accounts": accounts, "early_after": early_after},
            reconcile=stored,
            walk={"began": at(0), "epoch": 1},
        )
        self.round = self.rounds.begin()
        self.watch = SettledWatch(stated={"paid": rows})
        self.reconciling = Reconciling(self.round, self.watch)
        self.balancing = Balancing(self.round, self.watch)

    def close(self) -> Round:
        self.balancing.close(self.reconciling, lambda key: LISTED)
        return self.round

    @property
    def account(self) -> list[Any]:
        """The count, as it is stored: counted, offset, the last difference, how often running."""
        stored: list[Any] = self.round.memory["totals"]["accounts"]["paid"]
        return stored


def test_the_first_comparison_anchors_the_count() -> None:
    books = Books()
    round_ = books.close()
    assert books.account == [0, 40, 0, 0]
    assert round_.memory["totals"]["early_after"] == ""
    assert books.shelf.pages == [1]
    assert books.shelf.asked[0].status == "paid"
    assert round_.report.differences == {}


def test_a_total_that_is_as_counted_is_not_read_again_and_ends_a_difference() -> None:
    books = Books([15, 25, 3, 1])
    books.close()
    assert books.account == [15, 25, 0, 0]
    assert books.shelf.pages == []


def test_a_total_that_moves_while_it_is_compared_says_nothing_but_its_rows_are_evidence() -> None:
    books = Books([42, 0, -2, 1], known=1)
    books.watch.stated["paid"] = 41
    books.close()
    assert books.shelf.pages == [1]
    assert books.account == [42 + 19, 0, -2, 1]
    assert len(books.round.recording.applied.moves) == 19


def test_a_difference_is_lasting_at_its_second_time_only() -> None:
    books = Books([42, 0, 0, 0])
    round_ = books.close()
    assert books.account == [42, 0, -2, 1]
    assert round_.report.differences == {}
    assert books.shelf.pages == [1]
    assert not books.reconciling.under_way


def test_a_lasting_difference_is_told_searched_for_and_reconciled() -> None:
    books = Books(ONCE_OFF)
    round_ = books.close()
    assert round_.report.differences == {"paid": -2}
    assert books.shelf.pages == [1, 2]
    assert books.reconciling.under_way
    assert books.account == [42, 0, -2, 2]
    early_after = round_.memory["totals"]["early_after"]
    assert early_after == timestamp(round_.began + EARLY_PAUSE)


def test_a_difference_that_the_search_explains_is_not_reconciled() -> None:
    # Three of the second page are not known to us, and not counted.
    books = Books([37, 0, 3, 1], known=37)
    round_ = books.close()
    assert round_.report.differences == {"paid": 3}
    assert books.account == [40, 0, 3, 2]
    assert not books.reconciling.under_way
    assert round_.memory["totals"]["early_after"] == ""
    assert round_.recording.whole
    assert len(round_.recording.applied.moves) == 3


def test_a_search_ends_after_so_many_pages() -> None:
    books = Books([142, 0, -2, 1], rows=140)
    books.close()
    assert books.shelf.pages == list(range(1, SEARCHED + 1))
    assert {query.status for query in books.shelf.asked} == {"paid"}


def test_what_the_search_finds_of_an_open_payment_changed_after_it_was_listed_last() -> None:
    books = Books([37, 0, 2, 1], opened=[0, 39])
    books.close()
    for number in (0, -1):
        stored = books.rounds.stored(books.shelf.rows[number].id)
        assert stored.history[-1].changed_after == LISTED


def test_a_reconcile_is_not_begun_again_soon() -> None:
    books = Books(ONCE_OFF, early_after=at(3600))
    books.close()
    assert not books.reconciling.under_way
    assert books.round.report.differences == {"paid": -2}


def test_what_this_run_recorded_is_counted_once_before_totals_are_compared() -> None:
    books = Books([40, 0, 0, 0])
    books.watch.stated["paid"] = 41
    new = payment("new", "paid", created_at=at(-5))
    read = observed(new, epoch=books.round.epoch)
    books.round.recording.apply([read], lambda key: None, always)
    books.close()
    assert books.account == [41, 0, 0, 0]
    assert books.shelf.pages == []
    books.close()
    assert books.account == [41, 0, 0, 0]


def test_a_reconcile_that_ended_in_this_run_anchors_the_counts_anew() -> None:
    books = Books(ONCE_OFF)
    books.reconciling.ended = True
    round_ = books.close()
    assert books.account == [42, -2, 0, 0]
    assert round_.report.differences == {}


@pytest.mark.parametrize(
    "reconcile", [{}, {"completed": COMPLETED, "current": {}}], ids=["no baseline", "under way"]
)
def test_without_a_baseline_or_while_a_reconcile_reads_nothing_is_compared(
    reconcile: dict[str, Any],
) -> None:
    books = Books(ONCE_OFF, reconcile=reconcile)
    books.close()
    assert books.account == ONCE_OFF
    assert books.shelf.pages == []


@pytest.mark.parametrize(("spent", "compared"), [(-1.0, True), (0.0, False)])
def test_no_comparison_is_begun_near_the_end_of_the_run(spent: float, compared: bool) -> None:
    books = Books()
    books.round = books.rounds.begin(seconds=100)
    books.balancing = Balancing(books.round, books.watch)
    books.reconciling = Reconciling(books.round, books.watch)
    books.rounds.clock.advance(100 * BALANCED + spent)
    books.close()
    assert bool(books.shelf.pages) is compared


def test_a_list_that_cannot_be_read_is_said_and_the_others_are_compared() -> None:
    books = Books()
    books.watch.stated = {"paid": 40, "failed": 0}
    books.shelf.broken["paid", 1] = Unavailable("503")
    round_ = books.close()
    assert (round_.report.outcome, round_.report.detail) == ("unavailable", "totals: 503")
    assert round_.memory["totals"]["accounts"]["failed"] == [0, 0, 0, 0]


@pytest.mark.parametrize(("seconds", "spent", "written"), [(10, 8.9, True), (9.8, 8.81, False)])
def test_what_was_read_is_written_until_the_run_ends(
    seconds: float, spent: float, written: bool
) -> None:
    books = Books(opened=[0])
    books.round = books.rounds.begin(seconds=seconds)
    books.balancing = Balancing(books.round, books.watch)
    # The comparison is begun in time, and its answer takes a second.
    books.rounds.clock.advance(spent)
    books.close()
    assert books.round.recording.whole is written
