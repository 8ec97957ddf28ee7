"""Rounds of kills: each on a stand of its own, two at a time, one for each core."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

from paylab import AuditReport
from tests.cores import free_cores
from tests.e2e.runtime import Code
from tests.kills.moments import FIRST, any_call, any_moment
from tests.kills.stand import Stand, played

# So many kills in a row, at most, before a run comes to its end.
IN_A_ROW = 3
# Where the runtime is to end a run: 4 s for its work, and 4 s that a run leaves free. A call to AWS
# is given up and sent again after 8 s, which it does not live to see.
SHORT_TIMEOUT = 8


@dataclass(frozen=True)
class Round:
    """What came of a round: its blows by kind of moment, those that hit a run at work, the audit.

    `by_death` counts for each death at work the messages that came again, `worst_publisher` is the
    most of one source; `groundless` are those that came again without a death.
    """

    report: AuditReport
    blows: Counter[str]
    at_work: Counter[str]
    by_death: list[int]
    worst_publisher: int
    groundless: list[str]

    @property
    def findings(self) -> list[str]:
        """Return a sentence for everything that must not be."""
        report = self.report
        return [*report.lost, *report.invented, *report.out_of_order, *self.groundless]


def kills(folder: Path, code: Code, seed: int, count: int) -> Round:
    """Kill the function so often, from its first call on, at moments of the seed, and audit."""
    dice = Random(f"{seed}/moments")
    blows: Counter[str] = Counter()
    at_work: Counter[str] = Counter()
    with played(folder, seed, code) as stand:
        in_a_row = dice.randint(1, IN_A_ROW)
        for number in range(count):
            stand.motion.stir()
            moment = any_moment(dice) if number else FIRST
            blows[moment.kind] += 1
            at_work[moment.kind] += stand.kill(moment)
            stand.let_leases_end()
            in_a_row -= 1
            if not in_a_row:
                stand.recover()
                in_a_row = dice.randint(1, IN_A_ROW)
        return _ended(stand, blows, at_work)


def timeouts(folder: Path, code: Code, seed: int, count: int) -> Round:
    """Let the runtime end the function so often, as it waits for AWS; leases end by themselves."""
    dice = Random(f"{seed}/moments")
    blows: Counter[str] = Counter()
    at_work: Counter[str] = Counter()
    with played(folder, seed, code, SHORT_TIMEOUT) as stand:
        stand.recover()
        for _ in range(count):
            stand.motion.stir()
            moment = any_call(dice)
            blows[moment.kind] += 1
            at_work[moment.kind] += stand.hang(moment)
            stand.recover()
        return _ended(stand, blows, at_work)


def at_once(
    play: Callable[[Path, Code, int, int], Round],
    folder: Path,
    code: Code,
    seeds: Sequence[int],
    count: int,
) -> list[Round]:
    """Play a round for every seed, each with so many blows."""

    def one(seed: int) -> Round:
        own = folder / f"round-{seed}"
        own.mkdir()
        return play(own, code, seed, count)

    with ThreadPoolExecutor(free_cores()) as pool:
        return list(pool.map(one, seeds))


def _ended(stand: Stand, blows: Counter[str], at_work: Counter[str]) -> Round:
    report, repeats = stand.audit(), stand.repeats
    assert sum(repeats.by_death()) + len(repeats.groundless) == report.duplicates
    return Round(
        report, blows, at_work, repeats.by_death(), repeats.worst_publisher(), repeats.groundless
    )
