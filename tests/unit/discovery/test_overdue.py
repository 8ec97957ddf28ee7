"""Which open payments have waited for too long: by bucket, by kind, and by what was watched."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paywatch.discovery.coverage import Coverage, Gap
from paywatch.discovery.ledger import EXPIRY_GRACE
from paywatch.discovery.overdue import Overdue, Waiting, money_of
from paywatch.discovery.patience import Patience
from paywatch.domain.changes import Record
from paywatch.domain.payments import BUCKETS, Status, bucket_of, moment
from paywatch.domain.thresholds import Thresholds
from tests.examples import at, instant, payment, record

DAY = 86_400
CEILING = timedelta(days=1)
EVERY_BUCKET = range(BUCKETS)


def moving(payment_id: str = "pay-1", *, since: float = 0, **fields: Any) -> Record:
    """Return a payment in motion, first read at `since`."""
    return replace(record(payment(payment_id, "processing", **fields)), since=at(since))


def pending(payment_id: str = "pay-1", *, since: float = 0, **fields: Any) -> Record:
    """Return a payment that waits for its payer."""
    return replace(record(payment(payment_id, "created", **fields)), since=at(since))


def overdue(
    now: float, *, patience: Patience | None = None, coverage: Coverage | None = None
) -> Overdue:
    return Overdue(patience or Patience(), coverage or Coverage(good=2), Thresholds(), instant(now))


def at_time(before: Overdue, now: float) -> Overdue:
    """Go on at another time from what was stored."""
    after = Overdue(before.patience, before.coverage, before.thresholds, instant(now))
    return after.load(json.loads(json.dumps(before.store())))


def other_bucket(than: str) -> str:
    """Return an id that lives in another bucket."""
    return next(x for x in map(str, range(99)) if bucket_of(x) != bucket_of(than))


def test_a_payment_in_motion_is_overdue_from_the_ceiling_on() -> None:
    assert overdue(0).due(moving(since=5)) == instant(DAY + 5)
    assert not overdue(DAY + 4.9).is_overdue(moving(since=5))
    assert overdue(DAY + 5).is_overdue(moving(since=5))


def test_a_status_that_nobody_knows_is_judged_as_one_in_motion() -> None:
    strange = replace(record(payment(word="en_revision")), since=at(0))
    assert strange.status is Status.UNRECOGNIZED
    assert overdue(DAY).is_overdue(strange)


def test_a_limit_that_was_learned_counts_instead() -> None:
    patience = Patience(limits={"processing/card": 7200, "pending/oxxo": 3600})
    judge = overdue(7200, patience=patience)
    assert judge.due(moving(payment_method_type="card")) == instant(7200)
    assert judge.due(moving(payment_method_type="spei")) == instant(DAY)
    assert judge.due(pending(payment_method_type="oxxo")) == instant(3600)


def test_what_waits_for_its_payer_is_never_overdue_without_a_history() -> None:
    assert overdue(0).due(pending()) is None
    assert not overdue(99 * DAY).is_overdue(pending())


def test_an_expired_payment_is_never_overdue_and_never_lapses() -> None:
    gone = replace(pending(), status=Status.EXPIRED)
    judge = overdue(99 * DAY, patience=Patience(limits={"expired/-": 60}))
    assert judge.due(gone) is None
    assert not judge.is_overdue(gone)
    assert list(judge.deadlines(gone)) == []


def test_a_settled_payment_is_not_overdue() -> None:
    paid = replace(record(payment(word="paid")), since=at(0))
    assert not overdue(99 * DAY).is_overdue(paid)


def test_time_in_which_nobody_looked_does_not_count() -> None:
    coverage = Coverage(gaps=[Gap(instant(3600), instant(7200), timedelta(hours=1))])
    assert overdue(9000, coverage=coverage).due(moving()) == instant(DAY + 3600)
    assert overdue(5400, coverage=coverage).due(moving()) == instant(DAY + 1800)
    assert overdue(9000, coverage=coverage).due(moving(since=7200)) == instant(DAY + 7200)


def test_one_that_may_be_paid_until_a_date_of_its_own_is_not_overdue_before() -> None:
    judge = overdue(0, patience=Patience(limits={"pending/-": 3600}))
    grace = EXPIRY_GRACE.total_seconds()
    assert judge.due(pending(expires_at=at(3 * DAY))) == instant(3 * DAY + grace)
    assert judge.due(pending(expires_at=at(60))) == instant(3600)
    # A date that only a pending payment has to keep.
    assert judge.due(moving(expires_at=at(3 * DAY))) == instant(DAY)


def test_a_bucket_is_read_again_when_one_becomes_overdue_or_lapses() -> None:
    assert list(overdue(0).deadlines(moving())) == [instant(DAY)]
    assert list(overdue(0).deadlines(pending())) == [instant(DAY)]
    assert list(overdue(DAY - 1).deadlines(moving())) == [instant(DAY)]
    assert list(overdue(DAY).deadlines(moving())) == []
    assert list(overdue(2 * DAY).deadlines(pending())) == []


def test_overdue_payments_are_counted_with_their_money_and_the_oldest() -> None:
    judge = overdue(3 * DAY)
    judge.count(
        EVERY_BUCKET,
        [
            replace(record(payment("z", "paid")), since=at(0)),
            moving("a", since=60, amount="10.50", payment_method_type="card"),
            moving("b", since=0, amount="1.50", payment_method_type="spei"),
            moving("c", since=90, amount="7", currency="COP"),
            moving("d", since=3 * DAY - 60, amount="1000"),
            pending("e", amount="1000"),
        ],
    )
    assert judge.waiting == Waiting(
        3, {"COP": "7", "MXN": "12.00"}, oldest=at(0), kind="processing/spei"
    )
    assert judge.judged == at(3 * DAY)


def test_within_a_bucket_it_is_the_oldest_too() -> None:
    here = [x for x in map(str, range(500)) if bucket_of(x) == 7][:3]
    judge = overdue(3 * DAY)
    judge.count([7], [moving(x, since=9 - n) for n, x in enumerate(here)])
    assert judge.buckets.keys() == {7}
    assert judge.buckets[7].count == 3
    assert judge.buckets[7].oldest == at(7)


def test_where_nothing_is_overdue_there_is_nothing_waiting() -> None:
    judge = overdue(60)
    assert judge.waiting is None
    judge.count(EVERY_BUCKET, [moving()])
    assert judge.waiting is None
    assert judge.buckets == {}


def test_only_buckets_that_are_read_are_counted_anew() -> None:
    first, other = "a", other_bucket("a")
    before = overdue(2 * DAY)
    before.count(EVERY_BUCKET, [moving(first), moving(other)])
    after = at_time(before, 2 * DAY + 60)
    # The first is settled; of the other one's bucket, which is not read, nothing is said.
    after.count([bucket_of(first)], [moving(other, amount="9999")])
    assert after.buckets == {bucket_of(other): before.buckets[bucket_of(other)]}
    assert after.judged == at(2 * DAY + 60)


def test_a_record_that_is_settled_and_owes_its_change_is_not_counted() -> None:
    judge = overdue(9 * DAY)
    judge.count(EVERY_BUCKET, [replace(record(payment(word="paid")), since=at(0))])
    assert judge.waiting is None


def test_a_pending_payment_lapses_once_when_its_ceiling_passes() -> None:
    bucket, waits = [bucket_of("pay-1")], pending(payment_method_type="oxxo")
    judge = overdue(DAY - 60)
    judge.count(bucket, [waits])
    assert judge.patience.lapsed == {}
    judge = at_time(judge, DAY + 1)
    judge.count(bucket, [waits])
    assert judge.patience.lapsed == {"pending/oxxo": 1}
    judge = at_time(judge, DAY + 60)
    judge.count(bucket, [waits])
    assert judge.patience.lapsed == {"pending/oxxo": 1}


def test_before_anything_was_judged_nothing_lapses() -> None:
    judge = overdue(5 * DAY)
    judge.count(EVERY_BUCKET, [pending()])
    assert judge.patience.lapsed == {}


def test_what_is_in_motion_does_not_lapse() -> None:
    judge = overdue(DAY - 60)
    judge.count(EVERY_BUCKET, [moving()])
    judge = at_time(judge, DAY + 60)
    judge.count(EVERY_BUCKET, [moving()])
    assert judge.patience.lapsed == {}
    assert judge.waiting is not None


def test_a_clock_that_leaps_is_forgotten_when_the_bucket_is_read_again() -> None:
    judge = overdue(0)
    judge.count(EVERY_BUCKET, [moving(), pending("p")])
    judge = at_time(judge, 400 * DAY)
    judge.count(EVERY_BUCKET, [moving()])
    assert judge.waiting is not None
    judge = at_time(judge, 60)
    judge.count(EVERY_BUCKET, [moving(), pending("p")])
    assert judge.waiting is None
    assert judge.judged == at(60)
    assert judge.patience.lapsed == {}


def test_what_is_stored_is_read_as_it_was() -> None:
    judge = overdue(3 * DAY)
    judge.count(EVERY_BUCKET, [moving(str(n), since=n, currency=f"C{n % 3}") for n in range(30)])
    again = at_time(judge, 3 * DAY)
    assert again == judge
    assert again.waiting == judge.waiting
    assert again.store() == judge.store()


def test_of_nothing_nothing_is_known() -> None:
    empty = overdue(0).load({})
    assert empty == overdue(0)
    assert overdue(0).load(empty.store()) == empty


def test_a_bucket_that_does_not_exist_is_left_out() -> None:
    one = [1, {"MXN": "5"}, at(0), "processing/-"]
    loaded = overdue(0).load({"buckets": {"-1": one, "0": one, "63": one, "64": one}})
    assert loaded.buckets.keys() == {0, 63}


@pytest.mark.parametrize(
    "stored",
    [
        {"judged": "soon"},
        {"judged": 4},
        {"buckets": None},
        {"buckets": []},
        {"buckets": "none"},
        {"buckets": {"1": None}},
        {"buckets": {"1": [1, {}, at(0)]}},
        {"buckets": {"1": ["one", {}, at(0), "k"]}},
        {"buckets": {"1": [float("inf"), {}, at(0), "k"]}},
        {"buckets": {"1": [1, [], at(0), "k"]}},
        {"buckets": {"1": [1, {"MXN": "much"}, at(0), "k"]}},
        {"buckets": {"1": [1, {"MXN": None}, at(0), "k"]}},
        {"buckets": {"1": [1, {"MXN": ["a"]}, at(0), "k"]}},
        {"buckets": {"1": [1, {}, "long ago", "k"]}},
        {"buckets": {"1": [1, {}, None, "k"]}},
        {"buckets": {"one": [1, {}, at(0), "k"]}},
    ],
    ids=repr,
)
def test_a_section_that_makes_no_sense_is_refused_and_leaves_nothing_behind(stored: Any) -> None:
    judge = overdue(0)
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError, ArithmeticError)):
        judge.load({"judged": at(0), **stored})
    assert judge == overdue(0)
    assert judge.load({}) == overdue(0)


@pytest.mark.parametrize("stored", [None, [], 7])
def test_a_section_that_is_none_is_refused(stored: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError, ArithmeticError)):
        overdue(0).load(stored)


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(-10 * DAY, 10 * DAY)), max_size=40),
    st.integers(-10 * DAY, 10 * DAY),
)
def test_all_buckets_together_are_what_one_count_of_all_payments_says(
    found: list[tuple[int, int]], now: int
) -> None:
    records = [moving(str(key), since=since) for key, since in dict(found).items()]
    judge = overdue(now)
    for bucket in EVERY_BUCKET:
        judge.count([bucket], records)
    late = [each for each in records if judge.is_overdue(each)]
    assert late == [each for each in records if moment(each.since) <= instant(now) - CEILING]
    waiting = judge.waiting
    if not late:
        assert waiting is None
        return
    assert waiting is not None
    assert waiting.count == len(late)
    assert waiting.money == money_of(late)
    assert waiting.oldest == min(each.since for each in late)


def test_a_lapse_at_the_very_moment_of_a_poll_counts_once() -> None:
    waits = pending(since=0)
    first = overdue(DAY / 2)
    first.count(EVERY_BUCKET, [waits])
    for _ in range(2):
        first = at_time(first, DAY)
        first.count(EVERY_BUCKET, [waits])
    assert sum(first.patience.lapsed.values()) == 1


def test_nothing_lapses_while_nobody_looks() -> None:
    waits = pending(since=0)
    first = overdue(DAY / 2, coverage=Coverage(good=0))
    first.count(EVERY_BUCKET, [waits])
    later = at_time(first, DAY + 1)
    later.count(EVERY_BUCKET, [waits])
    assert later.patience.lapsed == {}
