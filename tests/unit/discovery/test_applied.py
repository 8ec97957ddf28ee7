"""What ruling on rows and writing them down did: outcomes, moves, stays, and what is doubtful."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from paywatch.discovery.books import FAULTS_IN_A_ROW, Books
from paywatch.discovery.ledger import Outcome
from paywatch.domain.changes import Record
from paywatch.domain.payments import Source
from paywatch.memory import MemoryPayments
from tests.examples import ONEPAY, at, observed, payment, rules
from tests.unit.discovery.writing import Refusing, apply, stored


def test_every_outcome_is_counted_whether_something_is_written_or_not() -> None:
    _, books = stored(payment("a"), payment("b"), payment("c", "paid"))
    applied = apply(
        books,
        [
            observed(payment("a"), epoch=2),
            observed(payment("b"), epoch=2),
            observed(payment("c"), epoch=2),
            observed(payment("d"), epoch=2),
            observed(payment("e"), epoch=2),
        ],
    )
    assert applied.outcomes == {
        Outcome.UNCHANGED: 2,
        Outcome.BACKWARDS: 1,
        Outcome.CHANGED: 2,
    }
    assert [change.payment.id for change in applied.changes] == ["d", "e"]


def test_what_is_doubtful_is_kept_by_its_id_to_be_asked_for() -> None:
    _, books = stored(payment("a", "paid"), payment("b"))
    doubtful = observed(payment("a"), epoch=2)
    applied = apply(books, [doubtful, observed(payment("b", "paid"), epoch=2)])
    assert applied.backwards == {"a": doubtful}
    assert applied.set_aside == set()


def test_what_is_set_aside_is_named() -> None:
    _, books = stored(payment("a"), payment("b"))
    other = observed(payment("a", created_at=at(9)), epoch=2)
    applied = apply(books, [other, observed(payment("b", "paid"), epoch=2)])
    assert applied.set_aside == {"a"}
    assert applied.backwards == {}


def test_a_move_is_told_with_the_lists_that_it_left_and_entered() -> None:
    _, books = stored(payment("a"), payment("b"))
    applied = apply(
        books,
        [
            observed(payment("a", "paid"), 1, epoch=2),
            observed(payment("b", external_id="order-9"), 2, epoch=2),
            observed(payment("c", "failed"), 3, epoch=2),
            observed(payment("a", "refunded"), 4, epoch=2),
        ],
    )
    assert sorted(applied.moves, key=str) == [
        ("created", "paid"),
        ("paid", "refunded"),
        (None, "failed"),
    ]


def test_a_change_that_ends_an_open_stay_is_told_with_the_record_as_it_stood() -> None:
    _, books = stored(payment("a"))
    books.find(["a"])
    before = books.records["a"]
    applied = apply(
        books,
        [
            observed(payment("a", "processing"), 1, epoch=2),
            observed(payment("a", "paid"), 2, epoch=2),
            observed(payment("a", "refunded"), 3, epoch=2),
            observed(payment("new"), 4, epoch=2),
        ],
    )
    assert [(r.version, change.version) for r, change in applied.stays] == [(1, 2), (2, 3)]
    assert applied.stays[0] == (before, applied.changes[0])
    assert [change.version for change in applied.changes] == [2, 3, 4, 1]


def test_a_row_that_changes_nothing_holds_up_no_other() -> None:
    _, books = stored(payment("a"))
    applied = apply(
        books, [observed(payment("a"), 1, epoch=2), observed(payment("b", "paid"), 2, epoch=2)]
    )
    assert [change.payment.id for change in applied.changes] == ["b"]


def test_a_write_that_succeeds_begins_the_count_of_faults_anew() -> None:
    single = FAULTS_IN_A_ROW - 1
    bad = [f"p{n}" for n in range(3 * single)]
    books = Books(Refusing(bad), ONEPAY, {})
    order = [*bad[:single], "x", *bad[single : 2 * single], "y", *bad[2 * single :]]
    applied = apply(books, [observed(payment(key), n) for n, key in enumerate(order)])
    assert applied.unwritten == set(bad)
    assert len(applied.faults) == len(bad)


@pytest.mark.parametrize("first", ["created", "processing"])
def test_a_row_is_ruled_on_top_of_what_the_rows_before_it_made_of_the_payment(first: str) -> None:
    _, books = stored(payment())
    books.find(["pay-1"])
    rows = [
        observed(payment(word=word), n, epoch=2, seconds=120 + n)
        for n, word in enumerate([first, first, "paid"])
    ]
    rulings = books.rule(rules(), rows, lambda key: None, {})["pay-1"]
    last = rulings[-1][1].record
    assert last is not None
    path = ["pending", rows[0].payment.status, "paid"]
    assert [c.status for c in last.history] == list(dict.fromkeys(path))


def test_a_change_is_dated_by_the_last_walk_that_listed_its_own_payment() -> None:
    _, books = stored(payment("a"), payment("b"))
    books.find(["a", "b"])
    paid = [observed(payment(key, "paid"), epoch=2, seconds=200) for key in ("a", "b")]
    rulings = books.rule(rules(), paid, {"a": at(130), "b": at(150)}.get, {})
    records = {key: steps[0][1].record for key, steps in rulings.items()}
    after = {key: r.history[-1].changed_after for key, r in records.items() if r is not None}
    assert after == {"a": at(130), "b": at(150)}


class Asked(MemoryPayments):
    """A store that keeps what it was asked for by id."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def fetch(
        self, source: Source, ids: Collection[str], unread: set[str] | None = None
    ) -> Mapping[str, Record]:
        self.asked.extend(ids)
        return super().fetch(source, ids, unread)


def test_a_payment_is_looked_for_once_a_run_whether_it_is_stored_or_not() -> None:
    payments = Asked()
    books = Books(payments, ONEPAY, {})
    for _ in range(2):
        books.find(["nobody"])
    apply(books, [observed(payment("new"))])
    books.find(["new", "nobody"])
    assert payments.asked == ["nobody", "new"]


def test_what_was_told_and_is_settled_is_owed_no_more_and_let_go() -> None:
    payments, books = stored(payment("a"), payment("b"))
    books.find(["a", "b"])
    apply(books, [observed(payment("a", "paid"), epoch=2)])
    payments.acknowledge(books.records["a"], 2)
    books.put(payments.fetch(ONEPAY, ["a"])["a"])
    assert books.owing == []
    books.forget_settled()
    assert set(books.records) == {"b"}
