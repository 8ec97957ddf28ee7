"""Rows open, move, settle, vanish, come back and change places between any two page requests.

After that has stopped, what is open, at the provider or as it is stored, is stored as the provider
has it two polls later (what has ever vanished, an hour and two polls later), and what is settled
after one reconcile; every transition that lasted was announced once, nothing was invented, and
versions have no gaps. A failing example prints the steps that lead to it, and the command that runs
the same ones again; the long proof takes its seeds from PAYWATCH_SEED on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import cycle
from random import getrandbits

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from paylab.world import Order
from tests.differing import OPEN
from tests.discovery.moving import HOUR, MOVES, Moving
from tests.held import Held
from tests.proofs import Proof, again, seeds

SCANS = 10_000
# More rounds than so many scans take.
MOST_ROUNDS = 200
EXAMPLES = 20
ORDERS: list[Order] = ["newest_first", "oldest_first", "none"]

requests = st.integers(0, 12)
numbers = st.integers(0, 60)
polled = st.booleans()
counted: Counter[str] = Counter()


class MovingLists(RuleBasedStateMachine):
    """One source, polled while it moves."""

    source = "onepay"
    order: Order = "newest_first"
    by_id = True

    @initialize(standing=st.lists(numbers, min_size=2, max_size=14))
    def begin(self, standing: list[int]) -> None:
        self.polling = Moving(self.source, self.order, self.by_id)
        words = list(MOVES[self.source])
        for age, number in enumerate(standing):
            self.polling.add(words[number % len(words)], HOUR + timedelta(minutes=age))
        self.poll()

    @rule()
    def poll(self) -> None:
        self.polling.poll(self.source)

    @rule(after=requests, number=numbers, then=polled)
    def opens(self, after: int, number: int, then: bool) -> None:
        words = OPEN[self.source]
        self._later(after, then, lambda: self.polling.add(words[number % len(words)]))

    @rule(after=requests, number=numbers, then=polled)
    def appears_settled(self, after: int, number: int, then: bool) -> None:
        words = [word for word in MOVES[self.source] if word not in OPEN[self.source]]
        self._later(after, then, lambda: self.polling.add(words[number % len(words)]))

    @rule(after=requests, number=numbers, choice=numbers, then=polled)
    def moves(self, after: int, number: int, choice: int, then: bool) -> None:
        self._later(after, then, lambda: self.polling.move(number, choice))

    @rule(after=requests, number=numbers, then=polled)
    def vanishes(self, after: int, number: int, then: bool) -> None:
        self._later(after, then, lambda: self.polling.hide(number))

    @rule(after=requests, number=numbers, choice=st.none() | numbers, then=polled)
    def comes_back(self, after: int, number: int, choice: int | None, then: bool) -> None:
        self._later(after, then, lambda: self.polling.show_one(number, choice))

    @precondition(lambda self: self.source == "compago")
    @rule(after=requests, order=st.sampled_from(ORDERS), then=polled)
    def reorders(self, after: int, order: Order, then: bool) -> None:
        self._later(after, then, lambda: self.polling.reorder(order))

    def _later(self, after: int, then: bool, act: Callable[[], None]) -> None:
        self.polling.later(after, act)
        if then:
            self.poll()

    def teardown(self) -> None:
        if not hasattr(self, "polling"):
            return
        polling = self.polling
        polling.calm()
        found = polling.wrong()
        report = polling.audit()
        lost = polling.lost(report)
        found += [*lost, *report.invented, *report.out_of_order]
        if report.duplicates:
            found.append(f"{report.duplicates} duplicates")
        assert not found, "\n".join(found)
        counted["runs"] += 1
        counted["scans"] += polling.scans
        counted["polls"] += len(polling.ticks)
        counted["owed"] += report.expected
        counted["passed"] += len(report.lost)
        counted["announced"] += len(polling.deliveries)


VARIANTS = [
    ("onepay", "newest_first", True),
    *(("compago", order, by_id) for order in ORDERS for by_id in (True, False)),
]


def check(source: str, order: Order, by_id: bool, examples: int, begin: int | None = None) -> None:
    """Run so many examples, the same ones again where the seed is given."""
    machine = type("Variant", (MovingLists,), {"source": source, "order": order, "by_id": by_id})
    run_state_machine_as_test(
        machine if begin is None else seed(begin)(machine),
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


@pytest.mark.parametrize(("source", "order", "by_id"), VARIANTS)
def test_nothing_is_lost_or_invented_while_the_lists_move(
    source: str, order: Order, by_id: bool, request: pytest.FixtureRequest
) -> None:
    said = request.config.getoption("--hypothesis-seed")
    begin = getrandbits(32) if said in (None, "random") else int(said)
    try:
        check(source, order, by_id, 8, begin)
    except Exception as error:
        error.add_note(f"again: {again(request.node, f'--hypothesis-seed={begin}')}")
        raise


def test_the_interval_of_a_payment_that_was_missing_begins_before_it_was_missing() -> None:
    polling = Moving("onepay")
    for age in range(3):
        polling.add("processing", HOUR * (age + 1))
    for _ in range(3):
        polling.poll("onepay")
    payment = polling.here.payments()[0]
    polling.here.move(payment.id, "created")
    moved = polling.clock.now()
    polling.hide(0)
    for _ in range(3):
        polling.poll("onepay")
    polling.show(payment.id)
    polling.poll("onepay")
    (event,) = (d.event for d in polling.deliveries if d.event["subject"] == payment.id)
    assert datetime.fromisoformat(event["data"]["changed_after"]) <= moved
    assert polling.audit().invented == []


@pytest.mark.soak
@pytest.mark.takes(4)
def test_nothing_is_lost_or_invented_in_ten_thousand_scans(proof: Proof) -> None:
    counted.clear()
    held, chosen = Held(), seeds(MOST_ROUNDS)
    with held.stated(proof, "lists that move while they are read", chosen.start):
        for number, (source, order, by_id) in zip(chosen, cycle(VARIANTS), strict=False):
            if counted["scans"] >= SCANS:
                break
            check(source, order, by_id, EXAMPLES, number)
            held.cases = counted["scans"]
        held.to(held.cases >= SCANS, f"{held.cases:,} scans are too few")
        held.figures = (
            f"scans in which something moved between two requests, of {counted['polls']:,} in "
            f"{counted['runs']:,} runs of {len(VARIANTS)} kinds of provider; "
            f"{counted['announced']:,} changes announced, {counted['owed']:,} of them owed but for "
            f"{counted['passed']:,} that only a list without order showed, or none for a whole poll"
        )
