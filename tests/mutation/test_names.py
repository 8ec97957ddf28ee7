"""What the mutants are called, and what a pattern of names finds."""

from __future__ import annotations

from tests.mutation.names import fits, fitting_nothing, function_of, module_of, shown

SEALED = "paywatch.discovery.walk.xǁWalkǁsealed_undecorated__mutmut_2"
CLOSE = "paywatch.discovery.walk.xǁWalkǁclose__mutmut_1"


def test_a_property_goes_by_its_own_name() -> None:
    assert shown(SEALED) == "paywatch.discovery.walk.xǁWalkǁsealed__mutmut_2"
    assert shown(CLOSE) == CLOSE
    assert function_of(SEALED) == "paywatch.discovery.walk.xǁWalkǁsealed"
    assert module_of(SEALED) == module_of(CLOSE) == "discovery.walk"


def test_a_mutant_is_found_by_the_name_that_is_shown() -> None:
    for pattern in (shown(SEALED), "*Walkǁsealed__*", "paywatch.discovery.*"):
        assert fits(SEALED, [pattern])
    assert fits(SEALED, [])
    assert not fits(SEALED, ["*close*", "*Walkǁseal"])


def test_patterns_that_find_nothing_are_told_apart() -> None:
    assert fitting_nothing(["typo", "*sealed*", "*close", "*close*"], [SEALED, CLOSE]) == [
        *("typo", "*close"),
    ]
    assert fitting_nothing([], [SEALED]) == []
