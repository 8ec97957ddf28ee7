"""A poll behind its sweep: who left, who came back, and long settled lists that are walked on."""

from __future__ import annotations

from typing import Any

import pytest

from paywatch.discovery.reconcile import Reconcile
from paywatch.domain.payments import BUCKETS, Payment
from paywatch.errors import OutOfTime, Unavailable
from paywatch.poll import SourcePoll
from paywatch.ports import Allowance, Found
from paywatch.report import SourceReport
from paywatch.round import LAST
from tests.examples import at, payment
from tests.unit.discovery.rounds import Rounds
from tests.unit.discovery.shelf import Shelf
from tests.unit.discovery.slowly import EPOCH, suspect

OPEN = payment("open", created_at=at(-50))
# The settled list whose turn it is in the run that follows `Walks`, and one that is walked on in.
DUE = ("paid", "failed", "refunded", "disputed")[EPOCH % 4]
LONG = "failed"


def entry(total: int, **fields: Any) -> dict[str, Any]:
    """Return what is stored of a settled list that was read whole."""
    return {"total": total, "rows": "", "whole": True, "ids": None, **fields}


class Walks:
    """A run over seven pages of failed payments, of which it knows that the sixth comes next."""

    def __init__(self, *rows: Payment, shelf: Shelf | None = None, **sections: Any) -> None:
        failed = [payment(f"f{n:02}", LONG, created_at=at(-900 + n)) for n in range(1, 13)]
        self.shelf = shelf or Shelf(page_size=2)
        self.shelf.rows = [payment("f00", LONG, created_at=at(-900)), *failed, OPEN, *rows]
        self.rounds = Rounds(self.shelf)
        for row in (*failed, OPEN):
            self.rounds.hold(row)
        settled = {word: entry(0) for word in ("paid", "refunded", "disputed")}
        settled[LONG] = entry(13, next=6, then=13)
        self.rounds.write(
            **{
                "walk": {"began": at(70), "epoch": 1},
                "settled": settled,
                "reconcile": {"completed": {"began": at(0)}},
                **sections,
            }
        )

    def run(self, **limits: Any) -> SourceReport:
        return SourcePoll(self.rounds.begin(**limits)).run()

    def pages(self, word: str) -> list[int]:
        return [query.page for query in self.shelf.asked if query.status == word]

    @property
    def next(self) -> int:
        """The page of the long list at which the next run goes on."""
        page: int = self.rounds.memory("settled")[LONG]["next"]
        return page


def test_a_long_list_is_walked_on_in_to_its_end_and_what_it_shows_is_recorded() -> None:
    walks = Walks()
    walks.rounds.hold(payment("f00", "created", created_at=at(-900)))
    # A sweep that is not at its end takes nobody to have left.
    walks.shelf.broken["processing", 1] = OutOfTime("later")
    walks.run()
    assert walks.pages(LONG)[:3] == [1, 6, 7]
    stored = walks.rounds.stored("f00")
    assert stored.status == "failed"
    assert stored.history[-1].changed_after == at(70)
    assert str(stored.history[-1].detected_by) == "settled_scan"
    assert walks.next == 0


def test_what_a_walk_shows_is_recorded_until_the_run_ends() -> None:
    walks = Walks()
    slow_at(walks.rounds, LONG, 7)
    walks.run(seconds=60)
    assert walks.pages(LONG) == [1, 6, 7]
    assert "f00" not in walks.rounds.payments.fetch(walks.shelf.source, ["f00"])
    assert walks.next == 6


def slow_at(rounds: Rounds, word: str | None, number: int) -> None:
    """Let a page of a list take a minute."""

    def before(request: int) -> None:
        query = rounds.shelf.asked[-1]
        if (query.status, query.page) == (word, number):
            rounds.clock.advance(60)

    rounds.shelf.before = before


def test_no_walk_is_gone_on_with_late_in_the_run() -> None:
    walks = Walks()
    # The sweep comes before it, and takes what there is.
    slow_at(walks.rounds, "created", 1)
    walks.run(seconds=61 / LAST)
    assert walks.pages(LONG) == []
    assert walks.next == 6


def test_a_walk_that_fails_is_said() -> None:
    walks = Walks()
    walks.shelf.broken[LONG, 1] = Unavailable("503")
    report = walks.run()
    assert (report.outcome, report.detail) == ("unavailable", "settled: 503")


def test_a_settled_list_that_cannot_be_probed_is_said() -> None:
    walks = Walks()
    walks.shelf.broken[DUE, 1] = Unavailable("503")
    assert walks.run().detail == "settled: 503"


def flawed() -> Walks:
    """Return a run in which the list that is due could not be read before."""
    return Walks(flaws={f"{DUE}/newest_first": [DUE, 1, 0, "503", at(0), 2]})


def test_a_flawed_list_is_probed_last_and_what_it_shows_is_recorded() -> None:
    walks = flawed()
    walks.shelf.rows.append(payment("new", DUE, created_at=at(-60)))
    walks.run()
    asked = [query.status for query in walks.shelf.asked]
    assert asked.index(DUE) > asked.index(None)
    assert walks.rounds.stored("new").status == DUE


