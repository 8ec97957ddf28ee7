"""One run's recording: marked before it is written, written before it is published."""

from __future__ import annotations

from paywatch.discovery.books import digest_of, line_of
from paywatch.domain.changes import DetectedBy
from paywatch.domain.payments import BUCKETS, bucket_of, timestamp
from tests.examples import ONEPAY, at, observed, payment
from tests.unit.discovery.rounds import Rounds
from tests.unit.discovery.shelf import always, never, so_often

# Evidence of these examples is newer than what `Rounds.hold` stores.
LATER = 2_000_000_000


def unlisted(payment_id: str) -> str | None:
    return None


def rounds_at_rest(*words: str) -> Rounds:
    """Return a source whose buckets all have digests, with a payment a, b, c… of each word."""
    rounds = Rounds()
    for name, word in zip("abcdef", words, strict=False):
        rounds.hold(payment(name, word))
    first = rounds.begin()
    first.recording.deliver_owed(always)
    first.recording.apply([], unlisted, always)
    first.close()
    rounds.calls.clear()
    rounds.controls.marks.clear()
    return rounds


def test_what_is_new_is_marked_then_written_then_published_then_acknowledged() -> None:
    rounds = rounds_at_rest("created")
    round_ = rounds.begin()
    round_.recording.apply([observed(payment("n"), epoch=LATER)], unlisted, always)
    assert rounds.calls == ["mark", "save n", "publish n/1", "acknowledge n/1"]
    assert rounds.controls.marks == [{bucket_of("n")}]
    assert round_.report.published == 1
    assert round_.recording.whole
    assert not rounds.stored("n").owes
    assert [change.payment.id for change in round_.recording.applied.changes] == ["n"]


def test_a_bucket_is_marked_once_in_a_run() -> None:
    rounds = rounds_at_rest("created")
    recording = rounds.begin().recording
    for word in ("processing", "paid"):
        row = observed(payment("a", word), len(rounds.calls) + 1, epoch=LATER)
        recording.apply([row], unlisted, always)
    recording.apply([observed(payment("n"), epoch=LATER)], unlisted, always)
    assert [marked for marked in rounds.controls.marks if marked] == [
        {bucket_of("a")},
        {bucket_of("n")},
    ]


def test_what_changes_nothing_is_neither_marked_nor_written() -> None:
    rounds = rounds_at_rest("created")
    recording = rounds.begin().recording
    recording.apply([observed(payment("a"), epoch=LATER)], unlisted, always)
    assert rounds.calls == ["mark"]
    assert rounds.controls.marks == [set()]
    assert recording.books.loaded == frozenset()
    assert recording.digests() == {}


def test_the_digests_of_marked_buckets_are_stored_and_no_others() -> None:
    rounds = rounds_at_rest("created", "created")
    round_ = rounds.begin()
    row = payment("a", "processing")
    round_.recording.apply([observed(row, epoch=LATER)], unlisted, always)
    (value,) = round_.recording.digests().values()
    assert value.partition(" ")[0] == digest_of([line_of(row)])
    assert list(round_.recording.digests()) == [bucket_of("a")]
    round_.close()
    assert rounds.begin().control.buckets[bucket_of("a")] == value


def test_a_bucket_with_an_unwritten_or_unpublished_change_keeps_its_mark() -> None:
    rounds = rounds_at_rest("created", "created", "created")
    rounds.payments.broken = {"b"}
    rounds.topic.refusing[f"{ONEPAY}/c/2"] = "InternalError"
    round_ = rounds.begin()
    rows = [observed(payment(name, "paid"), epoch=LATER) for name in "abc"]
    round_.recording.apply(rows, unlisted, always)
    assert set(round_.recording.digests()) == {bucket_of("a")}
    assert not round_.recording.whole
    assert round_.recording.applied.unwritten == {"b"}
    round_.close()
    again = rounds.begin()
    assert sorted(again.books.left_marked) == sorted([bucket_of("b"), bucket_of("c")])


