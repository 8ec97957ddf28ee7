"""The handler as Lambda calls it: settings from the environment, HTTP to the lab, moto behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.poller.app import lambda_handler
from paylab.server import LabServer
from paywatch import bootstrap
from paywatch.errors import ConfigurationError
from paywatch.invocation import POLLS
from tests.integration.aws_line import count
from tests.integration.on_aws import OnAws
from tests.integration.seeding import in_memory
from tests.polling import START, Polling

EVENTS = sorted((Path(__file__).parents[2] / "events").glob("*.json"))
POLLING = [p for p in EVENTS if json.loads(p.read_text()).get("action", "poll") in POLLS]
REQUIRED = ("TABLE", "CHANGES_TOPIC_ARN", "ALERTS_TOPIC_ARN", "API_KEYS_SECRET_ARN", "SOURCES")
COUNTS = (
    *("seen", "opened", "changed", "published", "outbox_left", "leavers", "unexplained"),
    "requests",
)
PAID = {"compago": "CONFIRMED", "onepay": "paid"}


@dataclass
class Context:
    """What Lambda tells a handler, as far as it is used."""

    aws_request_id: str = "8f5c7c5e-0000-4000-8000-000000000001"
    milliseconds: int = 60_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


class Function(OnAws):
    """The function: what it does passes the line, and its clock is the lab's."""

    def __init__(self, server: LabServer, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        server.lab = self.lab
        server.start()
        for world in self.worlds.values():
            for hours in range(1, 5):
                world.add(created_at=START - timedelta(hours=hours))
        with in_memory(self):
            Polling.tick(self)
        urls = {
            f"{world.provider.upper()}_BASE_URL": server.base_url(name)
            for name, world in self.lab.worlds.items()
        }
        for name, value in self.environment(**urls).items():
            monkeypatch.setenv(name, value)
        build = partial(bootstrap.build, clock=self.clock, clients=self._client)
        monkeypatch.setattr(bootstrap, "build", build)

    def _client(self, service: str, **options: Any) -> Any:
        make: Any = boto3.client
        client = make(service, **options)
        self.line.watch(client)
        return client

    def call(self, event: object, context: object = None) -> dict[str, Any]:
        """Call the handler; take what it published; let a minute pass."""
        start = self.clock.now()
        try:
            return lambda_handler(event, context or Context())
        finally:
            self.events = self.receive()
            self.clock.set(max(self.clock.now(), start + self.every))

    def pay(self) -> None:
        """Let a payment of each source be paid."""
        for source, word in PAID.items():
            world = self.world(source)
            opened = next(p for p in world.payments() if p.status in ("PENDING", "created"))
            world.move(opened.id, word)

    @property
    def published(self) -> list[str]:
        """From which sources came what the last call published."""
        assert all(event["data"]["status"] == "paid" for event in self.events)
        return sorted(event["data"]["provider"] for event in self.events)


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[Function]:
    """Give a function that has polled twice, and take it away with its process."""
    bootstrap.install(None)
    server = LabServer(None)  # type: ignore[arg-type]
    made = Function(server, monkeypatch)
    made.call({})
    yield made
    bootstrap.install(None)
    server.stop()


@pytest.mark.parametrize("path", POLLING, ids=lambda path: path.stem)
def test_what_can_be_sent_to_the_function_is_understood(function: Function, path: Path) -> None:
    event = json.loads(path.read_text())
    function.pay()
    before = list(function.items())
    report = function.call(event, Context("run-7"))
    sources = event.get("sources", ["compago", "onepay"])
    dry_run = event.get("dry_run", False)
    assert json.loads(json.dumps(report)) == report
    assert report["run_id"] == "run-7"
    assert report["action"] == event.get("action", "poll")
    assert report["dry_run"] is dry_run
    assert list(report["sources"]) == sources
    for each in report["sources"].values():
        assert (each["outcome"], each["sealed"], each["changed"]) == ("ok", True, 1)
        assert all(isinstance(each[name], int) for name in COUNTS)
        assert (each["reconcile"] != {}) == (report["action"] == "reconcile")
    if dry_run:
        assert function.published == []
        assert list(function.items()) == before
        assert function.call({})["sources"]["compago"]["published"] == 1
        sources = ["compago", "onepay"]
    assert function.published == sources


def sample(name: str) -> dict[str, Any]:
    """Return a sample event."""
    event: dict[str, Any] = json.loads((EVENTS[0].parent / f"{name}.json").read_text())
    return event


def test_the_alerts_are_listed_acknowledged_and_snoozed_by_the_samples(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = "overdue_ceiling_hours=0.5,overdue_floor_minutes=1"
    monkeypatch.setenv("PAYWATCH_ALERT_THRESHOLDS", figures)
    bootstrap.install(None)
    with pytest.raises(ConfigurationError, match=r"no alert .* is open; open: none is"):
        function.call(sample("ack"))
    assert function.call(sample("alerts"))["alerts"] == []
    function.world("onepay").add("processing", created_at=function.clock.now())
    function.every = timedelta(minutes=2)
    for _ in range(20):
        function.call({})
    (alert,) = function.call(sample("alerts"))["alerts"]
    assert alert["alert"] == sample("ack")["alert"] == sample("snooze")["alert"]
    assert alert["told_at"] is not None
    acknowledged = function.call(sample("ack"))["alert"]
    assert (acknowledged["by"], acknowledged["why"]) == (sample("ack")["who"], sample("ack")["why"])
    assert acknowledged["acknowledged_at"] is not None
    snoozed = function.call(sample("snooze"))["alert"]
    assert snoozed["snoozed_until"] is not None
    assert function.call(sample("alerts"))["alerts"] == [snoozed]


def test_a_drill_goes_the_whole_way_and_touches_no_payment(function: Function) -> None:
    before = list(function.items())
    report = function.call({"action": "drill"})
    assert (report["passed"], report["told"], report["detail"]) == (True, 4, "")
    assert list(function.items()) == before
    assert function.call({"action": "alerts"})["alerts"] == []


def test_the_digest_is_told(function: Function) -> None:
    report = function.call({"action": "digest"})
    assert report["told"] is True
    assert "still open" in report["text"]


def test_two_invocations_of_one_process_share_clients_keys_and_connections(
    function: Function,
) -> None:
    first = bootstrap._poller
    assert count(function.line.calls)["GetSecretValue"] == 1
    calls = len(function.line.calls)
    function.pay()
    assert function.call({}, Context("run-3"))["run_id"] == "run-3"
    assert function.published == ["compago", "onepay"]
    assert function.call({}, Context("run-4"))["run_id"] == "run-4"
    assert function.published == []
    assert bootstrap._poller is first
    assert count(function.line.since(calls))["GetSecretValue"] == 0


def test_a_new_process_goes_on_where_the_last_one_stopped(function: Function) -> None:
    bootstrap.install(None)
    function.pay()
    function.call({})
    assert function.published == ["compago", "onepay"]
    function.call({})
    assert function.published == []


# Of an event that makes no sense, what is said of it.
SAID: list[tuple[object, str]] = [
    ([], "the event must be a JSON object"),
    ("poll", "the event must be a JSON object"),
    (7, "the event must be a JSON object"),
    (True, "the event must be a JSON object"),
    ({"action": 7}, "unknown action 7; there are poll, reconcile"),
    ({"action": None}, "unknown action None; there are poll, reconcile"),
    ({"action": ["poll"]}, "unknown action ['poll']; there are poll, reconcile"),
    ({"action": {"poll": {}}}, "unknown action {'poll': {}}; there are poll, reconcile"),
    ({"sources": "compago"}, 'sources must be a list of names, like ["compago"]'),
    ({"sources": {}}, 'sources must be a list of names, like ["compago"]'),
    ({"sources": []}, 'sources must be a list of names, like ["compago"]'),
    ({"sources": ["compago", 7]}, "7 does not name a source"),
    ({"sources": [None]}, "None does not name a source"),
    ({"sources": [["compago"]]}, "['compago'] does not name a source"),
    ({"sources": [""]}, "'' does not name a source"),
    ({"sources": ["compago/"]}, "'compago/' does not name a source"),
    ({"sources": ["compago/a/b"]}, "'compago/a/b' does not name a source"),
    ({"dry_run": 1}, "dry_run must be true or false"),
    ({"dry_run": "true"}, "dry_run must be true or false"),
    ({"dry_run": None}, "dry_run must be true or false"),
    ({"Records": [{"body": "x" * 200_000}]}, "the event has the unknown key 'Records'"),
    ({"x" * 100_000: 1}, "the event has the unknown key 'xxx"),
    ({"action": "x" * 100_000}, "unknown action 'xxx"),
]


def test_an_event_of_the_wrong_kind_is_refused_with_a_sentence_and_touches_nothing(
    function: Function,
) -> None:
    function.pay()
    calls, requests = len(function.line.calls), len(function.lab.log)
    for event, says in SAID:
        with pytest.raises(ConfigurationError) as refusal:
            function.call(event)
        assert str(refusal.value).startswith(says)
        assert len(str(refusal.value)) < 200
    assert (len(function.line.calls), len(function.lab.log)) == (calls, requests)
    function.call({})
    assert function.published == ["compago", "onepay"]


def test_a_setting_that_is_missing_is_named_and_may_be_mended(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap.install(None)
    function.pay()
    for name in (f"PAYWATCH_{name}" for name in REQUIRED):
        with monkeypatch.context() as hidden:
            hidden.delenv(name)
            with pytest.raises(ConfigurationError, match=f"^{name} is not set$"):
                function.call({})
    function.call({})
    assert function.published == ["compago", "onepay"]


class Nothing:
    """A context that tells nothing."""


def test_a_context_that_tells_nothing_is_done_without(function: Function) -> None:
    function.pay()
    report = function.call(None, Nothing())
    assert report["run_id"]
    assert function.published == ["compago", "onepay"]


@pytest.mark.parametrize("milliseconds", [0, 1, 1999, 2000])
def test_with_no_time_left_it_ends_well_and_the_next_run_finds_everything(
    function: Function, milliseconds: int
) -> None:
    function.pay()
    report = function.call({}, Context(milliseconds=milliseconds))
    for each in report["sources"].values():
        assert (each["outcome"], each["requests"], each["sealed"]) == ("ok", 0, False)
        assert each["detail"] == "tail: the run's time is used up"
    assert function.published == []
    function.call({})
    assert function.published == ["compago", "onepay"]


def test_the_log_tells_of_each_source_and_holds_no_key_and_nothing_personal(
    function: Function, capsys: pytest.CaptureFixture[str]
) -> None:
    function.pay()
    capsys.readouterr()
    function.call({}, Context("run-9"))
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    polled = [line for line in told if line.get("message") == "source_polled"]
    assert sorted(line["source"] for line in polled) == ["compago", "onepay"]
    assert {line["run_id"] for line in polled} == {"run-9"}
    measured = [line for line in told if "_aws" in line]
    assert sorted(m["source"] for m in measured if "source" in m) == ["compago", "onepay"]
    assert sorted(m["provider"] for m in measured if "provider" in m) == ["compago", "onepay"]
    text = json.dumps(told)
    for world in function.worlds.values():
        assert world.api_key not in text
        for payment in world.payments():
            assert str(payment.description) not in text
