"""What is said of the mutants that no test notices."""

from __future__ import annotations

import pytest

from tests.mutation.survivors import (
    EXPLAINED,
    Change,
    Tried,
    Unreadable,
    alive,
    change_of,
    read_explained,
    stale,
    table,
)

DIFF = """\
--- src/paywatch/a.py
+++ src/paywatch/a.py
@@ -1,3 +1,3 @@
 def f(x):
-    return x
+    return -x
"""
CHANGE = Change("paywatch.a.x_f", ("return x",), ("return -x",))
BLOCK = f"{CHANGE}\n= x is always 0"


def test_a_change_is_known_by_its_function_and_its_lines() -> None:
    assert change_of("paywatch.a.x_f", DIFF) == CHANGE


def test_an_explanation_is_read_as_it_is_printed() -> None:
    assert read_explained(f"# A remark.\n\n{BLOCK}\n") == {CHANGE: "x is always 0"}


@pytest.mark.parametrize(
    "text", [f"{CHANGE}", f"{BLOCK}\n\n{BLOCK}", "f\nreturn x\n= a line without a sign"]
)
def test_an_explanation_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_explained(text)


TRIED = [
    Tried("a", "killed"),
    Tried("a", "timeout"),
    Tried("a", "caught by type check"),
    Tried("a", "survived", CHANGE),
    Tried("b", "no tests", Change("paywatch.b.x_g", ("y",), ("z",))),
    Tried("b", "not checked"),
]


def test_what_is_neither_killed_nor_explained_is_alive() -> None:
    assert alive(TRIED, {CHANGE: "why"}) == TRIED[4:]
    assert alive(TRIED, {}) == TRIED[3:]


def test_an_explanation_of_what_is_dead_is_stale() -> None:
    assert stale(TRIED, {CHANGE: "why"}) == []
    assert stale(TRIED[:3], {CHANGE: "why"}) == [CHANGE]


def test_the_table_counts_by_module() -> None:
    rows = [line.split() for line in table(TRIED, {CHANGE: "why"}).splitlines()[1:]]
    assert rows == [
        ["a", "4", "1", "1", "1", "1", "0"],
        ["b", "2", "0", "0", "0", "0", "2"],
        ["all", "6", "1", "1", "1", "1", "2"],
    ]


def test_every_explanation_can_be_read_and_is_one_line() -> None:
    for change, why in read_explained(EXPLAINED.read_text()).items():
        assert why.strip(), change
