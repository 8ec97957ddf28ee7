"""The JSON Schema of an alert in the package: it takes what is produced, and nothing else."""

from __future__ import annotations

import copy
import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from paywatch.concerned import AGES, OLDER
from paywatch.domain.alert_messages import ALERT_TYPE, CAUSE_LIMIT, FIELD_LIMIT, ROW, ROWS, body_of
from paywatch.domain.alerts import Detail, Kind, Severity, Step
from paywatch.domain.payments import Status
from tests.unit.domain.telling import OVERDUE, happening, row

SCHEMA = json.loads(files("paywatch.domain").joinpath("alert.v1.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
GOLDEN: dict[str, Any] = json.loads(body_of(happening(), OVERDUE))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("drill", [False, True], ids=["real", "drill"])
@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("kind", Kind)
def test_every_produced_body_keeps_the_schema(kind: Kind, step: Step, drill: bool) -> None:
    poor = row(1, external_id=None, amount=None, currency=None)
    long = row(2, payment_id="p" * 2000, external_id="x" * 2000)
    odd = Detail(2, {"?": "-1.50"}, {}, [poor, long], partial=True)
    for detail in (OVERDUE, Detail(), odd):
        told = happening(kind, step, cause="c" * 2000, symptoms=("s" * 2000,))
        VALIDATOR.validate(json.loads(body_of(told, detail, drill=drill)))


@pytest.mark.parametrize("name", GOLDEN)
def test_an_alert_without_one_of_its_attributes_is_refused(name: str) -> None:
    assert not VALIDATOR.is_valid({k: v for k, v in GOLDEN.items() if k != name})


@pytest.mark.parametrize("name", GOLDEN["data"])
def test_data_without_one_of_its_fields_is_refused(name: str) -> None:
    data = {k: v for k, v in GOLDEN["data"].items() if k != name}
    assert not VALIDATOR.is_valid({**GOLDEN, "data": data})


@pytest.mark.parametrize("name", ROW)
def test_a_payment_without_one_of_its_fields_is_refused(name: str) -> None:
    rows = [{k: v for k, v in row(1).items() if k != name}]
    assert not VALIDATOR.is_valid({**GOLDEN, "data": {**GOLDEN["data"], "oldest": rows}})


MUTATIONS: list[tuple[str, Any]] = [
    ("specversion", "0.3"),
    ("id", "payment_overdue/onepay/2026-03-02T12:05:00.000000Z/0"),
    ("source", "paywatch/onepay"),
    ("type", "paywatch.alert.v2"),
    ("subject", "onepay"),
    ("time", "2026-03-02T12:05:00Z"),
    ("datacontenttype", "text/plain"),
    ("email", "someone"),
    ("data.alert", "payment_overdue"),
    ("data.incident", "payment_overdue/onepay"),
    ("data.kind", "weather"),
    ("data.subject", ""),
    ("data.step", "acknowledged"),
    ("data.step", "resolved"),
    ("data.severity", "info"),
    ("data.drill", "false"),
    ("data.cause", None),
    ("data.cause", "c" * (CAUSE_LIMIT + 1)),
    ("data.meaning", ""),
    ("data.next_step", ""),
    ("data.since", None),
    ("data.opened_at", "yesterday"),
    ("data.resolved_at", "2026-03-02T12:05:00.000000Z"),
    ("data.lasted_seconds", 5),
    ("data.symptoms", [""]),
    ("data.symptoms", "frozen"),
    ("data.count", -1),
    ("data.count", "40"),
    ("data.money", {"COP": 2780000}),
    ("data.money", {"COP": "1E+9"}),
    ("data.money", {"pesos": "1"}),
    ("data.ages", {"a while": 1}),
    ("data.ages", {"under 1 h": 0}),
    ("data.oldest", [row(1)] * (ROWS + 1)),
    ("data.oldest", [row(1, email="someone")]),
    ("data.oldest", [row(1, payment_id="")]),
    ("data.oldest", [row(1, external_id="x" * (FIELD_LIMIT + 1))]),
    ("data.oldest", [row(1, status="PENDING")]),
    ("data.oldest", [row(1, amount=150000)]),
    ("data.oldest", [row(1, since=None)]),
    ("data.partial", None),
    ("data.description", "someone's rent"),
]


@pytest.mark.parametrize(("place", "value"), MUTATIONS, ids=lambda x: str(x)[:40])
def test_an_alert_that_breaks_the_contract_is_refused(place: str, value: Any) -> None:
    event: dict[str, Any] = copy.deepcopy(GOLDEN)
    name = place.removeprefix("data.")
    (event if name == place else event["data"])[name] = value
    assert not VALIDATOR.is_valid(event)


def test_an_end_without_its_date_is_refused() -> None:
    over = json.loads(body_of(happening(step=Step.RESOLVED), Detail()))
    assert VALIDATOR.is_valid(over)
    for name in ("resolved_at", "lasted_seconds"):
        assert not VALIDATOR.is_valid({**over, "data": {**over["data"], name: None}})


def test_the_schema_lists_just_the_domains_words() -> None:
    data, row = (SCHEMA["properties"]["data"]["properties"], SCHEMA["$defs"]["payment"])
    assert SCHEMA["properties"]["type"]["const"] == ALERT_TYPE
    assert data["kind"]["enum"] == list(Kind)
    assert data["step"]["enum"] == list(Step)
    assert data["severity"]["enum"] == list(Severity)
    assert data["ages"]["propertyNames"]["enum"] == [*(name for name, _ in AGES), OLDER]
    assert data["oldest"]["maxItems"] == ROWS
    assert data["cause"]["maxLength"] == data["symptoms"]["items"]["maxLength"] == CAUSE_LIMIT
    assert row["required"] == list(row["properties"]) == list(ROW)
    assert row["properties"]["status"]["enum"] == list(Status)
    assert row["properties"]["external_id"]["maxLength"] == FIELD_LIMIT
