"""The rules of leases, digests and what a source remembers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from paywatch.errors import LeaseLost
from paywatch.ports import LONGEST_LEASE, NO_LEASE, Control, Controls, Lease
from tests.contract.records import COMPAGO, NORTE, ONEPAY

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FIRST = int(NOW.timestamp()) + 1


def acquired(controls: Controls, now: datetime = NOW, until: datetime | None = None) -> Control:
    """Take the lease of Compago's poll, for a minute unless said otherwise."""
    control = controls.acquire(COMPAGO, "poll", now, until or now + MINUTE)
    assert control is not None
    return control


def test_nothing_is_known_of_a_source_before_its_first_run(controls: Controls) -> None:
    assert controls.peek(COMPAGO, "poll") == Control(Lease(COMPAGO, "poll", 0, NO_LEASE), NO_LEASE)


def test_the_first_lease_is_beyond_every_epoch_that_was_counted_and_has_nothing_stored(
    controls: Controls,
) -> None:
    control = acquired(controls)
    assert control == Control(Lease(COMPAGO, "poll", FIRST, NOW + MINUTE), NOW)
    assert controls.peek(COMPAGO, "poll") == control


def test_a_second_holder_is_refused(controls: Controls) -> None:
    control = acquired(controls)
    assert controls.acquire(COMPAGO, "poll", NOW, NOW + MINUTE) is None
    just_before = NOW + MINUTE - timedelta(microseconds=1)
    assert controls.acquire(COMPAGO, "poll", just_before, NOW + 2 * MINUTE) is None
    assert controls.peek(COMPAGO, "poll") == control


def test_a_lease_that_ended_is_granted_with_the_next_epoch(controls: Controls) -> None:
    acquired(controls)
    control = acquired(controls, NOW + MINUTE)
    assert control.lease == Lease(COMPAGO, "poll", FIRST + 1, NOW + 2 * MINUTE)


def test_a_lease_that_was_given_back_is_granted_at_once(controls: Controls) -> None:
    control = acquired(controls)
    assert controls.finish(control.lease, {}, {})
    assert controls.peek(COMPAGO, "poll").lease == Lease(COMPAGO, "poll", FIRST, NO_LEASE)
    assert acquired(controls).lease.epoch == FIRST + 1


def test_a_lease_longer_than_any_run_is_ignored(controls: Controls) -> None:
    leapt = NOW + timedelta(days=365)
    epoch = acquired(controls, leapt).lease.epoch
    assert acquired(controls).lease == Lease(COMPAGO, "poll", epoch + 1, NOW + MINUTE)


def test_the_longest_lease_is_respected(controls: Controls) -> None:
    acquired(controls, until=NOW + LONGEST_LEASE)
    assert controls.acquire(COMPAGO, "poll", NOW, NOW + MINUTE) is None


def test_the_watch_began_with_the_first_lease(controls: Controls) -> None:
    acquired(controls)
    assert acquired(controls, NOW + MINUTE).watch_began == NOW
    assert controls.peek(COMPAGO, "poll").watch_began == NOW


def test_sources_and_kinds_are_apart(controls: Controls) -> None:
    names = [(COMPAGO, "poll"), (COMPAGO, "reconcile"), (ONEPAY, "poll"), (NORTE, "poll")]
    leases = []
    for source, kind in names:
        control = controls.acquire(source, kind, NOW, NOW + MINUTE)
        assert control is not None
        leases.append(control.lease)
    assert [lease.epoch for lease in leases] == [FIRST] * 4
    controls.mark(leases[0], [1])
    controls.finish(leases[0], {}, {"tail": "{}"})
    for lease in leases[1:]:
        assert controls.peek(lease.source, lease.kind) == Control(lease, NOW)


def test_marked_buckets_carry_the_token(controls: Controls) -> None:
    lease = acquired(controls).lease
    controls.mark(lease, [0, 10, 63])
    controls.mark(lease, [10, 11])
    token = lease.token
    assert controls.peek(COMPAGO, "poll").buckets == {0: token, 10: token, 11: token, 63: token}


