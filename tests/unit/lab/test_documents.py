"""The lab against the providers' documents: the JSON files are the documents' own examples."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from paylab import Lab, LabClock, World

from .asking import ask

DATA = Path(__file__).parent / "data"


def example(name: str) -> Any:
    return json.loads((DATA / f"{name}-list.json").read_text(encoding="utf-8"))


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize(
    ("provider", "rows", "total_key"), [("compago", "items", "count"), ("onepay", "data", "total")]
)
def test_a_list_is_the_documents_example_byte_for_byte(
    clock: LabClock, provider: str, rows: str, total_key: str
) -> None:
    """The document elides the rows after the first ones, so its text is how the answer begins."""
    document = example(provider)
    world = World(provider, clock)
    for row in document[rows]:
        world.add_row(row)
    oldest = min(payment.created_at for payment in world.payments())
    for place in range(document[total_key] - len(document[rows])):
        world.add(created_at=oldest - timedelta(minutes=1 + place))

    body = ask(Lab(clock, [world]), world).body.decode()

    printed = compact(document)
    assert printed.endswith("]}")
    assert body.startswith(printed.removesuffix("]}"))
    assert body == compact(json.loads(body))


@pytest.mark.parametrize(("provider", "rows"), [("compago", "items"), ("onepay", "data")])
def test_a_single_payment_is_the_documents_row_byte_for_byte(
    clock: LabClock, provider: str, rows: str
) -> None:
    world = World(provider, clock)
    lab = Lab(clock, [world])
    for row in example(provider)[rows]:
        world.add_row(row)

        assert ask(lab, world, path=f"/{row['id']}").body.decode() == compact(row)


@pytest.mark.parametrize(("provider", "rows"), [("compago", "items"), ("onepay", "data")])
def test_a_list_of_the_documents_rows_alone_holds_exactly_these(
    clock: LabClock, provider: str, rows: str
) -> None:
    world = World(provider, clock)
    document = example(provider)
    for row in document[rows]:
        world.add_row(row)
    listed = len(document[rows])
    changed = {"count": 1} if provider == "compago" else {"last_page": 1, "to": 2, "total": 2}

    body = ask(Lab(clock, [world]), world).body.decode()

    assert listed == len(json.loads(body)[rows])
    assert body == compact(document | changed)
