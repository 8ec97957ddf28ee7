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
from tests.held import Held
from tests.polling import Polling
from tests.proofs import Proof, seed_offset
from tests.scale.crowd import Crowd
from tests.scale.listener import Listener
from tests.scale.measuring import requests

PER_PAGE, RUN = 20, 60.0
SETTLED, SHORT = ("paid", "failed", "refunded", "disputed"), ("failed", "refunded", "disputed")


class Run:
    """One source with many open payments, polled every minute; `bound` in polls is for a sweep."""

    def __init__(
        self, open_payments: int, moving: float, budget: int, settled: int, seed: int = 1
    ) -> None:
        self.polling = Polling(["onepay"], pace=1.0, budget=budget, seed=seed)
        self.world = self.polling.world("onepay")
        self.crowd = Crowd(self.world, open_payments, 0.0, seed)
        self.listener = Listener(self.polling.truth, self.world.source)
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
            self.poll()
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
        self.poll()

    def poll(self) -> None:
        """Poll, and hold what was told to the truth."""
        polling, before = self.polling, len(self.polling.deliveries)
        polling.poll("onepay", seconds=RUN)
        new, asked = polling.deliveries[before:], polling.asked("onepay")
        self.listener.hear(polling.ticks[-1].start, new, asked)


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


def check(held: Held, run: Run) -> None:
    """Poll through two phases, and hold everything against the bound."""
    polling, first = run.polling, run.until_swept()
    held.to(first <= run.bound(), f"the first sweep took {first} polls")
    reconciled = run.until_reconciled(most=20 * run.bound())
    for _ in range(run.bound()):
        run.minute()
    run.crowd.quicken(0.0)
    for _ in range(2 * run.bound() + 1):
        run.minute()
    bound, polls = run.bound(), requests(polling, "onepay")

    still = {p.id for p in run.world.payments() if p.status == "created"} & run.standing
    held.to(len(still) > run.open / 4, f"only {len(still)} payments stood all the time")
    longest = max(gaps(polls, still), default=0)
    held.to(0 < longest <= bound, f"read again only after {longest} polls")

    run.listener.end()
    held.to_none("told", run.listener.wrong)
    births = [found for found in run.listener.found if found.change.n == 1]
    moves = [found for found in run.listener.found if found.change.n > 1]
    held.to_none("a birth too late", (birth for birth in births if birth.polls not in (0, 1)))
    tailed = Counter(birth.by for birth in births)["tail"]
    held.to(tailed > len(births) / 2, f"the tail found only {tailed} births")
    # A state that another one follows before its list is reached is never seen by any reader.
    last = {p.id: p.status for p in run.world.payments()}
    lasting = [m for m in moves if m.change.provider_status == last[m.change.payment_id]]
    late = [move for move in lasting if move.polls is None or move.polls > 2 * bound]
    held.to_none("a move too late, or never told", late)
    check_turns(held, polls, first)
    check_audit(held, polling)

    most = max(len(sent) for sent in polls)
    delays = sorted(move.polls for move in lasting if move.polls is not None)
    half, longest_delay = (delays[len(delays) // 2], delays[-1]) if delays else (-1, -1)
    held.cases = len(births) + len(lasting)
    held.figures = (
        f"{run.open:,} open, 1 request a second, {len(polls)} polls of at most {most} requests: "
        f"read again after {longest} polls at most (bound {bound}); "
        f"{len(births):,} new ones to be found by the next poll; {len(lasting):,} moved ones, half "
        f"of them found within {half} polls and the last after {longest_delay} (bound "
        f"{2 * bound}); {run.listener.events:,} events, each held to what was read and to the "
        f"truth; the baseline was complete at poll {reconciled}"
    )


def check_turns(held: Held, polls: list[list[Served]], first: int) -> None:
    """Hold the polls to what each of them asks for besides the open lists."""
    for number, sent in enumerate(polls):
        heads = [asked(served) for served in sent]
        held.to(("", "-created_at", "1") in heads, f"no tail in poll {number}")
        turn = {word for word, _, _ in heads} & set(SETTLED)
        held.to(bool(turn), f"no settled list was probed in poll {number}")
    for start in range(first, len(polls) - 4):
        words = {asked(served)[0] for sent in polls[start : start + 4] for served in sent}
        held.to(words >= set(SETTLED), f"polls {start} to {start + 3} probed only {words}")


def check_audit(held: Held, polling: Polling) -> None:
    """Hold the polls to their own reports, and all that was told to the auditor."""
    reports = [report["sources"]["onepay"] for report in polling.reports]
    held.to_none("not ok", (report for report in reports if report["outcome"] != "ok"))
    held.to_none("a miss", (report for report in reports if report["misses"]))
    audit = polling.audit()
    held.to_none("invented", audit.invented)
    held.to_none("out of order", audit.out_of_order)
    held.to(audit.duplicates == 0, f"{audit.duplicates} events came twice")


def test_every_open_payment_is_read_again_though_no_poll_can_read_them_all() -> None:
    held = Held()
    check(held, Run(open_payments=500, moving=0.004, budget=16, settled=80))
    held.check()
    assert held.cases > 30


@pytest.mark.soak
@pytest.mark.takes(2)
def test_twenty_thousand_open_at_one_request_a_second(proof: Proof) -> None:
    seed, held = 1 + seed_offset(), Held()
    with held.stated(proof, "20,000 open at one request a second", seed):
        run = Run(open_payments=20_000, moving=0.0005, budget=600, settled=400, seed=seed)
        check(held, run)
