"""The watch over settled lists."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from paywatch.discovery.reader import Observation
from paywatch.discovery.settled import KEPT_IDS, SHORT_PAGES, SettledWatch
from paywatch.domain.payments import Payment
from tests.examples import at, payment
from tests.unit.discovery.shelf import ONEPAY_CAN, Shelf, always, ids_of, so_often

WORDS = ONEPAY_CAN.settled_words
SHORT = ONEPAY_CAN.short_words


def rows(count: int, word: str = "refunded", first: int = 0) -> list[Payment]:
    return [
        payment(f"{word}{n:03}", word, created_at=at(n - 9000)) for n in range(first, first + count)
    ]


@dataclass
class Run:
    """What one run's watch read."""

    watch: SettledWatch
    told: list[Observation]

    @property
    def news(self) -> list[str]:
        return [o.payment.id for o in self.told if o.news]


def run(
    shelf: Shelf,
    before: Run | None = None,
    turn: int = WORDS.index("refunded"),
    may_go_on: Callable[[], bool] = always,
) -> Run:
    """Read as the next run would, whose turn it is given; the last one's watch is stored first."""
    watch = SettledWatch()
    if before is not None:
        watch = SettledWatch.load(json.loads(json.dumps(before.watch.store())))
    told: list[Observation] = []
    shelf.asked.clear()
    watch.read(shelf.reader(), turn, may_go_on, told)
    return Run(watch, told)


def test_each_poll_probes_one_list_in_turn() -> None:
    shelf = Shelf()
    last = run(shelf, run(shelf))
    words = []
    for turn in range(8):
        last = run(shelf, last, turn)
        words += [query.status for query in shelf.asked]
    assert words == [*WORDS, *WORDS]


def test_the_first_reading_takes_every_short_list_and_is_no_news() -> None:
    shelf = Shelf([*rows(25), *rows(3, "disputed"), *rows(2, "failed")])
    first = run(shelf)
    assert {query.status for query in shelf.asked} == set(SHORT)
    assert len(first.told) == 30
    assert first.news == []
    assert all(first.watch.whole(word) for word in SHORT)


def test_what_comes_to_a_list_that_was_read_whole_is_news() -> None:
    shelf = Shelf(rows(25))
    first = run(shelf)
    shelf.rows.append(payment("late", "refunded", created_at=at(-90_000)))
    later = run(shelf, first)
    assert "late" in later.news
    assert later.watch.vanished == set()


def test_a_list_that_stands_still_costs_one_page_and_tells_nothing() -> None:
    shelf = Shelf(rows(55))
    first = run(shelf, run(shelf))
    again = run(shelf, first)
    assert shelf.pages == [1]
    assert again.told == []


def test_one_that_left_while_another_came_is_noticed_though_the_total_is_the_same() -> None:
    shelf = Shelf(rows(15))
    first = run(shelf)
    shelf.remove("refunded003")
    shelf.rows.append(payment("new", "refunded", created_at=at(5)))
    later = run(shelf, first)
    assert later.watch.vanished == {"refunded003"}
    assert "new" in later.news


def test_ids_that_vanished_from_a_list_are_asked_for_only_while_the_list_is_very_short() -> None:
    shelf = Shelf(rows(KEPT_IDS + 1))
    first = run(shelf)
    assert first.watch.seen["refunded"]["ids"] is None
    shelf.remove("refunded003")
    later = run(shelf, first)
    assert later.watch.vanished == set()
    assert later.watch.seen["refunded"]["ids"] is not None
    shelf.remove("refunded004")
    assert run(shelf, later).watch.vanished == {"refunded004"}


def test_a_list_that_is_too_long_is_not_read_whole() -> None:
    shelf = Shelf(rows(20 * SHORT_PAGES + 1))
    first = run(shelf)
    assert [q.page for q in shelf.asked if q.status == "refunded"] == [1]
    assert len(first.told) == 20
    assert not first.watch.whole("refunded")
    shelf.rows.append(payment("new", "refunded", created_at=at(5)))
    later = run(shelf, first)
    assert ids_of(later.told) == ["new"]
    assert later.news == []


def test_a_long_list_that_was_read_whole_all_the_same_counts_as_such() -> None:
    shelf = Shelf(rows(20 * SHORT_PAGES + 1))
    first = run(shelf)
    first.watch.note_whole("refunded")
    assert run(shelf, first).watch.whole("refunded")


def test_a_reading_that_is_cut_short_leaves_what_was_seen_as_it_was() -> None:
    shelf = Shelf(rows(60))
    first = run(shelf, run(shelf))
    shelf.rows += rows(5, first=100)
    cut = run(shelf, first, may_go_on=so_often(2))
    assert cut.watch.store() == first.watch.store()
    assert cut.told == []
    later = run(shelf, cut)
    assert {f"refunded{n}" for n in range(100, 105)} <= set(later.news)


def test_the_stated_totals_of_this_run_are_kept_for_comparison() -> None:
    shelf = Shelf([*rows(25), *rows(3, "paid")])
    first = run(shelf, run(shelf))
    assert first.watch.stated == {"refunded": 25, "disputed": 0, "failed": 0}
    assert run(shelf, first, turn=WORDS.index("paid")).watch.stated == {"paid": 3}


def test_a_long_list_tells_its_newest_rows_whenever_they_change() -> None:
    shelf = Shelf(rows(30, "paid"))
    turn = WORDS.index("paid")
    first = run(shelf, turn=turn)
    assert len([o for o in first.told if o.payment.provider_status == "paid"]) == 20
    shelf.rows += rows(1, "paid", first=500)
    later = run(shelf, first, turn=turn)
    assert ids_of(later.told) == ["paid500"]
