"""What the environment must say before the function can be called."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from paywatch.cli.main import app

WHOLE = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@pytest.fixture(autouse=True)
def nobody_s_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away what this machine may know of AWS."""
    for name in (*WHOLE, "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("PAYWATCH_FUNCTION", "poller")


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({}, "there are no credentials"),
        ({"AWS_DEFAULT_REGION": ""}, "AWS_REGION or AWS_DEFAULT_REGION is needed"),
        ({"AWS_ENDPOINT_URL": "garbage"}, "garbage"),
    ],
)
def test_what_aws_lacks_is_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], sentence: str
) -> None:
    for name, value in {**WHOLE, **variables}.items() if variables else ():
        if value:
            monkeypatch.setenv(name, value)
    result = CliRunner().invoke(app, ["alerts"])
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("paywatch: AWS is not configured")
    assert sentence in line


def test_an_endpoint_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**WHOLE, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    result = CliRunner().invoke(app, ["alerts"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "EndpointConnectionError" in result.stderr
    assert len(result.stderr.splitlines()) == 1
