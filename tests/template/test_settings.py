"""Settings that the code requires are settings that the template gives, and none besides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from paywatch.errors import ConfigurationError
from paywatch.settings import Settings
from tests.template.stack import Stack, template


class Watched(Mapping[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self.variables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables)

    def __len__(self) -> int:
        return len(self.variables)


def given() -> dict[str, str]:
    variables: dict[str, str] = Stack().properties("PollerFunction")["Environment"]["Variables"]
    return variables


def test_every_setting_that_is_given_is_read() -> None:
    environment = Watched(given())
    Settings.from_environment(environment)
    assert set(given()) - environment.asked == set()


def test_every_setting_that_is_required_is_given() -> None:
    environment = Watched(given())
    Settings.from_environment(environment)
    for name in environment.asked:
        try:
            Settings.from_environment({k: v for k, v in given().items() if k != name})
        except ConfigurationError:
            assert name in given()


def test_the_defaults_of_the_template_are_the_defaults_of_the_code() -> None:
    """What a parameter says when nobody sets it is what the code does without the setting."""
    without_defaults = {
        name: value
        for name, value in given().items()
        if value.startswith("${") or name == "PAYWATCH_SOURCES"
    }
    assert Settings.from_environment(without_defaults) == Settings.from_environment(given())


@pytest.mark.parametrize(
    ("parameter", "variable", "value"),
    [
        ("Sources", "PAYWATCH_SOURCES", "onepay/norte"),
        ("CompagoBaseUrl", "PAYWATCH_COMPAGO_BASE_URL", "https://compago.example.com"),
        ("OnePayBaseUrl", "PAYWATCH_ONEPAY_BASE_URL", "https://onepay.example.com"),
        ("CompagoRequestsPerSecond", "PAYWATCH_COMPAGO_REQUESTS_PER_SECOND", "2.5"),
        ("OnePayRequestsPerSecond", "PAYWATCH_ONEPAY_REQUESTS_PER_SECOND", "0.5"),
        ("LogLevel", "PAYWATCH_LOG_LEVEL", "DEBUG"),
        ("ApiKeysSecretArn", "PAYWATCH_API_KEYS_SECRET_ARN", "arn:of:a:secret"),
    ],
)
def test_a_parameter_reaches_its_setting(parameter: str, variable: str, value: str) -> None:
    function = Stack(**{parameter: value}).properties("PollerFunction")
    assert function["Environment"]["Variables"][variable] == value


def test_the_levels_of_the_template_are_levels_of_the_code() -> None:
    for level in template()["Parameters"]["LogLevel"]["AllowedValues"]:
        Settings.from_environment(given() | {"PAYWATCH_LOG_LEVEL": level})
