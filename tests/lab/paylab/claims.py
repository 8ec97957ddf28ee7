"""What the subscriber received, and whether each event says what its payment really was."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from paylab.standings import RANKS, Key, Readers, Standing
from paylab.truth import Amendment

EVENT_TYPE = "paywatch.payment.status_changed.v1"


class Delivery(NamedTuple):
    """One message as the subscriber received it: the index of its tick, and the CloudEvent."""

    tick: int
    event: Mapping[str, Any]


class MalformedClaim(Exception):
    """An event that does not keep the contract's form; its text says in what."""


@dataclass(frozen=True)
class Claim:
    """An event's statement about a payment (DESIGN.md, Change events)."""

    id: str
    key: Key
    version: int
    status: str
    previous: str | None
    provider_status: str
    previous_provider_status: str | None
    amount: str
    currency: str
    external_id: str | None
    derived: bool
    is_test: bool
    time: datetime
    after: datetime | None
    until: datetime | None
    tick: int

    @classmethod
    def read(cls, delivery: Delivery) -> "Claim":
        """Read an event, or raise `MalformedClaim`."""
        event = delivery.event
        try:
            data = event["data"]
            source = f"{data['provider']}/{data['account']}"
            claim = cls(
                id=event["id"],
                key=(source, data["payment_id"]),
                version=data["version"],
                status=data["status"],
                previous=data["previous_status"],
                provider_status=data["provider_status"],
                previous_provider_status=data["previous_provider_status"],
                amount=data["amount"],
                currency=data["currency"],
                external_id=data["external_id"],
                derived=data.get("derived", False) is True,
                is_test=data.get("is_test", False) is True,
                time=datetime.fromisoformat(event["time"]),
                after=_instant(data.get("changed_after")),
                until=_instant(data.get("changed_before")),
                tick=delivery.tick,
            )
            whole = claim.time.tzinfo is not None and type(claim.version) is int
            envelope = (event["source"], event["subject"], event["type"], event["specversion"])
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedClaim(f"its form is not the contract's: {error!r}") from error
        if not whole:
            raise MalformedClaim("its time has no offset or its version is no whole number")
        if envelope != (f"paywatch/{source}", claim.key[1], EVENT_TYPE, "1.0"):
            raise MalformedClaim("its envelope and its data speak of different things")
        if claim.id != f"{source}/{claim.key[1]}/{claim.version}":
            raise MalformedClaim("its id is not that of its payment and version")
        return claim


def body(event: Mapping[str, Any]) -> str:
    """Return an event as text to compare, `replayed` aside (DESIGN.md, invariant 4)."""
    data = event.get("data")
    kept = {k: v for k, v in data.items() if k != "replayed"} if isinstance(data, Mapping) else data
    return json.dumps({**event, "data": kept}, sort_keys=True, default=str)


