"""The settings: one frozen object, made once from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from paywatch.domain.payments import PROVIDERS, Source
from paywatch.domain.thresholds import Thresholds
from paywatch.errors import ConfigurationError

# The least and the greatest that a setting may be. At less than a request in 100 seconds no poll
# would come to anything.
PACES, SHARES, COUNTS = (0.01, 1000), (0.001, 1), (1, 100_000)


@dataclass(frozen=True)
class Settings:
    """What the owner of the stack decides.

    Paces are requests per second and source, the budget is requests per run and source. The brake
    is applied when more than `brake_leavers` payments, and more than `brake_share` of the open
    ones, leave at once.
    """

    table: str
    changes_topic_arn: str
    alerts_topic_arn: str
    api_keys_secret_arn: str
    sources: tuple[Source, ...]
    base_urls: Mapping[str, str]
    requests_per_second: Mapping[str, float]
    request_budget: int
    brake_leavers: int
    brake_share: float
    thresholds: Thresholds
    log_level: str

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> Settings:
        """Read every `PAYWATCH_` setting; raise ConfigurationError that names the one at fault."""

        def required(name: str) -> str:
            value = env.get(name, "").strip()
            if not value:
                raise ConfigurationError(f"{name} is not set")
            return value

        return cls(
            table=required("PAYWATCH_TABLE"),
            changes_topic_arn=required("PAYWATCH_CHANGES_TOPIC_ARN"),
            alerts_topic_arn=required("PAYWATCH_ALERTS_TOPIC_ARN"),
            api_keys_secret_arn=required("PAYWATCH_API_KEYS_SECRET_ARN"),
            sources=_sources(required("PAYWATCH_SOURCES")),
            base_urls={
                "compago": _base_url(
                    env, "PAYWATCH_COMPAGO_BASE_URL", "https://api.harmony.compago.com/api"
                ),
                "onepay": _base_url(env, "PAYWATCH_ONEPAY_BASE_URL", "https://api.onepay.la/v1"),
            },
            requests_per_second={
                "compago": _number(env, "PAYWATCH_COMPAGO_REQUESTS_PER_SECOND", "1", PACES),
                "onepay": _number(env, "PAYWATCH_ONEPAY_REQUESTS_PER_SECOND", "1", PACES),
            },
            request_budget=_whole(env, "PAYWATCH_REQUEST_BUDGET", "600"),
            brake_leavers=_whole(env, "PAYWATCH_BRAKE_LEAVERS", "20"),
            brake_share=_number(env, "PAYWATCH_BRAKE_SHARE", "0.5", SHARES),
            thresholds=_thresholds(env),
            log_level=_log_level(env),
        )


def _sources(text: str) -> tuple[Source, ...]:
    sources = []
    for word in text.split(","):
        try:
            source = Source.parse(word.strip())
        except ValueError as error:
            raise ConfigurationError(f"PAYWATCH_SOURCES: {error}") from None
        if source.provider not in PROVIDERS:
            known = " and ".join(PROVIDERS)
            raise ConfigurationError(
                f"PAYWATCH_SOURCES: {word.strip()!r} is unknown; there are {known}"
            )
        if source in sources:
            raise ConfigurationError(f"PAYWATCH_SOURCES names {source.short} twice")
        sources.append(source)
    return tuple(sources)


def _base_url(env: Mapping[str, str], name: str, default: str) -> str:
    url = env.get(name, "").strip() or default
    if (
        any(sign in url for sign in "?#@\\")
        or not url.isascii()
        or not url.isprintable()
        or " " in url
    ):
        # It may hold a password, so it is not quoted.
        raise ConfigurationError(f"{name}: not a plain https URL (no user, query or fragment)")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"{name}: {url!r} is not a URL ({error})") from None
    if not host:
        raise ConfigurationError(f"{name}: {url!r} names no host")
    loopback = host in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise ConfigurationError(f"{name}: {url!r} must be https (http is for loopback only)")
    return url.rstrip("/")


def _number(env: Mapping[str, str], name: str, default: str, limits: tuple[float, float]) -> float:
    text = env.get(name, "").strip() or default
    try:
        value = float(text)
    except ValueError:
        raise ConfigurationError(f"{name}: {text!r} is not a number") from None
    least, most = limits
    if not least <= value <= most:
        raise ConfigurationError(f"{name}: {text!r} must be between {least:g} and {most:g}")
    return value


def _whole(env: Mapping[str, str], name: str, default: str) -> int:
    value = _number(env, name, default, COUNTS)
    if value != int(value):
        raise ConfigurationError(f"{name}: {env[name].strip()!r} is not a whole number")
    return int(value)


def _thresholds(env: Mapping[str, str]) -> Thresholds:
    try:
        return Thresholds.parse(env.get("PAYWATCH_ALERT_THRESHOLDS", ""))
    except ValueError as error:
        raise ConfigurationError(f"PAYWATCH_ALERT_THRESHOLDS: {error}") from None


def _log_level(env: Mapping[str, str]) -> str:
    level = (env.get("PAYWATCH_LOG_LEVEL", "").strip() or "INFO").upper()
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ConfigurationError(
            f"PAYWATCH_LOG_LEVEL: {level!r} is not DEBUG, INFO, WARNING or ERROR"
        )
    return level
