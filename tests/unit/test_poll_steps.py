"""One poll, step by step: in which order, for how long, and what of it is remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from paywatch.discovery.books import digest_of
from paywatch.domain.events import Message
from paywatch.domain.payments import Payment, timestamp
from paywatch.errors import Unavailable
from paywatch.poll import ENDED, OWED, SWEPT, TAILED_ON, SourcePoll
from paywatch.report import SourceReport
from tests.examples import at, instant, payment
from tests.unit.discovery.inquiring import paid
from tests.unit.discovery.rounds import Listening, Rounds
from tests.unit.discovery.shelf import Shelf

OPEN = payment("open", created_at=at(-50))
SETTLED = ["paid", "failed", "refunded", "disputed"]


def run(rounds: Rounds, *wants_reconcile: bool, **limits: Any) -> SourceReport:
    """Poll the source once, within these limits."""
    return SourcePoll(rounds.begin(**limits), *wants_reconcile).run()


def begun(*rows: Payment, polls: int = 1) -> Rounds:
    """Return a source that was polled when it had these rows."""
    rounds = Rounds(Shelf(rows))
    rounds.clock.advance(100)
    for _ in range(polls):
        run(rounds)
    forget(rounds)
    return rounds


def forget(rounds: Rounds) -> None:
    rounds.calls.clear()
    rounds.shelf.asked.clear()


def asked(rounds: Rounds) -> list[str]:
    """Return the lists that were asked for, page by page, the list of all as `*`."""
    return [query.status or "*" for query in rounds.shelf.asked if not query.ids]


def due(rounds: Rounds) -> str:
    """Return the settled list whose turn it is in the next run."""
    epoch = rounds.controls.peek(rounds.shelf.source, "poll").lease.epoch
    return SETTLED[(epoch + 1) % 4]


def test_a_first_poll_probes_sweeps_looks_for_new_ones_and_then_reads_everything() -> None:
    rounds = Rounds(Shelf([OPEN, *paid(3, start=-900)]))
    report = run(rounds)
    lists = asked(rounds)
    swept = lists.index("created")
    assert set(lists[:swept]) >= {"failed", "refunded", "disputed"}
    assert lists[swept : swept + 3] == ["created", "processing", "*"]
    # The baseline: the lists without dates that were not read whole, and the list of all.
    assert lists[swept + 3 : swept + 7] == ["refunded", "disputed", "failed", "*"]
    assert report.outcome == "ok"
    assert rounds.memory("reconcile")["completed"]["rows"] == 4


def test_a_poll_at_rest_probes_one_settled_list_and_reads_the_open_ones() -> None:
    rounds = begun(OPEN, *paid(3, start=-900), polls=9)
    probed = due(rounds)
    run(rounds)
    assert asked(rounds) == [probed, "created", "processing", "*"]
    assert rounds.shelf.looked_up == []
    assert rounds.calls.count("mark") <= 1


def test_a_reconcile_is_made_when_it_is_wanted_and_the_baseline_is_complete() -> None:
    rounds = begun(OPEN, polls=2)
    before = rounds.memory("reconcile")["completed"]
    run(rounds)
    assert rounds.memory("reconcile")["completed"] == before
    run(rounds, True)
    assert rounds.memory("reconcile")["completed"]["began"] > before["ended"]


def test_before_the_open_lists_were_walked_out_once_no_baseline_is_begun() -> None:
    rounds = Rounds(Shelf([OPEN]))
    rounds.shelf.broken |= dict.fromkeys(
        [("created", 1), ("created", 2), ("processing", 1)], Unavailable("503")
    )
    rounds.write(sweep={"guesses": {"created": 2}})
    report = run(rounds)
    assert "reconcile" not in rounds.controls.peek(rounds.shelf.source, "poll").memory
    assert not report.watching
    rounds.shelf.broken.clear()
    run(rounds)
    assert "completed" in rounds.memory("reconcile")


def test_what_can_never_be_read_keeps_no_baseline_waiting() -> None:
    rounds = Rounds(Shelf([OPEN]))
    rounds.shelf.broken["processing", 1] = Unavailable("503")
    assert not run(rounds).watching
    assert "completed" in rounds.memory("reconcile")


def test_what_a_finished_sweep_read_is_remembered() -> None:
    rounds = begun(OPEN)
    rounds.shelf.rows.append(payment("p", "processing", created_at=at(-60)))
    began = rounds.begin()
    report = SourcePoll(began).run()
    assert rounds.memory("walk") == {
        "began": timestamp(began.began),
        "epoch": began.epoch,
        "sealed": True,
    }
    seal = {"pages": 1, "distinct": 1, "totals": [1, 1], "sealed": True, "why": ""}
    certificates = [{"list": word, **seal} for word in ("created", "processing")]
    assert report.certificates == certificates
    assert rounds.memory("sweep") == {
        "guesses": {"created": 1, "processing": 1},
        "certificates": certificates,
    }


def test_a_sweep_that_was_not_finished_goes_on_where_it_stopped() -> None:
    rows = [payment(f"p{n:03}", created_at=at(-900 + n)) for n in range(200)]
    rounds = begun(*rows, polls=2)
    walk, figures = rounds.memory("walk"), rounds.memory("still")["figures"]
    rounds.shelf.put(payment("p199", created_at=at(-701), amount="7.00"))
    first = rounds.begin(seconds=10)
    report = SourcePoll(first).run()
    assert list(rounds.memory("sweep")) == ["guesses", "cursor"]
    assert rounds.memory("sweep")["cursor"]["epoch"] == first.epoch
    assert rounds.memory("walk") == walk
    # Totals of a part of the lists are no figures.
    assert rounds.memory("still")["figures"] == figures
    # It went on, all was well, and rows were read: that is watching, and no seal.
    assert (report.watching, report.sealed) == (True, False)
    assert not report.certificates[0]["sealed"]
    forget(rounds)
    report = run(rounds, seconds=100)
    assert asked(rounds).count("created") < 10
    assert rounds.memory("walk")["epoch"] == first.epoch
    assert rounds.memory("walk")["began"] == timestamp(first.began)
    assert report.watching


def test_a_sweep_that_got_nowhere_for_a_fault_is_not_watching() -> None:
    rows = [payment(f"p{n:03}", created_at=at(-900 + n)) for n in range(200)]
    rounds = begun(*rows, polls=2)
    rounds.shelf.broken["created", 10] = Unavailable("503")
    rounds.shelf.broken["created", 9] = Unavailable("503")
    report = run(rounds, seconds=10)
    assert (report.outcome, report.watching) == ("unavailable", False)
    assert report.detail == "sweep: 503"


def test_a_sweep_that_read_nothing_for_lack_of_time_is_not_watching() -> None:
    rounds = begun(OPEN)
    report = run(rounds, requests=1)
    assert (report.outcome, report.watching) == ("ok", False)


def test_a_source_without_open_payments_is_watched_and_never_sealed() -> None:
    rounds = begun(*paid(2, start=-900))
    report = run(rounds)
    assert (report.watching, report.sealed) == (True, False)


def test_what_could_not_be_written_is_read_again_by_the_next_poll_and_raised() -> None:
    rounds = begun(OPEN, polls=2)
    memory = {name: rounds.memory(name) for name in ("walk", "sweep", "tail", "settled")}
    rounds.shelf.rows += [payment("new", "failed", created_at=at(5000))]
    rounds.payments.broken = {"new"}
    with pytest.raises(OSError, match="new"):
        run(rounds)
    assert {name: rounds.memory(name) for name in memory} == memory
    # The lease was given back.
    now = rounds.clock.now()
    assert rounds.controls.peek(rounds.shelf.source, "poll").lease.until < now
    rounds.payments.broken = set()
    run(rounds)
    assert rounds.told == ["new/1"]
    assert {name: rounds.memory(name) for name in memory} != memory


def test_the_first_of_several_faults_is_raised() -> None:
    rounds = begun(OPEN)
    rounds.shelf.rows += [payment(f"n{n}", created_at=at(5000 + n)) for n in range(2)]
    rounds.payments.broken = {"n0", "n1"}
    with pytest.raises(OSError, match="n0"):
        run(rounds)


def test_a_tail_that_failed_is_read_again_from_where_the_last_one_ended() -> None:
    rounds = begun(OPEN, polls=2)
    before = rounds.memory("tail")
    rounds.shelf.rows.append(payment("new", created_at=at(5000)))
    rounds.shelf.broken[None, 1] = Unavailable("503")
    report = run(rounds)
    assert report.detail == "tail: 503"
    assert rounds.memory("tail") == before
    # What the sweep read is believed all the same.
    assert report.watching
    assert rounds.told == ["new/1"]
    rounds.shelf.broken.clear()
    run(rounds)
    assert rounds.memory("tail") != before


def test_a_provider_that_failed_for_long_is_left_alone_for_a_while_and_owed_events_are_not() -> (
    None
):
    rounds = begun(OPEN, polls=2)
    rounds.hold(payment("owed"), owes=True)
    rounds.controls.mark(rounds.begin().control.lease, [rounds.stored("owed").bucket])
    rounds.write(health=resting(rounds))
    forget(rounds)
    report = run(rounds)
    assert rounds.told == ["owed/1"]
    assert asked(rounds) == []
    assert report.outcome == "resting"
    assert report.detail == f"left alone until {rounds.memory('health')['next']}: 503"
    assert not report.watching


def resting(rounds: Rounds) -> dict[str, Any]:
    """Return the health of a provider that is left alone for another three minutes."""
    held = rounds.controls.peek(rounds.shelf.source, "poll").lease.until
    now = max(held, rounds.clock.now())
    seconds = (now - instant(0)).total_seconds()
    return {
        "outcome": "unavailable",
        "failures": 5,
        "detail": "503",
        "next": at(seconds + 180),
        "at": at(seconds),
        "failing_since": at(0),
    }


class Slow(Listening):
    """A topic that takes its time."""

    def __init__(self, rounds: Rounds, seconds: float) -> None:
        super().__init__(rounds.calls)
        self.clock = rounds.clock
        self.seconds = seconds

    def publish(self, messages: Sequence[Message]) -> Mapping[str, str | None]:
        self.clock.advance(self.seconds)
        return super().publish(messages)


def test_what_is_owed_is_published_first_in_a_quarter_of_the_time() -> None:
    rounds = Rounds(Shelf([payment(f"p{n:02}", created_at=at(5)) for n in range(35)]))
    for row in rounds.shelf.rows:
        rounds.hold(row, owes=True)
    rounds.topic = Slow(rounds, 100 * OWED / 2 + 1)
    rounds.shelf.before = lambda number: rounds.calls.append("list")
    run(rounds, seconds=100)
    steps = [call.split()[0] for call in rounds.calls if call.split()[0] in ("publish", "list")]
    assert steps[:3] == ["publish", "publish", "list"]
    assert len(rounds.told) > 20


def times(rounds: Rounds, seconds: float) -> dict[str, list[float]]:
    """Poll within so much time; return by list at which share of it each page was asked for."""
    began = rounds.clock.monotonic()
    taken: dict[str, list[float]] = {}

    def before(number: int) -> None:
        query = rounds.shelf.asked[-1]
        share = (rounds.clock.monotonic() - 1 - began) / seconds
        taken.setdefault(query.status or "*", []).append(share)

    rounds.shelf.before = before
    run(rounds, seconds=seconds)
    return taken


def test_no_list_is_read_beyond_its_share_of_the_time() -> None:
    rows = [payment(f"p{n:03}", created_at=at(-9000 + n)) for n in range(900)]
    rounds = begun(*rows, polls=2)
    rounds.shelf.rows += paid(900, first=900, start=5000)
    taken = times(rounds, 50)
    assert max(taken["created"]) < SWEPT <= max(taken["created"]) + 1 / 50
    assert SWEPT <= min(taken["*"]) <= max(taken["*"]) < TAILED_ON <= max(taken["*"]) + 1 / 50


def test_a_sweep_that_is_nearly_at_its_end_goes_on_a_little() -> None:
    rows = [payment(f"p{n:03}", created_at=at(-9000 + n)) for n in range(600)]
    rounds = begun(*rows, polls=2)
    taken = times(rounds, 50)
    assert len(taken["created"]) == 30
    assert SWEPT <= max(taken["created"]) < ENDED
    assert rounds.memory("sweep").get("cursor") is None


def test_settled_lists_are_probed_only_at_the_very_beginning() -> None:
    rounds = begun(OPEN, polls=2)
    rounds.write(settled={})
    run(rounds, seconds=40)
    # The second of them begins within a twentieth of the time, a third one would not.
    assert asked(rounds).index("created") == 2


def test_a_list_that_had_a_flaw_is_probed_behind_the_others() -> None:
    rounds = begun(OPEN, *paid(3, start=-900), polls=3)
    word = due(rounds)
    rounds.shelf.broken[word, 1] = Unavailable("503")
    run(rounds)
    run(rounds)
    while due(rounds) != word:
        run(rounds)
    forget(rounds)
    run(rounds)
    assert asked(rounds) == ["created", "processing", "*", word]


def test_the_totals_that_a_finished_sweep_saw_are_its_figures() -> None:
    rounds = begun(OPEN, polls=2)
    figures = digest_of(["created 1 [1]", "processing 0 [0]"])
    assert rounds.memory("still")["figures"] == figures