class Witness:
    """One payment's states and reads, to hold its claims against."""

    def __init__(
        self,
        key: Key,
        states: Sequence[Standing],
        amendments: Sequence[Amendment],
        readers: Readers,
        slack: timedelta,
    ) -> None:
        self._key = key
        self.states = states
        self._amendments = amendments
        self._readers = readers
        self._slack = slack
        self._reads = readers.reads.get(key, [])

    def read_as(self, place: int, until: datetime | None = None) -> list[datetime]:
        """Return when rows of a state were sent whole, up to an instant."""
        state = self.states[place]
        word = state.transition.provider_status
        return [
            at
            for at, status, true_at in self._reads
            if status == word
            and state.begin <= true_at + timedelta(microseconds=1)
            and (state.end is None or true_at < state.end)
            and (until is None or at <= until + self._slack)
        ]

    def first_seen(self) -> int | None:
        """Return the place of the first state that was sent to a reader who lived to record it."""
        for place in range(len(self.states)):
            if any(self._readers.was_able_at(self._key[0], at) for at in self.read_as(place)):
                return place
        return None

    def looks_new(self, place: int, doubtful: Collection[int]) -> bool:
        """Say whether a reader can tell a state from the one that was read before it.

        What went from one status to another and back between two reads looks as it did; so does
        what came back from a `doubtful` state, which was read too seldom to be believed.
        """
        word = self.states[place].transition.provider_status
        for before in range(place - 1, -1, -1):
            if self.read_as(before) and before not in doubtful:
                return self.states[before].transition.provider_status != word
        return True

    def places(self, claim: Claim) -> list[int]:
        """Return the states that the claim may be about: read by its time, standing in its tick.

        One that stood no more was read there all the same if it was read from an old copy.
        """
        from_then = self._readers.start_of_tick_at(claim.time + self._slack) - self._slack
        return [
            place
            for place, state in enumerate(self.states)
            if state.transition.our_status == claim.status
            and state.transition.provider_status.casefold() == claim.provider_status.casefold()
            and (reads := self.read_as(place, claim.time))
            and (state.end is None or state.end > from_then or reads[-1] >= from_then)
        ]

    def shown_again(self, claim: Claim, before: Claim) -> int | None:
        """Return the state that has passed and that an old copy showed again in the claim's tick.

        What goes backwards is not to be believed of it (DESIGN.md, Evidence).
        """
        if RANKS.get(claim.status, 3) < RANKS.get(before.status, 3):
            return None
        from_then = self._readers.start_of_tick_at(claim.time + self._slack) - self._slack
        old = {at for at, _, true_at in self._reads if true_at < at and from_then <= at}
        shown = (p for p in self.places(claim) if old.intersection(self.read_as(p, claim.time)))
        return max(shown, default=None)

    def expiry(self, claim: Claim) -> tuple[int, datetime] | None:
        """Return the PENDING state that was read past its deadline by the claim's time, or None."""
        if claim.status != "expired":
            return None
        for place in reversed(range(len(self.states))):
            if self.states[place].transition.our_status != "pending":
                continue
            for at in self.read_as(place, claim.time):
                deadline = self._deadline(place, at)
                if deadline is not None and deadline < at:
                    return place, deadline
        return None

    def was_amended(self) -> bool:
        """Say whether particulars changed without a move."""
        return bool(self._amendments)

    def wrong_particulars(self, claim: Claim, place: int) -> str | None:
        """Return which of amount, currency and external id the payment did not have, or None."""
        move = self.states[place].transition
        known = [(move.amount, move.currency, move.external_id)] + [
            (a.amount, a.currency, a.external_id) for a in self._amendments
        ]
        try:
            amount = Decimal(claim.amount) if isinstance(claim.amount, str) else None
        except InvalidOperation:
            amount = None
        if (amount, claim.currency, claim.external_id) in known:
            return None
        said = f"{claim.amount!r} {claim.currency} {claim.external_id!r}"
        return f"says {said}, was {move.amount} {move.currency} {move.external_id!r}"

    def wrong_first_previous(self, claim: Claim, place: int) -> str | None:
        """Return what is wrong with the previous status of a payment's first event, or None."""
        known_until, read_before = self.states[place].begin, list(range(place))
        if claim.derived:
            known_until = self._deadline(place, claim.time) or known_until
            read_before.append(place)
        read_before = [p for p in read_before if self.read_as(p, claim.time)]
        if claim.previous is None:
            if any(self._surely_recorded(p, known_until) for p in read_before):
                return "says that the payment was never seen before, but it was"
            return None
        words = {self.states[p].transition.our_status for p in read_before}
        if any(self._was_past_deadline(p, claim.time) for p in read_before):
            words.add("expired")
        if claim.previous not in words:
            return f"says that it was {claim.previous} before, which nobody read"
        return None

    def _surely_recorded(self, place: int, before: datetime) -> bool:
        source = self._key[0]
        return any(self._readers.was_able_at(source, at, before) for at in self.read_as(place))

    def _was_past_deadline(self, place: int, until: datetime) -> bool:
        reads = ((at, self._deadline(place, at)) for at in self.read_as(place, until))
        return any(deadline is not None and deadline < at for at, deadline in reads)

    def _deadline(self, place: int, at: datetime) -> datetime | None:
        amended = [a.expires_at for a in self._amendments if a.at <= at]
        return amended[-1] if amended else self.states[place].transition.expires_at


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
