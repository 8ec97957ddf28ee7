"""The built function in Lambda's own runtime: every sample, faults, timeouts and deaths."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from paylab import AuditReport, Delivery, Lab, Size, Tick, TruthLog, World, audit, populate
from paylab.faults import Slow, always
from paylab.stage import Stage, staged
from paywatch.invocation import POLLS
from tests.e2e.emulator import ROOT
from tests.e2e.runtime import Failed, Runtime, runtime
from tests.e2e.wall import WallClock

pytestmark = pytest.mark.e2e

EVENTS = sorted((ROOT / "events").glob("*.json"))
TIMEOUT = 5
# A run that is killed leaves its lease behind, for less than it had been allowed to live.
LEASE = TIMEOUT - 1
# Seconds into a run on a warm process, which reads within 0.1 s and then records and publishes
# what a lease's time has brought and what the dead have left.
MOMENTS = (0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


class Stand:
    """A lab, an emulator of AWS, and the built function; `start` starts the function.

    `ticks` and `deliveries` grow with each poll, and are what an audit rests on.
    """

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        clock, truth = WallClock.at_present(), TruthLog()
        self.lab = Lab(clock, [World(name, clock, truth, seed=5) for name in ("compago", "onepay")])
        for world in self.lab.worlds.values():
            populate(world, Size(open=15, settled=15, arrivals_per_minute=60))
        parameters = {"CompagoRequestsPerSecond": "50", "OnePayRequestsPerSecond": "50"}
        self.stage: Stage = stack.enter_context(staged(self.lab, parameters=parameters))
        self.ticks: list[Tick] = []
        self.deliveries: list[Delivery] = []
        self._folder, self._stack = folder, stack

    def start(self, timeout: int = 60) -> Runtime:
        return self._stack.enter_context(
            runtime(self._folder, self.stage.endpoint, self.stage.environment, timeout)
        )

    def poll(self, function: Runtime) -> bool:
        """Poll, and receive what was published; return whether both sources were read whole."""
        start, whole = datetime.now(UTC), False
        if not self.ticks:
            start = start.replace(microsecond=0)  # whole seconds are all that the rows' dates tell
        try:
            sources = function.invoke({"action": "poll"})["sources"].values()
            whole = all(
                each["outcome"] == "ok" and each["watching"] and not each["outbox_left"]
                for each in sources
            )
        except Failed:
            pass
        self.ticks.append(Tick(start, datetime.now(UTC), whole))
        self.deliveries += [Delivery(len(self.ticks) - 1, event) for event in self._received()]
        return whole

    def settle(self, function: Runtime, polls: int = 1) -> None:
        """Poll until so many in a row have read everything."""
        last, well = time.monotonic() + 120, 0
        while well < polls:
            assert time.monotonic() < last, f"no poll comes to its end: {function.log.read_text()}"
            well = well + 1 if self.poll(function) else 0
            time.sleep(0.5)

    def audit(self, function: Runtime) -> AuditReport:
        """Let nothing move any more, poll until all is well, and hold what came to the truth."""
        for world in self.lab.worlds.values():
            world.rest()
        self.settle(function, 5)
        return audit(self.lab.truth, self.ticks, self.deliveries, self.lab.log)

    def _received(self) -> list[dict[str, Any]]:
        """Take every event out of the subscribed queue."""
        sqs, found = self.stage.client("sqs"), []
        while messages := sqs.receive_message(
            QueueUrl=self.stage.queue_url, MaxNumberOfMessages=10
        ).get("Messages"):
            for message in messages:
                found.append(json.loads(json.loads(message["Body"])["Message"]))
                sqs.delete_message(
                    QueueUrl=self.stage.queue_url, ReceiptHandle=message["ReceiptHandle"]
                )
        return found


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with ExitStack() as stack:
        yield Stand(tmp_path, stack)


def test_every_sample_is_answered_with_a_report(stand: Stand) -> None:
    function = stand.start()
    for path in EVENTS:
        event = json.loads(path.read_text())
        if event.get("action") in ("ack", "snooze"):
            with pytest.raises(Failed, match="no alert 'payment_overdue/onepay' is open"):
                function.invoke(event)
            continue
        report = function.invoke(event)
        assert report["action"] == event.get("action", "poll")
        if report["action"] not in POLLS:
            assert report.get("passed", True), f"{path.name}: {report}"
            continue
        outcomes = {name: each["outcome"] for name, each in report["sources"].items()}
        assert set(outcomes.values()) == {"ok"}, f"{path.name}: {report}"


def test_an_event_that_makes_no_sense_is_answered_with_a_sentence(stand: Stand) -> None:
    function = stand.start()
    with pytest.raises(Failed, match="unknown action 'refund'; there are poll, reconcile"):
        function.invoke({"action": "refund"})
    assert function.invoke({})["action"] == "poll"


def test_whatever_moment_it_is_killed_at_nothing_is_lost_and_nothing_invented(
    stand: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    function = stand.start(TIMEOUT)
    stand.settle(function)
    at_work: list[int] = []
    for moment in MOMENTS:
        stand.poll(function)  # a new process: the next run finds it warm
        time.sleep(LEASE)
        asked = len(stand.lab.log)
        timer = threading.Timer(moment, function.kill)
        timer.start()
        if not stand.poll(function) and len(stand.lab.log) > asked:
            at_work.append(len(stand.lab.log) - asked)
        timer.join()
    report = stand.audit(function)
    with capsys.disabled():
        print(f"\n{len(at_work)} of {len(MOMENTS)} runs killed at work, after {at_work} requests:")
        print(report)
    assert report.ok, report
    assert report.delivered > 0
    assert len(at_work) >= len(MOMENTS) // 2, "most were killed before or after their work"


def test_a_run_that_the_runtime_ends_is_said_to_be_one_and_the_next_one_does_its_work(
    stand: Stand,
) -> None:
    function = stand.start(TIMEOUT)
    stand.settle(function)
    timer = threading.Timer(0.1, function.send, [signal.SIGSTOP])
    timer.start()
    with pytest.raises(Failed, match=f"timed out after {TIMEOUT}.00 seconds"):
        function.invoke({"action": "reconcile"})
    timer.join()
    report = stand.audit(function)
    assert report.ok, report
    assert report.delivered > 0


def test_a_run_at_slow_providers_ends_by_itself_before_the_runtime_ends_it(stand: Stand) -> None:
    function = stand.start(TIMEOUT)
    stand.settle(function)
    stand.lab.faults = [Slow(when=always(), seconds=TIMEOUT)]
    assert not stand.poll(function)
    stand.lab.faults = []
    written = function.log.read_text()
    assert "the run's time ended before the answer came" in written
    assert "timed out" not in written
    report = stand.audit(function)
    assert report.ok, report
    assert report.delivered > 0
