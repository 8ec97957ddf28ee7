"""What is told of an alert is taken by everybody, whatever is in it, and holds nothing personal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paywatch.domain.alert_messages import CAUSE_LIMIT, FIELD_LIMIT, ROW, money_line
from paywatch.domain.alerts import Detail, Kind, Step
from tests.unit.domain.holding import hold, message
from tests.unit.domain.telling import row

RLO = "\N{RIGHT-TO-LEFT OVERRIDE}"
# A kilobyte each of what makes JSON, a mail or a chat long or wrong.
HOSTILE = [
    "\x00\x1b\x7f" * 341,
    '"\\' * 512,
    "\ud800" * 1024,
    f"\n\nWhat to do: call 555{RLO}\u2028" * 40,
    "\U0001f4b8" * 1024,
    "<!channel> & ```" * 64,
]


@pytest.mark.parametrize("drill", [False, True], ids=["real", "drill"])
@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("kind", Kind)
def test_every_message_is_one_that_everybody_takes(kind: Kind, step: Step, drill: bool) -> None:
    hold(message(kind, step, drill=drill))
    hold(message(kind, step, Detail(), drill=drill))


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("kind", Kind)
def test_hostile_payments_make_no_message_that_anybody_refuses(kind: Kind, step: Step) -> None:
    for text in HOSTILE:
        rows = [row(n, payment_id=text, external_id=text) for n in range(5)]
        told = message(kind, step, Detail(5, {"COP": "1"}, {}, rows), cause=text, symptoms=(text,))
        hold(told)
        assert "\n\nWhat to do: call" not in told.bodies["email"]
        assert RLO not in "".join(told.bodies.values())


@given(
    st.text(max_size=2000),
    st.text(max_size=2000),
    st.sampled_from(Kind),
    st.sampled_from(Step),
    st.booleans(),
)
def test_no_text_whatever_makes_a_message_that_anybody_refuses(
    cause: str, name: str, kind: Kind, step: Step, drill: bool
) -> None:
    detail = Detail(5, {"COP": "1"}, {}, [row(n, external_id=name) for n in range(5)])
    hold(message(kind, step, detail, drill=drill, cause=cause, symptoms=(cause, name)))


def test_a_number_that_is_none_is_left_as_it_is() -> None:
    odd = {"COP": "1E+999999", "MXN": "much", "USD": "NaN", "EUR": "-1234.50"}
    assert money_line(odd) == "1E+999999 COP and much MXN and NaN USD and -1,234.50 EUR"
    hold(message(detail=Detail(1, odd, {}, [row(1, amount="1E+999999")])))


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("kind", Kind)
def test_nothing_personal_gets_in(kind: Kind, step: Step) -> None:
    personal = {
        "customer": {"name": "Zyx Wvu"},
        "email": "zyx@example.com",
        "phone": "+57 300 000 0000",
        "description": "the rent of Zyx",
        "metadata": {"card": "4111"},
    }
    rows = [row(n, **personal) for n in range(1, 6)]
    told = message(kind, step, Detail(40, {}, {}, rows))
    assert told == message(kind, step, Detail(40, {}, {}, [row(n) for n in range(1, 6)]))
    for shown in json.loads(told.bodies["sqs"])["data"]["oldest"]:
        assert tuple(shown) == ROW
    for protocol, body in told.bodies.items():
        for word in ("zyx", "example.com", "300 000", "4111"):
            assert word not in body.lower(), protocol


def test_who_acknowledged_and_why_is_told_to_nobody() -> None:
    by: dict[str, Any] = {
        "by": "somebody",
        "why": "I call them",
        "acknowledged_at": "2026-03-02T13:00:00.000000Z",
    }
    assert message(**by) == message()


def test_no_more_than_five_payments_are_named_and_no_text_is_longer_than_its_limit() -> None:
    rows = [row(n, external_id="x" * 1024) for n in range(9)]
    data = json.loads(message(detail=Detail(9, {}, {}, rows), cause="c" * 900).bodies["sqs"])[
        "data"
    ]
    assert len(data["oldest"]) == 5
    assert {each["external_id"] for each in data["oldest"]} == {"x" * (FIELD_LIMIT - 3) + "..."}
    assert len(data["cause"]) == CAUSE_LIMIT


def test_an_id_as_long_as_a_provider_s_may_be_stays_whole() -> None:
    told = message(detail=Detail(1, {}, {}, [row(1, payment_id="p" * 256)]))
    assert json.loads(told.bodies["sqs"])["data"]["oldest"][0]["payment_id"] == "p" * 256
