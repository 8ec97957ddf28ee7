"""The tests that noticed other mutants of a function go first: a plugin of the runs on the bench.

Most mutants of a function are noticed by the same few tests, or by those that notice others of its
module; only where these pass are all the others gathered and run, first those beside them.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.mutation.names import MARK, function_of

# Where mutmut says which mutant it tries; in between it says other words there.
NAME = "MUTANT_UNDER_TEST"
# Where beside the mutants it is kept which tests noticed which.
FOLDER = "killers"

FUNCTION = pytest.StashKey[str]()
OTHERS = pytest.StashKey[list[str]]()


class Killers:
    """Which tests noticed mutants of a function, a file of lines for each function."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def note(self, function: str, test: str) -> None:
        """Keep that this test noticed a mutant of this function; many may do so at once."""
        self._folder.mkdir(exist_ok=True)
        with (self._folder / function).open("a") as file:
            file.write(f"{test}\n")

    def of(self, function: str) -> list[str]:
        """Return those of a function, then those of its module, the most frequent first."""
        found: dict[str, None] = {}
        for pattern in (function, f"{function.rpartition('.')[0]}.*"):
            lines = [file.read_text().splitlines() for file in sorted(self._folder.glob(pattern))]
            counts = Counter(line for each in lines for line in each)
            found |= dict.fromkeys(test for test, _ in counts.most_common())
        return list(found)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    config, name = session.config, os.environ.get(NAME, "")
    if MARK not in name:
        return
    config.stash[FUNCTION] = function_of(name)
    given = set(config.args)
    known = [test for test in _killers(config).of(function_of(name)) if test in given]
    if 0 < len(known) < len(given):
        files = {_file(test) for test in known}
        others = [test for test in config.args if test not in known]
        config.stash[OTHERS] = sorted(others, key=lambda test: _file(test) not in files)
        config.args = known


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    done = yield
    others = session.config.stash.get(OTHERS, [])
    session.config.stash[OTHERS] = []
    if not others or session.testsfailed:
        return done
    _offer_again(session.config)
    session.perform_collect(others)
    again: object = session.config.hook.pytest_runtestloop(session=session)
    return again


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and FUNCTION in item.config.stash:
        _killers(item.config).note(item.config.stash[FUNCTION], item.nodeid)
    return report


def _offer_again(config: pytest.Config) -> None:
    """Offer the fixtures of all folders anew: they are bound to the folders gathered before."""
    fixtures = config.pluginmanager.get_plugin("funcmanage")
    assert fixtures is not None
    for name, plugin in config.pluginmanager.list_name_plugin():
        if name.endswith("conftest.py"):
            fixtures.pytest_plugin_registered(plugin, name)


def _file(test: str) -> str:
    return test.partition("::")[0]


def _killers(config: pytest.Config) -> Killers:
    return Killers(config.invocation_params.dir.parent / FOLDER)
