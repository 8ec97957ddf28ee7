"""The model finds every lie that is planted into what an honest poller told, by its own finding."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from paylab import Transition
from tests.polling import START
from tests.simulation.chronicle import Chronicle
from tests.simulation.model import Model
from tests.simulation.stage import Stage

SLACK = timedelta(seconds=1)


@dataclass(frozen=True)
class Told:
    """An event, and when it had come."""

    event: Mapping[str, Any]
    came: datetime


@dataclass(frozen=True)
class Polled:
    """A poll, and whether nothing had disturbed it."""

    start: datetime
    end: datetime
    undisturbed: bool


Note = Transition | Told | Polled


class Noted(Model):
    """A model that notes what it is told, in order."""

    def __init__(self) -> None:
        super().__init__(START, SLACK)
        self.notes: list[Note] = []

    def happened(self, move: Transition) -> None:
        self.notes.append(move)

    def hears(self, event: Mapping[str, Any], came: datetime) -> Iterator[str]:
        self.notes.append(Told(event, came))
        return iter(())

    def polled(self, start: datetime, end: datetime, *, undisturbed: bool) -> None:
        self.notes.append(Polled(start, end, undisturbed))


def findings(notes: list[Note], model: Model | None = None) -> list[str]:
    """Return what a (new) model finds that is told all this."""
    model, found = model or Model(START, SLACK), list[str]()
    for note in notes:
        if isinstance(note, Told):
            found += model.hears(note.event, note.came)
        elif isinstance(note, Polled):
            model.polled(note.start, note.end, undisturbed=note.undisturbed)
        else:
            model.happened(note)
    return [*found, *model.owed()]


def story(source: str, *moves: str, **particulars: Any) -> list[Note]:
    """Let a payment come and move, with three polls after each; another one was there before."""
    stage, model = Stage(source), Noted()
    chronicle = Chronicle(stage.polling, model)

    def poll(times: int) -> None:
        for _ in range(times):
            start = stage.polling.clock.now()
            stage.tick()
            assert not list(chronicle.go_on())
            model.polled(start, stage.polling.ticks[-1].end, undisturbed=True)

    first, *others = moves
    stage.world.add(first, created_at=START - timedelta(hours=1))
    poll(3)
    payment = stage.world.add(first, **particulars)
    for word in others:
        stage.polling.clock.advance(1)
        poll(3)
        stage.world.move(payment.id, word)
    stage.polling.clock.advance(1)
    poll(9)
    return model.notes


@pytest.fixture(scope="module")
def paid() -> list[Note]:
    return story("onepay", "created", "processing", "paid")


@pytest.fixture(scope="module")
def expired() -> list[Note]:
    return story("compago", "PENDING", expires_at=START + timedelta(minutes=5))


def place(notes: list[Note], status: str) -> int:
    """Return where a status was told."""
    return next(
        number
        for number, note in enumerate(notes)
        if isinstance(note, Told) and note.event["data"]["status"] == status
    )


def changed(note: Note, version: int | None = None, **parts: Any) -> Told:
    """Return an event that says something else; `time` is the event's, all else its data's."""
    assert isinstance(note, Told)
    event = copy.deepcopy(dict(note.event))
    if version is not None:
        event["data"]["version"] = version
        event["id"] = f"{event['id'].rpartition('/')[0]}/{version}"
    event |= {name: parts.pop(name) for name in {"time"} & set(parts)}
    event["data"] |= parts
    return replace(note, event=event)


Lie = Callable[[list[Note]], list[Note]]


def without(*statuses: str) -> Lie:
    """Leave out what was told; later versions take its number."""

    def lie(notes: list[Note]) -> list[Note]:
        kept, gone, before = list[Note](), 0, dict.fromkeys(statuses)
        for note in notes:
            if isinstance(note, Told) and note.event["data"]["status"] in statuses:
                gone += 1
                before[note.event["data"]["status"]] = note.event["data"]["previous_status"]
            elif isinstance(note, Told) and gone:
                data = note.event["data"]
                previous = before.get(data["previous_status"], data["previous_status"])
                kept.append(changed(note, data["version"] - gone, previous_status=previous))
            else:
                kept.append(note)
        return kept

    return lie


def late(status: str, polls: int) -> Lie:
    """Let an event come so many polls later."""

    def lie(notes: list[Note]) -> list[Note]:
        at = place(notes, status)
        event, left = notes[at], polls
        for number in range(at + 1, len(notes)):
            note = notes[number]
            left -= isinstance(note, Polled)
            if left < 0 and isinstance(note, Polled) and isinstance(event, Told):
                came = replace(event, came=note.end)
                return [*notes[:at], *notes[at + 1 : number], came, *notes[number:]]
        raise AssertionError("the story ends before")

    return lie


def saying(status: str, /, **parts: Any) -> Lie:
    def lie(notes: list[Note]) -> list[Note]:
        at = place(notes, status)
        return [*notes[:at], changed(notes[at], **parts), *notes[at + 1 :]]

    return lie


def besides(status: str, /, **parts: Any) -> Lie:
    """Tell something besides, at the end, as a copy of what was told."""
    return lambda notes: [*notes, changed(notes[place(notes, status)], **parts)]


def turned_round(notes: list[Note]) -> list[Note]:
    """Tell of the processing after the payment, in versions that have no gap."""
    first, then = place(notes, "processing"), place(notes, "paid")
    paid = changed(notes[then], 2, previous_status="pending")
    processing = changed(notes[first], 3, previous_status="paid")
    return [*notes[:first], *notes[first + 1 : then], paid, processing, *notes[then + 1 :]]


def leaving_out_a_version(notes: list[Note]) -> list[Note]:
    at = place(notes, "processing")
    return notes[:at] + notes[at + 1 :]


def before_the_watch(notes: list[Note]) -> list[Note]:
    """Tell of the payment that was there before."""
    old = next(note for note in notes if isinstance(note, Transition))
    return [*notes, changed(notes[place(notes, "pending")], payment_id=old.payment_id)]


def long_after(notes: list[Note]) -> list[Note]:
    """Tell of the processing, and of nothing later, when it is long over."""
    return late("processing", 7)(saying("processing", time=at(14))(without("paid")(notes)))


def at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat()


@pytest.mark.parametrize(
    ("lie", "finding"),
    [
        (without("paid"), ": paid since .* was not told"),
        (without("paid"), ": is paid, was told to be processing"),
        (without("processing"), ": processing since .* was not told"),
        (without("pending", "processing", "paid"), ": pending since .* was not told"),
        (late("paid", 2), ": paid since .* was told late"),
        (late("pending", 2), ": pending since .* was told late"),
        (besides("paid", version=4, previous_status="paid"), "/4: paid: it was told before"),
        (turned_round, "/3: processing: it was so before it was paid"),
        (besides("paid", version=4, status="failed", previous_status="paid"), ": it never was"),
        (leaving_out_a_version, "/3: came after version 1"),
        (besides("paid", version=5, previous_status="paid"), "/5: came after version 3"),
        (besides("paid", payment_id="nobody"), ": there is no such payment"),
        (saying("paid", time=at(-5)), "/3: paid: it was not so yet"),
        (long_after, "/2: processing: it was so no more"),
        (saying("paid", time=at(60)), "/3: came before its own time"),
        (saying("paid", previous_status="failed"), "/3: paid: was processing, not failed"),
        (saying("pending", previous_status="failed"), "/1: pending: never was failed"),
        (besides("paid", amount="1.23"), "/3: came again and was not the same"),
        (saying("paid", amount="1.23"), "/3: says 1.23"),
        (saying("paid", external_id="order-0"), "/3: says order-0"),
        (saying("paid", changed_after=at(14)), "/3: says it changed after"),
        (saying("paid", changed_before=at(1)), "/3: says it changed before"),
        (before_the_watch, ": pending was there before the watch"),
        (saying("paid", derived=True), "/3: paid: no deadline of it had just passed"),
    ],
)
def test_a_planted_lie_is_found(paid: list[Note], lie: Lie, finding: str) -> None:
    assert not findings(paid)
    found = findings(lie(paid))
    assert any(re.search(finding, each) for each in found), found


@pytest.mark.parametrize(
    ("lie", "finding"),
    [
        (without("expired"), ": expired at .*, which was not told"),
        (late("expired", 3), ": expired at .*, which was told late"),
        (saying("expired", time=at(1)), "/2: expired: no deadline of it had just passed"),
        (
            besides("expired", version=3, previous_status="expired"),
            "/3: expired: no deadline of it had just passed",
        ),
    ],
)
def test_a_lie_about_a_deadline_is_found(expired: list[Note], lie: Lie, finding: str) -> None:
    assert not findings(expired)
    found = findings(lie(expired))
    assert any(re.search(finding, each) for each in found), found


def test_a_change_may_be_told_by_the_second_poll(paid: list[Note]) -> None:
    assert not findings(late("paid", 1)(paid))


def test_what_stood_in_disturbed_polls_only_need_not_be_told(paid: list[Note]) -> None:
    disturbed = [replace(n, undisturbed=False) if isinstance(n, Polled) else n for n in paid]
    assert not findings(without("processing")(disturbed))
    assert not findings(late("paid", 5)(disturbed))


def test_a_repeat_is_counted_and_is_no_lie(paid: list[Note]) -> None:
    model = Model(START, SLACK)
    assert not findings(besides("paid")(paid), model)
    assert (model.events, model.repeats) == (4, 1)
