"""The tree of errors is the one that its module draws."""

from __future__ import annotations

import inspect
import re

import pytest

from paywatch import errors
from paywatch.errors import PaywatchError, ProviderError, RateLimited, RowError


def drawn() -> dict[str, str | None]:
    """Read the docstring's drawing: each error's name and that of what it derives from."""
    parents: dict[str, str | None] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"([│├└─ ]*)([A-Z]\w+)(?=  |$)", line)
        if match is None:
            continue
        depth, name = len(match[1]), match[2]
        while above and above[-1][0] >= depth:
            above.pop()
        parents[name] = above[-1][1] if above else None
        above.append((depth, name))
    return parents


def defined() -> dict[str, str | None]:
    """Name each error of the module and what it derives from."""
    classes = [
        error
        for _, error in inspect.getmembers(errors, inspect.isclass)
        if issubclass(error, Exception) and error.__module__ == errors.__name__
    ]
    return {
        error.__name__: None if error is PaywatchError else error.__bases__[0].__name__
        for error in classes
    }


def test_the_tree_is_as_it_is_drawn() -> None:
    assert len(drawn()) > 5
    assert drawn() == defined()


def test_each_kind_of_a_providers_error_has_a_name_of_its_own() -> None:
    kinds = [ProviderError.kind, *(error.kind for error in ProviderError.__subclasses__())]
    assert len(set(kinds)) == len(kinds) == 5


@pytest.mark.parametrize("retry_after", [None, 2.5])
def test_rate_limited_says_for_how_long(retry_after: float | None) -> None:
    error = RateLimited("slower", retry_after)
    assert (str(error), error.retry_after) == ("slower", retry_after)


def test_a_row_error_names_the_payment_if_that_is_known() -> None:
    assert RowError("bad").payment_id is None
    assert RowError("bad", "p").payment_id == "p"
