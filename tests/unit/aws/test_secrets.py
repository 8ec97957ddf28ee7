"""The secret with the keys: what is taken, what is refused, and that nothing of it is shown."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.stub import Stubber
from moto import mock_aws

import paywatch.aws.secrets as secrets_module
from paywatch.aws.secrets import CACHED_SECONDS, ApiKeys, api_keys
from paywatch.errors import ConfigurationError
from tests.contract import stack
from tests.contract.records import COMPAGO, NORTE, ONEPAY

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:paywatch"
KEY = "sk_live_4242"
HANGS = 60


def read(text: str) -> ApiKeys:
    """Read the keys from a secret with this text."""
    return api_keys(holding({"SecretString": text}), ARN)


def holding(answer: dict[str, Any]) -> SecretsManagerClient:
    """Make a client that answers so, once."""
    client = stack.secretsmanager()
    stub = Stubber(client)
    stub.add_response("get_secret_value", answer, {"SecretId": ARN})
    stub.activate()
    return client


@pytest.fixture
def secrets() -> Iterator[SecretsManagerClient]:
    with mock_aws():
        yield stack.secretsmanager()


def test_keys_are_read_by_source_and_stripped() -> None:
    keys = read(json.dumps({"compago": " abc\n", "onepay": KEY, "onepay/norte": "d e f"}))
    assert keys == {COMPAGO: "abc", ONEPAY: KEY, NORTE: "d e f"}
    assert len(keys) == 3
    assert keys.key_for(NORTE) == keys[NORTE] == "d e f"


@pytest.mark.parametrize("name", ["compago", "compago/default"])
def test_the_default_account_has_two_names(name: str) -> None:
    assert read(json.dumps({name: "abc"})).key_for(COMPAGO) == "abc"


def test_the_default_account_may_be_named_twice_with_the_same_key() -> None:
    assert read('{"compago": "abc", "compago/default": " abc"}') == {COMPAGO: "abc"}


def test_a_source_without_a_key_is_named() -> None:
    with pytest.raises(ConfigurationError, match="none for onepay/norte"):
        read('{"onepay": "abc"}').key_for(NORTE)


def test_no_source_needs_a_key_until_it_is_asked_for() -> None:
    assert read("{}") == {}


def test_keys_are_shown_by_their_sources_alone() -> None:
    keys = read(json.dumps({"onepay": KEY}))
    assert f"{keys!r} {keys}" == "ApiKeys(onepay) ApiKeys(onepay)"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (" ", "no text"),
        (KEY, "not a JSON object"),
        (f'{{"onepay": "{KEY}"', "not a JSON object"),
        (f'"{KEY}"', "not a JSON object"),
        (f'["{KEY}"]', "not a JSON object"),
        (f'[["onepay", "{KEY}"]]', "not a JSON object"),
        ("null", "not a JSON object"),
        ("[" * 100_000, "not a JSON object"),
        (f'{{"stripe": "{KEY}"}}', "entry 1 is not named after a source"),
        (f'{{"compago": "a", "{KEY}": "onepay"}}', "entry 2 is not named after a source"),
        (f'{{"": "{KEY}"}}', "entry 1 is not named after a source"),
        (f'{{"onepay/": "{KEY}"}}', "entry 1 is not named after a source"),
        (f'{{"OnePay": "{KEY}"}}', "entry 1 is not named after a source"),
        ('{"onepay": null}', "key for onepay is blank, or is not text"),
        ('{"onepay": 4242}', "key for onepay is blank, or is not text"),
        (f'{{"onepay": {{"key": "{KEY}"}}}}', "key for onepay is blank, or is not text"),
        (f'{{"onepay": ["{KEY}"]}}', "key for onepay is blank, or is not text"),
        ('{"onepay/norte": " "}', "key for onepay/norte is blank, or is not text"),
        (f'{{"onepay": "a\\n{KEY}"}}', "holds a character"),
        (f'{{"onepay": "a\\u007f{KEY}"}}', "holds a character"),
        (f'{{"onepay": "ñ{KEY}"}}', "holds a character"),
        (f'{{"compago": "{KEY}", "compago/default": "b"}}', "two different keys for compago"),
        (f'{{"compago": "{KEY}", "compago": "b"}}', "two different keys for compago"),
    ],
    ids=lambda text: text[:24],
)
def test_a_secret_that_cannot_be_used_says_why_and_shows_nothing(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason) as fault:
        read(text)
    assert ARN in str(fault.value)
    assert fault.value.__context__ is None
    shown = "".join(traceback.format_exception(fault.value, chain=True))
    # Pytest's own frames show this file's lines, so only what is raised is looked at.
    assert KEY not in shown
    assert KEY not in repr(fault.value)


def test_a_binary_secret_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no text"):
        api_keys(holding({"SecretBinary": b"{}"}), ARN)


def test_a_secret_that_is_not_there_is_told(secrets: SecretsManagerClient) -> None:
    with pytest.raises(ConfigurationError, match="no such secret"):
        api_keys(secrets, ARN)


def test_a_secret_without_a_value_is_told(secrets: SecretsManagerClient) -> None:
    arn = secrets.create_secret(Name="paywatch")["ARN"]
    with pytest.raises(ConfigurationError, match="no value yet"):
        api_keys(secrets, arn)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("AccessDeniedException", "not allowed"),
        ("DecryptionFailure", "KMS"),
        ("InvalidRequestException", "being deleted"),
        ("InternalServiceError", "InternalServiceError"),
    ],
)
def test_a_refusal_is_told(code: str, reason: str) -> None:
    client = stack.secretsmanager()
    with Stubber(client) as stub:
        stub.add_client_error("get_secret_value", code)
        with pytest.raises(ConfigurationError, match=reason):
            api_keys(client, ARN)


def test_the_secret_is_read_again_only_when_forced(secrets: SecretsManagerClient) -> None:
    arn = secrets.create_secret(Name="paywatch", SecretString='{"onepay": "old"}')["ARN"]
    assert api_keys(secrets, arn) == {ONEPAY: "old"}
    secrets.put_secret_value(SecretId=arn, SecretString='{"onepay": "new"}')
    assert api_keys(secrets, arn) == {ONEPAY: "old"}
    assert api_keys(secrets, arn, force=True) == {ONEPAY: "new"}
    assert api_keys(secrets, arn) == {ONEPAY: "new"}
    assert CACHED_SECONDS == 300


class Watched(Future[Any]):
    """A reading that tells when another thread waits for it."""

    waited_for = Event()

    def result(self, timeout: float | None = None) -> Any:
        self.waited_for.set()
        return super().result(timeout)


def ask_at_once(
    client: SecretsManagerClient, monkeypatch: pytest.MonkeyPatch, answer: Callable[[], object]
) -> tuple[int, list[object]]:
    """Let two threads ask, the second while the first one reads; return how often it was read."""
    reads = 0

    def slow(**options: Any) -> object:
        nonlocal reads
        reads += 1
        if reads == 2:
            Watched.waited_for.set()
        Watched.waited_for.wait(HANGS)
        return answer()

    def ask(_: int) -> object:
        try:
            return dict(api_keys(client, ARN))
        except ConfigurationError as error:
            return str(error)

    Watched.waited_for.clear()
    monkeypatch.setattr(secrets_module, "Future", Watched)
    monkeypatch.setattr(client, "get_secret_value", slow)
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(ask, range(2)))
    return reads, answers


def test_threads_that_ask_at_once_read_the_secret_once(monkeypatch: pytest.MonkeyPatch) -> None:
    client = stack.secretsmanager()
    found = ask_at_once(client, monkeypatch, lambda: {"SecretString": '{"onepay": "key"}'})
    assert found == (1, [{ONEPAY: "key"}] * 2)


def test_threads_that_ask_at_once_share_the_fault_and_the_next_one_tries_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = stack.secretsmanager()

    def refuse() -> object:
        raise ConnectTimeoutError(endpoint_url="-")

    for _ in range(2):
        reads, said = ask_at_once(client, monkeypatch, refuse)
        assert (reads, len(said), len(set(said))) == (1, 2, 1)
        assert "ConnectTimeoutError" in str(said[0])
