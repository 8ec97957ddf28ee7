"""What the steps of a run share: its time, its faults, and what it remembers from run to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from paywatch.discovery.brake import Plausible
from paywatch.domain.payments import bucket_of
from paywatch.domain.thresholds import Thresholds
from paywatch.errors import (
    CredentialsRejected,
    OutOfTime,
    PaywatchError,
    RateLimited,
    Unavailable,
    UnexpectedResponse,
)
from tests.examples import ONEPAY, at, observed, payment
from tests.unit.discovery.rounds import Rounds
from tests.unit.discovery.shelf import always


def raising(fault: Exception) -> Callable[[], None]:
    def step() -> None:
        raise fault

    return step


def nothing() -> None:
    """Come to an end."""


def test_a_run_has_what_it_was_given() -> None:
    rounds = Rounds()
    plausible, thresholds = Plausible(7, 0.3), Thresholds()
    began = rounds.clock.advance(5)
    round_ = rounds.begin(plausible=plausible, thresholds=thresholds)
    assert round_.plausible is plausible
    assert round_.thresholds is thresholds
    assert round_.payments is rounds.payments
    assert round_.clock is rounds.clock
    rounds.clock.advance(5)
    assert round_.began == began
    assert round_.epoch == round_.control.lease.epoch > 0
    assert (round_.rules.source, round_.rules.watch_began) == (ONEPAY, began)
    assert round_.books is round_.recording.books


def test_what_is_overdue_is_judged_by_what_was_learned_and_watched_as_the_run_began() -> None:
    rounds = Rounds()
    thresholds = Thresholds()
    began = rounds.clock.now()
    round_ = rounds.begin(thresholds=thresholds)
    rounds.clock.advance(5)
    assert round_.overdue.patience is round_.patience
    assert round_.overdue.coverage is round_.coverage
    assert round_.overdue.thresholds is thresholds
    assert round_.overdue.now == began


def test_what_was_learned_and_watched_is_found_where_the_lookout_stores_it() -> None:
    rounds = Rounds()
    stored = rounds.begin()
    stored.coverage.note(stored.began, believed=True)
    stored.patience.note("pending/-", timedelta(hours=1))
    stored.overdue.count([3], [])
    rounds.write(
        coverage=stored.coverage.store(),
        patience=stored.patience.store(),
        overdue=stored.overdue.store(),
    )
    round_ = rounds.begin()
    assert round_.coverage == stored.coverage
    assert round_.patience == stored.patience
    assert round_.overdue.store() == stored.overdue.store()
    assert round_.overdue.judged


def test_before_the_open_lists_were_read_once_it_is_the_baseline() -> None:
    rounds = Rounds()
    assert rounds.begin().rules.baseline
    rounds.write(walk={"began": at(3), "epoch": 2, "sealed": True})
    round_ = rounds.begin()
    assert not round_.rules.baseline
    assert round_.walk_began == at(3)


def test_a_share_of_the_time_is_over_on_the_moment() -> None:
    rounds = Rounds()
    rounds.clock.advance(500)
    half = rounds.begin(seconds=100).within(0.5)
    rounds.clock.advance(49)
    assert half()
    rounds.clock.advance(1)
    assert not half()


def test_a_share_of_the_requests_is_over_with_the_last_of_them() -> None:
    round_ = Rounds().begin(requests=10)
    half = round_.within(0.5)
    for _ in range(4):
        round_.reader.allowance.spend()
    assert half()
    round_.reader.allowance.spend()
    assert not half()
    assert round_.within(0.6)()


@pytest.mark.parametrize(
    ("before", "lasts"),
    # Its share where that is later, its least behind a step that took long, and nothing behind 95.
    [(0, 50), (39, 11), (45, 10), (60, 10), (90, 5), (94, 1)],
)
def test_a_step_that_comes_late_has_its_least(before: int, lasts: int) -> None:
    rounds = Rounds()
    round_ = rounds.begin(seconds=100)
    rounds.clock.advance(before)
    until = round_.within(0.5, 0.1)
    rounds.clock.advance(lasts - 0.5)
    assert until()
    rounds.clock.advance(0.5)
    assert not until()


def test_a_step_that_comes_late_has_its_least_of_the_requests_too() -> None:
    round_ = Rounds().begin(requests=20)
    for _ in range(16):
        round_.reader.allowance.spend()
    until = round_.within(0.5, 0.1)
    round_.reader.allowance.spend()
    assert until()
    round_.reader.allowance.spend()
    assert not until()


def test_nothing_goes_on_when_the_lease_ends() -> None:
    rounds = Rounds()
    all_of_it = rounds.begin(seconds=100, leased=10).within(1.0)
    rounds.clock.advance(9)
    assert all_of_it()
    rounds.clock.advance(1)
    assert not all_of_it()


def test_a_run_without_time_or_requests_goes_on_with_nothing_once_any_is_used() -> None:
    rounds = Rounds()
    without_time = rounds.begin(seconds=0).within(1.0)
    assert without_time()
    rounds.clock.advance(0.001)
    assert not without_time()
    without_requests = rounds.begin(requests=0)
    assert without_requests.within(0.5)()
    without_requests.reader.allowance.requests = 1
    assert without_requests.within(1.1)()
    assert not without_requests.within(1.0)()


def test_a_step_that_comes_to_its_end_says_so() -> None:
    round_ = Rounds().begin()
    assert round_.attempt("sweep", nothing)
    assert (round_.report.outcome, round_.report.detail) == ("ok", "")


def test_a_step_that_runs_out_of_time_is_no_fault_and_keeps_no_other_from_being_taken() -> None:
    round_ = Rounds().begin()
    for _ in range(5):
        assert not round_.attempt("sweep", raising(OutOfTime("no more")))
    assert (round_.report.outcome, round_.report.detail) == ("ok", "sweep: no more")
    assert round_.attempt("tail", nothing)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(Unavailable("503"), "unavailable"), (UnexpectedResponse("a list"), "unexpected_response")],
)
def test_after_three_lists_that_cannot_be_had_no_more_is_asked_for(
    fault: PaywatchError, outcome: str
) -> None:
    round_ = Rounds().begin()
    for _ in range(2):
        assert not round_.attempt("sweep", raising(fault))
    assert (round_.report.outcome, round_.report.detail) == (outcome, f"sweep: {fault}")
    assert round_.attempt("tail", nothing)
    assert not round_.attempt("tail", raising(fault))
    assert not round_.attempt("totals", nothing)


@pytest.mark.parametrize("fault", [CredentialsRejected("401"), RateLimited("429")])
def test_after_any_other_fault_no_more_is_asked_for_at_once(fault: PaywatchError) -> None:
    round_ = Rounds().begin()
    assert not round_.attempt("sweep", raising(fault))
    assert not round_.attempt("tail", nothing)
    assert round_.report.detail == f"sweep: {fault}"


def test_a_fault_of_our_own_is_no_providers() -> None:
    with pytest.raises(OSError, match="disk"):
        Rounds().begin().attempt("sweep", raising(OSError("disk")))


def test_a_section_that_is_not_stored_is_read_as_an_empty_one() -> None:
    round_ = Rounds().begin()
    assert round_.recall("brake", dict) == {}
    assert "brake" not in round_.memory
    assert round_.report.detail == ""


def test_a_section_is_read_as_it_was_stored() -> None:
    rounds = Rounds()
    rounds.write(brake={"since": 5})
    assert rounds.begin().recall("brake", dict) == {"since": 5}


@pytest.mark.parametrize("fault", [KeyError, TypeError, ValueError, AttributeError, OverflowError])
def test_a_section_that_makes_no_sense_is_emptied_and_said(fault: type[Exception]) -> None:
    rounds = Rounds()
    rounds.write(brake={"since": 5})
    round_ = rounds.begin()

    def read(stored: Mapping[str, Any]) -> str:
        if stored:
            raise fault
        return "anew"

    assert round_.recall("brake", read) == "anew"
    assert round_.memory["brake"] == {}
    assert round_.report.detail == "the stored section brake made no sense and is begun anew"


@pytest.mark.parametrize("spoilt", [{"began": 5}, {"epoch": "last"}, {"epoch": None}], ids=str)
def test_a_walk_that_makes_no_sense_is_none(spoilt: dict[str, Any]) -> None:
    rounds = Rounds()
    rounds.write(walk=spoilt)
    round_ = rounds.begin()
    assert round_.walk_began is None
    assert "section walk made no sense" in round_.report.detail


@pytest.mark.parametrize("whole", [{"began": at(3)}, {"began": at(3), "epoch": 0}], ids=str)
def test_a_walk_needs_no_number(whole: dict[str, Any]) -> None:
    rounds = Rounds()
    rounds.write(walk=whole)
    round_ = rounds.begin()
    assert round_.walk_began == at(3)
    assert round_.report.detail == ""


@pytest.mark.parametrize("text", ["half a te", "[" * 100_000, "[1]", "null", '"text"', "5"])
def test_what_is_no_json_object_is_an_empty_section(text: str) -> None:
    rounds = Rounds()
    lease = rounds.begin().control.lease
    rounds.controls.finish(lease, {}, {"brake": text, "words": '{"seen":["x"]}'})
    assert rounds.begin().memory == {"brake": {}, "words": {"seen": ["x"]}}


def test_what_changed_in_memory_is_stored_as_compact_json_and_nothing_else() -> None:
    rounds = Rounds()
    round_ = rounds.begin()
    rounds.controls.finish(round_.control.lease, {}, {"words": '{"a":1}', "brake": '{"b":2}'})
    round_ = rounds.begin()
    written: list[Mapping[str, str]] = []
    finish = rounds.controls.finish

    def noting(lease: Any, buckets: Mapping[int, str], memory: Mapping[str, str]) -> bool:
        written.append(memory)
        return finish(lease, buckets, memory)

    rounds.controls.finish = noting  # type: ignore[method-assign]
    round_.memory["words"] = {"seen": ["x", "y"], "refused": []}
    round_.memory["new"] = {}
    round_.close()
    assert written == [{"words": '{"seen":["x","y"],"refused":[]}', "new": "{}"}]


def test_a_run_that_is_closed_stores_its_digests_and_gives_its_lease_back() -> None:
    rounds = Rounds()
    round_ = rounds.begin()
    row = observed(payment("a"), epoch=2_000_000_000)
    round_.recording.apply([row], lambda key: None, always)
    digests = round_.recording.digests()
    assert set(digests) == {bucket_of("a")}
    round_.close()
    now = rounds.clock.now()
    after = rounds.controls.acquire(ONEPAY, "poll", now, now + timedelta(seconds=1))
    assert after is not None
    assert after.buckets == digests