def test_a_payment_that_someone_else_wrote_first_is_ruled_on_anew_by_its_own_rows() -> None:
    rounds = rounds_at_rest("created", "created")
    recording = rounds.begin().recording
    recording.books.load(range(BUCKETS))
    # Another run has recorded meanwhile that it is being processed.
    rounds.move(payment("a", "processing"), epoch=2)
    rows = [
        observed(payment("b", "failed"), 3, epoch=LATER),
        observed(payment("a", "paid"), 2, epoch=LATER),
    ]
    recording.apply(rows, unlisted, always)
    assert recording.whole
    saves = [call for call in rounds.calls if call.startswith("save")]
    assert saves == ["save a", "save a", "save b"]
    assert [c.status for c in rounds.stored("a").history] == ["pending", "processing", "paid"]
    assert [c.status for c in rounds.stored("b").history] == ["pending", "failed"]
    assert sorted(rounds.told) == ["a/2", "a/3", "b/2"]


def test_no_loss_what_another_run_wrote_before_the_bucket_was_read_is_not_written_over() -> None:
    rounds = rounds_at_rest("created")
    recording = rounds.begin().recording
    recording.books.find(["a"])
    rounds.move(payment("a", "processing"), epoch=2)
    recording.apply([observed(payment("a", "paid"), epoch=LATER)], unlisted, always)
    stored = rounds.stored("a")
    assert [c.status for c in stored.history] == ["pending", "processing", "paid"]
    assert [c.version for c in stored.history] == [1, 2, 3]
    assert rounds.told == ["a/2", "a/3"]


def test_when_a_payment_was_listed_last_is_asked_for_it_alone_also_where_it_is_ruled_on_anew() -> (
    None
):
    rounds = rounds_at_rest("created", "created")
    recording = rounds.begin().recording
    recording.books.load(range(BUCKETS))
    rounds.move(payment("a", "created", amount="7.00"), epoch=2)
    rows = [observed(payment(name, "paid"), epoch=LATER, seconds=500) for name in "ab"]
    recording.apply(rows, {"a": at(300), "b": at(400)}.get, always)
    assert recording.whole
    assert rounds.stored("a").history[-1].changed_after == at(300)
    assert rounds.stored("b").history[-1].changed_after == at(400)


def test_a_doubtful_row_is_believed_where_another_one_confirms_it_also_when_ruled_on_anew() -> None:
    rounds = rounds_at_rest("paid", "paid", "paid")
    recording = rounds.begin().recording
    doubtful = [observed(payment(name, "processing"), 1, epoch=LATER) for name in "abc"]
    recording.apply(doubtful, unlisted, always)
    assert set(recording.applied.backwards) == {"a", "b", "c"}
    assert recording.whole
    rounds.move(payment("b", "paid", amount="7.00"), epoch=2)
    rows = [
        observed(payment(name, "processing"), 2, epoch=LATER, route="id", by=DetectedBy.LOOKUP)
        for name in "abc"
    ]
    suspicions = {key: recording.applied.backwards[key] for key in ("a", "b")}
    recording.apply(rows, unlisted, always, suspicions)
    assert [rounds.stored(name).status for name in "abc"] == ["processing", "processing", "paid"]


def test_what_there_is_no_time_to_write_is_unwritten() -> None:
    rounds = rounds_at_rest("created", "created")
    recording = rounds.begin().recording
    rows = [observed(payment(name, "paid"), epoch=LATER) for name in "ab"]
    recording.apply(rows, unlisted, so_often(1))
    assert recording.applied.unwritten == {"b"}
    assert [rounds.stored(name).status for name in "ab"] == ["paid", "pending"]


def owing(*names: str) -> Rounds:
    """Return a source whose payments owe their first event each, in buckets left marked."""
    rounds = Rounds()
    for name in names:
        rounds.hold(payment(name), owes=True)
    return rounds


def test_what_earlier_runs_owe_is_published_beginning_elsewhere_each_time() -> None:
    first: list[str] = []
    for _ in range(4):
        rounds = owing("a", "b", "c", "d")
        for _ in range(len(first)):
            rounds.begin()
        rounds.begin().recording.deliver_owed(always)
        assert sorted(rounds.told) == ["a/1", "b/1", "c/1", "d/1"]
        first.append(rounds.told[0])
    assert sorted(first) == ["a/1", "b/1", "c/1", "d/1"]


