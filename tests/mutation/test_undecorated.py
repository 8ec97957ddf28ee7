"""What is decorated is mutated too, where a decorator can be undone."""

from __future__ import annotations

import ast
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from tests.mutation.bench import mutated, not_mutated
from tests.mutation.undecorated import SUFFIX, left_out, undecorated

CODE = '''\
"""A module."""
from dataclasses import dataclass
from functools import cached_property, lru_cache

asked = []

@lru_cache(
    16
)
def doubled(number: int) -> int:
    """Twice the number."""
    asked.append(number)
    return 2 * number


@dataclass(frozen=True, slots=True)
class Purse:
    coins: int

    # An empty purse is still a purse.
    @property
    def full(
        self,
    ) -> bool:
        """Whether it is full:

        "many" coins.
        """
        return self.coins > 9

    @classmethod
    def empty(cls) -> "Purse":
        return cls(0)


class Heavy(Purse):
    @property
    def full(self) -> bool:
        return super().full or self.coins > 4

    @cached_property
    def weight(self) -> int:
        asked.append("weight")
        return 3 * self.coins
'''


def run(text: str) -> dict[str, Any]:
    room: dict[str, Any] = {"__name__": "tests.purses"}
    exec(compile(text, "purses.py", "exec", dont_inherit=True), room)
    return room


@pytest.fixture
def room() -> dict[str, Any]:
    return run(undecorated(CODE))


def test_a_property_says_what_its_method_says(room: dict[str, Any]) -> None:
    assert room["Purse"](10).full
    assert not room["Purse"](9).full
    room["Purse"].full_undecorated = lambda self: "changed"
    assert room["Purse"](9).full == "changed"


def test_a_property_that_asks_the_one_it_overrides_ends(room: dict[str, Any]) -> None:
    assert [room["Heavy"](coins).full for coins in (4, 5, 10)] == [False, True, True]


def test_docstrings_are_kept(room: dict[str, Any]) -> None:
    before = run(CODE)
    for name in ("full", "empty"):
        assert getattr(room["Purse"], name).__doc__ == getattr(before["Purse"], name).__doc__
    assert room["Heavy"].full.__doc__ is None
    assert room["doubled"].__doc__ == "Twice the number."


def test_a_frozen_dataclass_with_slots_stays_one(room: dict[str, Any]) -> None:
    purse = room["Purse"](3)
    assert purse == room["Purse"](3)
    assert repr(purse) == "Purse(coins=3)"
    assert room["Purse"].__slots__ == ("coins",)
    with pytest.raises(FrozenInstanceError):
        purse.coins = 4


def test_what_is_remembered_is_worked_out_each_time(room: dict[str, Any]) -> None:
    heavy = room["Heavy"](2)
    assert (heavy.weight, heavy.weight) == (6, 6)
    assert (room["doubled"](7), room["doubled"](7)) == (14, 14)
    assert room["asked"] == ["weight", "weight", 7, 7]


LEFT = '''\
from contextlib import contextmanager
from functools import lru_cache
from typing import Protocol, overload

@overload
def f(x: int) -> int: ...
@overload
def f(x: str) -> str: ...
def f(x):
    return x

class Way(Protocol):
    @property
    def left(self) -> int:
        """How many are left."""

@contextmanager
def opened():
    yield 1

class Place:
    @property
    def at(self): return 1

    @at.setter
    def at(self, value):
        raise ValueError

    @staticmethod
    def nowhere():
        return Place()

    @lru_cache
    def far(self):
        return 2

def outer():
    @contextmanager
    def inner():
        yield 2
    return inner
'''


def test_what_cannot_be_undone_stays_and_is_named() -> None:
    assert undecorated(LEFT) == LEFT
    assert left_out(LEFT) == ["opened", "at", "at", "far", "inner"]
    assert left_out(CODE) == []


def test_of_the_mutated_files_every_property_has_become_a_method() -> None:
    assert not_mutated() == []
    texts = [path.read_text() for path in mutated()]
    assert sum(text.count("@property") for text in texts) > 40
    for text in texts:
        for node in ast.walk(ast.parse(undecorated(text))):
            if isinstance(node, ast.FunctionDef) and "property" in map(
                ast.unparse, node.decorator_list
            ):
                says = [each for each in node.body if not isinstance(each, ast.Expr)]
                assert all(f"{node.name}{SUFFIX}(self)" in ast.unparse(each) for each in says)


def test_no_name_of_the_checkout_ends_as_those_of_the_bench_do() -> None:
    assert not [path for path in mutated() if SUFFIX in path.read_text()]
