from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from paylab import Lab, LabClock, World
from paylab.stage import staged
from paywatch.cli.main import app

EVENTS = Path(__file__).parents[3] / "events"
AWS_VARIABLES = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}

SETTINGS = {
    "PAYWATCH_TABLE": "payments",
    "PAYWATCH_CHANGES_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:changes",
    "PAYWATCH_ALERTS_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:alerts",
    "PAYWATCH_API_KEYS_SECRET_ARN": "keys",
    "PAYWATCH_SOURCES": "compago",
}


@pytest.fixture(autouse=True)
def nobody_s_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away what this machine may know of AWS and of paywatch."""
    for name in (*AWS_VARIABLES, "AWS_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL", "PAYWATCH_TABLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


def paywatch(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def event(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "event.json"
    path.write_text(text, encoding="utf-8")
    return path


def refused(result: Result) -> str:
    """Return the one line that a misuse is answered with."""
    assert (result.exit_code, result.stdout) == (2, "")
    *_, line = result.stderr.splitlines()
    assert line.startswith("paywatch: ")
    assert "Traceback" not in result.stderr
    return line


def test_version_is_that_of_the_package() -> None:
    assert paywatch("--version").stdout == f"paywatch {version('paywatch')}\n"


def test_a_poll_against_the_lab_prints_the_report_and_nothing_else() -> None:
    result = paywatch("invoke", EVENTS / "poll.json")
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert {name: each["outcome"] for name, each in report["sources"].items()} == {
        "compago": "ok",
        "onepay": "ok",
    }
    assert "source_polled" in result.stderr


def test_several_ticks_find_changes_and_the_last_report_is_printed() -> None:
    result = paywatch("invoke", EVENTS / "scheduler-default.json", "--ticks", "3")
    report = json.loads(result.stdout)
    assert report["run_id"] == "local-3"
    assert sum(each["published"] for each in report["sources"].values()) > 0


def test_without_aws_the_environment_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYWATCH_TABLE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert paywatch("invoke", EVENTS / "poll-one-source.json").exit_code == 0


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "nothing.json: No such file" in refused(paywatch("invoke", tmp_path / "nothing.json"))


@pytest.mark.parametrize("text", ["", "poll", '{"action": "poll"', "[" * 100_000])
def test_a_file_that_is_not_json(tmp_path: Path, text: str) -> None:
    assert "event.json: not JSON" in refused(paywatch("invoke", event(tmp_path, text)))


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_bytes(b"\xff\xfe{}")
    assert "event.json: not JSON" in refused(paywatch("invoke", path))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[]", "the event must be a JSON object"),
        ('{"action": "refund"}', "unknown action 'refund'; there are poll, reconcile"),
        ('{"sources": ["stripe"]}', "stripe"),
        ('{"sources": ["onepay/norte"]}', "unknown source 'onepay/norte'"),
        ('{"dryrun": true}', "unknown key 'dryrun'"),
    ],
)
def test_an_event_that_makes_no_sense(tmp_path: Path, text: str, sentence: str) -> None:
    assert sentence in refused(paywatch("invoke", event(tmp_path, text)))


def test_without_the_development_packages_a_sentence_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "paywatch.cli.rehearsing", raising=False)
    monkeypatch.setitem(sys.modules, "paylab", None)
    line = refused(paywatch("invoke", EVENTS / "poll.json"))
    assert "paylab is not installed" in line


def test_for_real_a_missing_setting_is_named() -> None:
    assert "PAYWATCH_TABLE is not set" in refused(paywatch("invoke", EVENTS / "poll.json", "--aws"))


def test_for_real_there_is_one_tick() -> None:
    result = paywatch("invoke", EVENTS / "poll.json", "--aws", "--ticks", "2")
    assert "--ticks" in refused(result)


def test_for_real_an_endpoint_that_is_no_url_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {**AWS_VARIABLES, "AWS_ENDPOINT_URL": "garbage"}
    assert "garbage" in for_real(monkeypatch, variables)


def test_for_real_the_region_of_a_function_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {**AWS_VARIABLES, "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "garbage"}
    del variables["AWS_DEFAULT_REGION"]
    assert "garbage" in for_real(monkeypatch, variables)


def for_real(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> str:
    """Poll with --aws and these variables, and return the one line that says what is wrong."""
    for name, value in {**SETTINGS, **variables}.items():
        monkeypatch.setenv(name, value)
    return refused(paywatch("invoke", EVENTS / "poll.json", "--aws"))


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "there are no credentials"),
        (("AWS_SECRET_ACCESS_KEY",), "AWS is not configured"),
        (("AWS_DEFAULT_REGION",), "AWS_REGION or AWS_DEFAULT_REGION is needed"),
    ],
)
def test_for_real_what_aws_lacks_is_named(
    monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...], sentence: str
) -> None:
    variables = {name: text for name, text in AWS_VARIABLES.items() if name not in missing}
    assert sentence in for_real(monkeypatch, variables)


def test_for_real_the_environment_s_settings_and_credentials_are_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = LabClock(datetime(2026, 1, 9, 10, 30, tzinfo=UTC))
    world = World("compago", clock)
    world.add("PENDING")
    with staged(Lab(clock, [world])) as stage:
        variables = {**stage.environment, **AWS_VARIABLES, "AWS_ENDPOINT_URL": stage.endpoint}
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        result = paywatch("invoke", EVENTS / "poll.json", "--aws")
        assert result.exit_code == 0, result.stderr
        assert json.loads(result.stdout)["sources"]["compago"]["seen"] >= 1
        monkeypatch.setenv("PAYWATCH_TABLE", "not-there")
        broken = paywatch("invoke", EVENTS / "poll.json", "--aws")
    assert (broken.exit_code, broken.stdout) == (1, "")
    assert "ResourceNotFoundException" in broken.stderr.splitlines()[-1]
