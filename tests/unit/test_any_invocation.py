"""Whatever is sent to the handler is an invocation, or refused with a short sentence."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from paywatch.domain.payments import Source
from paywatch.errors import ConfigurationError
from paywatch.invocation import ACTIONS, TAKES, Invocation

KNOWN = (Source("compago"), Source("onepay"), Source("onepay", "norte"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
KEYS = sorted({key for keys in TAKES.values() for key in keys} - {"action"})
FITTING = {
    "alert": st.just("payment_overdue/onepay"),
    "who": st.just("ana") | st.text(),
    "why": st.text(),
    "hours": st.floats() | st.integers(),
    "close": st.booleans(),
    "dry_run": st.booleans(),
    "sources": st.lists(st.sampled_from(["compago", "onepay/norte"])),
}


@given(JSON)
def test_any_json_is_an_invocation_or_refused(event: object) -> None:
    parse_or_refuse(event)


@given(
    action=st.sampled_from(ACTIONS) | JSON,
    fitting=st.fixed_dictionaries({}, optional=FITTING),
    strange=st.dictionaries(st.sampled_from(KEYS) | st.text(), JSON, max_size=2),
)
def test_any_object_with_our_keys_is_an_invocation_or_refused(
    action: object, fitting: dict[str, Any], strange: dict[str, Any]
) -> None:
    parse_or_refuse({"action": action, **fitting, **strange})


@given(
    action=st.sampled_from(["ack", "snooze"]),
    values=st.fixed_dictionaries({key: FITTING[key] | JSON for key in ("alert", "who", "why")}),
    hours=FITTING["hours"] | JSON,
)
def test_whatever_is_said_of_an_alert_is_taken_or_refused(
    action: str, values: dict[str, Any], hours: object
) -> None:
    parse_or_refuse({"action": action, **values, **({"hours": hours} if action != "ack" else {})})


def test_a_refusal_stays_short_whatever_the_unknown_key_is_made_of() -> None:
    parse_or_refuse({"\U00011af9" * 40: None})


def parse_or_refuse(event: object) -> None:
    try:
        invocation = Invocation.parse(event, KNOWN)
    except ConfigurationError as refusal:
        said = str(refusal)
    else:
        check(invocation)
        return
    assert 0 < len(said) < 200
    assert "\n" not in said


def check(invocation: Invocation) -> None:
    """Hold an invocation to what the rest of the program relies on."""
    assert invocation.action in ACTIONS
    asks = invocation.action in ("ack", "snooze")
    assert bool(invocation.alert) == bool(invocation.who) == asks
    assert (0 < invocation.hours <= 720) == (invocation.action == "snooze")
    assert len(invocation.who) <= 100
    assert len(invocation.why) <= 300
