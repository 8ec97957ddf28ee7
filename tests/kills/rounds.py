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
from tests.kills.moments import FIRST, any_call, any_moment, of_an_alert
from tests.kills.stand import TIMEOUT, Stand, played

# So many kills in a row, at most, before a run comes to its end.
IN_A_ROW = 3
# Where the runtime is to end a run: 4 s for its work, and 4 s that a run leaves free. A call to AWS
# is given up and sent again after 8 s, which it does not live to see.
SHORT_TIMEOUT = 8
# So many blows for one that hits a run at work, at most.
MOST_BLOWS = 1.5
# How often a kill that comes to a rested function is at an alert that is told.
TELLING = 0.2
HANGING = "a call, as a provider hangs"


@dataclass(frozen=True)
class Round:
    """What came of a round: blows that hit a run at work by kind of moment, all `blows`, the audit.

    `by_death` counts for each death at work the messages that came again, `worst_publisher` is the
    most of one source; `groundless` are those that came again without a death. `recoveries` are the
    polls that held the lease until all that is open was told, each time; `found_held` are those
    that did not, `cut_short` those for which the time was too short, and `waited` the blows after
    which leases ended by themselves. `given_up` are the runs that ended in time although a provider
    hung. `differing` is what is not stored as it is, or
    was not told to the operator.
    """

    report: AuditReport
    at_work: Counter[str]
    blows: int
    by_death: list[int]
    worst_publisher: int
    groundless: list[str]
    recoveries: list[int]
    found_held: int
    cut_short: int
    waited: int
    given_up: int
    differing: list[str]

    @property
    def findings(self) -> list[str]:
        """Return a sentence for everything that must not be."""
        report = self.report
        of_events = [*report.lost, *report.invented, *report.out_of_order]
        return [*of_events, *self.groundless, *self.differing]


def kills(folder: Path, code: Code, seed: int, count: int) -> Round:
    """Kill the function at work so often, from its first call on, at moments of the seed.

    The leases of the dead are made to end at once.
    """
    return _killed(folder, code, seed, count, TIMEOUT)


def kills_with_leases(folder: Path, code: Code, seed: int, count: int) -> Round:
    """Do the same with leases so short that what is left of them can be waited for."""
    return _killed(folder, code, seed, count, SHORT_TIMEOUT)


def _killed(folder: Path, code: Code, seed: int, count: int, timeout: int) -> Round:
    dice = Random(f"{seed}/moments")
    at_work: Counter[str] = Counter()
    blows, waits, differing, told_anew = 0, timeout == SHORT_TIMEOUT, list[str](), False
    with played(folder, seed, code, timeout) as stand:
        in_a_row = dice.randint(1, IN_A_ROW)
        rested = False
        while at_work.total() < count:
            assert blows < MOST_BLOWS * count, "too many were struck before or after their work"
            stand.motion.stir()
            moment = any_moment(dice) if blows else FIRST
            if rested and not waits and dice.random() < TELLING:
                # Its lease is of half a minute, whatever the function's timeout.
                moment, told_anew = of_an_alert(dice), True
                stand.mailbox.forget()
            blows += 1
            at_work[moment.kind] += stand.kill(moment)
            in_a_row -= 1
            rested = not in_a_row
            if not waits:
                stand.let_leases_end()
            elif not rested:
                stand.wait_for_leases()
            if rested:
                stand.recover()
                in_a_row = dice.randint(1, IN_A_ROW)
                if told_anew:
                    differing += stand.mailbox.missing()
                    told_anew = False
        return _ended(stand, at_work, blows, waited=waits * blows, differing=differing)


def timeouts(folder: Path, code: Code, seed: int, count: int) -> Round:
    """Let the runtime end the function so often, as it waits for AWS; leases end by themselves.

    As often a provider hangs as well, and as often it alone: then the function has to give up.
    """
    dice = Random(f"{seed}/moments")
    at_work: Counter[str] = Counter()
    blows, given_up = 0, 0
    with played(folder, seed, code, SHORT_TIMEOUT) as stand:
        stand.recover()
        for number in range(3 * count):
            stand.motion.stir()
            blows += 1
            if number % 3 == 0:
                moment = any_call(dice)
                at_work[moment.kind] += stand.hang(moment)
            elif number % 3 == 1:
                at_work[HANGING] += stand.hang_provider(dice.randint(1, 4), aws_too=True)
            else:
                ended = stand.hang_provider(dice.randint(1, 4), aws_too=False)
                assert not ended, "a provider that hangs costs the whole run"
                given_up += 1
            stand.recover()
        return _ended(stand, at_work, blows, waited=blows, given_up=given_up)


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


def _ended(
    stand: Stand,
    at_work: Counter[str],
    blows: int,
    *,
    waited: int,
    given_up: int = 0,
    differing: Sequence[str] = (),
) -> Round:
    recoveries = list(stand.recoveries)  # those after blows: nothing moves before an audit
    report, repeats = stand.audit(), stand.repeats
    assert sum(repeats.by_death()) + len(repeats.groundless) == report.duplicates
    return Round(
        report,
        at_work,
        blows,
        repeats.by_death(),
        repeats.worst_publisher(),
        repeats.groundless,
        recoveries,
        stand.found_held,
        stand.cut_short,
        waited,
        given_up,
        [*differing, *stand.ledger.differing()],
    )
