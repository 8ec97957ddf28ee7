"""What a run of pytest saw: a plugin of the runs that test a copy of the package.

Loaded before any test, it counts what the copy does: polls of a source, and calls to the world
outside (a port in memory, AWS, a request to a provider). It writes down, as JSON, where the package
came from, which tests failed and how, and the counts of each test up to its end.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Generator
from functools import wraps
from typing import Any

import pytest
from botocore.client import BaseClient
from hypothesis import Phase, settings
from hypothesis.errors import FlakyFailure

from paywatch import memory, ports, runner
from paywatch.errors import PaywatchError

# The path of the file to write to.
TELLS = "PAYWATCH_WITNESS"

CALLS, POLLS = "calls", "polls"
# The how many-th case of a proof it was that failed.
CASE = "case"

# What a test raises by its own judgement, and what paywatch raises on purpose. Anything else may
# come from a patch that makes no sense.
JUDGEMENTS = (AssertionError, pytest.fail.Exception, PaywatchError)

PORTS_IN_MEMORY = (
    (memory.MemoryPayments, ("watched", "fetch", "save", "acknowledge")),
    (memory.MemoryControls, ("acquire", "peek", "mark", "keep", "finish")),
    (memory.MemoryTopic, ("publish",)),
    (memory.MemoryAlertsTopic, ("tell",)),
)

counts: Counter[str] = Counter()
failed: list[dict[str, Any]] = []


def counted(owner: Any, name: str, what: str) -> None:
    """Count every call of a function of a class or a module."""
    inner: Callable[..., Any] = getattr(owner, name)

    @wraps(inner)
    def counting(*args: Any, **kwargs: Any) -> Any:
        counts[what] += 1
        return inner(*args, **kwargs)

    setattr(owner, name, counting)


for port, names in PORTS_IN_MEMORY:
    for each in names:
        counted(port, each, CALLS)
counted(BaseClient, "_make_api_call", CALLS)
counted(ports.Allowance, "spend", CALLS)
counted(runner, "poll_source", POLLS)


def is_judgement(raised: BaseException) -> bool:
    """Whether a test failed by judgement; of Hypothesis' groups of failures, by nothing else."""
    if isinstance(raised, BaseExceptionGroup):
        return not isinstance(raised, FlakyFailure) and all(map(is_judgement, raised.exceptions))
    return isinstance(raised, JUDGEMENTS)


def pytest_sessionstart() -> None:
    """Be content with the first example that fails: to make it small takes minutes."""
    settings.register_profile("planted", phases=set(Phase) - {Phase.shrink, Phase.explain})
    settings.load_profile("planted")


def pytest_runtest_logstart() -> None:
    counts.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        raised = call.excinfo.value if call.excinfo else None
        told = {
            "test": report.nodeid,
            "when": report.when,
            "raised": type(raised).__name__,
            "judged": raised is not None and is_judgement(raised),
            "text": report.longreprtext,
            CASE: dict(report.user_properties).get(CASE, 0),
        }
        failed.append({**told, CALLS: counts[CALLS], POLLS: counts[POLLS]})
    return report


def pytest_sessionfinish() -> None:
    files = [
        str(module.__file__)
        for name, module in sorted(sys.modules.items())
        if name == "paywatch" or name.startswith("paywatch.")
    ]
    with open(os.environ[TELLS], "w") as told:
        json.dump({"files": files, "failed": failed}, told)
