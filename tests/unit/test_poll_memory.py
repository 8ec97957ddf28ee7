"""What is stored of a source from poll to poll, where it makes no sense: that part begins anew."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from paylab import LabPayment
from paylab.faults import ServerError, always
from paywatch.discovery.reader import UNFILTERED
from paywatch.discovery.reconcile import Reconcile
from paywatch.domain.payments import Source, timestamp
from tests.polling import START, Polling

HOUR = timedelta(hours=1)


def begun(source: str) -> tuple[Polling, LabPayment]:
    """Return a polling whose baseline is complete, and one of its open payments."""
    polling = Polling([source])
    world = polling.world(source)
    settled = "CONFIRMED" if source == "compago" else "paid"
    for number in range(6):
        world.add(created_at=polling.clock.now() - HOUR * (number + 1))
        world.add(settled, created_at=polling.clock.now() - 100 * HOUR * (number + 1))
    for _ in range(3):
        polling.poll(source)
    return polling, next(p for p in world.payments() if p.status != settled)


def write(polling: Polling, source: str, section: str, text: str) -> None:
    """Store another text as a section, as a run would that held the lease for a second."""
    now = polling.clock.now()
    control = polling.controls.acquire(Source.parse(source), "poll", now, now + HOUR / 3600)
    assert control is not None
    polling.controls.finish(control.lease, {}, {section: text})


def settle(polling: Polling, source: str, payment: LabPayment) -> None:
    polling.world(source).move(payment.id, "CONFIRMED" if source == "compago" else "paid")


LEAVER = {"line": "p1 0", "since": timestamp(START), "next": timestamp(START)}
LEFT = {**LEAVER, "asked": 1, "absent": 0}
WALK = {"word": "created", "page": 2, "pages": 1, "totals": [9], "ids": "", "last_page": 2}
WALK |= {"reads_on": False, "resumed_at": 0, "skipped": 0, "complete": False, "why": ""}
CURSOR = {"began": timestamp(START), "epoch": 1, "guesses": {}, "forgot": False}
PROBED = {"total": 1, "rows": "", "whole": True, "ids": None}


def cursor(**walk: Any) -> dict[str, Any]:
    """Return a sweep under way, with something else in its only walk."""
    return {"guesses": {}, "cursor": {**CURSOR, "walks": [{**WALK, **walk}]}}


# Of every section that a poll reads, a text that is a JSON object, and no such section.
SPOILT: list[tuple[str, dict[str, Any]]] = [
    ("brake", {"since": "long"}),
    ("coverage", {"gaps": 5}),
    ("diary", {"2026-03-01": 5}),
    ("flaws", {"paid": 5}),
    ("health", {"at": 5}),
    ("inquiry", {"by_id": 5}),
    ("inquiry", {"by_id": {"answer": True}}),
    ("inquiry", {"by_id": {"answer": True, "until": 5}}),
    ("inquiry", {"scans": 5}),
    ("inquiry", {"scans": {"paid": 5, "CONFIRMED": 5}}),
    ("inquiry", {"shown": 5}),
    ("inquiry", {"shown": {"": 5}}),
    ("leavers", {"p1": {"line": 5}}),
    ("leavers", {"p1": {**LEFT, "line": 5}}),
    ("leavers", {"p1": {**LEFT, "since": 5}}),
    ("leavers", {"p1": {**LEFT, "next": None}}),
    ("leavers", {"p1": {**LEFT, "asked": "often"}}),
    ("leavers", {"p1": {**LEFT, "absent": -1}}),
    ("leavers", {"p1": {**LEFT, "answered": 5}}),
    ("leavers", {"p1": {**LEFT, "word": 5}}),
    ("leavers", {"p1": {**LEFT, "word": "x" * 100_000}}),
    ("missed", {"p1": 5}),
    ("overdue", {"buckets": 5}),
    ("patience", {"stays": 3}),
    ("patience", {"since": 3}),
    ("settled", {"paid": {}}),
    ("settled", {"paid": {**PROBED, "rows": "x"}}),
    ("settled", {"paid": {**PROBED, "rows": "AAAA"}}),
    ("settled", {"paid": {**PROBED, "rows": "A" * 100_000}}),
    ("settled", {"paid": {**PROBED, "then_rows": "x"}}),
    ("settled", {"paid": {**PROBED, "total": "1"}}),
    ("settled", {"paid": {**PROBED, "whole": 1}}),
    ("settled", {"paid": {**PROBED, "ids": "p1"}}),
    ("settled", {"paid": {**PROBED, "next": True}}),
    ("still", {"rates": [float("inf")]}),
    ("still", {"moves": float("inf")}),
    ("sweep", {"cursor": {"walks": [{}]}}),
    ("sweep", cursor(word=5)),
    ("sweep", cursor(page="last")),
    ("sweep", cursor(page=0)),
    ("sweep", cursor(pages=None)),
    ("sweep", cursor(ids="x")),
    ("sweep", cursor(totals=[None])),
    ("sweep", cursor(complete="no")),
    ("sweep", {"guesses": 5}),
    ("sweep", {"guesses": {"created": "last", "PENDING": "last"}}),
    ("tail", {"gap": {"page": 3}}),
    ("tail", {"mark": 5}),
    ("tail", {"known": 5}),
    ("totals", {"accounts": {"paid": [1]}}),
    ("walk", {"began": 5}),
    ("walk", {"epoch": "last"}),
    ("words", {"seen": 5}),
    ("words", {"seen": "captured"}),
    ("reconcile", {"completed": 5}),
    ("reconcile", {"completed": {"began": "x"}}),
    ("reconcile", {"completed": {}, "current": {"lists": ["captured"]}}),
    ("words", {"refused": 5}),
]


@pytest.mark.parametrize(("section", "spoilt"), SPOILT, ids=str)
@pytest.mark.parametrize("source", ["compago", "onepay"])
def test_a_section_that_makes_no_sense_is_begun_anew_and_said_and_nothing_is_lost_or_made_up(
    source: str, section: str, spoilt: dict[str, Any]
) -> None:
    polling, moved = begun(source)
    settle(polling, source, moved)
    write(polling, source, section, json.dumps(spoilt))
    report = polling.poll(source)
    assert report["outcome"] == "ok"
    assert f"the stored section {section} made no sense and is begun anew" in report["detail"]
    # What begins anew is stored, so that it is said once.
    assert [polling.poll(source)["detail"] for _ in range(3)] == [""] * 3
    assert polling.memory(section, source) != spoilt
    assert polling.told(moved.id) == ["paid"]
    assert len(polling.deliveries) == 1


@pytest.mark.parametrize(("section", "spoilt"), [("tail", {"gap": {}}), ("settled", {"paid": {}})])
def test_a_section_is_begun_anew_though_nothing_can_be_read_that_would_take_its_place(
    section: str, spoilt: dict[str, Any]
) -> None:
    polling, _ = begun("onepay")
    write(polling, "onepay", section, json.dumps(spoilt))
    polling.lab.faults = [ServerError(when=always(), statuses=(500,))]
    assert polling.poll("onepay")["outcome"] == "unavailable"
    assert polling.memory(section, "onepay") == {}


@pytest.mark.parametrize(
    "text", ["", "half a te", "[" * 100_000, "[1]", "null", '"text"', "5"], ids=lambda t: t[:12]
)
@pytest.mark.parametrize("source", ["compago", "onepay"])
def test_sections_that_are_no_json_object_are_begun_anew_all_at_once(
    source: str, text: str
) -> None:
    polling, moved = begun(source)
    sections = list(polling.controls.peek(Source.parse(source), "poll").memory)
    assert len(sections) >= 16
    settle(polling, source, moved)
    for section in sections:
        write(polling, source, section, text)
    for _ in range(4):
        assert polling.poll(source)["outcome"] == "ok"
    assert polling.told(moved.id) == ["paid"]
    assert len(polling.deliveries) == 1
    memory = polling.controls.peek(Source.parse(source), "poll").memory
    assert all(isinstance(json.loads(memory[section]), dict) for section in sections)
    # Nothing is known of a reconcile any more: everything is read once again.
    assert polling.memory("reconcile", source)["completed"]["rows"] == 12


@pytest.mark.parametrize(
    ("section", "beyond"),
    [
        ("sweep", {"guesses": dict.fromkeys(("created", "processing", "PENDING"), 10**12)}),
        ("tail", {"mark": timestamp(START), "gap": {"page": 10**12, "floor": "", "down": True}}),
        ("tail", {"mark": timestamp(START), "gap": {"page": 10**12, "floor": "", "down": False}}),
    ],
    ids=str,
)
@pytest.mark.parametrize("source", ["compago", "onepay"])
def test_a_stored_page_that_is_behind_the_end_and_refused_stops_nothing(
    source: str, section: str, beyond: dict[str, Any]
) -> None:
    # As after one answer that lied about the last page.
    polling, moved = begun(source)
    settle(polling, source, moved)
    write(polling, source, section, json.dumps(beyond))
    polling.poll(source)
    assert [polling.poll(source)["outcome"] for _ in range(3)] == ["ok"] * 3
    assert polling.told(moved.id) == ["paid"]
    assert len(polling.deliveries) == 1


CURRENT = Reconcile([UNFILTERED], timestamp(START)).store()


@pytest.mark.parametrize(
    "spoilt",
    [
        5,
        [],
        {},
        {"suspects": {}},
        {**CURRENT, "suspects": []},
        {**CURRENT, "suspects": {"p1": []}},
        {**CURRENT, "suspects": {"p1": ["paid", "here", 1, 0, False]}},
        {**CURRENT, "page": "first"},
        {**CURRENT, "page": float("inf")},
        {**CURRENT, "lists": None},
    ],
    ids=lambda spoilt: str(spoilt)[-40:],
)
def test_a_reconcile_that_makes_no_sense_is_begun_anew_and_reads_everything(spoilt: Any) -> None:
    polling, _ = begun("onepay")
    before = polling.memory("reconcile", "onepay")
    write(polling, "onepay", "reconcile", json.dumps({**before, "current": spoilt}))
    report = polling.poll("onepay")
    after = polling.memory("reconcile", "onepay")
    assert report["outcome"] == "ok"
    assert report["detail"] == "the stored reconcile made no sense and is begun anew"
    assert "current" not in after
    assert after["completed"]["rows"] == 12
    assert after["completed"]["began"] > before["completed"]["ended"]
    assert polling.deliveries == []


@pytest.mark.parametrize("page", [0, -1])
def test_isolation_a_reconcile_at_a_page_that_cannot_be_is_begun_anew(page: int) -> None:
    polling, _ = begun("onepay")
    before = polling.memory("reconcile", "onepay")
    for spoilt in ({"page": page}, {"suspects": {"p1": ["paid", page, 1, 0]}}):
        write(polling, "onepay", "reconcile", json.dumps({**before, "current": CURRENT | spoilt}))
        report = polling.poll("onepay")
        assert report["detail"] == "the stored reconcile made no sense and is begun anew"
        assert "current" not in polling.memory("reconcile", "onepay")


def test_isolation_words_that_make_no_sense_stop_no_poll_that_leaves_the_provider_alone() -> None:
    polling, _ = begun("onepay")
    polling.lab.faults = [ServerError(when=always(), statuses=(500,))]
    outcomes = []
    for _ in range(12):
        write(polling, "onepay", "words", json.dumps({"seen": 5}))
        outcomes.append(polling.poll("onepay")["outcome"])
    assert {"unavailable", "resting"} == set(outcomes)
