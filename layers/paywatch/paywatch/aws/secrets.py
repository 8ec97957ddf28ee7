"""The providers' keys, from one secret: a JSON object from source to key.

No error and no repr here quotes anything of the secret but the names of known sources.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import ClientError

from paywatch.domain.payments import PROVIDERS, Source
from paywatch.errors import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

CACHED_SECONDS = 300
# The sources' threads ask at once: the first one reads for all of them, also where that fails.
_readings: dict[tuple[int, str, bool], Future[Any]] = {}
_lock = Lock()

_REASONS = {
    "ResourceNotFoundException": "there is no such secret, or it has no value yet",
    "AccessDeniedException": "reading it is not allowed",
    "DecryptionFailure": "its KMS key cannot be used",
    "InvalidRequestException": "it is being deleted",
}


class ApiKeys(Mapping[Source, str]):
    """The keys by source; it shows the sources only."""

    def __init__(self, keys: Mapping[Source, str]) -> None:
        self._keys = dict(keys)

    def __getitem__(self, source: Source) -> str:
        return self._keys[source]

    def __iter__(self) -> Iterator[Source]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f"ApiKeys({', '.join(source.short for source in self._keys)})"

    def key_for(self, source: Source) -> str:
        """Return the source's key; raise ConfigurationError that names a source without one."""
        if source not in self._keys:
            raise ConfigurationError(f"the secret with the API keys has none for {source.short}")
        return self._keys[source]


def api_keys(client: SecretsManagerClient, arn: str, *, force: bool = False) -> ApiKeys:
    """Read the keys, at most once in five minutes unless forced; raise ConfigurationError."""
    try:
        value = _read(client, arn, force)
    except GetParameterError as error:
        fault, value = error.__context__, None
        code = fault.response["Error"]["Code"] if isinstance(fault, ClientError) else ""
        reason = _REASONS.get(code) or code or type(fault).__name__
    else:
        reason = "" if isinstance(value, str) and value.strip() else "it holds no text"
    if reason:
        raise ConfigurationError(f"the secret {arn} with the API keys cannot be used: {reason}")
    try:
        return ApiKeys(_parse(str(value)))
    except _BadSecret as error:
        reason = str(error)
    raise ConfigurationError(f"the secret {arn} with the API keys cannot be used: {reason}")


def _read(client: SecretsManagerClient, arn: str, force: bool) -> Any:
    key = id(client), arn, force
    with _lock:
        provider, reading = _provider(client), _readings.get(key)
        first = reading is None
        if reading is None:
            reading = _readings[key] = Future()
    if first:
        try:
            reading.set_result(provider.get(arn, max_age=CACHED_SECONDS, force_fetch=force))
        except Exception as fault:
            reading.set_exception(fault)
        finally:
            with _lock:
                del _readings[key]
    return reading.result()


@lru_cache(maxsize=4)
def _provider(client: SecretsManagerClient) -> SecretsProvider:
    """Keep one cache for each client."""
    return SecretsProvider(boto3_client=client)


class _BadSecret(Exception):
    """The text of the secret is not what it should be."""


def _parse(text: str) -> dict[Source, str]:
    pairs = _pairs(text)
    if pairs is None:
        raise _BadSecret('it is not a JSON object like {"compago": "…", "onepay": "…"}')
    keys: dict[Source, str] = {}
    for number, (name, value) in enumerate(pairs, start=1):
        source = _source(name)
        if source is None:
            # The name is not quoted: a key may have been put in its place.
            known = " or ".join(PROVIDERS)
            raise _BadSecret(
                f"entry {number} is not named after a source ({known}, or one/account)"
            )
        key = value.strip() if isinstance(value, str) else ""
        if not key:
            raise _BadSecret(f"the key for {source.short} is blank, or is not text")
        if not all(" " <= c <= "~" for c in key):
            raise _BadSecret(f"the key for {source.short} holds a character that no key has")
        if keys.setdefault(source, key) != key:
            raise _BadSecret(f"there are two different keys for {source.short}")
    return keys


def _pairs(text: str) -> list[tuple[str, Any]] | None:
    """Read the pairs of a JSON object, repeated names included; None if it is not one."""
    try:
        pairs = json.loads(text, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return None
    return pairs if isinstance(pairs, _Pairs) else None


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as it was written, told apart from a JSON array."""


def _source(name: str) -> Source | None:
    try:
        source = Source.parse(name)
    except ValueError:
        return None
    return source if source.provider in PROVIDERS else None
