"""Rows that are known by what was written down of them."""

from __future__ import annotations

from base64 import b64encode

from paywatch.discovery.known import KNOWN_ROWS, pack_hashes, pack_rows, unknown, unpack_hashes
from tests.examples import at, observed, payment

HASHES = {b"abcdef", b"ghijkl", b"mnopqr"}


def test_hashes_come_back_as_they_were_written_down() -> None:
    assert pack_hashes(HASHES) == b64encode(b"abcdefghijklmnopqr").decode()
    assert unpack_hashes(pack_hashes(HASHES)) == HASHES
    assert unpack_hashes(pack_hashes([])) == set()


def test_a_hash_that_was_cut_off_is_left_out() -> None:
    assert unpack_hashes(b64encode(b"abcdefghijk").decode()) == {b"abcdef"}


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
