"""What the handler can be asked to do."""

from __future__ import annotations

from typing import Any

import pytest

from paywatch.domain.payments import Source
from paywatch.errors import ConfigurationError
from paywatch.invocation import Invocation

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
        ({"action": "pol"}, "unknown action 'pol'; there are poll, reconcile"),
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
