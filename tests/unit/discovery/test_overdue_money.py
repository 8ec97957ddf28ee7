"""What the overdue payments amount to, whatever a provider writes for an amount."""

from __future__ import annotations

from decimal import Decimal

import pytest

from paywatch.discovery.overdue import DIGITS, finite, money_of
from tests.examples import payment, record


def test_money_is_added_up_by_currency_and_what_is_no_amount_is_left_out() -> None:
    rows = [
        payment("a", amount="10.10"),
        payment("b", amount="0.90"),
        payment("c", amount="5", currency=None),
        payment("d", amount=None),
        payment("e", amount="a lot"),
        payment("f", amount="NaN"),
        payment("g", amount="Infinity"),
        payment("h", amount="-1.00", currency="COP"),
    ]
    assert money_of(map(record, rows)) == {"?": "5", "COP": "-1.00", "MXN": "11.00"}
    assert list(money_of(map(record, rows))) == ["?", "COP", "MXN"]
    assert money_of([]) == {}


@pytest.mark.parametrize("amount", ["1E+999999", "1E-999999", "NaN", "sNaN", "Infinity", "much"])
def test_an_amount_that_is_none_is_left_out(amount: str) -> None:
    assert money_of([record(payment("a", amount=amount)), record(payment("b", amount="0.50"))]) == {
        "MXN": "0.50"
    }


@pytest.mark.parametrize("text", [f"1E+{DIGITS}", f"1E-{DIGITS}", "0", "-7.50"])
def test_an_amount_may_have_so_many_digits_before_or_behind_its_point(text: str) -> None:
    assert finite(text) == Decimal(text)


@pytest.mark.parametrize("text", [f"1E+{DIGITS + 1}", f"1E-{DIGITS + 1}", "-Infinity"])
def test_an_amount_with_more_digits_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no amount"):
        finite(text)


def test_a_refusal_quotes_the_beginning_of_what_is_no_amount() -> None:
    with pytest.raises(ValueError, match=f"^{'9' * 40} is no amount$"):
        finite("9" * 50)
