import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from samtranslator.yaml_helper import yaml_parse

import paylab.stage
from paylab import Lab, LabClock, World
from paylab.deployment import NotDeployed
from paylab.stage import TEMPLATE, Stage, staged


@pytest.fixture
def lab(clock: LabClock) -> Lab:
    return Lab(clock, [World("compago", clock)])


@pytest.fixture
def stage(lab: Lab) -> Iterator[Stage]:
    with staged(lab, latency=0.5) as stage:
        yield stage


def written() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    return parsed


def without(text: str, tmp_path: Path) -> Path:
    """Write the template again, less a piece of its text."""
    whole = TEMPLATE.read_text(encoding="utf-8")
    assert text in whole
    spoiled = tmp_path / "template.yaml"
    spoiled.write_text(whole.replace(text, ""), encoding="utf-8")
    return spoiled


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_environment_is_the_function_s_own(stage: Stage) -> None:
    function = written()["Resources"]["PollerFunction"]["Properties"]
    assert list(stage.environment) == list(function["Environment"]["Variables"])
    empty = {name for name, value in stage.environment.items() if not value}
    assert empty == {"PAYWATCH_ALERT_THRESHOLDS"}
    assert all(isinstance(value, str) for value in stage.environment.values())


def test_a_value_that_nobody_sets_is_the_template_s_default(stage: Stage) -> None:
    default = written()["Parameters"]["CompagoRequestsPerSecond"]["Default"]
    assert stage.environment["PAYWATCH_COMPAGO_REQUESTS_PER_SECOND"] == str(default)


def test_a_parameter_reaches_the_environment(lab: Lab) -> None:
    with staged(lab, parameters={"LogLevel": "DEBUG"}) as stage:
        assert stage.environment["PAYWATCH_LOG_LEVEL"] == "DEBUG"


def test_the_table_has_the_template_s_local_index(stage: Stage) -> None:
    name = stage.environment["PAYWATCH_TABLE"]
    table = stage.client("dynamodb").describe_table(TableName=name)["Table"]
    assert [index["IndexName"] for index in table["LocalSecondaryIndexes"]] == ["watched"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_the_queue_is_told_of_what_is_published_to_the_changes_topic(stage: Stage) -> None:
    arn = stage.environment["PAYWATCH_CHANGES_TOPIC_ARN"]
    stage.client("sns").publish(TopicArn=arn, Message="moved")
    (message,) = stage.client("sqs").receive_message(QueueUrl=stage.queue_url)["Messages"]
    assert json.loads(message["Body"])["Message"] == "moved"


def test_the_secret_holds_the_lab_s_keys_for_the_sources_that_there_are(stage: Stage) -> None:
    arn = stage.environment["PAYWATCH_API_KEYS_SECRET_ARN"]
    text = stage.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    assert json.loads(text) == {"compago": "compago-lab-key"}
    assert stage.environment["PAYWATCH_SOURCES"] == "compago"


def test_the_providers_are_the_lab_over_http(stage: Stage) -> None:
    url = stage.environment["PAYWATCH_COMPAGO_BASE_URL"] + "/one-time-payment"
    before = stage.lab.clock.monotonic()
    with urlopen(Request(url, headers={"x-api-key": "compago-lab-key"}), timeout=5) as answer:
        assert json.load(answer)["count"] == 0
    assert stage.lab.clock.monotonic() - before == pytest.approx(0.5)


def test_no_address_leads_outside(stage: Stage) -> None:
    addresses = [v for v in stage.environment.values() if v.startswith("http")]
    for address in [*addresses, stage.queue_url, stage.endpoint]:
        assert urlsplit(address).hostname == "127.0.0.1"


def test_the_machine_s_own_settings_of_aws_do_not_matter(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    with staged(lab) as stage:
        assert ":us-east-1:" in stage.environment["PAYWATCH_CHANGES_TOPIC_ARN"]


def ports(environment: Mapping[str, str], endpoint: str) -> list[int]:
    urls = [environment["PAYWATCH_COMPAGO_BASE_URL"], endpoint]
    return [port for port in (urlsplit(url).port for url in urls) if port is not None]


def test_nothing_listens_afterwards(lab: Lab) -> None:
    with staged(lab) as stage:
        used = ports(stage.environment, stage.endpoint)
        assert [is_open(port) for port in used] == [True, True]
    assert [is_open(port) for port in used] == [False, False]


def test_nothing_listens_after_a_fault_either(lab: Lab) -> None:
    used: list[int] = []

    def play() -> None:
        with staged(lab) as stage:
            used.extend(ports(stage.environment, stage.endpoint))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        play()
    assert [is_open(port) for port in used] == [False, False]


def test_a_second_stage_finds_nothing_of_the_first(lab: Lab) -> None:
    for _ in range(2):
        with staged(lab) as stage:
            assert len(stage.client("dynamodb").list_tables()["TableNames"]) == 1


def test_a_table_that_lost_its_index_is_noticed(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(endpoint: str, service: str, **options: Any) -> Any:
        client = honest(endpoint, service, **options)
        if service == "dynamodb":
            describe = client.describe_table

            def describe_table(**asked: Any) -> Any:
                table = describe(**asked)["Table"]
                return {"Table": {k: v for k, v in table.items() if "Indexes" not in k}}

            client.describe_table = describe_table
        return client

    honest = paylab.stage._client
    monkeypatch.setattr("paylab.stage._client", forgetful)
    with pytest.raises(NotDeployed, match="local index"), staged(lab):
        pass


def test_a_template_without_its_secret_is_noticed(lab: Lab, tmp_path: Path) -> None:
    spoiled = without("    Type: AWS::SecretsManager::Secret\n", tmp_path)
    spoiled.write_text(
        spoiled.read_text().replace("  ApiKeysSecret:\n", "  Other:\n    Type: A::B::C\n")
    )
    with pytest.raises(NotDeployed, match="SecretsManager"), staged(lab, template=spoiled):
        pass