def test_marking_nothing_does_nothing(controls: Controls) -> None:
    controls.mark(Lease(COMPAGO, "poll", 7, NOW), [])
    assert controls.peek(COMPAGO, "poll").lease.epoch == 0


def test_keeping_nothing_does_nothing(controls: Controls) -> None:
    lease = acquired(controls).lease
    controls.finish(lease, {}, {"tail": "1"})
    before = controls.peek(COMPAGO, "poll")
    controls.keep(lease, {})
    assert controls.peek(COMPAGO, "poll") == before


@pytest.mark.parametrize("epoch", [0, FIRST, FIRST + 2])
def test_only_the_holder_may_mark(controls: Controls, epoch: int) -> None:
    acquired(controls)
    acquired(controls, NOW + MINUTE)
    with pytest.raises(LeaseLost):
        controls.mark(Lease(COMPAGO, "poll", epoch, NOW + MINUTE), [1])
    assert controls.peek(COMPAGO, "poll").buckets == {}


def test_nobody_marks_or_finishes_before_the_first_lease(controls: Controls) -> None:
    lease = Lease(COMPAGO, "poll", 1, NOW + MINUTE)
    with pytest.raises(LeaseLost):
        controls.mark(lease, [1])
    with pytest.raises(LeaseLost):
        controls.finish(lease, {}, {"tail": "{}"})
    assert controls.peek(COMPAGO, "poll").memory == {}


def test_a_finished_run_leaves_digests_and_sections(controls: Controls) -> None:
    lease = acquired(controls).lease
    controls.mark(lease, [1, 2])
    assert controls.finish(lease, {1: "d1", 2: "d2"}, {"tail": '{"mark":"ñ"}', "books": ""})
    control = acquired(controls)
    assert control.buckets == {1: "d1", 2: "d2"}
    assert control.memory == {"tail": '{"mark":"ñ"}', "books": ""}


def test_a_bucket_that_is_not_given_keeps_its_token(controls: Controls) -> None:
    lease = acquired(controls).lease
    controls.mark(lease, [1, 2])
    assert controls.finish(lease, {1: "d1"}, {})
    assert acquired(controls).buckets == {1: "d1", 2: lease.token}


def test_all_64_buckets_fit_into_one_write(controls: Controls) -> None:
    lease = acquired(controls).lease
    digests = {bucket: f"digest {bucket}" for bucket in range(64)}
    sections = {f"section {number}": "text" for number in range(20)}
    controls.mark(lease, range(64))
    assert controls.finish(lease, digests, sections)
    control = controls.peek(COMPAGO, "poll")
    assert (control.buckets, control.memory) == (digests, sections)


def test_sections_that_are_not_given_stay(controls: Controls) -> None:
    controls.finish(acquired(controls).lease, {}, {"tail": "1", "books": "1"})
    controls.finish(acquired(controls).lease, {}, {"tail": "2"})
    assert acquired(controls).memory == {"tail": "2", "books": "1"}


def test_without_a_token_no_digest_is_stored_but_the_sections_are(controls: Controls) -> None:
    lease = acquired(controls).lease
    controls.mark(lease, [1])
    assert not controls.finish(lease, {1: "d1", 2: "d2"}, {"tail": "1"})
    control = controls.peek(COMPAGO, "poll")
    assert control.buckets == {1: lease.token}
    assert control.memory == {"tail": "1"}
    assert control.lease.until == NO_LEASE


def test_another_runs_token_is_not_ours(controls: Controls) -> None:
    broken = acquired(controls).lease
    controls.mark(broken, [1])
    lease = acquired(controls, NOW + MINUTE).lease
    assert not controls.finish(lease, {1: "d1"}, {})
    assert controls.peek(COMPAGO, "poll").buckets == {1: broken.token}


def test_a_run_whose_lease_was_taken_over_cannot_finish(controls: Controls) -> None:
    lost = acquired(controls).lease
    controls.mark(lost, [1])
    control = acquired(controls, NOW + MINUTE)
    with pytest.raises(LeaseLost):
        controls.finish(lost, {1: "d1"}, {"tail": "1"})
    assert controls.peek(COMPAGO, "poll") == control
