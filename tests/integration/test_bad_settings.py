"""A secret, a setting or an event that cannot be used, and what is told of it.

It is our own fault, so the invocation fails with one sentence; nothing is lost, and the next one
after it is mended goes on.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from paywatch.errors import ConfigurationError
from paywatch.invocation import ACTIONS
from tests.integration.hostile import OTHER, Watched

KEYS = "the secret {arn} with the API keys cannot be used: "


def keys_of(stage: Watched) -> dict[str, str]:
    """Return what the secret should hold."""
    return {source.short: world.api_key for source, world in stage.worlds.items()}


def store_keys(stage: Watched, text: str) -> None:
    """Put a text into the secret."""
    stage.secrets.put_secret_value(SecretId=stage.secret_arn, SecretString=text)


def refused(stage: Watched, **event: Any) -> str:
    """Invoke the poller, which fails; return its sentence."""
    with pytest.raises(ConfigurationError) as refusal:
        stage.tick(**event)
    return str(refusal.value)


def test_without_a_secret_nobody_is_asked_and_nothing_is_lost() -> None:
    stage = Watched()
    arn = stage.secret_arn
    stage.settings["PAYWATCH_API_KEYS_SECRET_ARN"] = arn.replace("keys", "gone")
    stage.restart()
    stage.pay()
    before = len(stage.lab.log)
    sentence = refused(stage)
    assert sentence.endswith("there is no such secret, or it has no value yet")
    assert stage.settings["PAYWATCH_API_KEYS_SECRET_ARN"] in sentence
    assert len(stage.lab.log) == before
    stage.settings["PAYWATCH_API_KEYS_SECRET_ARN"] = arn
    stage.restart()
    stage.recover()


# Of a secret that makes no sense, what is said of it.
SAID = {
    "sk_live_topsecret": 'it is not a JSON object like {"compago": "…", "onepay": "…"}',
    '["sk_live_topsecret"]': 'it is not a JSON object like {"compago": "…", "onepay": "…"}',
    '{"stripe": "sk_live_topsecret"}': "entry 1 is not named after a source "
    "(compago or onepay, or one/account)",
    '{"compago": ["sk_live_topsecret"]}': "the key for compago is blank, or is not text",
    " ": "it holds no text",
}


def test_a_secret_that_makes_no_sense_is_told_without_a_word_of_it() -> None:
    stage = Watched()
    stage.restart()
    stage.pay()
    for text, says in SAID.items():
        store_keys(stage, text)
        sentence = refused(stage)
        assert sentence == KEYS.format(arn=stage.secret_arn) + says
        assert "topsecret" not in sentence
    # Once it is mended, the next poll of the same process reads it.
    store_keys(stage, json.dumps(keys_of(stage)))
    stage.recover()


@pytest.mark.parametrize("source", ["compago", "onepay"])
def test_a_source_without_a_key_does_not_keep_the_other_from_being_polled(source: str) -> None:
    stage = Watched(source)
    stage.restart()
    stage.pay()
    store_keys(stage, json.dumps({OTHER[source]: keys_of(stage)[OTHER[source]]}))
    assert refused(stage) == f"the secret with the API keys has none for {source}"
    assert stage.announced() == {source: [], OTHER[source]: ["paid"]}
    store_keys(stage, json.dumps(keys_of(stage)))
    stage.recover()


@pytest.mark.parametrize("source", ["compago", "onepay"])
def test_a_key_that_was_turned_is_read_again_by_the_next_poll(source: str) -> None:
    stage = Watched(source)
    old = keys_of(stage)
    stage.world(source).api_key += "-new"
    report = stage.poll_with(stage.lab_between.respond)
    assert report["outcome"] == "credentials_rejected"
    assert old[source] not in json.dumps(stage.reports)
    store_keys(stage, json.dumps(keys_of(stage)))
    stage.recover()


def test_a_turned_key_is_read_again_also_while_the_other_source_has_none() -> None:
    stage = Watched("onepay")
    stage.restart()
    keys = keys_of(stage)
    store_keys(stage, json.dumps({"onepay": keys["onepay"]}))
    refused(stage)
    stage.world("onepay").api_key += "-new"
    stage.pay()
    refused(stage)
    assert stage.announced()["onepay"] == []
    store_keys(stage, json.dumps({"onepay": keys_of(stage)["onepay"]}))
    refused(stage)
    assert stage.announced() == {"compago": [], "onepay": ["paid"]}
    store_keys(stage, json.dumps(keys_of(stage)))
    stage.recover()


def test_an_event_that_asks_for_what_there_is_not_does_nothing() -> None:
    stage = Watched()
    stage.pay()
    calls, requests = len(stage.line.calls), len(stage.lab.log)
    for event, says in (
        (
            {"sources": ["compago", "paypal"]},
            "unknown source 'paypal'; configured: compago, onepay",
        ),
        (
            {"sources": ["onepay/norte"]},
            "unknown source 'onepay/norte'; configured: compago, onepay",
        ),
        ({"action": "refund"}, "unknown action 'refund'; there are " + ", ".join(ACTIONS)),
        (
            {"verbose": True},
            "the event has the unknown key 'verbose'; there are action, sources and dry_run",
        ),
    ):
        assert refused(stage, **event) == says
    assert (len(stage.line.calls), len(stage.lab.log)) == (calls, requests)
    stage.recover()


@pytest.mark.parametrize("source", ["compago", "onepay"])
def test_keys_are_sent_over_https_only(source: str) -> None:
    stage = Watched(source)
    stage.pay()
    name = f"PAYWATCH_{source.upper()}_BASE_URL"
    https = stage.settings[name]
    calls, requests = len(stage.line.calls), len(stage.lab.log)
    for url in ("http://api.example/v1", "http://127.0.0.1.example/v1", "ftp://127.0.0.1/v1"):
        stage.settings[name] = url
        with pytest.raises(ConfigurationError) as refusal:
            stage.restart()
        assert str(refusal.value) == f"{name}: {url!r} must be https (http is for loopback only)"
    assert (len(stage.line.calls), len(stage.lab.log)) == (calls, requests)
    stage.settings[name] = https
    stage.restart()
    stage.recover()
