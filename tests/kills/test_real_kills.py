"""The function is killed for real, again and again: nothing is lost and nothing is invented.

Lambda's runtime emulator runs it as Lambda does: a process of its own, under awslambdaric, which a
SIGKILL ends in the middle of whatever it does, while its state is in another process. The emulator
is a file of 8 MB and a new process costs half a second, so that fifty kills have room in `make
test`; a Runtime API of our own, and processes that are forked, would save little and prove less.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from paywatch.domain.limits import BATCH_ENTRIES
from tests.e2e.runtime import CHECKOUT, EMULATOR
from tests.kills.rounds import Round, at_once, kills, timeouts
from tests.proofs import Proof

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="Lambda's runtime and its emulator are made for Linux"
)


def check(proof: Proof, name: str, rounds: list[Round], seed: str) -> None:
    """State what came of the rounds, and hold them to what is promised.

    Each source publishes in a thread of its own: a death may repeat one request of each.
    """
    blows = sum(each.blows.total() for each in rounds)
    at_work = sum((each.at_work for each in rounds), Counter[str]())
    by_death = [count for each in rounds for count in each.by_death]
    findings = [finding for each in rounds for finding in each.findings]
    worst = max(each.worst_publisher for each in rounds)
    expected = sum(each.report.expected for each in rounds)
    delivered = sum(each.report.delivered for each in rounds)
    proof(
        name,
        cases=blows,
        violations=len(findings) + (worst > BATCH_ENTRIES),
        seed=seed,
        figures=f"{at_work.total()} of them at work; delivered {delivered} of {expected}; "
        f"duplicates per death at most {max(by_death)}, of one source {worst}, "
        f"on average {sum(by_death) / len(by_death):.2f}; "
        + ", ".join(f"{count} at {kind}" for kind, count in sorted(at_work.items())),
    )
    assert not findings, "\n".join(findings[:40])
    assert worst <= BATCH_ENTRIES, f"a death repeated {worst} messages of one source"
    assert at_work.total() >= 0.8 * blows, "too many were struck before or after their work"
    assert expected > blows


@pytest.fixture(autouse=True)
def _emulator() -> None:
    assert EMULATOR.exists(), "make .venv-rie/.ready installs the runtime emulator"


@pytest.mark.takes(1)
def test_fifty_kills_lose_nothing_and_invent_nothing(tmp_path: Path, proof: Proof) -> None:
    check(proof, "50 real kills", at_once(kills, tmp_path, CHECKOUT, [1], 50), "1")


@pytest.mark.soak
@pytest.mark.takes(26)
def test_a_thousand_kills_lose_nothing_and_invent_nothing(tmp_path: Path, proof: Proof) -> None:
    seeds = range(3, 23)
    check(proof, "1,000 real kills", at_once(kills, tmp_path, CHECKOUT, seeds, 50), "3 to 22")


@pytest.mark.soak
@pytest.mark.takes(2)
def test_runs_that_the_runtime_ends_lose_nothing_and_invent_nothing(
    tmp_path: Path, proof: Proof
) -> None:
    check(proof, "real timeouts", at_once(timeouts, tmp_path, CHECKOUT, [1, 2], 5), "1, 2")
