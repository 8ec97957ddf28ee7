"""Two runs at once, woven into each other at chosen steps and at any, lose and invent nothing.

Each stands still before every one of its steps, while the other runs from its beginning to its end.
One holds the lease and the other waits or is turned away; or the holder stood still until its
lease was over, another polled, and it wakes up and writes. In half of them payments move on
meanwhile, so that what the first run has read is old when it is written. Most schedules are chosen
so that both have their effects in turns; how many do is counted from what their ports were asked.
No message is sent twice but those of the one request that was in flight as its sender lost the
lease.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pytest

from tests.proofs import Proof, seed_offset, seeds
from tests.simulation.interleaving import Duet
from tests.simulation.schedules import (
    PLACES,
    at_each_step,
    at_each_write,
    by_chance,
    in_all_ways,
    late_by_chance,
    pauses,
)
from tests.simulation.showing import SHOWN, on_all_cores
from tests.simulation.tally import Tally, summed, tallied
from tests.simulation.weaving import SOURCE, WRITES, Deed, Journal, Weave

AT_LEAST = 100_000
# More than what is lacking: some schedules come to the same steps as another.
LATE, ANY = 60_000, 4_000
WOVEN = 60_000
# The quick test takes one schedule of so many: of both kinds of pause, for the number is odd.
EVERY = 201


def some(schedule: Callable[[int], Duet], count: int) -> list[Duet]:
    """Return so many schedules by chance, at all places in turn."""
    return [schedule(number) for number in seeds(count)]


def check(
    proof: Proof, chosen: Sequence[Duet], random: Sequence[Duet], tallies: Iterable[Tally]
) -> Tally:
    tally = summed(tallies)
    proof(
        "two runs at once",
        cases=tally.played,
        violations=len(tally.broken),
        seed=seed_offset(),
        figures=f"{len(chosen):,} schedules with one pause at a chosen step and {len(random):,} by "
        f"chance, for {len(PLACES)} pairs of runs; {_share(tally)}; {len(tally.traces):,} came to "
        f"different steps, and they left {len(tally.states):,} different states behind; how the "
        "two runs lay:\n" + tally.table(),
    )
    assert not tally.broken, "\n".join(tally.broken[:SHOWN])
    return tally


def _share(tally: Tally) -> str:
    """Say at how many of the steps of either run it stood still while the other ran wholly."""
    made, every = (
        {(p, who, taken) for p, (who, taken, _) in of} for of in (tally.pauses & pauses(), pauses())
    )
    return (
        f"a run stood still before {len(made):,} of the {len(every):,} steps that there are "
        f"({len(made) / len(every):.1%}) while the other ran from its beginning to its end, for "
        "no time and until its lease was over"
    )


def met(tally: Tally) -> set[str]:
    """Return which kinds of late writes were met."""
    return {name for name, _ in tally.late}


def test_two_runs_at_once_lose_nothing(proof: Proof) -> None:
    at_steps = list(at_each_step())[::EVERY]
    chosen = [*at_steps, *list(at_each_write())[::20]]
    random = [*some(late_by_chance, 80), *some(by_chance, 30)]
    tally = check(proof, chosen, random, [tallied([*chosen, *random])])
    assert len(tally.pauses) >= len(at_steps)
    assert tally.weaves[Weave.WOVEN] > (tally.played - len(at_steps)) / 3
    assert met(tally) >= WRITES - {"keep"}


@pytest.mark.soak
@pytest.mark.takes(27)
def test_two_runs_lose_nothing_in_a_hundred_thousand_schedules(proof: Proof) -> None:
    chosen = [*at_each_step(), *in_all_ways()]
    random = [*some(late_by_chance, LATE), *some(by_chance, ANY)]
    tally = check(proof, chosen, random, on_all_cores(tallied, [*chosen, *random]))
    assert tally.pauses >= pauses()
    assert len(tally.traces) >= AT_LEAST
    assert tally.weaves[Weave.WOVEN] >= WOVEN
    assert met(tally) == WRITES


# --- The judge can say no -------------------------------------------------------------------------

ONE, TWO = "compago/default/p/1", "compago/default/q/1"


def took(who: str) -> Deed:
    return Deed(who, "acquire", SOURCE, done=True, refused=False)


def sent(who: str, *ids: str) -> Deed:
    return Deed(who, "publish", SOURCE, ids, done=True, refused=False)


def noted(who: str, sent_id: str) -> Deed:
    return Deed(who, "acknowledge", SOURCE, (sent_id,), refused=False)


IN_FLIGHT = [took("A"), sent("A", ONE), took("B"), sent("B", ONE), noted("B", ONE), noted("A", ONE)]


def test_what_was_in_flight_as_its_sender_lost_the_lease_may_come_twice() -> None:
    journal = Journal(IN_FLIGHT)
    assert journal.repeats() == {ONE: 1}
    assert list(journal.sent_in_vain()) == []


@pytest.mark.parametrize(
    ("deeds", "told"),
    [
        ([took("A"), sent("A", ONE), noted("A", ONE), took("B"), sent("B", ONE)], f"{ONE} came"),
        ([took("A"), took("B"), sent("A", ONE), sent("A", TWO)], "A went on sending"),
        ([*IN_FLIGHT, sent("A", TWO)], "A went on sending"),
        ([*IN_FLIGHT, sent("B", ONE)], f"B sent {ONE} 2 times"),
    ],
)
def test_whatever_else_is_sent_again_or_late_is_told(deeds: list[Deed], told: str) -> None:
    assert [each for each in Journal(deeds).sent_in_vain() if each.startswith(told)]
