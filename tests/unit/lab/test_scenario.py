"""Scenarios: what a file may say, and what is said of one that is wrong."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from paylab import Lab, LabClock, World
from paylab.combining import combined
from paylab.faults import Misshapen, ServerError
from paylab.play import main
from paylab.scenario import FAULTS, Scenario, WrongScenario, load, read

from .asking import ask

RIGHT: dict[str, Any] = {
    "name": "short",
    "tells": "Nothing much.",
    "seed": 4,
    "polls": 5,
    "accounts": [{"source": "onepay"}],
}
FAULT = {"fault": "server_error", "source": "onepay"}


def said(**more: Any) -> Scenario:
    return read(RIGHT | more)


def test_a_file_says_what_the_scenario_is(tmp_path: Path) -> None:
    file = tmp_path / "short.toml"
    file.write_text(
        'name = "short"\ntells = "Nothing much."\nseed = 4\npolls = 5\nevery = 10\n'
        '[[accounts]]\nsource = "onepay/norte"\nopen = 3\nlive = true\n'
        '[[faults]]\nfault = "misshapen"\nsource = "onepay/norte"\nbegins = 2\nshare = 0.25\n'
        'probability = 0.5\nwhere = "status"\nbursts = [10, 60]\n'
    )
    scenario = load(file)

    assert (scenario.seed, scenario.polls, scenario.minutes) == (4, 5, 50)
    assert (scenario.accounts[0].open, scenario.accounts[0].live) == (3, True)
    assert scenario.accounts[0].size.open == 3
    fault = scenario.spells[0].made(datetime(2026, 1, 1, tzinfo=UTC), scenario.minutes)
    assert isinstance(fault, Misshapen)
    assert (fault.share, fault.source) == (0.25, "onepay/norte")
    assert scenario.replay == f".venv/bin/python -m paylab.play {file} --seed 4"
    assert load(file, seed=9).seed == 9


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"seed": "four"}, "the file: seed = 'four' is not a whole number"),
        ({"polls": True}, "the file: polls = True is not a whole number"),
        ({"polls": 0}, "polls are from 1 to 1000, and every from 1 to 60 minutes"),
        ({"poll": 3}, "the file: 'poll' means nothing here; name, tells, seed, polls, every do"),
        ({"accounts": []}, "[[accounts]]: at least one, and each source once"),
        ({"accounts": {"source": "onepay"}}, "accounts are tables: each begins with [[accounts]]"),
        ({"accounts": [{"open": 3}]}, "[[accounts]] 1: source is missing"),
        ({"accounts": [{"source": "stripe"}]}, "[[accounts]] 1: 'stripe' is no source of the lab"),
        ({"accounts": [{"source": "onepay", "order": "any"}]}, "is not one of newest_first, oldes"),
        ({"accounts": [{"source": "onepay", "rows": 0}]}, "[[accounts]] 1: payments or rows are"),
        ({"faults": [FAULT | {"fault": "sever_error"}]}, "there is no fault 'sever_error'; there"),
        ({"faults": [FAULT | {"source": "compago"}]}, "'compago' is none of the accounts"),
        ({"faults": [FAULT | {"begins": 3, "ends": 2}]}, "1 (server_error): it ends before it"),
        ({"faults": [FAULT | {"ends": 6}]}, "it ends after the 5 minutes of the run"),
        ({"faults": [FAULT | {"probability": 0}]}, "probability = 0 is not above 0, up to 1"),
        ({"faults": [FAULT | {"bursts": [9]}]}, "bursts are two numbers of seconds"),
        ({"faults": [FAULT | {"statuses": ["500"]}]}, "is not a list, each of it a whole number"),
        ({"faults": [FAULT | {"statuses": []}]}, "statuses = () is empty"),
        ({"faults": [FAULT | {"seconds": 3}]}, "(server_error): 'seconds' means nothing here; sta"),
        ({"faults": [FAULT | {"when": 3}]}, "'when' means nothing here"),
        (
            {"faults": [FAULT | {"fault": "lagging", "seconds": -1}]},
            "seconds = -1 is not from 0 to",
        ),
        ({"faults": [FAULT | {"fault": "stray_tests"}]}, "only a live account of onepay's can"),
    ],
)
def test_a_wrong_file_is_told_where_and_what_is_expected(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(WrongScenario) as caught:
        said(**wrong)
    assert why in str(caught.value)


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": 10**20},
        {"every": NAN},
        {"accounts": [{"source": "onepay"}, {"source": "onepay/default"}]},
        {"accounts": [{"source": "onepay/default"}] * 2},
        *(
            {"accounts": [{"source": "onepay", "arrivals_per_minute": n}]}
            for n in (NAN, INF, -1, 1e5)
        ),
        *({"accounts": [{"source": "onepay", "late_moves": n}]} for n in (-1, 1.5, NAN)),
        *({"accounts": [{"source": "onepay", "open": n}]} for n in (-1, 10**6)),
        {"accounts": [{"source": "onepay", "rows": 10**8}]},
        *({"faults": [FAULT | {"begins": n}]} for n in (NAN, INF)),
        *({"faults": [FAULT | {"statuses": [n]}]} for n in (200, 7, 600, 10**20)),
    ],
)
def test_a_number_that_makes_no_sense_and_a_source_said_twice_are_refused(
    wrong: dict[str, Any],
) -> None:
    with pytest.raises(WrongScenario):
        said(**wrong)


@pytest.mark.parametrize(
    ("fault", "key", "value"),
    [
        ("too_many_requests", "retry_after", 99999999999999999999),
        ("too_many_requests", "retry_after", 10**9),
        ("dripping", "pieces", 0),
        ("dripping", "seconds", INF),
        ("slow", "seconds", NAN),
        ("lagging", "seconds", 1e300),
        ("false_totals", "factor", NAN),
        ("false_totals", "factor", INF),
        ("false_totals", "add", -(10**8)),
        ("nested", "deep", 100_000),
        ("misshapen", "share", 1.5),
        ("duplicated", "rows", 0),
        ("stray_tests", "payments", 0),
        ("bomb", "megabytes", 10_000),
        ("oversized", "megabytes", 10_000),
        ("tied", "payments", 10**6),
        ("drifting", "arrivals", 10**6),
        ("redirected_away", "location", "https://elsewhere.invalid/pagó"),
        ("redirected_away", "location", "two\nlines"),
        ("redirected_away", "location", ""),
        ("redirected_away", "statuses", [200]),
        ("unknown_status", "word", ""),
        ("unknown_status", "word", " "),
        ("malformed", "forms", []),
    ],
)
def test_a_fault_that_the_lab_could_not_do_is_refused(fault: str, key: str, value: Any) -> None:
    with pytest.raises(WrongScenario, match=rf"^\[\[faults\]\] 1 \({fault}\): {key} = "):
        said(faults=[{"fault": fault, "source": "onepay", key: value}])


def test_what_is_said_of_a_fault_that_takes_nothing_is_told_in_a_whole_sentence() -> None:
    with pytest.raises(WrongScenario) as caught:
        said(faults=[{"fault": "frozen", "source": "onepay", "kept": 1}])
    assert str(caught.value).endswith(
        "'kept' means nothing here; it has nothing of its own to be said"
    )


def test_the_default_account_may_be_said_by_either_name() -> None:
    for account, fault in (("onepay", "onepay/default"), ("onepay/default", "onepay")):
        scenario = said(accounts=[{"source": account}], faults=[FAULT | {"source": fault}])
        assert (scenario.accounts[0].source, scenario.spells[0].source) == ("onepay", "onepay")


@pytest.mark.parametrize(
    ("poller", "why"),
    [
        ("nosuch", "no MODULE:FUNCTION of a scenario: No module named 'nosuch'"),
        ("os", "no MODULE:FUNCTION of a scenario: "),
        ("", "no MODULE:FUNCTION of a scenario: "),
        ("os:nosuch", "no MODULE:FUNCTION of a scenario: module 'os' has no attribute 'nosuch'"),
        ("os:getcwd", "no MODULE:FUNCTION of a scenario: too many positional arguments"),
        ("os:sep", "no MODULE:FUNCTION of a scenario: '/' is not a callable object"),
        ("builtins:id", "it says "),
        ("builtins:float", "it broke off, and nothing is known"),
    ],
)
def test_a_poller_that_plays_nothing_is_told_of_and_ends_with_2(
    poller: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--combined", "--poller", poller]) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith(f"--poller {poller}: {why}")


@pytest.mark.parametrize("text", ["name = ", "\x00", "polls = 3"])
def test_the_command_says_what_is_wrong_with_a_file_and_ends_with_2(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    assert main([str(file)]) == 2
    assert main([str(tmp_path / "none.toml")]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"{file}: ")
    assert "none.toml: cannot be read" in second


@pytest.mark.parametrize("arguments", [[], ["x.toml", "--combined"], ["x.toml", "--seed", "a"]])
def test_the_command_takes_a_file_or_a_combination(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)


def test_a_fault_fires_in_its_time_in_its_bursts_and_where_it_is_said(clock: LabClock) -> None:
    spell = {"begins": 1, "ends": 4, "bursts": [30, 60], "where": "page=2", "mid_walk": True}
    made = said(faults=[FAULT | spell]).spells[0].made(clock.now(), 5)
    world = World("onepay", clock)
    lab, start = Lab(clock, [world], faults=[made]), clock.now()
    hit = []
    for seconds in range(0, 300, 15):
        for page in (1, 2):
            if ask(lab, world, f"page={page}").status >= 500:
                hit.append((seconds, page))
        clock.set(start + timedelta(seconds=seconds + 15))

    assert isinstance(made, ServerError)
    assert hit == [(s, 2) for s in (60, 75, 120, 135, 180, 195)]


def test_every_fault_has_a_name_and_none_is_a_test_of_pytest_s() -> None:
    assert {"server_error", "bomb", "key_turned", "stray_tests"} <= set(FAULTS)
    assert len(FAULTS) == len(set(FAULTS.values())) > 20
    assert not any(kind.__name__.startswith("Test") for kind in FAULTS.values())


def test_combinations_are_of_two_to_four_faults_differ_by_seed_and_leave_none_out() -> None:
    many = [combined(seed) for seed in range(300)]

    assert combined(7) == many[7]
    assert len({str(scenario) for scenario in many}) == 300
    assert {len(scenario.spells) for scenario in many} == {2, 3, 4}
    assert {spell.fault for scenario in many for spell in scenario.spells} == set(FAULTS)
    for scenario in many:
        for spell in scenario.spells:
            assert 0 <= spell.begins < spell.until(scenario.minutes) <= scenario.minutes
            spell.made(datetime(2026, 1, 1, tzinfo=UTC), scenario.minutes)
