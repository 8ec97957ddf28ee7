"""The books: digests that say which buckets to read, and writes that hold up no other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from paywatch.discovery.books import FAULTS_IN_A_ROW, Books, digest_of, line_of
from paywatch.discovery.ledger import EXPIRY_GRACE, Outcome
from paywatch.domain.changes import Record
from paywatch.domain.payments import BUCKETS, Payment, Source, Status, bucket_of, timestamp
from paywatch.errors import StaleState
from paywatch.memory import MemoryPayments
from tests.examples import ONEPAY, at, instant, observed, payment, record, rules
from tests.unit.discovery.writing import Refusing, apply, stored

# What a bucket without open payments has for a value.
EMPTY = f"{digest_of(())} -"


ROWS = [payment(f"p{n}") for n in range(200)]


def test_where_the_lists_show_what_is_stored_no_bucket_is_read() -> None:
    _, books = stored(*ROWS)
    assert books.differing(map(line_of, ROWS), at(60)) == set()
    assert not books.records


@pytest.mark.parametrize("row", [ROWS[3], ROWS[77]])
def test_one_that_is_missing_or_new_or_different_makes_its_own_bucket_differ(row: Payment) -> None:
    _, books = stored(*ROWS)
    lines = {line_of(other) for other in ROWS if other.id != row.id}
    own = {bucket_of(row.id)}
    assert books.differing(lines, at(60)) == own
    assert books.differing(lines | {line_of(replace(row, amount="7.00"))}, at(60)) == own
    new = payment("new")
    assert books.differing({*map(line_of, ROWS), line_of(new)}, at(60)) == {bucket_of("new")}


def test_a_bucket_is_read_when_its_next_deadline_has_passed() -> None:
    link = payment("link", "PENDING", expires_at=at(600))
    _, books = stored(link, *ROWS)
    passed = instant(600) + EXPIRY_GRACE
    lines = [line_of(row) for row in (link, *ROWS)]
    assert books.differing(lines, timestamp(passed)) == set()
    assert books.differing(lines, at(9000)) == {bucket_of("link")}


def test_what_expired_sets_no_deadline_any_more() -> None:
    link = payment("link", "PENDING", created_at=at(-900), expires_at=at(-600))
    _, books = stored(*ROWS)
    books.put(record(link))
    assert books.value(bucket_of("link")).endswith(" -")


def test_a_bucket_of_which_nothing_is_known_is_read() -> None:
    books = Books(MemoryPayments(), ONEPAY, {1: "0" * 16 + " -"})
    unknown = set(range(BUCKETS)) - {1}
    assert set(books.left_marked) == unknown
    assert unknown <= books.differing([], at(0))


def test_a_digest_does_not_rest_on_the_order_of_its_lines() -> None:
    assert digest_of(["a", "b"]) == digest_of(["b", "a"]) != digest_of(["a"])


def test_a_stored_digest_is_the_same_for_ever() -> None:
    assert digest_of(["b", "a"]) == "7e18f737311b2dc3"


def test_a_payment_whose_id_has_a_blank_is_looked_for_in_its_own_bucket() -> None:
    row = payment("order 66 of 7")
    _, books = stored(row, *ROWS)
    assert books.differing(map(line_of, (row, *ROWS)), at(60)) == set()
    assert books.differing(map(line_of, ROWS), at(60)) == {bucket_of("order 66 of 7")}


def test_a_marked_bucket_is_known_as_such_and_differs_from_whatever_is_listed() -> None:
    empty = f"{digest_of([])} -"
    books = Books(MemoryPayments(), ONEPAY, dict.fromkeys(range(BUCKETS), empty) | {5: "run:3"})
    assert books.left_marked == [5]
    assert books.differing([], at(0)) == {5}


def test_a_bucket_is_marked_where_it_is_written_to_or_its_stored_value_is_wrong() -> None:
    payments, books = stored(*ROWS)
    books.load(range(BUCKETS))
    assert books.to_mark([]) == set()
    assert books.to_mark(["p3"]) == {bucket_of("p3")}
    stale = Books(payments, ONEPAY, dict.fromkeys(range(BUCKETS), EMPTY))
    stale.load([bucket_of("p3")])
    assert stale.to_mark([]) == {bucket_of("p3")}


def test_a_settled_payment_leaves_the_digest_and_stays_owing_until_it_is_told() -> None:
    payments, books = stored(*ROWS)
    books.load(range(BUCKETS))
    applied = apply(books, [observed(payment("p3", "paid"), epoch=2, seconds=120)])
    assert applied.outcomes == {Outcome.CHANGED: 1}
    lines = [line_of(row) for row in ROWS if bucket_of(row.id) == bucket_of("p3")]
    lines.remove(line_of(ROWS[3]))
    assert books.value(bucket_of("p3")).split()[0] == digest_of(lines)
    assert [r.id for r in books.owing] == ["p3"]
    assert payments.fetch(ONEPAY, ["p3"])["p3"] == books.records["p3"]


def test_a_payments_rows_are_ruled_in_the_order_of_their_evidence() -> None:
    _, books = stored(payment())
    late = observed(payment(word="paid"), 3, epoch=2, seconds=130)
    early = observed(payment(word="processing"), 2, epoch=2, seconds=125)
    applied = apply(books, [late, early])
    assert [c.status for c in applied.changes] == ["processing", "paid"]


def test_one_payment_that_cannot_be_written_holds_up_no_other_and_its_bucket_is_unsound() -> None:
    payments = Refusing(["p1"])
    books = Books(payments, ONEPAY, {})
    applied = apply(books, [observed(payment(f"p{n}")) for n in range(4)])
    assert applied.unwritten == {"p1"}
    assert [str(fault) for fault in applied.faults] == ["p1 cannot be written"]
    assert books.unsound == {bucket_of("p1")}
    assert set(payments.fetch(ONEPAY, ["p0", "p1", "p2", "p3"])) == {"p0", "p2", "p3"}


def test_so_many_writes_that_fail_in_a_row_are_the_stores_own_fault() -> None:
    payments = Refusing(f"p{n}" for n in range(9))
    books = Books(payments, ONEPAY, {})
    with pytest.raises(OSError, match="cannot be written"):
        apply(books, [observed(payment(f"p{n}")) for n in range(9)])
    assert len(payments.attempts) == FAULTS_IN_A_ROW


def test_a_stale_state_is_read_and_ruled_anew() -> None:
    payments, books = stored(payment())
    books.load(range(BUCKETS))
    other = Books(payments, ONEPAY, {})
    apply(other, [observed(payment(word="processing"), epoch=2, seconds=100)])
    applied = apply(books, [observed(payment(word="paid"), epoch=3, seconds=120)])
    assert not applied.unwritten
    after = payments.fetch(ONEPAY, ["pay-1"])["pay-1"]
    assert [c.status for c in after.history] == ["pending", "processing", "paid"]


def test_what_was_found_by_its_id_is_read_anew_too_when_another_run_was_first() -> None:
    payments, books = stored(payment(word="paid"))
    books.find(["pay-1"])
    other = Books(payments, ONEPAY, {})
    apply(other, [observed(payment(word="refunded"), epoch=2, seconds=100)])
    applied = apply(books, [observed(payment(word="disputed"), epoch=3, seconds=120)])
    assert not applied.unwritten
    after = payments.fetch(ONEPAY, ["pay-1"])["pay-1"]
    assert [c.status for c in after.history] == ["paid", "refunded", "disputed"]


def test_what_others_keep_writing_first_is_left_to_the_next_run_and_is_nobodys_fault() -> None:
    contested = [f"p{n}" for n in range(FAULTS_IN_A_ROW + 2)]
    payments = Refusing(contested, StaleState)
    books = Books(payments, ONEPAY, {})
    applied = apply(books, [observed(payment(key)) for key in (*contested, "calm")])
    # Each is read and ruled anew once, and no more.
    assert payments.attempts == [key for key in contested for _ in range(2)] + ["calm"]
    assert applied.unwritten == set(contested)
    assert books.unsound == {bucket_of(key) for key in contested}
    assert applied.faults == []
    assert set(payments.fetch(ONEPAY, [*contested, "calm"])) == {"calm"}


def test_newer_evidence_of_another_run_stands() -> None:
    payments, books = stored(payment())
    books.load(range(BUCKETS))
    other = Books(payments, ONEPAY, {})
    apply(other, [observed(payment(word="paid"), epoch=5, seconds=100)])
    applied = apply(books, [observed(payment(word="processing"), epoch=4, seconds=120)])
    assert not applied.changes
    assert payments.fetch(ONEPAY, ["pay-1"])["pay-1"].status == "paid"


def test_what_there_was_no_time_to_write_leaves_its_bucket_unsound() -> None:
    books = Books(MemoryPayments(), ONEPAY, {})
    applied = apply(books, [observed(payment(f"p{n}")) for n in range(4)], may_go_on=2)
    assert len(applied.unwritten) == 2
    assert books.unsound == {bucket_of(key) for key in applied.unwritten}
    assert not applied.faults


@pytest.mark.parametrize(
    ("route", "epoch", "word", "believed"),
    [
        ("id", 3, "processing", True),
        ("list:processing", 3, "processing", False),
        ("id", 3, "created", False),
        ("id", 2, "processing", False),
    ],
)
def test_a_doubtful_move_is_believed_when_a_later_row_by_another_route_agrees(
    route: str, epoch: int, word: str, believed: bool
) -> None:
    _, books = stored(payment(word="paid"))
    books.find(["pay-1"])
    doubtful = observed(payment(word="processing"), 1, epoch=2, route="list:processing")
    later = observed(payment(word=word), 1, epoch=epoch, seconds=99, route=route)
    rulings = books.rule(rules(), [later], lambda key: None, {"pay-1": doubtful})
    ((_, ruling),) = rulings["pay-1"]
    assert (ruling.outcome is Outcome.CHANGED) == believed


class Counted(MemoryPayments):
    """A store that counts how often a bucket is read."""

    reads = 0

    def watched(
        self, source: Source, bucket: int, unread: set[str] | None = None
    ) -> Sequence[Record]:
        self.reads += 1
        return super().watched(source, bucket, unread)


def test_a_bucket_is_read_once_a_run() -> None:
    payments = Counted()
    books = Books(payments, ONEPAY, {})
    books.load([1, 2])
    books.load([2, 3])
    assert payments.reads == 3
    assert books.loaded == {1, 2, 3}


def test_a_bucket_s_digest_is_computed_anew_only_after_it_was_written_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, books = stored(*ROWS)
    books.load(range(BUCKETS))
    before = {bucket: books.value(bucket) for bucket in range(BUCKETS)}
    computed: list[str] = []

    def counted(lines: Iterable[str]) -> str:
        computed.append(digest_of(lines))
        return computed[-1]

    monkeypatch.setattr("paywatch.discovery.books.digest_of", counted)
    paid = replace(ROWS[3], status=Status.PAID, provider_status="paid", paid_at=at(40))
    apply(books, [observed(paid, 50)])
    own = bucket_of(paid.id)
    for _ in range(3):
        after = {bucket: books.value(bucket) for bucket in range(BUCKETS)}
    assert {bucket for bucket in after if after[bucket] != before[bucket]} == {own}
    assert len(computed) == 1


def test_on_one_that_cannot_be_read_nothing_is_ruled_and_on_those_behind_it_all() -> None:
    _, books = stored()
    books.unreadable.add("veiled")
    applied = apply(books, [observed(payment("veiled"), 1), observed(payment("behind"), 2)])
    assert applied.outcomes == {Outcome.UNREADABLE: 1, Outcome.CHANGED: 1}
    assert set(books.records) == {"behind"}
