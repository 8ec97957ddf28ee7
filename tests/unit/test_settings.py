"""The settings, read from an environment that is given."""

from __future__ import annotations

import pytest

from paywatch.domain.payments import Source
from paywatch.errors import ConfigurationError
from paywatch.settings import Settings

LEAST = {
    "PAYWATCH_TABLE": "payments",
    "PAYWATCH_CHANGES_TOPIC_ARN": "arn:changes",
    "PAYWATCH_ALERTS_TOPIC_ARN": "arn:alerts",
    "PAYWATCH_API_KEYS_SECRET_ARN": "arn:keys",
    "PAYWATCH_SOURCES": "compago, onepay/norte",
}


def read(**settings: str) -> Settings:
    return Settings.from_environment({**LEAST, **{f"PAYWATCH_{k}": v for k, v in settings.items()}})


def test_what_must_be_set_is_enough() -> None:
    settings = read()
    assert settings.table == "payments"
    assert settings.changes_topic_arn == "arn:changes"
    assert settings.alerts_topic_arn == "arn:alerts"
    assert settings.api_keys_secret_arn == "arn:keys"
    assert settings.sources == (Source("compago"), Source("onepay", "norte"))
    assert settings.requests_per_second == {"compago": 1.0, "onepay": 1.0}
    assert settings.request_budget == 600
    assert settings.log_level == "INFO"
    assert all(url.startswith("https://") for url in settings.base_urls.values())


@pytest.mark.parametrize("name", LEAST)
@pytest.mark.parametrize("value", ["", "  "])
def test_what_is_missing_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name} is not set$"):
        Settings.from_environment({**LEAST, name: value})


def test_an_optional_setting_that_is_empty_has_its_default() -> None:
    assert read(REQUEST_BUDGET="", LOG_LEVEL=" ", COMPAGO_BASE_URL="") == read()


def test_each_provider_has_its_own_address_and_pace() -> None:
    settings = read(
        COMPAGO_BASE_URL="https://pay.example.com/api/",
        ONEPAY_BASE_URL="http://127.0.0.1:8080/v1",
        COMPAGO_REQUESTS_PER_SECOND="0.5",
        ONEPAY_REQUESTS_PER_SECOND="3",
        REQUEST_BUDGET="50",
        LOG_LEVEL="debug",
    )
    assert settings.base_urls == {
        "compago": "https://pay.example.com/api",
        "onepay": "http://127.0.0.1:8080/v1",
    }
    assert settings.requests_per_second == {"compago": 0.5, "onepay": 3.0}
    assert settings.request_budget == 50
    assert settings.log_level == "DEBUG"


@pytest.mark.parametrize(
    "url", ["http://localhost:1", "http://127.0.0.1/x", "http://[::1]:80", "https://a.example"]
)
def test_https_is_asked_for_everywhere_but_on_loopback(url: str) -> None:
    assert read(ONEPAY_BASE_URL=url).base_urls["onepay"] == url


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://pay.example.com", "must be https"),
        ("http://127.0.0.1.example.com", "must be https"),
        ("http://localhost.example.com", "must be https"),
        ("ftp://localhost", "must be https"),
        ("https://user:pass@pay.example.com", "not a plain https URL"),
        ("https://pay.example.com/?", "not a plain https URL"),
        ("https://pay.example.com/#", "not a plain https URL"),
        ("https://pay example.com", "not a plain https URL"),
        ("https://pay.example.com\\@evil.example", "not a plain https URL"),
        ("https:///v1", "names no host"),
        ("https://pay.example.com/?a=1", "not a plain https URL"),
        ("https://pay.example.com/#a", "not a plain https URL"),
        ("https://", "names no host"),
        ("pay.example.com", "names no host"),
        ("https://pay.example.com:http", "is not a URL"),
        ("https://[::1", "is not a URL"),
    ],
)
def test_an_address_that_could_give_the_key_away_is_refused(url: str, why: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        read(COMPAGO_BASE_URL=url)
    assert str(refusal.value).startswith("PAYWATCH_COMPAGO_BASE_URL: ")
    assert why in str(refusal.value)
    assert "pass@" not in str(refusal.value)


def test_a_budget_is_a_whole_number_of_requests() -> None:
    with pytest.raises(ConfigurationError, match="is not a whole number"):
        read(REQUEST_BUDGET="2.5")


@pytest.mark.parametrize(
    ("sources", "why"),
    [
        ("stripe", "PAYWATCH_SOURCES: 'stripe' is unknown; there are compago and onepay"),
        ("compago,", "PAYWATCH_SOURCES: '' does not name a source"),
        ("compago onepay", "PAYWATCH_SOURCES: 'compago onepay' does not name a source"),
        ("compago,compago/default", "PAYWATCH_SOURCES names compago twice"),
    ],
)
def test_a_list_of_sources_that_makes_no_sense_is_refused(sources: str, why: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        read(SOURCES=sources)
    assert str(refusal.value).startswith(why)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e9", "fast", "1,5"])
@pytest.mark.parametrize("name", ["ONEPAY_REQUESTS_PER_SECOND", "REQUEST_BUDGET"])
def test_a_number_that_makes_no_sense_is_refused(name: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^PAYWATCH_{name}: "):
        read(**{name: text})


def test_a_log_level_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'CHATTY' is not DEBUG, INFO, WARNING or ERROR"):
        read(LOG_LEVEL="chatty")


def test_settings_cannot_be_changed_once_they_are_made() -> None:
    with pytest.raises(AttributeError):
        read().table = "other"  # type: ignore[misc]
