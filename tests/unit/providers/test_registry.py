"""Making a source's provider from its name, key and address."""

from __future__ import annotations

from random import Random

import httpx
import pytest

from paywatch.domain.payments import PROVIDERS, Source
from paywatch.errors import ConfigurationError
from paywatch.ports import Allowance, ListQuery, Provider
from paywatch.providers.registry import CLIENTS, connect

from .conftest import FakeClock, Script

EMPTY = {"current_page": 1, "last_page": 1, "per_page": 20, "total": 0, "data": []}


def made(source: str, key: str, script: Script | None = None) -> Provider:
    transport = httpx.MockTransport(script) if script else None
    clock = FakeClock()
    return connect(Source.parse(source), key, "https://x.test", 1.0, clock, Random(1), transport)


@pytest.mark.parametrize("source", ["compago", "onepay/norte"])
def test_each_source_gets_its_provider_and_nothing_is_sent(source: str) -> None:
    assert made(source, "key").source == Source.parse(source)


def test_every_provider_of_the_settings_is_known() -> None:
    assert set(CLIENTS) == set(PROVIDERS)


def test_an_unknown_provider_is_a_fault_of_the_settings() -> None:
    with pytest.raises(ConfigurationError, match="there is no provider 'stripe'"):
        made("stripe", "key")


@pytest.mark.parametrize("key", ["", "  ", "two words", "sk_ñ", "sk\x00", "sk\r\nX-Evil: 1"])
def test_a_key_that_no_header_can_carry_is_a_fault_of_the_settings(key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        made("onepay/norte", key)
    assert str(caught.value) == "the key of onepay/norte is empty or not a key's characters"


def test_the_line_end_of_a_pasted_key_is_passed_over() -> None:
    script = Script([httpx.Response(200, json=EMPTY)])
    made("onepay", "sk_1\n", script).list(ListQuery(), Allowance(FakeClock(), 60, 5))
    assert script.requests[0].headers["authorization"] == "Bearer sk_1"
