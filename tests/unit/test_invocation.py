"""What the handler can be asked to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from paywatch.domain.payments import Source
from paywatch.errors import ConfigurationError
from paywatch.invocation import ACTIONS, TAKES, Invocation

EVENTS = Path(__file__).parents[2] / "events"
OVERDUE = "payment_overdue/onepay"
ACK = {"action": "ack", "alert": OVERDUE, "who": "ana"}
SNOOZE = {"action": "snooze", "alert": OVERDUE, "who": "ana", "hours": 8}
KNOWN = (Source("compago"), Source("onepay"), Source("onepay", "norte"))


@pytest.mark.parametrize("event", [None, {}, {"action": "poll"}])
def test_every_key_is_optional_and_all_sources_are_polled(event: Any) -> None:
    assert Invocation.parse(event, KNOWN) == Invocation("poll", KNOWN, dry_run=False)


def test_an_event_says_what_to_do_for_which_sources() -> None:
    event = {"action": "reconcile", "sources": ["onepay/norte", "compago"], "dry_run": True}
    chosen = (Source("onepay", "norte"), Source("compago"))
    assert Invocation.parse(event, KNOWN) == Invocation("reconcile", chosen, dry_run=True)


def test_a_source_is_known_by_its_short_and_its_whole_name_and_taken_once() -> None:
    event = {"sources": ["compago", "compago/default"]}
    assert Invocation.parse(event, KNOWN).sources == (Source("compago"),)


@pytest.mark.parametrize("sender", ["aws.scheduler", "aws.events"])
def test_the_schedulers_default_payload_is_a_poll(sender: str) -> None:
    event = {
        "version": "0",
        "id": "2c1e",
        "detail-type": "Scheduled Event",
        "source": sender,
        "detail": "{}",
        "resources": [],
    }
    assert Invocation.parse(event, KNOWN) == Invocation("poll", KNOWN)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z"),
        ("<aws.scheduler.scheduled-time>", None),
        ("x" * 101, "x" * 100),
        (17, None),
    ],
)
def test_what_a_schedule_says_of_itself_is_kept_for_the_log(said: Any, kept: str | None) -> None:
    invocation = Invocation.parse({"action": "reconcile", "scheduled_time": said}, KNOWN)
    assert invocation.action == "reconcile"
    assert invocation.schedule.get("scheduled_time") == kept


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ([], "the event must be a JSON object"),
        ("poll", "the event must be a JSON object"),
        (
            {"action": "pol"},
            "unknown action 'pol'; there are poll, reconcile, alerts, ack, snooze, drill, digest",
        ),
        ({"action": None}, "unknown action None; there are poll, reconcile"),
        ({"actoin": "poll"}, "the event has the unknown key 'actoin'; there are"),
        ({"dry_run": "yes"}, "dry_run must be true or false"),
        ({"dry_run": 1}, "dry_run must be true or false"),
        ({"sources": []}, "sources must be a list of names"),
        ({"sources": "compago"}, "sources must be a list of names"),
        ({"sources": ["stripe"]}, "unknown source 'stripe'; configured: compago, onepay,"),
        ({"sources": ["onepay/sur"]}, "unknown source 'onepay/sur'; configured:"),
        ({"sources": ["one pay"]}, "'one pay' does not name a source"),
        ({"sources": [7]}, "7 does not name a source"),
        ({"sources": [None]}, "None does not name a source"),
    ],
)
def test_what_cannot_be_understood_is_refused_and_named(event: object, message: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        Invocation.parse(event, KNOWN)
    assert str(refusal.value).startswith(message)


def test_a_refusal_quotes_no_more_than_a_line_of_what_it_was_given() -> None:
    for event in ({"action": "x" * 9999}, {"x" * 9999: 1}, {"sources": ["x" * 9999]}):
        with pytest.raises(ConfigurationError) as refusal:
            Invocation.parse(event, KNOWN)
        assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("action", ["alerts", "drill", "digest"])
def test_some_actions_take_no_more_than_their_name(action: str) -> None:
    said = {"scheduled_time": "2026-03-01T12:00:00Z", "execution_id": "3f25"}
    assert Invocation.parse({"action": action}, KNOWN) == Invocation(action, KNOWN)
    assert Invocation.parse({"action": action, **said}, KNOWN).schedule == said


@pytest.mark.parametrize("close", [True, False])
def test_an_alert_is_acknowledged_by_somebody_for_a_reason(close: bool) -> None:
    event = {**ACK, "who": "  ana ", "why": "\n I call OnePay ", "close": close}
    assert Invocation.parse(event, KNOWN) == Invocation(
        "ack", KNOWN, alert=OVERDUE, who="ana", why="I call OnePay", close=close
    )
    assert Invocation.parse(ACK, KNOWN) == Invocation("ack", KNOWN, alert=OVERDUE, who="ana")


@pytest.mark.parametrize("hours", [8, 0.25, 720, 720.0])
def test_an_alert_is_snoozed_for_some_hours(hours: float) -> None:
    invocation = Invocation.parse({**SNOOZE, "hours": hours}, KNOWN)
    assert invocation == Invocation("snooze", KNOWN, alert=OVERDUE, who="ana", hours=hours)
    assert isinstance(invocation.hours, float)


@pytest.mark.parametrize(
    "fitting",
    [
        {"alert": "payment_overdue/onepay/norte"},
        {"alert": "delivery_backlog/changes-topic"},
        {"alert": "/" + "x" * 199},
        {"who": "María de los Ángeles <m@example.com>"},
        {"who": " " * 50 + "x" * 100},
        {"why": ""},
        {"why": "ñ" * 300 + " "},
        {"scheduled_time": 7},
    ],
)
def test_what_just_fits_is_taken(fitting: dict[str, Any]) -> None:
    for event in (ACK, SNOOZE):
        Invocation.parse({**event, **fitting}, KNOWN)


ALERT = 'alert must be a name like "payment_overdue/onepay", of up to 200 characters'
WHO = "who must be a name of 1 to 100 printable characters"
WHY = "why must be text of up to 300 characters"
HOURS = "hours must be a number above 0 and up to 720"
NO_TEXT: list[Any] = [None, 7, True, [], {}, ["a/b"]]


@pytest.mark.parametrize("event", [ACK, SNOOZE], ids=["ack", "snooze"])
@pytest.mark.parametrize(
    ("key", "values", "message"),
    [
        ("alert", ["", "onepay", "a/" + "x" * 199, "a/\n", "a/\ud800", *NO_TEXT], ALERT),
        ("who", ["", " ", "x" * 101, "a\nb", "a\x00", "\u200b", "\ud800", *NO_TEXT], WHO),
        ("why", ["x" * 301, "\ud800", *NO_TEXT], WHY),
    ],
)
def test_what_is_said_of_an_alert_is_looked_at(
    event: dict[str, Any], key: str, values: list[Any], message: str
) -> None:
    for value in values:
        with pytest.raises(ConfigurationError) as refusal:
            Invocation.parse({**event, key: value}, KNOWN)
        assert str(refusal.value) == message, value


@pytest.mark.parametrize(
    "hours",
    [0, -1, 720.01, 10**400, float("nan"), float("inf"), -float("inf"), *NO_TEXT[2:], None, "8"],
)
def test_hours_are_a_number_within_a_month(hours: Any) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        Invocation.parse({**SNOOZE, "hours": hours}, KNOWN)
    assert str(refusal.value) == HOURS


@pytest.mark.parametrize("close", [None, 1, "true", []])
def test_close_is_yes_or_no(close: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^close must be true or false$"):
        Invocation.parse({**ACK, "close": close}, KNOWN)


@pytest.mark.parametrize(
    ("event", "key", "message"),
    [
        (ACK, "alert", "ack needs the key 'alert'; it needs alert and who"),
        (ACK, "who", "ack needs the key 'who'; it needs alert and who"),
        (SNOOZE, "alert", "snooze needs the key 'alert'; it needs alert, who and hours"),
        (SNOOZE, "who", "snooze needs the key 'who'; it needs alert, who and hours"),
        (SNOOZE, "hours", "snooze needs the key 'hours'; it needs alert, who and hours"),
    ],
)
def test_what_is_missing_is_named(event: dict[str, Any], key: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        Invocation.parse({k: v for k, v in event.items() if k != key}, KNOWN)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (
            {"alert": OVERDUE},
            "poll does not take the key 'alert'; it takes action, sources and dry_run",
        ),
        (
            {"action": "reconcile", "close": True},
            "reconcile does not take the key 'close'; it takes action, sources and dry_run",
        ),
        (
            {"action": "alerts", "dry_run": True},
            "alerts does not take the key 'dry_run'; it takes action alone",
        ),
        (
            {**ACK, "hours": 8},
            "ack does not take the key 'hours'; it takes action, alert, who, why and close",
        ),
        (
            {**SNOOZE, "close": False},
            "snooze does not take the key 'close'; it takes action, alert, who, why and hours",
        ),
        (
            {"verbose": 1, "alert": OVERDUE},
            "the event has the unknown key 'verbose'; there are action, sources and dry_run",
        ),
        (
            {"action": "drill", "loud": True},
            "the event has the unknown key 'loud'; there is action alone",
        ),
    ],
)
def test_a_key_that_does_not_belong_to_the_action_is_named(
    event: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        Invocation.parse(event, KNOWN)
    assert str(refusal.value) == message


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_refuses_every_key_of_the_others(action: str) -> None:
    samples: dict[str, dict[str, Any]] = {"ack": ACK, "snooze": SNOOZE}
    mine = samples.get(action, {"action": action})
    for key in {key for keys in TAKES.values() for key in keys} - set(TAKES[action]):
        with pytest.raises(ConfigurationError, match=f"^{action} does not take the key '{key}'"):
            Invocation.parse({**mine, key: None}, KNOWN)


def test_what_is_nested_without_end_is_refused_too() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for event in (deep, {"action": deep}, {"sources": [deep]}, {**ACK, "alert": deep}):
        with pytest.raises(ConfigurationError) as refusal:
            Invocation.parse(event, KNOWN)
        assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_every_sample_is_an_invocation(path: Path) -> None:
    event = json.loads(path.read_text(encoding="utf-8"))
    assert Invocation.parse(event, KNOWN).action == event.get("action", "poll")


@pytest.mark.parametrize("action", ACTIONS)
def test_there_is_a_sample_of_every_action(action: str) -> None:
    event = json.loads((EVENTS / f"{action}.json").read_text(encoding="utf-8"))
    assert event["action"] == action
