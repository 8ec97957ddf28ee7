"""The figures that the owner of a stack may change, and how a mistake in them is told."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paywatch.domain.alerts import CHARACTERS, REPEAT, Kind
from paywatch.domain.thresholds import Thresholds

NAMES = [each.name for each in fields(Thresholds)]


@pytest.mark.parametrize("text", ["", " ", ",", " , ,"])
def test_nothing_leaves_every_figure_as_it_is(text: str) -> None:
    assert Thresholds.parse(text) == Thresholds()


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_can_be_changed_alone(name: str) -> None:
    # Neither the floor nor the ceiling passes the other one.
    figure = 90.5
    changed = Thresholds.parse(f"{name}={figure}")
    assert getattr(changed, name) == figure
    others = [each for each in NAMES if each != name]
    assert all(getattr(changed, each) == getattr(Thresholds(), each) for each in others)


def test_several_are_parted_by_commas_with_blanks_wherever_one_likes() -> None:
    parsed = Thresholds.parse(" frozen_moves = 7 ,\n repeat_hours=25.5,backlog_minutes= 1e1, ")
    assert parsed == Thresholds(frozen_moves=7, repeat_hours=25.5, backlog_minutes=10)


def test_one_that_is_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="frozen_moves is there twice"):
        Thresholds.parse("frozen_moves=7,frozen_moves=9")


def test_nothing_is_repeated_more_often_than_once_a_day() -> None:
    assert Thresholds.parse("repeat_hours=24").pace.repeat == timedelta(days=1)
    with pytest.raises(ValueError, match="repeat_hours must be 24 at least"):
        Thresholds.parse("repeat_hours=23.9")


@pytest.mark.parametrize("figure", ["0.001", "100000", "100_000", "1e5"])
def test_a_figure_is_above_0_and_at_most_100000(figure: str) -> None:
    assert Thresholds.parse(f"frozen_moves={figure}").frozen_moves == float(figure)


@pytest.mark.parametrize("figure", ["0", "-0", "-1", "100000.1", "1e9", "inf", "-inf", "nan"])
def test_a_figure_beyond_that_is_refused_by_its_name(figure: str) -> None:
    with pytest.raises(ValueError, match=f"^frozen_moves: {figure} must be above 0, at most 100"):
        Thresholds.parse(f"repeat_hours=3,frozen_moves={figure}")


def test_a_figure_that_is_too_long_is_not_told_whole() -> None:
    with pytest.raises(ValueError, match="must be above 0") as refused:
        Thresholds.parse("frozen_moves=" + "9" * 41)
    assert str(refused.value) == f"frozen_moves: {'9' * 40} must be above 0, at most 100,000"


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("frozen_moves", "''"),
        ("frozen_moves=", "''"),
        ("frozen_moves=many", "'many'"),
        ("frozen_moves=1=2", "'1=2'"),
        ("frozen_moves=1 2", "'1 2'"),
        ("frozen_moves=" + "x" * 99, "'" + "x" * 40 + "'"),
    ],
)
def test_what_is_no_number_is_refused_by_its_name(part: str, told: str) -> None:
    with pytest.raises(ValueError, match="is not a number") as refused:
        Thresholds.parse(part)
    assert str(refused.value) == f"frozen_moves: {told} is not a number"


@pytest.mark.parametrize("part", ["frozen=3", "FROZEN_MOVES=3", "=3", "3", "pace=1", "parse=1"])
def test_a_name_that_is_unknown_is_refused_with_all_that_there_are(part: str) -> None:
    with pytest.raises(ValueError, match="is unknown; there are") as refused:
        Thresholds.parse(part)
    name = part.partition("=")[0]
    assert str(refused.value) == f"{name!r} is unknown; there are {', '.join(sorted(NAMES))}"


def test_a_name_that_is_too_long_is_not_told_whole() -> None:
    with pytest.raises(ValueError, match="unknown") as refused:
        Thresholds.parse("x" * 9999)
    assert "x" * 40 in str(refused.value)
    assert "x" * 41 not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("overdue_floor_minutes=1440", True),
        ("overdue_floor_minutes=1440.1", False),
        ("overdue_ceiling_hours=1", True),
        ("overdue_ceiling_hours=0.9", False),
        ("overdue_ceiling_hours=48,overdue_floor_minutes=2880", True),
        ("overdue_floor_minutes=2880,overdue_ceiling_hours=48", True),
    ],
)
def test_the_floor_is_not_above_the_ceiling(text: str, right: bool) -> None:
    if right:
        Thresholds.parse(text)
        return
    with pytest.raises(ValueError, match="above overdue_ceiling_hours") as refused:
        Thresholds.parse(text)
    assert str(refused.value) == "overdue_floor_minutes must not be above overdue_ceiling_hours"


def test_each_figure_is_in_the_unit_that_its_name_ends_in() -> None:
    thresholds = Thresholds(overdue_floor_minutes=30, overdue_ceiling_hours=2, repeat_hours=3)
    assert thresholds.overdue_floor == timedelta(minutes=30)
    assert thresholds.overdue_ceiling == timedelta(hours=2)
    assert thresholds.pace.repeat == timedelta(hours=3)


def test_the_pace_waits_as_long_as_the_figures_say() -> None:
    pace = Thresholds(unreachable_minutes=7, drift_minutes=8, disappearance_minutes=9).pace
    assert pace.wait(Kind.PROVIDER_UNREACHABLE) == timedelta(minutes=7)
    assert pace.wait(Kind.CONTRACT_DRIFT) == timedelta(minutes=8)
    assert pace.wait(Kind.MASS_DISAPPEARANCE) == timedelta(minutes=9)
    assert pace.wait(Kind.PAYMENT_OVERDUE) == CHARACTERS[Kind.PAYMENT_OVERDUE].after


def test_unless_told_otherwise_each_kind_keeps_its_usual_pace() -> None:
    pace = Thresholds().pace
    assert pace.repeat == REPEAT
    assert {kind: pace.wait(kind) for kind in Kind} == {
        kind: character.after for kind, character in CHARACTERS.items()
    }


@given(
    st.dictionaries(
        st.sampled_from(NAMES), st.floats(0, 100_000, exclude_min=True, allow_subnormal=False)
    )
)
def test_what_is_written_is_read_or_refused_with_a_sentence(figures: dict[str, float]) -> None:
    text = ",".join(f"{name}={figure!r}" for name, figure in figures.items())
    try:
        parsed = Thresholds.parse(text)
    except ValueError as refused:
        expected = "overdue_floor_minutes must not be above|repeat_hours must be 24"
        assert re.search(expected, str(refused))  # noqa: PT017
        return
    assert all(getattr(parsed, name) == figure for name, figure in figures.items())
    assert parsed.overdue_floor <= parsed.overdue_ceiling


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        Thresholds.parse(text)
    except ValueError as refused:
        assert len(str(refused)) < 500  # noqa: PT017
