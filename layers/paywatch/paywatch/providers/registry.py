"""Which client speaks to which provider."""

from __future__ import annotations

from random import Random

from paywatch.domain.payments import Source
from paywatch.errors import ConfigurationError
from paywatch.ports import Clock, Provider
from paywatch.providers.compago.client import CompagoClient
from paywatch.providers.http import HttpClient, Limits, Transport
from paywatch.providers.onepay.client import OnePayClient
from paywatch.providers.pace import Pace

CLIENTS: dict[str, type[CompagoClient] | type[OnePayClient]] = {
    "compago": CompagoClient,
    "onepay": OnePayClient,
}


def connect(
    source: Source,
    key: str,
    base_url: str,
    pace_per_second: float,
    clock: Clock,
    random: Random,
    transport: Transport | None = None,
    limits: Limits | None = None,
) -> Provider:
    """Make a source's provider; raise ConfigurationError for an unknown one or an unusable key.

    Nothing is sent. The network is used unless a transport is given.
    """
    client = CLIENTS.get(source.provider)
    if client is None:
        raise ConfigurationError(f"there is no provider {source.provider!r}")
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError(f"the key of {source.short} is empty or not a key's characters")
    pace = Pace(clock, pace_per_second)
    http = HttpClient(base_url, client.credentials(key), pace, clock, random, transport, limits)
    return client(source, http)
