"""Two runs at once, interleaved at every step, lose, invent and reorder nothing.

One holds the lease and the other waits or is turned away; or the holder stood still until its
lease was over, another polled, and it wakes up and writes. In half of them payments move on
meanwhile, so that what the first run has read is old when it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.gates import EFFECTS, REQUEST
from tests.proofs import Proof
from tests.simulation.interleaving import EXPIRED, WHOLE, Duet, Turn, by_chance, one_pause
from tests.simulation.showing import SHOWN, Played, broken, broken_on_all_cores

# Which pairs are interleaved in all ways with one pause: plot, source, B's action, whether payments
# move on meanwhile, and the seconds of the pause.
ONE_PAUSE = [
    ("small", "compago", "poll", False, 0.0),
    ("small", "compago", "poll", True, EXPIRED),
    ("small", "compago", "reconcile", True, EXPIRED),
    ("outbox", "compago", "poll", False, EXPIRED),
    ("alert", "compago", "poll", False, EXPIRED),
    ("small", "onepay", "poll", True, EXPIRED),
    ("small", "onepay", "reconcile", False, 0.0),
]
BY_CHANCE = [
    (plot, source, action, moves)
    for plot in ("small", "busy", "outbox", "alert")
    for source in ("compago", "onepay")
    for action in ("poll", "reconcile")
    for moves in (False, True)
    if not (plot == "alert" and moves)
]
AT_LEAST = 100_000
SAMPLED = 100


def all_with_one_pause() -> list[Duet]:
    return [duet for arguments in ONE_PAUSE for duet in one_pause(*arguments)]


def before_each_effect() -> list[Duet]:
    """Return those in which A pauses right before it writes or publishes, and B runs wholly."""
    found = []
    for plot, source, action, moves, after in ONE_PAUSE:
        steps = Duet(plot, source, action, moves, (Turn("A"),)).play()[2]["A"].calls
        for stop in (number for number, name in enumerate(steps) if name in EFFECTS - {REQUEST}):
            turns = (Turn("A", stop), Turn("B", WHOLE, after))
            found.append(Duet(plot, source, action, moves, turns))
    return found


def scheduled(count: int) -> list[Duet]:
    """Return so many random schedules, of all kinds in turn."""
    return [
        by_chance(*BY_CHANCE[number % len(BY_CHANCE)], number // len(BY_CHANCE))
        for number in range(count)
    ]


def check(
    proof: Proof,
    pausing: Sequence[Duet],
    random: Sequence[Duet],
    play: Callable[[Sequence[Played]], list[str]],
) -> None:
    found = play([*pausing, *random])
    proof(
        "two runs at once",
        cases=len(pausing) + len(random),
        violations=len(found),
        seed=f"0-{(len(random) - 1) // len(BY_CHANCE)}",
        figures=f"{len(pausing):,} interleavings with one pause and {len(random):,} by chance, "
        f"over {len({str(duet).split(chr(39))[0] for duet in [*pausing, *random]})} pairs of runs",
    )
    assert not found, "\n".join(found[:SHOWN])


def test_two_runs_at_once_lose_nothing(proof: Proof) -> None:
    check(proof, before_each_effect(), scheduled(SAMPLED), broken)


@pytest.mark.soak
@pytest.mark.takes(28)
def test_two_runs_lose_nothing_in_any_way_to_interleave_them_with_one_pause(proof: Proof) -> None:
    pausing = all_with_one_pause()
    check(proof, pausing, scheduled(AT_LEAST - len(pausing)), broken_on_all_cores)
