"""Mutants' names: the module, the function as mutmut spells it, and a number.

Here a property goes by its own name, and not by that of the method that it is made of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fnmatch import fnmatch

from tests.mutation.undecorated import SUFFIX

MARK = "__mutmut_"


def fits(name: str, patterns: Collection[str]) -> bool:
    """Whether one of the patterns names this mutant, or there are none."""
    return not patterns or any(fnmatch(shown(name), pattern) for pattern in patterns)


def fitting_nothing(patterns: Iterable[str], names: Collection[str]) -> list[str]:
    """Return the patterns that name none of these mutants."""
    return [each for each in patterns if not any(fits(name, [each]) for name in names)]


def shown(name: str) -> str:
    """Return a mutant's name as it reads in the checkout."""
    function, mark, number = name.rpartition(MARK)
    return f"{function.removesuffix(SUFFIX)}{mark}{number}" if mark else name


def function_of(name: str) -> str:
    """Return the function's name, with its module."""
    return shown(name).rpartition(MARK)[0]


def module_of(name: str) -> str:
    """Return the module's name below the package."""
    return function_of(name).rpartition(".")[0].removeprefix("paywatch.")
