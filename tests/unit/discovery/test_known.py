"""Rows that are known by what was written down of them."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from paywatch.discovery.known import (
    HASH_BYTES,
    KNOWN_ROWS,
    pack_hashes,
    pack_rows,
    packed,
    unknown,
    unpack_hashes,
)
from tests.examples import at, observed, payment

HASHES = {b"abcdef", b"ghijkl", b"mnopqr"}


def test_hashes_come_back_as_they_were_written_down() -> None:
    assert pack_hashes(HASHES) == b64encode(b"abcdefghijklmnopqr").decode()
    assert unpack_hashes(pack_hashes(HASHES)) == HASHES
    assert unpack_hashes(pack_hashes([])) == set()


def test_a_hash_that_was_cut_off_is_left_out() -> None:
    assert unpack_hashes(b64encode(b"abcdefghijk").decode()) == {b"abcdef"}


def of_bytes(count: int) -> str:
    return b64encode(b"x" * count).decode()


@pytest.mark.parametrize("stored", ["", pack_hashes(HASHES), of_bytes(KNOWN_ROWS * HASH_BYTES)])
def test_what_was_written_down_is_taken(stored: str) -> None:
    assert packed(stored) == stored


def test_how_many_there_may_be_can_be_said() -> None:
    assert packed(of_bytes(2 * HASH_BYTES), 2) == of_bytes(2 * HASH_BYTES)
    with pytest.raises(ValueError, match=r"^'e.*' is no text of packed hashes$"):
        packed(of_bytes(3 * HASH_BYTES), 2)


@pytest.mark.parametrize(
    ("stored", "named"),
    [
        (5, "5"),
        (None, "None"),
        ([], r"\[\]"),
        (of_bytes(HASH_BYTES - 1), f"'{of_bytes(HASH_BYTES - 1)}'"),
        (of_bytes((KNOWN_ROWS + 1) * HASH_BYTES), "'.{39}"),
    ],
    ids=["number", "nothing", "list", "cut off", "too many"],
)
def test_what_is_no_text_of_packed_hashes_is_refused_by_name(stored: Any, named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named} is no text of packed hashes$"):
        packed(stored)


def test_a_character_that_stands_for_nothing_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="base64"):
        packed(f"{pack_hashes(HASHES)[:8]} {pack_hashes(HASHES)[8:]}")


def test_a_row_is_known_only_as_it_was() -> None:
    row = observed(payment("a"))
    other = observed(payment("a", "paid"))
    assert unknown([row, other, observed(payment("b"))], pack_rows([row])) == [
        other,
        observed(payment("b")),
    ]


def test_of_too_many_rows_the_newest_are_known_and_one_without_a_date_counts_as_old() -> None:
    dated = [observed(payment(f"p{n}", created_at=at(n))) for n in range(KNOWN_ROWS + 1)]
    undated = observed(payment("undated", created_at=None))
    assert unknown(dated, pack_rows(reversed(dated))) == dated[:1]
    assert unknown([undated, *dated], pack_rows([*dated, undated])) == [undated, dated[0]]
    assert unknown([undated, *dated[1:]], pack_rows([*dated[1:], undated])) == [undated]
