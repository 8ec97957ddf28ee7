"""Everything real but the world outside: processes, sockets, state on a server, signals.

The function runs under Lambda's runtime emulator, its state is held by a server process, and both
providers are the lab's, over HTTP. Between the function and AWS stands a relay, which strikes.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from paydemo.subscriber import Subscriber
from paylab import AuditReport, Lab, Tick, TruthLog, World, audit
from paylab.faults import Asked, Fault
from paylab.messages import Response
from paylab.stage import staged
from paywatch.domain.payments import moment as instant_of
from paywatch.domain.payments import timestamp
from paywatch.ports import NO_LEASE
from paywatch.runner import MARGIN
from tests.e2e.runtime import Code, Failed, Runtime, runtime
from tests.e2e.wall import WallClock
from tests.kills.ledger import Ledger
from tests.kills.mailbox import BOARD, THRESHOLDS, Mailbox
from tests.kills.moments import Moment
from tests.kills.motion import Motion
from tests.kills.relay import Passing, Relay
from tests.kills.repeats import Repeats
from tests.kills.server import state_server

TIMEOUT = 60  # as in the template
# Polls in a row that find everything well before an audit: some lists have their turn in the third.
SETTLING = 6
# Polls that held the lease, until all that is open is stored and told (DESIGN.md, invariant 6).
MOST_POLLS = 2
# So many that do not find it well, and none ever will.
HOPELESS = 10
# Nothing waits for its turn, politely.
PARAMETERS = {
    "CompagoRequestsPerSecond": "1000",
    "OnePayRequestsPerSecond": "1000",
    "AlertThresholds": THRESHOLDS,
}

_setting_up = threading.Lock()  # sessions of boto3 are not made by two threads at once


@dataclass(frozen=True)
class Struck(Fault):
    """Strikes the reader at its n-th request, which it gets no answer to."""

    strike: Any = None

    def apply(self, asked: Asked, response: Response, rng: Random) -> Response:
        """Strike, and answer whoever is still there."""
        self.strike()
        return response


class Stand:
    """A function that can be struck, and what is known of its runs; `played` gives it."""

    def __init__(self, folder: Path, stack: ExitStack, seed: int, code: Code, timeout: int) -> None:
        clock, truth = WallClock.at_present(), TruthLog()
        compago, onepay = (
            World(name, clock, truth, seed=seed, rate_limit=1_000_000)
            for name in ("compago", "onepay")
        )
        self.lab = Lab(clock, [compago, onepay], seed=seed)
        self.motion = Motion(compago, onepay, Random(f"{seed}/motion"))
        stage = stack.enter_context(
            staged(self.lab, parameters=PARAMETERS, emulating=partial(state_server, folder))
        )
        self.relay = stack.enter_context(Relay(stage.endpoint).serving())
        self.function: Runtime = stack.enter_context(
            runtime(folder, self.relay.endpoint, stage.environment, timeout, code)
        )
        self.subscriber = Subscriber(stage.client("sqs"), stage.queue_url)
        self._dynamodb = stage.client("dynamodb")
        self._table = stage.environment["PAYWATCH_TABLE"]
        self._leases = [*(f"{source}#poll" for source in self.lab.worlds), BOARD["pk"]["S"]]
        self.ledger = Ledger(self._dynamodb, self._table, self.lab.worlds)
        topic = stage.environment["PAYWATCH_ALERTS_TOPIC_ARN"]
        clients = stage.client("sns"), stage.client("sqs")
        self.mailbox = Mailbox(*clients, topic, self._dynamodb, self._table)
        self.repeats = Repeats()
        self.ticks: list[Tick] = []
        self.recoveries: list[int] = []
        self.fault, self.held, self.found_held = "", False, 0
        # A poll that takes longer has to leave out some of its steps.
        self._enough = (timeout - MARGIN) / 2
        self.cut, self.cut_short = False, 0
        self._over = threading.Event()

    def poll(self) -> bool:
        """Invoke the function, and receive what it published; return whether it ended well."""
        start, well = datetime.now(UTC), False
        self.fault, self.held = "", False
        if not self.ticks:
            start = start.replace(microsecond=0)  # whole seconds are all that the rows' dates tell
        try:
            sources = self.function.invoke({"action": "poll"})["sources"].values()
            self.held = any(each["outcome"] in ("busy", "lease_lost") for each in sources)
            well = all(
                each["outcome"] == "ok" and each["watching"] and not each["outbox_left"]
                for each in sources
            )
        except Failed as fault:
            self.fault = str(fault)
            self.relay.wait_for_the_dead()
        finally:
            self._over.set()
        self.cut = (datetime.now(UTC) - start).total_seconds() > self._enough
        self.ticks.append(Tick(start, datetime.now(UTC), well))
        run = len(self.ticks) - 1
        self.repeats.receive(run, self.subscriber.receive(run))
        return well

    def kill(self, moment: Moment) -> bool:
        """Poll, and kill the function at a moment; return whether it was at work.

        One that ended before its moment came is killed as it sleeps.
        """
        at_work = self._strike(moment, self.function.kill)
        if not at_work:
            self.function.kill()
        return at_work

    def hang(self, moment: Moment) -> bool:
        """Poll, and let AWS answer no more from a moment on, until the runtime ends the function.

        Return whether it did.
        """
        return self._strike(moment, self._let_time_pass) and "timed out" in self.fault

    def hang_provider(self, request: int, *, aws_too: bool) -> bool:
        """Poll, and let the providers answer no more from a request on; perhaps AWS neither.

        Return whether the runtime had to end the function.
        """
        self._strike(Moment("", request=request), self._let_time_pass, deaf=aws_too)
        return "timed out" in self.fault

    def wait_for_leases(self) -> None:
        """Let time pass until the leases that the dead have left have run out."""
        for key in self._leases:
            at = {"pk": {"S": key}, "sk": {"S": "control"}}
            item = self._dynamodb.get_item(TableName=self._table, Key=at, ConsistentRead=True)
            until = item.get("Item", {}).get("lease_until")
            if until is not None:
                left = instant_of(until["S"]) - datetime.now(UTC)
                time.sleep(max(0.0, left.total_seconds()))

    def let_leases_end(self) -> None:
        """Make of the leases that the dead have left what a minute would make of them."""
        for key in self._leases:
            # Who died before its first write has left none.
            with suppress(self._dynamodb.exceptions.ConditionalCheckFailedException):
                self._dynamodb.update_item(
                    TableName=self._table,
                    Key={"pk": {"S": key}, "sk": {"S": "control"}},
                    UpdateExpression="SET lease_until = :ended",
                    ConditionExpression="attribute_exists(lease_until)",
                    ExpressionAttributeValues={":ended": {"S": timestamp(NO_LEASE)}},
                )

    def recover(self) -> None:
        """Poll until all is well, and all that is open is stored as it stands.

        `recoveries` counts the polls that it took. One that finds the lease held is counted in
        `found_held` instead, and what is left of the lease is waited for; one that finds all not
        well for want of time in `cut_short`; and one that a kill still hit is none.
        """
        polls, differing = 0, ["the lease is held"]
        for _ in range(HOPELESS):
            well = self.poll()
            if "Runtime exited" in self.fault and not polls:
                continue
            if self.held:
                self.found_held += 1
                self.wait_for_leases()
                continue
            differing = self.ledger.differing_open() if well else ["no poll ends well"]
            if differing and self.cut:
                self.cut_short += 1
                continue
            polls += 1
            if not differing:
                break
        log = self.function.log.read_text()[-2000:]
        assert not differing, f"{differing[:9]} {self.fault} {log}"
        self.recoveries.append(polls)

    def audit(self) -> AuditReport:
        """Let nothing move any more, poll until all is well, and hold what came to the truth."""
        for _ in range(SETTLING):
            self.recover()
        self.lab.settle()
        return audit(self.lab.truth, self.ticks, self.subscriber.deliveries, self.lab.log)

    def _strike(self, moment: Moment, blow: Callable[[], object], *, deaf: bool = False) -> bool:
        """Poll, and strike at a moment; return whether that ended the run.

        Whom the blow leaves alive gets no more answers if AWS is `deaf`.
        """
        struck = threading.Event()
        self._over.clear()

        def strike() -> None:
            struck.set()
            blow()

        timer = threading.Timer(moment.seconds, strike)
        asked = itertools.count(1)

        def watcher(passing: Passing) -> bool:
            if struck.is_set():
                if deaf:
                    self._let_time_pass()
                return deaf  # else what was on its way when its sender died
            if moment.seconds and passing.number == 1 and not passing.answered:
                timer.start()
            at = passing.of_its_kind if moment.operation else passing.number
            if (at, passing.answered) != (moment.call, moment.answered):
                return False
            if moment.operation not in (None, passing.operation):
                return False
            strike()
            return True

        self.relay.watch(watcher)
        if moment.request:
            here = lambda *_: next(asked) == moment.request  # noqa: E731
            self.lab.faults = [Struck(when=here, strike=strike)]
        try:
            self.poll()
        finally:
            timer.cancel()
            if timer.ident is not None:
                timer.join()  # a blow that is falling falls on this run
            self.relay.watch(None)
            self.lab.faults = []
        at_work = struck.is_set() and bool(self.fault)
        if at_work:
            self.repeats.died(len(self.ticks) - 1)
        return at_work

    def _let_time_pass(self) -> None:
        """Wait until the function's process is gone, or has answered."""
        pid, last = self.function.handler(), time.monotonic() + TIMEOUT
        while pid is not None and self.function.handler() == pid and not self._over.is_set():
            assert time.monotonic() < last, "the runtime does not end the function"
            time.sleep(0.05)


@contextmanager
def played(folder: Path, seed: int, code: Code, timeout: int = TIMEOUT) -> Iterator[Stand]:
    """Set the stage, and end all that was started whatever happens."""
    with ExitStack() as stack:
        with _setting_up:
            stand = Stand(folder, stack, seed, code, timeout)
        yield stand
