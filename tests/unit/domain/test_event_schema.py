"""The JSON Schema in the package: it takes what is produced, and nothing else."""

from __future__ import annotations

import copy
import json
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from paywatch.domain.changes import Change, DetectedBy
from paywatch.domain.events import body_of
from paywatch.domain.payments import PROVIDERS, Source, Status
from tests.unit.domain.produced import changes
from tests.unit.domain.test_events import GOLDEN

SCHEMA = json.loads(
    files("paywatch.domain").joinpath("payment_status_changed.v1.schema.json").read_text()
)
VALIDATOR = Draft202012Validator(SCHEMA)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_golden_event_keeps_the_schema() -> None:
    VALIDATOR.validate(GOLDEN)


@given(changes())
def test_every_produced_body_keeps_the_schema(produced: tuple[Source, Change]) -> None:
    VALIDATOR.validate(json.loads(body_of(*produced)))


@pytest.mark.parametrize("name", GOLDEN)
def test_an_event_without_one_of_its_attributes_is_refused(name: str) -> None:
    assert not VALIDATOR.is_valid({k: v for k, v in GOLDEN.items() if k != name})


@pytest.mark.parametrize("name", GOLDEN["data"])
def test_data_without_one_of_its_fields_is_refused(name: str) -> None:
    data = {k: v for k, v in GOLDEN["data"].items() if k != name}
    assert not VALIDATOR.is_valid({**GOLDEN, "data": data})


MUTATIONS: list[tuple[str, Any]] = [
    ("specversion", "0.3"),
    ("id", "0a5f/2"),
    ("id", "onepay/default/0a5f/0"),
    ("source", "onepay/default"),
    ("type", "paywatch.payment.status_changed.v2"),
    ("subject", ""),
    ("time", "2026-03-01T12:01:01Z"),
    ("time", "2026-03-01T12:01:01.000000+00:00"),
    ("time", "2026-03-01T12:01:01.000000Z and more"),
    ("datacontenttype", "text/plain"),
    ("email", "someone"),
    ("data.provider", "stripe"),
    ("data.account", ""),
    ("data.payment_id", ""),
    ("data.version", 0),
    ("data.version", "2"),
    ("data.status", "PAID"),
    ("data.status", None),
    ("data.previous_status", "none"),
    ("data.provider_status", ""),
    ("data.provider_status", None),
    ("data.amount", 150000.0),
    ("data.amount", "1e400"),
    ("data.amount", "$150"),
    ("data.currency", "pesos"),
    ("data.currency", "cop"),
    ("data.external_id", 1234),
    ("data.created_at", "yesterday"),
    ("data.paid_at", "2026-03-01"),
    ("data.origin", "Link"),
    ("data.origin", {"type": "Link"}),
    ("data.origin", {"type": "Link", "id": "1", "name": "x"}),
    ("data.is_test", "true"),
    ("data.changed_before", None),
    ("data.detected_by", "guess"),
    ("data.derived", None),
    ("data.correction", "no"),
    ("data.replayed", 0),
    ("data.description", "someone's rent"),
]


@pytest.mark.parametrize(("place", "value"), MUTATIONS, ids=lambda x: str(x)[:40])
def test_an_event_that_breaks_the_contract_is_refused(place: str, value: Any) -> None:
    event: dict[str, Any] = copy.deepcopy(GOLDEN)
    name = place.removeprefix("data.")
    (event if name == place else event["data"])[name] = value
    assert not VALIDATOR.is_valid(event)


def test_the_schema_lists_just_the_domains_words() -> None:
    data = SCHEMA["properties"]["data"]["properties"]
    assert SCHEMA["$defs"]["status"]["enum"] == list(Status)
    assert data["detected_by"]["enum"] == list(DetectedBy)
    assert data["provider"]["enum"] == list(PROVIDERS)