def test_a_flawed_list_that_still_cannot_be_read_is_said() -> None:
    walks = flawed()
    walks.shelf.broken[DUE, 1] = Unavailable("503")
    assert walks.run().detail == "settled: 503"


def test_a_doubt_that_a_walk_raises_is_asked_for_at_once() -> None:
    walks = Walks(payment("c", "processing", created_at=at(-40)))
    walks.rounds.hold(payment("f00", "paid", created_at=at(-900)))
    walks.rounds.hold(payment("c", "paid", created_at=at(-40)))
    walks.run()
    # The sweep raised one of its own before, which is asked for once.
    assert walks.shelf.looked_up == ["c", "f00"]
    assert walks.rounds.stored("f00").status == "failed"
    assert walks.rounds.stored("c").status == "processing"
    assert walks.next == 0


def test_a_walk_is_made_again_while_a_doubt_of_it_could_not_be_asked_for() -> None:
    walks = Walks()
    walks.rounds.hold(payment("f00", "paid", created_at=at(-900)))
    walks.shelf.broken["f00"] = Unavailable("503")
    walks.run()
    assert walks.shelf.looked_up == ["f00"]
    assert walks.rounds.stored("f00").status == "paid"
    assert walks.next == 6


class Faltering(Shelf):
    """A provider that does not answer for a payment the first time that it is asked."""

    def get(self, payment_id: str, allowance: Allowance) -> Found:
        found = super().get(payment_id, allowance)
        if self.looked_up.count(payment_id) == 1 and payment_id == "gone":
            raise Unavailable("503")
        return found


def test_who_vanished_from_a_settled_list_is_asked_for_again_beside_the_doubts_of_a_walk() -> None:
    settled = {word: entry(0) for word in ("paid", "refunded", "disputed")}
    settled |= {LONG: entry(13, next=6, then=13), DUE: entry(1, ids=["gone"])}
    shelf = Faltering(page_size=2)
    walks = Walks(payment("gone", "disputed", created_at=at(-40)), shelf=shelf, settled=settled)
    walks.rounds.hold(payment("gone", "refunded", created_at=at(-40)))
    walks.rounds.hold(payment("f00", "paid", created_at=at(-900)))
    walks.run()
    assert shelf.looked_up == ["gone", "f00", "gone"]
    assert walks.rounds.stored("gone").status == "disputed"
    assert walks.rounds.stored("f00").status == "failed"
    assert walks.next == 0


def test_a_leaver_that_is_known_makes_no_bucket_differ_and_is_let_go_when_it_is_listed() -> None:
    rounds = Rounds(Shelf([OPEN]))
    rounds.hold(payment("gone", created_at=at(-40)))
    for _ in range(3):
        SourcePoll(rounds.begin()).run()
    assert list(rounds.memory("leavers")) == ["gone"]
    round_ = rounds.begin()
    SourcePoll(round_).run()
    assert round_.books.loaded == frozenset()
    rounds.shelf.rows.append(payment("gone", created_at=at(-40)))
    SourcePoll(rounds.begin()).run()
    assert rounds.memory("leavers") == {}


def test_a_sweep_that_lists_a_part_reads_the_buckets_of_that_part() -> None:
    rows = [payment(f"p{n:03}", created_at=at(-900 + n)) for n in range(100)]
    rounds = Rounds(Shelf(rows, page_size=2))
    for _ in range(2):
        SourcePoll(rounds.begin()).run()
    round_ = rounds.begin(seconds=20)
    report = SourcePoll(round_).run()
    assert not report.sealed
    listed = round_.reader.seen
    assert 0 < len(round_.books.loaded) <= min(listed, BUCKETS - 20)


def test_what_a_sweep_shows_is_recorded_until_the_run_ends() -> None:
    rounds = Rounds(Shelf([payment("new", created_at=at(5))]))
    slow_at(rounds, None, 1)
    SourcePoll(rounds.begin(seconds=60)).run()
    assert not rounds.payments.fetch(rounds.shelf.source, ["new"])


def test_what_only_a_reconcile_found_is_kept_by_its_id() -> None:
    shown = payment("late", "refunded", created_at=at(-5000))
    rounds = Rounds(Shelf([OPEN, shown]))
    rounds.hold(payment("late", "paid", created_at=at(-5000)))
    current = Reconcile([], at(0), suspects={"late": suspect("refunded")}).store()
    rounds.write(
        walk={"began": at(70), "epoch": EPOCH - 1},
        reconcile={"completed": {"began": at(0)}, "current": current},
        settled={word: entry(0) for word in ("paid", "failed", "refunded", "disputed")},
    )
    # Neither its list nor the tail can be read.
    rounds.shelf.broken["refunded", 1] = rounds.shelf.broken[None, 1] = Unavailable("503")
    report = SourcePoll(rounds.begin()).run()
    assert report.misses == 1
    assert rounds.memory("missed")["ids"] == ["late"]


@pytest.mark.parametrize("known", [True, False])
def test_what_is_stored_of_a_tail_is_read(known: bool) -> None:
    rounds = Rounds(Shelf([OPEN]))
    SourcePoll(rounds.begin()).run()
    if not known:
        rounds.write(tail={"gap": {"page": 3}})
    report = SourcePoll(rounds.begin()).run()
    anew = "the stored section tail made no sense and is begun anew"
    assert (report.detail == anew) is not known
