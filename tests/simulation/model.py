"""What a merchant must have been told, may have been told, and in what order: a plain statement.

It knows what happened at the provider, when polls ran that nothing disturbed, and the events in the
order of their receipt. It says so of each event that may not be, and at the end of what is owed:

* A status may be told once it was there, after those told before it, with its own amount, and with
  an interval in which it began; not if payment and status were there before the watch.
* `expired` may be told of a payment that is pending past its deadline, once for each deadline.
* Versions count 1, 2, 3…; a repeat is the same, word for word.
* A status must be told that stood from before one undisturbed poll until after the next one, and by
  the end of that next one. One that follows a settled status (a refund) must be told only if it
  stands at the end.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from paylab import Transition

# A poll takes a minute at most, and what it has read it may tell until its end.
RUN = timedelta(seconds=60)
GRACE = timedelta(minutes=2)
OPEN = ("pending", "processing")


@dataclass
class State:
    """One status of a payment, from its begin until its end."""

    move: Transition
    end: datetime | None = None

    @property
    def begin(self) -> datetime:
        return self.move.at

    @property
    def status(self) -> str:
        return self.move.our_status

    def old(self, watch: datetime) -> bool:
        """Whether it was there before the watch."""
        return self.begin <= watch

    def ran_out(self, last: datetime) -> bool:
        """Whether it is pending past its deadline then, so that `expired` may be told instead."""
        deadline = self.move.expires_at
        return self.status == "pending" and deadline is not None and deadline <= last


@dataclass
class Payment:
    """What happened to a payment, and what was told of it: `place` is the state told last.

    `told` has when each state was told, by its place; `deadlines` when each one's `expired` was.
    """

    states: list[State] = field(default_factory=list)
    bodies: dict[int, str] = field(default_factory=dict)
    told: dict[int, datetime] = field(default_factory=dict)
    deadlines: dict[datetime, datetime] = field(default_factory=dict)
    place: int = -1
    status: str | None = None


class Model:
    """What is known of one source. `slack` is how far paywatch's clock may be from the lab's."""

    def __init__(self, watch: datetime, slack: timedelta) -> None:
        self._watch = watch
        self._slack = slack + timedelta(seconds=1)
        self._firsts: list[datetime] = []
        self._lasts: list[datetime] = []
        self._last: tuple[datetime, datetime] | None = None
        self.payments: dict[str, Payment] = {}
        self.events = 0
        self.repeats = 0

    def happened(self, move: Transition) -> None:
        """Take note of what happened at the provider."""
        payment = self.payments.setdefault(move.payment_id, Payment())
        if payment.states:
            payment.states[-1].end = move.at
        payment.states.append(State(move))

    def vanished(self, payment_id: str, at: datetime) -> None:
        """Take note that a payment is listed no more."""
        self.payments[payment_id].states[-1].end = at

    def polled(self, start: datetime, end: datetime, *, undisturbed: bool) -> None:
        """Take note of a poll."""
        if undisturbed and self._last is not None:
            self._firsts.append(self._last[0])
            self._lasts.append(end)
        self._last = (start, end) if undisturbed else None

    def hears(self, event: Mapping[str, Any], came: datetime) -> Iterator[str]:
        """Take note of an event that has come by an instant, and say what is wrong with it."""
        data, self.events = event["data"], self.events + 1
        payment = self.payments.get(data["payment_id"])
        if payment is None:
            yield f"{event['id']}: there is no such payment"
            return
        version, body = data["version"], json.dumps(event, sort_keys=True)
        if version in payment.bodies:
            self.repeats += 1
            if payment.bodies[version] != body:
                yield f"{event['id']}: came again and was not the same"
            return
        if version != len(payment.bodies) + 1:
            yield f"{event['id']}: came after version {len(payment.bodies)}"
        payment.bodies[version] = body
        if datetime.fromisoformat(event["time"]) > came + self._slack:
            yield f"{event['id']}: came before its own time, {event['time']}"
        wrong = self._wrong_previous(payment, data)
        if wrong is not None:
            yield f"{event['id']}: {data['status']}: {wrong}"
        if data["derived"]:
            yield from self._take_expiry(payment, event, came)
        else:
            yield from self._take(payment, event, came)
        payment.status = data["status"]

    def _take(self, payment: Payment, event: Mapping[str, Any], came: datetime) -> Iterator[str]:
        time = datetime.fromisoformat(event["time"])
        place = self._place(payment, event["data"]["status"], time)
        if place is None:
            why = self._why_not(payment, event["data"]["status"], time)
            yield f"{event['id']}: {event['data']['status']}: {why}"
            return
        payment.place, payment.told[place] = place, came
        yield from self._of_particulars(payment.states[place], event)

    def _take_expiry(
        self, payment: Payment, event: Mapping[str, Any], came: datetime
    ) -> Iterator[str]:
        place = self._expiry(payment, datetime.fromisoformat(event["time"]))
        if place is None:
            yield f"{event['id']}: {event['data']['status']}: no deadline of it had just passed"
            return
        deadline = payment.states[place].move.expires_at
        assert deadline is not None
        payment.place, payment.deadlines[deadline] = place, came

    def _wrong_previous(self, payment: Payment, data: Mapping[str, Any]) -> str | None:
        before = data["previous_status"]
        if data["version"] > 1:
            return None if before == payment.status else f"was {payment.status}, not {before}"
        words = {state.status for state in payment.states} | {None, "expired"}
        return None if before in words else f"never was {before}"

    def _place(self, payment: Payment, status: str, time: datetime) -> int | None:
        """Return the first state after those told that the event may be about."""
        for place, state in enumerate(payment.states):
            reached = state.begin <= time + self._slack
            same = place > payment.place and state.status == status
            if same and reached and self._stood(state, time):
                return place
        return None

    def _why_not(self, payment: Payment, status: str, time: datetime) -> str:
        """Say why no state of the payment can have been read to tell this then."""
        states = {p: state for p, state in enumerate(payment.states) if state.status == status}
        if not states:
            return "it never was"
        if set(states) <= set(payment.told):
            return "it was told before, as another version"
        if max(states) <= payment.place:
            return f"it was so before it was {payment.status}, which is told already"
        if all(state.begin > time + self._slack for state in states.values()):
            return f"it was not so yet at {time}"
        return f"it was so no more at {time}"

    def _expiry(self, payment: Payment, time: datetime) -> int | None:
        for place, state in enumerate(payment.states):
            deadline = state.move.expires_at
            if place < payment.place or state.status != "pending" or deadline is None:
                continue
            passed = deadline <= time + self._slack and deadline not in payment.deadlines
            if passed and self._stood(state, time):
                return place
        return None

    def _stood(self, state: State, time: datetime) -> bool:
        """Whether a run that tells of it at that time can have read the state."""
        return state.end is None or state.end > time - RUN - self._slack

    def _of_particulars(self, state: State, event: Mapping[str, Any]) -> Iterator[str]:
        data, move = event["data"], state.move
        if (Decimal(data["amount"]), data["currency"]) != (move.amount, move.currency):
            yield f"{event['id']}: says {data['amount']} {data['currency']}"
        if data["external_id"] != move.external_id:
            yield f"{event['id']}: says {data['external_id']}, is {move.external_id}"
        if state.old(self._watch):
            yield f"{event['id']}: {state.status} was there before the watch"
        after, before = data["changed_after"], data["changed_before"]
        if after is not None and datetime.fromisoformat(after) > state.begin + self._slack:
            yield f"{event['id']}: says it changed after {after}, was {state.begin}"
        if datetime.fromisoformat(before) < state.begin - self._slack:
            yield f"{event['id']}: says it changed before {before}, was {state.begin}"

    def owed(self) -> Iterator[str]:
        """Say what should have been told, or sooner; faults have stopped, a reconcile is over."""
        for key, payment in self.payments.items():
            for place, state in enumerate(payment.states):
                if state.old(self._watch):
                    continue
                told, due = payment.told.get(place), self._due(payment, place)
                lapsed = state.status == "pending" and bool(payment.deadlines)
                stands = state.end is None and not lapsed
                if told is None and (stands or due is not None):
                    yield f"{key}: {state.status} since {state.begin} was not told"
                elif told is not None and due is not None and told > due:
                    yield f"{key}: {state.status} since {state.begin} was told late: {told}"
            yield from self._owed_expiry(key, payment)
            yield from self._owed_last(key, payment)

    def _owed_expiry(self, key: str, payment: Payment) -> Iterator[str]:
        last = payment.states[-1]
        deadline = last.move.expires_at
        if last.status != "pending" or deadline is None or deadline + GRACE < self._watch:
            return
        due = self._two_polls_after(max(last.begin, deadline + GRACE + self._slack))
        if due is None or (last.end is not None and last.end <= due):
            return
        told = payment.deadlines.get(deadline)
        if told is None:
            yield f"{key}: expired at {deadline}, which was not told"
        elif told > due:
            yield f"{key}: expired at {deadline}, which was told late: {told}"

    def _owed_last(self, key: str, payment: Payment) -> Iterator[str]:
        last = payment.states[-1]
        known = payment.status or last.status
        if last.end is None and known not in (last.status, "expired"):
            yield f"{key}: is {last.status}, was told to be {known}"

    @property
    def slowest(self) -> timedelta:
        """The longest that a state which the polls need not find has waited to be told."""
        waits = (
            told - payment.states[place].begin
            for payment in self.payments.values()
            for place, told in payment.told.items()
            if not self._quick(payment, place)
        )
        return max(waits, default=timedelta(0))

    def _due(self, payment: Payment, place: int) -> datetime | None:
        """Return by when the polls have to have told a state; None if they do not have to."""
        state = payment.states[place]
        due = self._two_polls_after(state.begin) if self._quick(payment, place) else None
        if due is None or state.ran_out(due + self._slack):
            return None
        return due if state.end is None or state.end > due else None

    def _quick(self, payment: Payment, place: int) -> bool:
        """Whether the polls find it: a new payment, or the move of one that is known as open."""
        for before in range(place - 1, -1, -1):
            if before in payment.told or payment.states[before].old(self._watch):
                return payment.states[before].status in OPEN
        return True

    def _two_polls_after(self, at: datetime) -> datetime | None:
        """Return when two polls in a row had ended that began after an instant, undisturbed."""
        place = bisect_right(self._firsts, at)
        return self._lasts[place] if place < len(self._lasts) else None
