"""Each value that is stored from poll to poll is replaced by one that makes no sense there."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest

from paywatch.alerting import BOARD, STACK
from tests.polling import Polling
from tests.proofs import Proof
from tests.spoiling import WRONG, Spoil, fork, spoil, spoils

HOUR = timedelta(hours=1)
ANEW = "made no sense and is begun anew"
SEED = 5
SETTLED = {"compago": "CONFIRMED", "onepay": "paid"}
# So many polls follow; and more, where a change is told only by a reconcile.
POLLS, MORE_POLLS = 4, 10
# More characters than this that a section keeps of what was put into it are too many.
GROWN = 20_000
# So many values of each section are tried whenever the tests run.
QUICK = 2
UNDONE = {"compago": "CANCELLED", "onepay": "refunded"}


def lived(source: str, opened: int = 8, budget: int = 600, by_id: bool = True) -> Polling:
    """Return a polling that knows its payments, some of which have moved since it began."""
    polling = Polling([source], budget=budget, by_id=by_id)
    world, now = polling.world(source), polling.clock.now()
    old = [world.add(created_at=now - HOUR * (n + 1)) for n in range(opened)]
    for n in range(4):
        world.add(SETTLED[source], created_at=now - HOUR * (100 + n))
        world.add(UNDONE[source], created_at=now - HOUR * (200 + n))
    while "completed" not in (polling.memory("reconcile", source) or {}):
        polling.poll(source)
    world.move(old[-1].id, SETTLED[source])
    world.add()
    polling.poll(source)
    return polling


def at_rest(source: str) -> Polling:
    """Everything is known, and little moves."""
    polling = lived(source)
    for _ in range(2):
        polling.poll(source)
    return polling


def swept_in_two_runs() -> Polling:
    """A sweep and a reconcile wait for the next run."""
    polling = lived("onepay", opened=120, budget=8)
    polling.poll("onepay", action="reconcile")
    for _ in range(50):
        if "cursor" in polling.memory("sweep", "onepay"):
            assert polling.memory("reconcile", "onepay")["current"]["lists"]
            return polling
        polling.poll("onepay")
    raise AssertionError("every sweep fits into one run")


def with_leavers(source: str) -> Polling:
    """Open payments are gone, and an answer that is no answer is waited for."""
    polling = lived(source, by_id=False)
    world = polling.world(source)
    for payment in world.payments()[:2]:
        world.remove(payment.id)
    for _ in range(3):
        polling.poll(source)
    assert polling.memory("leavers", source)
    return polling


def with_suspects() -> Polling:
    """A reconcile is under way, and holds what it found against the next polls."""
    polling = lived("onepay", opened=45)
    world = polling.world("onepay")
    settled = [p.id for p in world.payments() if p.status == "paid"]
    for payment_id in settled:
        world.move(payment_id, "refunded")
        polling.poll("onepay", action="reconcile")
        if polling.memory("reconcile", "onepay").get("current", {}).get("suspects"):
            return polling
    raise AssertionError("nothing was suspected")


def with_alerts() -> Polling:
    """Alerts are open and owed, and one of them was closed for some payments."""
    polling = with_leavers("onepay")
    for _ in range(70):
        polling.poll("onepay")
    name = "payment_unexplained/onepay"
    polling.act(action="ack", alert=name, who="ana", why="gone", close=True)
    polling.mailbox.fault = "KMSDisabled"
    polling.secret = lambda source: "sk_turned"
    polling.restart()
    for _ in range(4):
        polling.poll("onepay")
    polling.mailbox.fault = None
    polling.secret = polling.key_of
    return polling


STATES: dict[str, Callable[[], Polling]] = {
    "compago at rest": lambda: at_rest("compago"),
    "onepay at rest": lambda: at_rest("onepay"),
    "a sweep in two runs": swept_in_two_runs,
    "leavers of compago": lambda: with_leavers("compago"),
    "leavers of onepay": lambda: with_leavers("onepay"),
    "suspects": with_suspects,
    "alerts": with_alerts,
}
# Of these, the sections that are not as they are at rest.
OTHERS = {
    "a sweep in two runs": {"sweep", "reconcile", "tail", "walk"},
    "leavers of compago": {"leavers", "inquiry", "brake"},
    "leavers of onepay": {"leavers", "inquiry", "brake"},
    "suspects": {"reconcile"},
}


Told = list[tuple[str, int, str]]


def move(polling: Polling) -> None:
    """Let the oldest open payment settle, and a new one come and settle at once."""
    source = polling.sources[0].short
    world = polling.world(source)
    oldest = next(p for p in world.payments() if p.status in ("PENDING", "created"))
    world.move(oldest.id, SETTLED[source])
    world.add(SETTLED[source])


def told(polling: Polling) -> Told:
    """Return every change that was published, by payment and version."""
    data = [delivery.event["data"] for delivery in polling.deliveries]
    return sorted((each["payment_id"], each["version"], each["status"]) for each in data)


def due_in(before: Polling) -> Told:
    """Return what is told where nothing is spoilt."""
    polling = fork(before)
    move(polling)
    for _ in range(POLLS + MORE_POLLS):
        polling.poll(polling.sources[0].short)
    return told(polling)


def faults_of(before: Polling, how: Spoil, due: Told) -> list[str]:
    """Spoil a copy, let payments move and poll on; return what was wrong with that."""
    polling, found = fork(before), list[str]()
    source = polling.sources[0].short
    spoil(polling, how)
    move(polling)
    number = 0
    while number < POLLS or (told(polling) != due and number < POLLS + MORE_POLLS):
        number += 1
        try:
            report = polling.poll(source)
        except Exception as fault:
            return [f"poll {number} raised {fault!r:.100}"]
        if number > 1 and (report["outcome"] != "ok" or ANEW in report["detail"]):
            found.append(f"poll {number}: {report['outcome']}: {report['detail'][:100]}")
        if number > 1 and polling.journal.alerts[-1].unreadable:
            found.append(f"poll {number}: the alerts' item is still not sound")
    if told(polling) != due:
        found.append(f"told {told(polling)} and not {due}")
    grown = size_of(polling, how) - size_of(before, how)
    if grown > GROWN:
        found.append(f"its item has grown by {grown} characters")
    return found


def size_of(polling: Polling, how: Spoil) -> int:
    return len(json.dumps(dict(polling.controls.peek(how.item, how.kind).memory)))


def spoilt(name: str) -> tuple[Polling, list[Spoil]]:
    """Return a state, and every way to spoil what is stored in it, in the order of chance."""
    polling = STATES[name]()
    items = [(source, "poll") for source in polling.sources]
    if "alerts" in name:
        items = [(STACK, BOARD)]
    ways = [way for item, kind in items for way in spoils(polling, item, kind)]
    ways = [way for way in ways if way.section in OTHERS.get(name, {way.section})]
    Random(SEED).shuffle(ways)
    return polling, ways


@pytest.mark.parametrize("name", STATES)
def test_isolation_no_value_that_a_hand_has_spoilt_stops_a_poll_or_costs_a_change(
    name: str,
) -> None:
    polling, ways = spoilt(name)
    due = due_in(polling)
    # Of each section some, so that none is left out by chance.
    sections = dict.fromkeys(way.section for way in ways)
    chosen = [[w for w in ways if w.section == section][:QUICK] for section in sections]
    wrong = {str(way): faults_of(polling, way, due) for each in chosen for way in each}
    assert {way: found for way, found in wrong.items() if found} == {}


@pytest.mark.soak
@pytest.mark.takes(1)
@pytest.mark.parametrize("name", STATES)
def test_isolation_no_value_at_all_that_a_hand_has_spoilt_stops_a_poll_or_costs_a_change(
    name: str, proof: Proof
) -> None:
    polling, ways = spoilt(name)
    due = due_in(polling)
    wrong = {str(way): faults_of(polling, way, due) for way in ways}
    wrong = {way: found for way, found in wrong.items() if found}
    sections = len({way.section for way in ways})
    proof(
        f"each stored value spoilt: {name}",
        cases=len(ways),
        violations=len(wrong),
        figures=f"{len({(w.section, w.path) for w in ways})} values of {sections} sections, each "
        f"replaced by up to {len(WRONG)} others: no poll failed, what was told is the same, and "
        "from the second poll on every section made sense",
    )
    assert wrong == {}
