"""The built function in Lambda's own runtime: every sample, faults, timeouts and deaths."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from paylab import Lab, Size, TruthLog, World, populate
from paylab.stage import Stage, staged
from tests.e2e.emulator import ROOT
from tests.e2e.runtime import Failed, Runtime, runtime
from tests.e2e.wall import WallClock

pytestmark = pytest.mark.e2e

EVENTS = sorted((ROOT / "events").glob("*.json"))
DEATHS = 12
# A run that is killed takes its lease with it for as long as it had been allowed to live.
TIMEOUT = 6


class Stand:
    """A lab, an emulator of AWS, and the built function; `start` starts the function anew."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        clock, truth = WallClock.at_present(), TruthLog()
        self.lab = Lab(clock, [World(name, clock, truth, seed=5) for name in ("compago", "onepay")])
        for world in self.lab.worlds.values():
            populate(world, Size(open=15, settled=15, arrivals_per_minute=60))
        parameters = {"CompagoRequestsPerSecond": "50", "OnePayRequestsPerSecond": "50"}
        self.stage: Stage = stack.enter_context(staged(self.lab, parameters=parameters))
        self._folder, self._stack = folder, stack

    def start(self, timeout: int = 60) -> Runtime:
        return self._stack.enter_context(
            runtime(self._folder, self.stage.endpoint, self.stage.environment, timeout)
        )

    def received(self) -> list[dict[str, Any]]:
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
        report = function.invoke(json.loads(path.read_text()))
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
    function.invoke({"action": "poll"})
    killed = 0
    for number in range(DEATHS):
        timer = threading.Timer(0.05 + 0.07 * number, function.kill)
        timer.start()
        try:
            function.invoke({"action": "poll"})
        except Failed:
            killed += 1
        timer.join()
    for world in stand.lab.worlds.values():
        world.rest()
    settled(function)

    events = stand.received()
    bodies: dict[str, set[str]] = {}
    for event in events:
        bodies.setdefault(event["id"], set()).add(json.dumps(event, sort_keys=True))
    told: dict[str, dict[int, str]] = {}
    for event in events:
        data = event["data"]
        key = f"{data['provider']}/{data['payment_id']}"
        told.setdefault(key, {})[data["version"]] = data["provider_status"]
    truth: dict[str, list[str]] = {}
    for move in stand.lab.truth:
        truth.setdefault(f"{move.source.split('/')[0]}/{move.payment_id}", []).append(
            move.provider_status
        )
    for key, versions in told.items():
        assert sorted(versions) == list(range(1, len(versions) + 1)), f"a gap at {key}"
        assert set(versions.values()) <= set(truth[key]), f"invented: {key}"
    # Whoever has a stored version was told of it, and stands as the provider has it.
    for world in stand.lab.worlds.values():
        for payment in world.payments():
            known = told.get(f"{world.provider}/{payment.id}")
            if payment.created_at > world.started:
                assert known is not None, f"never told of: {payment}"
            if known:
                assert known[max(known)] == payment.status
    assert all(len(texts) == 1 for texts in bodies.values())
    with capsys.disabled():
        print(
            f"\n{killed} of {DEATHS} runs were killed: {len(bodies)} changes received, 0 lost, "
            f"0 invented, {len(events) - len(bodies)} repeats"
        )
    assert killed > 0


def test_a_run_that_the_runtime_ends_is_said_to_be_one_and_the_next_one_does_its_work(
    stand: Stand,
) -> None:
    function = stand.start(TIMEOUT)
    function.invoke({"action": "poll"})
    timer = threading.Timer(0.1, function.send, [signal.SIGSTOP])
    timer.start()
    with pytest.raises(Failed, match=f"timed out after {TIMEOUT}.00 seconds"):
        function.invoke({"action": "reconcile"})
    timer.join()
    settled(function)
    assert stand.received()


def settled(function: Runtime) -> None:
    """Poll until the leases of the dead have ended and two polls in a row found all in order."""
    last, well = time.monotonic() + 120, 0
    while well < 3:
        assert time.monotonic() < last, "no poll comes to its end"
        try:
            sources = function.invoke({"action": "poll"})["sources"].values()
        except Failed:
            # The death of a process that had answered already.
            continue
        fine = all(each["outcome"] == "ok" and not each["outbox_left"] for each in sources)
        well = well + 1 if fine else 0
