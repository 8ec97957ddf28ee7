"""Far more open payments than one poll can read: each is read again and again, nothing starves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from paylab import Served
from paywatch.poll import SWEPT
from paywatch.runner import MARGIN
from tests.polling import Polling
from tests.proofs import Proof
from tests.scale.crowd import Crowd
from tests.scale.measuring import changes, requests

PER_PAGE, RUN = 20, 60.0
SETTLED, SHORT = ("paid", "failed", "refunded", "disputed"), ("failed", "refunded", "disputed")


class Run:
    """One source with many open payments, polled every minute; `bound` in polls is for a sweep."""

    def __init__(self, open_payments: int, moving: float, budget: int, settled: int) -> None:
        self.polling = Polling(["onepay"], pace=1.0, budget=budget)
        self.world = self.polling.world("onepay")
        self.crowd = Crowd(self.world, open_payments, 0.0)
        for number in range(settled):
            born = self.polling.clock.now() - timedelta(days=30, hours=number)
            self.world.add(SETTLED[number % 8 % 4 if number % 8 < 4 else 0], created_at=born)
        self.standing = {payment.id for payment in self.world.payments()}
        self.moving, self.budget, self.open = moving, budget, open_payments

    def bound(self) -> int:
        """Return in how many polls every list of open payments is read, by pages and pace.

        A poll's sweep has its share of the run's time or requests, less what the settled watch
        needs: one page of the list whose turn it is, and all pages of a short one that grew.
        """
        pages = -(-self.open * 11 // 10 // PER_PAGE) + 1
        short = sum(self.world.count(word) // PER_PAGE for word in SHORT)
        a_poll = SWEPT * min(RUN - MARGIN, self.budget) - 1 - short / len(SETTLED)
        return int(pages / a_poll) + 2

    def until_swept(self) -> int:
        """Poll until the first sweep is complete."""
        while self.polling.memory("walk", "onepay") is None:
            self.polling.poll("onepay", seconds=RUN)
        return len(self.polling.ticks)

    def until_reconciled(self, most: int) -> int:
        """Poll with moves until the baseline is complete."""
        self.crowd.quicken(self.moving)
        while not (self.polling.memory("reconcile", "onepay") or {}).get("completed"):
            self.minute()
            assert len(self.polling.ticks) < most, "the baseline comes to no end"
        return len(self.polling.ticks)

    def minute(self) -> None:
        """Let a minute's share move, and poll."""
        self.crowd.minute()
        self.polling.poll("onepay", seconds=RUN)


def asked(served: Served) -> tuple[str, str, str]:
    """Return a list's status word, order and page; a lookup's are empty."""
    query = parse_qs(served.target.partition("?")[2])
    names = ("filter[status]", "sort", "page")
    word, sort, page = (query.get(name, [""])[0] for name in names)
    return word, sort, page


def gaps(polls: list[list[Served]], ids: set[str]) -> Iterator[int]:
    """Yield after how many polls each of these payments was swept again."""
    last: dict[str, int] = {}
    for number, sent in enumerate(polls):
        for served in sent:
            if asked(served)[0] in ("created", "processing"):
                for payment_id, _ in served.rows:
                    if payment_id in ids:
                        yield number - last.get(payment_id, 0)
                        last[payment_id] = number
    yield from (len(polls) - last.get(payment_id, 0) for payment_id in ids)


def check(run: Run) -> tuple[int, str]:
    """Poll through two phases, hold everything against the bound, and return the figures."""
    polling, first = run.polling, run.until_swept()
    assert first <= run.bound()
    reconciled = run.until_reconciled(most=20 * run.bound())
    for _ in range(run.bound()):
        run.minute()
    run.crowd.quicken(0.0)
    for _ in range(2 * run.bound() + 1):
        run.minute()
    bound, polls = run.bound(), requests(polling, "onepay")

    still = {p.id for p in run.world.payments() if p.status == "created"} & run.standing
    assert len(still) > run.open / 4
    longest = max(gaps(polls, still))
    assert longest <= bound

    found = changes(polling, "onepay")
    births = [change for change in found if change.change.n == 1]
    moves = [change for change in found if change.change.n > 1]
    assert {birth.polls for birth in births} <= {0, 1}
    assert Counter(birth.by for birth in births)["tail"] > len(births) / 2
    # A state that another one follows before its list is reached is never seen by any reader.
    last = {p.id: p.status for p in run.world.payments()}
    lasting = [m for m in moves if m.change.provider_status == last[m.change.payment_id]]
    delays = Counter(-1 if move.polls is None else move.polls for move in lasting)
    assert min(delays) >= 0
    assert max(delays) <= 2 * bound

    for number, sent in enumerate(polls):
        heads = [asked(served) for served in sent]
        assert ("", "-created_at", "1") in heads, f"no tail in poll {number}"
        turn = {word for word, _, _ in heads} & set(SETTLED)
        assert turn, f"no settled list was probed in poll {number}"
    for start in range(first, len(polls) - 4):
        words = {asked(served)[0] for sent in polls[start : start + 4] for served in sent}
        assert words >= set(SETTLED)
    reports = [report["sources"]["onepay"] for report in polling.reports]
    assert {report["outcome"] for report in reports} == {"ok"}
    assert sum(report["misses"] for report in reports) == 0
    audit = polling.audit()
    assert (audit.invented, audit.out_of_order) == ([], [])

    most = max(len(sent) for sent in polls)
    swept = Counter(max(0, polls) for polls in delays.elements())
    median = sorted(swept.elements())[swept.total() // 2]
    return len(births) + len(lasting), (
        f"{run.open:,} open, 1 request a second, {len(polls)} polls of at most {most} requests: "
        f"read again after {longest} polls at most (bound {bound}); "
        f"{len(births)} new ones all found by the next poll; {len(lasting)} moved ones found, half "
        f"of them within {median} polls and all within {max(delays)} (bound {2 * bound}); "
        f"the baseline was complete at poll {reconciled}; 0 misses"
    )


def test_every_open_payment_is_read_again_though_no_poll_can_read_them_all() -> None:
    check(Run(open_payments=500, moving=0.004, budget=16, settled=80))


@pytest.mark.soak
@pytest.mark.takes(2)
def test_twenty_thousand_open_at_one_request_a_second(proof: Proof) -> None:
    cases, figures = check(Run(open_payments=20_000, moving=0.0005, budget=600, settled=400))
    proof("20,000 open at one request a second", cases=cases, violations=0, figures=figures)
