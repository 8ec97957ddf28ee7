"""Every scenario of the lab, played against the real poll, and what would not pass."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from paylab.play import main
from paylab.played import Played
from paylab.scenario import FAULTS, Scenario, load
from tests.scenarios.playing import Playing, play

FILES = sorted(Path(__file__).parents[1].glob("lab/scenarios/*.toml"))
SHORT = next(file for file in FILES if file.stem == "key_turned")


def found(stem: str) -> Scenario:
    return load(next(file for file in FILES if file.stem == stem))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_scenario_loses_invents_and_holds_up_nothing(file: Path) -> None:
    played = play(load(file))
    assert not played.findings, str(played)
    fired = Counter(played.fired)
    for spell in played.scenario.spells:
        assert fired[FAULTS[spell.fault].__name__], f"{spell.fault} never happened"
    assert played.owed > 10


def test_every_fault_has_a_scenario_of_its_own_and_some_have_several_faults() -> None:
    scenarios = [load(file) for file in FILES]
    alone = {s.spells[0].fault for s in scenarios if len(s.spells) == 1}
    assert alone == set(FAULTS)
    assert sum(len({spell.fault for spell in s.spells}) >= 3 for s in scenarios) >= 5
    for file, scenario in zip(FILES, scenarios, strict=True):
        assert scenario.name == file.stem.replace("_", " ")
        assert scenario.tells.endswith(".")


@pytest.mark.parametrize("stem", ["server_error", "tied"])
def test_the_same_seed_is_the_same_run_and_another_is_another(stem: str) -> None:
    scenario = found(stem)
    first, again = Playing(scenario).play(), Playing(scenario).play()
    other = Playing(replace(scenario, seed=scenario.seed + 1)).play()
    assert first.digest == again.digest != other.digest
    assert (first.events, first.requests, first.fired) == (
        again.events,
        again.requests,
        again.fired,
    )


def test_the_command_plays_a_scenario_the_same_in_every_process() -> None:
    digests = set()
    for hash_seed in ("1", "2"):
        told = subprocess.run(
            [sys.executable, "-m", "paylab.play", str(SHORT), "--seed", "5"],
            cwd=Path(__file__).parents[2],
            env={"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        digests.add(told.stdout.splitlines()[-1])
    assert digests == {f"digest {Playing(load(SHORT, 5)).play().digest}"}


# --- What would not pass ------------------------------------------------------------------------


class Dropping(Playing):
    """Never tells of what is new at Compago."""

    def receive(self) -> Sequence[Mapping[str, Any]]:
        told = super().receive()
        return [e for e in told if (e["data"]["provider"], e["data"]["version"]) != ("compago", 1)]


class Inventing(Playing):
    """Says of everything that is pending that it is paid."""

    def receive(self) -> Sequence[Mapping[str, Any]]:
        told = super().receive()
        for event in told:
            if event["data"]["status"] == "pending":
                event["data"]["status"] = "paid"
        return told


class Deaf(Playing):
    """Never gets the new key."""

    def key_of(self, source: Any) -> str:
        return self.worlds[source].api_key.removesuffix("-turned")


class Raising(Playing):
    """Breaks at its third poll."""

    def receive(self) -> Sequence[Mapping[str, Any]]:
        if len(self.ticks) == 3:
            raise ZeroDivisionError
        return super().receive()


def dropping(scenario: Scenario) -> Played:
    return Dropping(scenario).play()


@pytest.mark.parametrize(
    ("broken", "finding"),
    [
        (Dropping, "lost: "),
        (Inventing, "invented: "),
        (Deaf, "no poll of 6 read every source"),
        (Raising, "poll 2 raised ZeroDivisionError"),
    ],
)
def test_a_poller_that_is_broken_is_found_out(broken: type[Playing], finding: str) -> None:
    findings = broken(load(SHORT)).play().findings
    assert any(each.startswith(finding) for each in findings), findings


def test_a_source_that_another_one_holds_up_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # All in one time: whoever waits for a slow provider comes too late to the other.
    monkeypatch.setattr("tests.scenarios.playing.SideBySide.begin", lambda clock: None)
    tick = Playing.tick
    monkeypatch.setattr(
        Playing, "tick", lambda self, **options: tick(self, **{**options, "parallel": False})
    )
    findings = play(found("slow")).findings
    assert any("was read otherwise than if all had been well" in each for each in findings)


def test_a_run_that_fails_prints_the_command_that_plays_it_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    poller = ["--poller", "tests.scenarios.test_scenarios:dropping"]
    assert main([str(SHORT), "--seed", "3", *poller]) == 1
    told = capsys.readouterr().out.splitlines()
    begins = "again: .venv/bin/python -m paylab.play "
    assert told[-1] == f"{begins}{SHORT} --seed 3"
    assert any(line.startswith("wrong: lost: ") for line in told)
    assert main([*told[-1].removeprefix(begins).split(), *poller]) == 1
    assert capsys.readouterr().out.splitlines() == told
    assert main([str(SHORT), "--seed", "3"]) == 0


def test_an_error_of_the_lab_s_own_is_no_finding_about_the_poller(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def apply(*given: object) -> None:
        raise ZeroDivisionError("of the lab")

    monkeypatch.setattr(FAULTS["key_turned"], "apply", apply)
    assert main([str(SHORT)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "KeyTurned broke the lab: ZeroDivisionError('of the lab')\n"
