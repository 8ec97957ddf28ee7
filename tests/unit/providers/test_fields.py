"""What each kind of field reads, and what it refuses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from paywatch.providers import fields
from paywatch.providers.body import Number

from .conftest import steady


def read(kind: Any, value: object) -> Any:
    return TypeAdapter(kind).validate_python(value)


def refuses(kind: Any, value: object) -> bool:
    try:
        read(kind, value)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize(
    ("given_as", "kept"),
    [
        (Number("100"), "100"),
        ("100.00", "100.00"),
        (Number("63040.5"), "63040.5"),
        (Number("1e2"), "100"),
        ("1E+2", "100"),
        ("1.50e1", "15.0"),
        ("12e-1", "1.2"),
        ("-7.25", "-7.25"),
        ("-0.00", "0.00"),
        ("+3", "3"),
        (" 3 ", "3"),
        (".5", "0.5"),
        ("5.", "5"),
        ("007", "7"),
        ("9" * 30, "9" * 30),
        ("1e20", "1" + "0" * 20),
        ("1e-20", "0." + "0" * 19 + "1"),
    ],
)
def test_an_amount_keeps_its_digits_and_loses_its_exponent(given_as: str, kept: str) -> None:
    amount = read(fields.Amount, given_as)
    assert amount == kept
    assert type(amount) is str


@pytest.mark.parametrize(
    "value",
    [
        *map(Number, ("1e400", "NaN", "Infinity", "-Infinity", "1e21", "1e-21", "9" * 31)),
        *("abc", "", " ", "1,000", "$5", "1_000", "٣", "0x10", "1e", "sNaN", "--1", "1" * 5000),
        *(True, False, None, 1, 1.5, [], {}),
    ],
)
def test_an_amount_that_is_not_one_is_refused(value: object) -> None:
    assert refuses(fields.Amount, value)


@steady
@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12
    )
)
def test_an_amount_is_worth_what_it_was(value: Decimal) -> None:
    amount = read(fields.Amount, str(value))
    assert Decimal(amount) == value
    assert "E" not in amount


@pytest.mark.parametrize("value", ["mxn", " MXN ", "Mxn"])
def test_a_currency_is_written_in_capitals(value: str) -> None:
    assert read(fields.Currency, value) == "MXN"


@pytest.mark.parametrize(
    "value", ["", "MX", "MXNN", "M N", "$$$", "ÉUR", Number("123"), None, True, 5]
)
def test_a_currency_is_three_letters(value: object) -> None:
    assert refuses(fields.Currency, value)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2026-01-09T10:30:00Z", "2026-01-09T10:30:00.000000Z"),
        ("2026-01-09T10:30:00.5Z", "2026-01-09T10:30:00.500000Z"),
        ("2026-01-09T10:30:00.123456789Z", "2026-01-09T10:30:00.123456Z"),
        ("2024-11-02T16:47:09.000000Z", "2024-11-02T16:47:09.000000Z"),
        ("2026-01-09T10:30:00-05:00", "2026-01-09T15:30:00.000000Z"),
        ("2026-01-09T10:30:00.25+0530", "2026-01-09T05:00:00.250000Z"),
        ("2026-01-09t10:30:00z", "2026-01-09T10:30:00.000000Z"),
        ("2026-01-09 10:30:00", "2026-01-09T10:30:00.000000Z"),
        ("2026-01-09 10:30:00 +01:00", "2026-01-09T09:30:00.000000Z"),
        (" 2026-01-09T10:30:00Z ", "2026-01-09T10:30:00.000000Z"),
    ],
)
def test_a_date_is_written_in_utc(text: str, kept: str) -> None:
    assert read(fields.Date, text) == kept


@pytest.mark.parametrize(
    "value",
    [
        *("", "soon", "2026-01-09", "2026-02-30T00:00:00Z", "2026-01-09T25:00:00Z"),
        *("2026-01-09T10:30:00+99:00", "20260109T103000Z", "٢٠٢٦-01-09T10:30:00Z"),
        *("0001-01-01T00:00:00Z", "0000-00-00 00:00:00", "9999-12-31T23:59:59-05:00"),
        *("1969-12-31T23:59:59Z", Number("1767954600"), None, True, 5, []),
    ],
)
def test_a_date_that_is_not_one_is_refused(value: object) -> None:
    assert refuses(fields.Date, value)


@pytest.mark.parametrize(
    ("value", "kept"),
    [("pay-1", "pay-1"), (Number("7"), "7"), ("é" * 256, "é" * 256), ("a/b", "a/b")],
)
def test_an_id_is_kept_as_it_came(value: str, kept: str) -> None:
    assert type(read(fields.Identifier, value)) is str
    assert read(fields.Identifier, value) == kept


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "x" * 257,
        "a\nb",
        "a\x00",
        "\ud800",
        Number("1.5"),
        Number("-1"),
        Number("NaN"),
        None,
        True,
        7,
        [],
        {},
    ],
)
def test_an_id_that_is_not_one_is_refused(value: object) -> None:
    assert refuses(fields.Identifier, value)


@pytest.mark.parametrize("value", ["", "  ", "x" * 65, "a\tb", Number("5"), None, False, []])
def test_a_word_that_is_not_one_is_refused(value: object) -> None:
    assert refuses(fields.Word, value)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("order-1234", "order-1234"),
        (" order 1 ", " order 1 "),
        (Number("1234"), "1234"),
        ("", None),
        (" \n", None),
        ("a\r\nBcc: b\x00\u2028\u202e\ud800\uffff", "a\ufffd\ufffdBcc: b" + "\ufffd" * 5),
        ("café № 5\u00a0€", "café № 5\u00a0€"),
        ("x" * 1024, "x" * 1024),
        ("x" * 1025, "x" * 1023 + "…"),
    ],
)
def test_text_is_kept_but_for_what_no_line_of_text_can_hold(value: str, kept: str | None) -> None:
    assert read(fields.Text, value) == kept


@steady
@given(st.text(alphabet=st.characters(categories=None)))
def test_any_text_becomes_one_line_that_can_be_sent(value: str) -> None:
    text = read(fields.Text, value)
    if text is not None:
        text.encode()
        assert len(text.splitlines()) == 1
        assert len(text) <= 1024


@pytest.mark.parametrize("value", [True, "true", "True", Number("1"), "1"])
def test_a_flag_is_true_in_many_ways(value: object) -> None:
    assert read(fields.Flag, value) is True


@pytest.mark.parametrize("value", [False, "false", "FALSE", Number("0"), "0"])
def test_a_flag_is_false_in_as_many(value: object) -> None:
    assert read(fields.Flag, value) is False


@pytest.mark.parametrize("value", ["yes", "", Number("2"), Number("1.0"), None, 1, [], {}])
def test_a_flag_that_is_not_one_is_refused(value: object) -> None:
    assert refuses(fields.Flag, value)


@pytest.mark.parametrize(
    ("value", "number"), [(Number("20"), 20), ("20", 20), (" 0 ", 0), ("007", 7)]
)
def test_a_count_is_a_number_or_its_text(value: object, number: int) -> None:
    assert read(fields.Count, value) == number


@pytest.mark.parametrize(
    "value",
    [
        "",
        "-1",
        Number("-1"),
        Number("1.0"),
        Number("1e3"),
        "1000000001",
        "9" * 5000,
        "٣",
        True,
        None,
        5,
        [],
    ],
)
def test_a_count_that_is_not_one_is_refused(value: object) -> None:
    assert refuses(fields.Count, value)


def test_what_counts_from_one_is_not_zero() -> None:
    assert refuses(fields.Positive, Number("0"))


@pytest.mark.parametrize("value", [None, True, "abc", [], {}])
def test_a_lenient_field_makes_none_of_what_it_refuses(value: object) -> None:
    lenient: Any = fields.Lenient
    assert read(lenient[fields.Date], value) is None
