"""A reconcile over everything, interrupted again and again: complete, exact, in bounded memory.

While the baseline is read, payments that settled long ago are cancelled. Who is read only then is
told as new, or recorded in silence where no date of the row lies in the watch (DESIGN.md, Words).
Who had been read before is told by the probes of the settled lists if it is one of the newest, and
by the next reconcile if it is not. When that one comes, most of the payments are listed no more.
"""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.held import Held
from tests.proofs import Proof, seed_offset
from tests.scale.reconciled import PAGE, Reconciled
from tests.scale.synthetic import number_of

# What a run may hold at a time, and what the control item may (its limit is 400 KB).
MOST_HELD = 48 * 1024 * 1024
MOST_STORED = 100_000
# What a death can have told again: the one batch that was under way.
BATCH = 10
RESTING = 3


def check(held: Held, size: int, kills: int, seed: int, gone: int, moves: int) -> None:
    """Read everything twice, with so many deaths the first time, and a fifth of that the second."""
    polling = Reconciled(size, kills, seed, gone, moves)
    held.cases = size
    died = polling.read_all(kills, moving=True)
    held.to(died == kills, f"only {died} runs of the baseline died")
    missing = polling.counted.writes.count(0, polling.provider.gone)
    held.to(missing == 0, f"{missing} listed payments were never read")
    runs, requests = len(polling.ticks), polling.provider.requests
    polling.archive()
    again = polling.read_all(kills // 5, moving=False)
    for _ in range(RESTING):
        polling.run_once("poll")

    told = check_told(held, polling, died + again)
    check_stored(held, polling)
    alerts = {name for name, _ in polling.alerted()}
    held.to_none("an alert", alerts - {"missed_by_poll/compago"})
    held.to(polling.measured > 0, "no run's memory was measured")
    held.to(polling.peak < MOST_HELD, f"a run held {polling.peak} bytes")
    held.to(polling.most_stored < MOST_STORED, f"{polling.most_stored} bytes were stored")
    silent = sum(1 for expected in polling.expected.values() if expected is None)
    where = ", ".join(f"{name} {count}" for name, count in polling.deaths.most_common())
    held.figures = (
        f"{size:,} settled payments read in {runs} runs of which {died} died and the others were "
        f"cut short, {requests:,} requests ({-(-size // PAGE):,} pages); then the "
        f"{polling.provider.last:,} that were still listed in {len(polling.ticks) - runs} runs of "
        f"which {again} died; deaths at: {where}. {len(polling.expected):,} payments were "
        f"cancelled meanwhile: told {told}, in silence {silent}. A run held "
        f"{polling.peak / 1024**2:.1f} MiB at most, the control item "
        f"{polling.most_stored / 1000:.1f} KB"
    )


def check_told(held: Held, polling: Reconciled, died: int) -> str:
    """Hold what was told to what was to be told, each once; return how it was found."""
    bodies: dict[str, str] = {}
    found: Counter[str] = Counter()
    told: Counter[int] = Counter()
    repeats = 0
    for delivery in polling.deliveries:
        event = delivery.event
        data, body = event["data"], json.dumps(event, sort_keys=True)
        if event["id"] in bodies:
            repeats += 1
            held.to(bodies[event["id"]] == body, f"{event['id']} came again with another body")
            continue
        bodies[event["id"]] = body
        number = number_of(data["payment_id"])
        expected, told[number] = polling.expected.get(number), told[number] + 1
        said = (data["version"], data["previous_status"], data["status"], data["provider_status"])
        if expected is None or said != (1, *expected, "CANCELLED"):
            held.wrong.append(f"{event['id']} says {said}, and should {expected}")
        found[f"as {'new' if data['previous_status'] is None else data['detected_by']}"] += 1
    lost = [number for number, each in polling.expected.items() if each and not told[number]]
    held.to_none("never told", lost)
    held.to(repeats <= BATCH * died, f"{repeats} repeats")
    for kind in ("as new", "as settled_scan", "as reconcile"):
        held.to(found[kind] > 0, f"nothing was told {kind}")
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(found.items()))
    return f"{kinds}, again {repeats}"


def check_stored(held: Held, polling: Reconciled) -> None:
    """Hold what was written: each payment once, and once more where it moved after that."""
    writes, expected = polling.counted.writes, polling.expected
    for number in range(polling.provider.gone, len(writes)):
        moved = expected.get(number)
        most = 2 if moved is not None and moved[0] is not None else 1
        if writes[number] != most:
            held.wrong.append(f"payment {number} was written {writes[number]} times, not {most}")
    held.to_none("still owed", polling.counted.owed(polling.sources[0]))


def test_a_reconcile_that_dies_again_and_again_comes_to_its_end() -> None:
    held = Held()
    check(held, size=10_000, kills=10, seed=1, gone=37, moves=40)
    held.check()


@pytest.mark.soak
@pytest.mark.takes(4)
def test_a_million_payments_and_fifty_deaths(proof: Proof) -> None:
    seed, held = 2 + seed_offset(), Held()
    with held.stated(proof, "a million settled, fifty deaths", seed):
        check(held, size=1_000_000, kills=50, seed=seed, gone=37, moves=16)