def test_what_the_time_is_too_short_for_stays_owed_and_is_published_later_in_the_run() -> None:
    rounds = owing("a", "b")
    recording = rounds.begin().recording
    recording.deliver_owed(never)
    assert rounds.told == []
    assert len(recording.books.owing) == 2
    recording.apply([], unlisted, always)
    assert sorted(rounds.told) == ["a/1", "b/1"]
    assert recording.books.owing == []


def test_only_buckets_that_a_run_left_marked_are_read_for_what_they_owe() -> None:
    rounds = rounds_at_rest("created", "created")
    rounds.hold(payment("c"), owes=True)
    recording = rounds.begin().recording
    recording.deliver_owed(always)
    assert rounds.calls == []
    assert recording.books.loaded == frozenset()
    left = rounds.begin_after_a_death(bucket_of("c"))
    left.recording.deliver_owed(always)
    assert left.books.loaded == {bucket_of("c")}
    assert rounds.told[-1] == "c/1"


def test_a_refused_message_is_said_and_not_sent_again_in_the_run() -> None:
    rounds = owing("a", "b")
    rounds.topic.refusing[f"{ONEPAY}/a/1"] = "InternalError"
    round_ = rounds.begin()
    round_.recording.deliver_owed(always)
    assert round_.report.detail == "not published: a: InternalError"
    assert round_.report.outcome == "ok"
    assert round_.report.published == 1
    rounds.topic.refusing.clear()
    rounds.calls.clear()
    row = observed(payment("b", "paid"), epoch=LATER)
    round_.recording.apply([row], unlisted, always)
    assert [call for call in rounds.calls if call.startswith("publish")] == ["publish b/2"]
    assert round_.report.published == 2
    # The next run sends it.
    rounds.begin().recording.deliver_owed(always)
    assert rounds.told[-1] == "a/1"


def test_what_was_refused_in_one_step_stays_refused_in_all_that_follow() -> None:
    rounds = owing("a", "b")
    rounds.topic.refusing[f"{ONEPAY}/a/1"] = "InternalError"
    recording = rounds.begin().recording
    recording.deliver_owed(always)
    rounds.topic.refusing = {f"{ONEPAY}/b/2": "InternalError"}
    recording.apply([observed(payment("b", "paid"), epoch=LATER)], unlisted, always)
    rounds.topic.refusing.clear()
    recording.apply([], unlisted, always)
    assert rounds.told == ["b/1"]


def test_a_topic_that_refuses_everything_is_a_fault_and_not_asked_again_in_the_run() -> None:
    rounds = owing("a")
    rounds.topic.fault = "KMSDisabled"
    round_ = rounds.begin()
    round_.recording.deliver_owed(always)
    assert (round_.report.outcome, round_.report.detail) == ("topic_unavailable", "KMSDisabled")
    rounds.topic.fault = None
    rounds.calls.clear()
    round_.recording.apply([observed(payment("n"), epoch=LATER)], unlisted, always)
    # It is recorded all the same.
    assert [call for call in rounds.calls if call != "mark"] == ["save n"]
    assert rounds.told == []
    assert rounds.stored("n").owes


def test_without_anything_owed_nothing_is_sent() -> None:
    rounds = rounds_at_rest("created")
    rounds.topic.fault = "KMSDisabled"
    round_ = rounds.begin()
    round_.recording.deliver_owed(always)
    round_.recording.apply([observed(payment("a"), epoch=LATER)], unlisted, always)
    assert round_.report.outcome == "ok"
    assert not [call for call in rounds.calls if call.startswith("publish")]


def test_the_moments_at_which_to_read_a_bucket_again_are_in_its_digest() -> None:
    rounds = Rounds()
    rounds.hold(payment("a", "processing"))
    round_ = rounds.begin()
    round_.recording.apply([], unlisted, always)
    due = list(round_.overdue.deadlines(rounds.stored("a")))
    assert due
    round_.recording.deliver_owed(always)
    round_.recording.apply([], unlisted, always)
    value = round_.recording.digests()[bucket_of("a")]
    assert value.endswith(f" {timestamp(due[0])}")
