"""A reconcile whose pages fail, collapse, or raise more doubts than it can hold."""

from __future__ import annotations

import pytest

from paywatch.discovery.reader import UNFILTERED
from paywatch.discovery.reconcile import FAILURES, SURE, SUSPECTS, UNSURE
from paywatch.errors import CredentialsRejected, Unavailable
from tests.unit.discovery.inquiring import paid
from tests.unit.discovery.slowly import EPOCH, Slowly, suspect


def test_a_list_that_collapsed_is_said_and_not_read_on() -> None:
    slowly = Slowly(paid(30), lists=[UNFILTERED], top=70)
    slowly.go_on()
    assert slowly.round.report.detail == "reconcile: page 1 states 30 in all"
    assert slowly.round.report.outcome == "ok"
    assert slowly.shelf.pages == [1]
    assert (slowly.current.doubts, slowly.current.page) == (1, 1)
    assert slowly.round.recording.applied.moves == []


def test_a_page_that_fails_is_said_and_left_out_only_after_so_many_times() -> None:
    for failed, said, page in (
        (FAILURES - SURE - 1, "reconcile: page 2 cannot be read: 503", 2),
        (FAILURES - SURE, "reconcile: page 2 cannot be read and is left out: 503", 3),
    ):
        slowly = Slowly(paid(60), lists=[UNFILTERED], page=2, last=3, failed=failed, gap=0)
        slowly.shelf.broken[None, 2] = Unavailable("503")
        slowly.go_on()
        assert (slowly.round.report.outcome, slowly.round.report.detail) == ("ok", said)
        assert slowly.current.page == page


def test_the_first_page_is_never_left_out() -> None:
    slowly = Slowly(paid(60), lists=[UNFILTERED], failed=FAILURES - 1)
    slowly.shelf.broken[None, 1] = Unavailable("503")
    slowly.go_on()
    report = slowly.round.report
    assert (report.outcome, report.detail) == ("unavailable", "reconcile: 503")
    assert (slowly.current.page, slowly.current.failed) == (1, FAILURES - 1)


@pytest.mark.parametrize(
    ("seen", "failed", "page", "after"),
    [
        (0, FAILURES - 1, 2, FAILURES - 1),
        (1, FAILURES - SURE, 2, FAILURES - SURE + UNSURE),
        (1, FAILURES - UNSURE, 3, 0),
    ],
)
def test_a_run_that_failed_elsewhere_counts_for_less_and_for_nothing_where_it_read_nothing(
    seen: int, failed: int, page: int, after: int
) -> None:
    slowly = Slowly(paid(60), lists=[UNFILTERED], page=2, last=3, failed=failed)
    slowly.shelf.broken[None, 2] = Unavailable("503")
    slowly.round.reader.seen = seen
    slowly.round.report.fault("unavailable", "sweep: 503")
    slowly.go_on()
    assert (slowly.current.page, slowly.current.failed) == (page, after)


def test_a_refused_key_is_no_page_that_fails() -> None:
    slowly = Slowly(paid(60), lists=[UNFILTERED], page=2, last=3)
    slowly.shelf.broken[None, 2] = CredentialsRejected("401")
    slowly.go_on()
    assert slowly.round.report.detail == "reconcile: 401"
    assert slowly.current.failed == 0


def test_with_too_many_suspects_nothing_is_read() -> None:
    many = {f"p{n}": suspect("paid", epoch=EPOCH) for n in range(SUSPECTS)}
    slowly = Slowly(paid(3), lists=[UNFILTERED], suspects=many)
    slowly.go_on()
    assert slowly.shelf.pages == []
    assert len(slowly.current.suspects) == SUSPECTS
