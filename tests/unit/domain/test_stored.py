"""What is read of stored JSON is of its type and within bounds, or is refused by what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from paywatch.domain.stored import (
    LARGEST,
    LONGEST,
    date,
    date_or_none,
    flag,
    mapping,
    sequence,
    text,
    texts,
    whole_number,
)
from tests.examples import at

TEXT = f"no text of up to {LONGEST} bytes"


@pytest.mark.parametrize(
    ("read", "stored"),
    [
        (whole_number, 0),
        (whole_number, LARGEST),
        (flag, True),
        (flag, False),
        (text, ""),
        (text, "x" * LONGEST),
        (sequence, []),
        (sequence, [1, "a"]),
        (texts, ["a", ""]),
        (mapping, {}),
        (mapping, {"a": 1, "": None}),
        (date, at(1)),
        (date_or_none, at(1)),
        (date_or_none, ""),
    ],
)
def test_what_is_of_its_type_is_read_as_it_is(read: Callable[[Any], Any], stored: Any) -> None:
    assert read(stored) == stored


@pytest.mark.parametrize(
    ("read", "stored", "why"),
    [
        (whole_number, -1, "-1 is no number from 0 on"),
        (whole_number, LARGEST + 1, f"{LARGEST + 1} is no number from 0 on"),
        (whole_number, True, "True is no number from 0 on"),
        (whole_number, 1.0, r"1\.0 is no number from 0 on"),
        (whole_number, "1", "'1' is no number from 0 on"),
        (flag, 0, "0 is neither true nor false"),
        (flag, None, "None is neither true nor false"),
        (text, 5, f"5 is {TEXT}"),
        (text, "x" * (LONGEST + 1), f"'x{{39}} is {TEXT}"),
        (text, "é" * (LONGEST // 2 + 1), f"'é{{39}} is {TEXT}"),
        (sequence, "ab", "'ab' is no list"),
        (sequence, {}, "{} is no list"),
        (texts, "ab", "'ab' is no list"),
        (texts, ["a", 5], f"5 is {TEXT}"),
        (mapping, [], r"\[\] is no map"),
        (mapping, "x" * 50, "'x{39} is no map"),
        (mapping, {5: 1}, f"5 is {TEXT}"),
        (date, 5, f"5 is {TEXT}"),
        (date_or_none, None, f"None is {TEXT}"),
    ],
)
def test_what_is_not_is_refused_and_named(
    read: Callable[[Any], Any], stored: Any, why: str
) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        read(stored)


def test_the_least_number_can_be_another() -> None:
    assert whole_number(1, 1) == 1
    with pytest.raises(ValueError, match=r"^0 is no number from 1 on$"):
        whole_number(0, 1)
