"""The function is killed for real, again and again: nothing is lost and nothing is invented.

Lambda's runtime emulator runs it as Lambda does: a process of its own, under awslambdaric, which a
SIGKILL ends in the middle of whatever it does, while its state is in another process. The emulator
is a file of 8 MB and a new process costs half a second, so that fifty kills have room in `make
test`; a Runtime API of our own, and processes that are forked, would save little and prove less.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from paywatch.domain.limits import BATCH_ENTRIES
from tests.e2e.runtime import CHECKOUT, EMULATOR
from tests.kills.moments import KINDS
from tests.kills.rounds import HANGING, Round, at_once, kills, kills_with_leases, timeouts
from tests.kills.stand import MOST_POLLS
from tests.proofs import Proof, seeds

pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux", reason="Lambda's runtime and its emulator are made for Linux"
    ),
    pytest.mark.again(
        "The same seeds strike at the same calls and requests; but time is real here, and a real "
        "kill is not repeated to the instant."
    ),
]


def check(proof: Proof, name: str, rounds: list[Round], seed: str) -> Counter[str]:
    """State what came of the rounds, hold them to what is promised, and return the deaths by kind.

    Each source publishes in a thread of its own: a death may repeat one request of each.
    """
    blows = sum(each.blows for each in rounds)
    at_work = sum((each.at_work for each in rounds), Counter[str]())
    by_death = [count for each in rounds for count in each.by_death]
    findings = [finding for each in rounds for finding in each.findings]
    worst = max(each.worst_publisher for each in rounds)
    polls = Counter(polls for each in rounds for polls in each.recoveries)
    late = sum(count for polls, count in polls.items() if polls > MOST_POLLS)
    expected = sum(each.report.expected for each in rounds)
    delivered = sum(each.report.delivered for each in rounds)
    proof(
        name,
        cases=at_work.total(),
        violations=len(findings) + (worst > BATCH_ENTRIES) + late,
        seed=seed,
        figures=f"{blows - at_work.total()} more found no run at work; "
        f"{sum(each.waited for each in rounds)} with leases that ran out by themselves (all others "
        f"were made to end), which cost {sum(each.found_held for each in rounds)} polls that found "
        f"one held, and {sum(each.cut_short for each in rounds)} with too little time; "
        f"{sum(each.given_up for each in rounds)} runs gave up a provider that hung; all that is "
        f"open told within {max(polls)} polls that held the lease (at most {MOST_POLLS}), "
        f"{polls.total()} times, on average {_mean(polls.elements()):.2f}; "
        f"delivered {delivered} of {expected}; "
        f"duplicates of one source per death at most {worst} (bound {BATCH_ENTRIES}), of all "
        f"sources {max(by_death)}, on average {_mean(by_death):.2f}; "
        + ", ".join(f"{count} at {kind}" for kind, count in sorted(at_work.items())),
    )
    assert not findings, "\n".join(findings[:40])
    assert worst <= BATCH_ENTRIES, f"a death repeated {worst} messages of one source"
    assert not late, f"polls until all was told, and how often: {polls}"
    assert expected > at_work.total()
    return at_work


def _mean(counts: Iterable[int]) -> float:
    counts = list(counts)
    return sum(counts) / len(counts)


@pytest.fixture(autouse=True)
def _emulator() -> None:
    assert EMULATOR.exists(), "make .venv-rie/.ready installs the runtime emulator"


@pytest.mark.takes(1)
def test_fifty_kills_lose_nothing_and_invent_nothing(tmp_path: Path, proof: Proof) -> None:
    check(proof, "50 real kills", at_once(kills, tmp_path, CHECKOUT, [1], 50), "1")


@pytest.mark.soak
@pytest.mark.takes(38)
def test_a_thousand_kills_lose_nothing_and_invent_nothing(tmp_path: Path, proof: Proof) -> None:
    *others, last = seeds(20, 3)
    # While one round waits for leases to end, the others go on.
    with ThreadPoolExecutor(1) as beside:
        waiting = beside.submit(at_once, kills_with_leases, tmp_path, CHECKOUT, [last], 50)
        rounds = at_once(kills, tmp_path, CHECKOUT, others, 50)
        rounds += waiting.result()
    met = check(proof, "1,000 real kills", rounds, f"{others[0]} to {last}")
    assert met.total() >= 1000
    assert [kind for kind in KINDS if not met[kind]] == []


@pytest.mark.soak
@pytest.mark.takes(3)
def test_runs_that_the_runtime_ends_lose_nothing_and_invent_nothing(
    tmp_path: Path, proof: Proof
) -> None:
    first, second = seeds(2, 1)
    rounds = at_once(timeouts, tmp_path, CHECKOUT, [first, second], 3)
    met = check(proof, "real timeouts", rounds, f"{first}, {second}")
    assert met[HANGING] == 6
    assert met.total() >= 10
