"""The message that a change is published as."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paywatch.domain.changes import DetectedBy
from paywatch.domain.events import (
    SUBJECT_LIMIT,
    body_of,
    event_id,
    message_of,
    plain,
    provider_name,
)
from paywatch.domain.limits import refusal_of
from paywatch.domain.payments import Origin, Source, Status
from tests.examples import COMPAGO, ONEPAY, at, change, payment
from tests.unit.domain.produced import changes

PAID = payment(
    "0a5f",
    "paid",
    amount="150000.00",
    currency="COP",
    paid_at=at(30),
    external_id="order-1234",
    payment_method_type="CreditCard",
    origin=Origin("Link", "9c1b"),
    is_test=True,
)
SECOND = change(
    PAID,
    version=2,
    previous_status=Status.PENDING,
    previous_provider_status="created",
    changed_after=at(0),
    detected_by=DetectedBy.LOOKUP,
)

ROOT = Path(__file__).parents[3]
PUBLISHED = ROOT / "events/received/payment_status_changed.json"
GOLDEN: dict[str, Any] = json.loads(PUBLISHED.read_text(encoding="utf-8"))


def test_the_body_is_the_golden_event_to_the_letter() -> None:
    text = json.dumps(GOLDEN, ensure_ascii=False, separators=(",", ":"))
    assert body_of(ONEPAY, SECOND) == text


def test_the_readme_shows_the_golden_event() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"```json\n{PUBLISHED.read_text(encoding='utf-8')}```" in readme


def test_a_payment_seen_for_the_first_time_has_no_previous_status_and_no_earliest_instant() -> None:
    data = json.loads(body_of(COMPAGO, change(payment("p", "PENDING"))))["data"]
    assert data["version"] == 1
    assert data["previous_status"] is None
    assert data["previous_provider_status"] is None
    assert data["changed_after"] is None
    assert data["origin"] is None


def test_an_expiry_is_marked_as_derived_and_keeps_the_providers_word() -> None:
    expired = replace(SECOND, status=Status.EXPIRED, provider_status="PENDING")
    data = json.loads(body_of(COMPAGO, expired))["data"]
    assert (data["status"], data["provider_status"]) == ("expired", "PENDING")
    assert data["derived"] is True


def test_the_event_id_is_provider_account_payment_and_version() -> None:
    assert event_id(Source("onepay", "norte"), "0a5f", 3) == "onepay/norte/0a5f/3"
    body = json.loads(body_of(Source("onepay", "norte"), SECOND))
    assert body["id"] == "onepay/norte/0a5f/2"
    assert body["source"] == "paywatch/onepay/norte"


def test_the_same_change_gives_the_same_message() -> None:
    assert message_of(body_of(ONEPAY, SECOND)) == message_of(body_of(ONEPAY, replace(SECOND)))


def test_the_attributes_are_those_that_subscribers_filter_by() -> None:
    assert message_of(body_of(ONEPAY, SECOND)).attributes == {
        "event_type": "paywatch.payment.status_changed.v1",
        "provider": "onepay",
        "account": "default",
        "status": "paid",
        "previous_status": "pending",
        "currency": "COP",
        "is_test": "true",
        "settled": "true",
    }


def test_what_is_not_known_is_the_word_none_in_an_attribute_and_never_empty() -> None:
    opened = message_of(body_of(COMPAGO, change(payment(currency=None))))
    assert opened.attributes["previous_status"] == "none"
    assert opened.attributes["currency"] == "none"
    assert opened.attributes["settled"] == "false"
    assert opened.attributes["is_test"] == "false"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            payment("p", "CONFIRMED", external_id="order-7"),
            "Payment order-7 at Compago was paid: 150.50 MXN",
        ),
        (
            payment("p", "PENDING", external_id="Matrícula ñ", amount=None),
            "Payment Matricula n at Compago was opened",
        ),
        (
            payment("p", "?", currency=None, is_test=True),
            "[TEST] Payment p at Compago has a status that paywatch does not know: 150.50",
        ),
    ],
)
def test_the_subject_is_a_sentence_that_a_person_reads_in_a_mail_box(
    row: Any, sentence: str
) -> None:
    assert message_of(body_of(COMPAGO, change(row))).subject == sentence


def test_the_subject_names_an_account_that_is_not_the_default_one() -> None:
    subject = message_of(body_of(Source("onepay", "norte"), SECOND)).subject
    assert subject == "[TEST] Payment order-1234 at OnePay (norte) was paid: 150000.00 COP"


def test_a_long_name_is_cut_so_that_the_end_of_the_sentence_stays() -> None:
    row = payment("p", "CONFIRMED", external_id="x" * 300)
    subject = message_of(body_of(COMPAGO, change(row))).subject
    assert len(subject) == 99
    assert subject.endswith("... at Compago was paid: 150.50 MXN")


def test_a_name_that_just_fits_is_not_cut() -> None:
    rest = len("Payment  at Compago was paid: 150.50 MXN")
    fits, longer = ("x" * (SUBJECT_LIMIT - rest + more) for more in (0, 1))
    for name, shown in ((fits, fits), (longer, fits[:-3] + "...")):
        row = payment("p", "CONFIRMED", external_id=name)
        subject = message_of(body_of(COMPAGO, change(row))).subject
        assert subject == f"Payment {shown} at Compago was paid: 150.50 MXN"


def test_where_the_rest_of_the_sentence_is_too_long_the_name_goes_first_and_then_its_end() -> None:
    row = payment("order-7", "?", amount="1" * 30, currency="MXN", is_test=True)
    subject = message_of(body_of(Source("compago", "n" * 30), change(row))).subject
    unknown = "has a status that paywatch does not know"
    assert subject == f"[TEST] Payment ... at Compago ({'n' * 20}) {unknown}: 1111"


def test_a_very_long_amount_is_cut() -> None:
    row = payment("p", "CONFIRMED", amount="1" * 25)
    subject = message_of(body_of(COMPAGO, change(row))).subject
    assert subject == f"Payment p at Compago was paid: {'1' * 24} MXN"


def test_a_payment_whose_name_shows_nothing_is_without_a_name() -> None:
    row = payment(" ", "CONFIRMED", external_id=" ")
    subject = message_of(body_of(COMPAGO, change(row))).subject
    assert subject == "Payment without a name at Compago was paid: 150.50 MXN"


def test_a_body_keeps_every_letter_as_it_is() -> None:
    assert '"external_id":"ñandú"' in body_of(COMPAGO, change(payment(external_id="ñandú")))


def test_a_provider_is_named_as_it_writes_itself_and_one_that_is_not_known_as_it_is_called() -> (
    None
):
    assert [provider_name(each) for each in ("compago", "onepay", "other")] == [
        "Compago",
        "OnePay",
        "other",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Matrícula", "Matricula"),
        ("ﬁ", "fi"),
        ("a b~!", "a b~!"),
        ("x\x1f\x7f日", "x???"),
        ("\n  ¡x! ", "?  ?x!"),
    ],
)
def test_plain_text_is_printable_ascii(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize("status", Status)
def test_every_status_has_its_sentence(status: Status) -> None:
    moved = change(payment(external_id="order-7"), status=status)
    subject = message_of(body_of(COMPAGO, moved)).subject
    assert subject.startswith("Payment order-7 at Compago ")


@given(changes())
def test_no_attribute_is_ever_empty(produced: tuple[Source, Any]) -> None:
    message = message_of(body_of(*produced))
    assert all(message.attributes.values())


@given(st.text(max_size=400), changes())
def test_a_hostile_name_never_makes_a_subject_that_sns_refuses(
    name: str, produced: tuple[Source, Any]
) -> None:
    source, moved = produced
    moved = replace(moved, payment=replace(moved.payment, external_id=name))
    subject = message_of(body_of(source, moved)).subject
    assert 0 < len(subject) < 100
    assert subject.isascii()
    assert subject.isprintable()
    assert subject[0] != " "


@given(changes())
def test_what_is_produced_of_a_readable_row_is_never_refused(
    produced: tuple[Source, Any],
) -> None:
    assert refusal_of(message_of(body_of(*produced))) is None
