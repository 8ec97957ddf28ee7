"""What two runs at once did in which order, and whether the order was more than one after another.

An effect is a write that held (the taking of a lease is one) or a message that was sent. A late
write is one that a run begins after the lease under which it writes went to the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import Any

from paywatch.domain.events import event_id
from paywatch.ports import Lease
from tests.gates import TABLE_WRITES, TOPICS
from tests.polling import Polling

# What a run writes and sends under a lease; sending an alert is under the lease of the alerts.
WRITES = (TABLE_WRITES | TOPICS) - {"acquire"}
SOURCE, ALERTS = "poll", "alerts"


class Weave(StrEnum):
    """How two runs lay to each other; the first of these that is true."""

    WOVEN = "one had an effect, then the other, then the first again"
    REFUSED = "a late write was refused"
    BUSY = "one was turned away"
    SERIES = "one after the other"


@dataclass
class Deed:
    """What one of two did or tried under a lease of some kind.

    It is `refused` if it raised; `done` if it had an effect, which what is acknowledged twice has
    but once. `ids` are those of the messages that it sends, or notes as sent.
    """

    who: str
    name: str
    lease: str
    ids: Sequence[str] = ()
    done: bool = False
    refused: bool = True

    @property
    def fate(self) -> str:
        return "refused" if self.refused else "done" if self.done else "needless"


@dataclass
class Journal:
    """The deeds of two runs, in order."""

    deeds: list[Deed] = field(default_factory=list)

    def watch(self, polling: Polling, who: str) -> None:
        """Note what passes a polling's gate to its ports from now on."""
        for port in ("payments", "controls", "topic", "alerts"):
            gated = getattr(polling, port)
            gated.inner = _Noted(gated.inner, who, self.deeds)

    def weave(self, busy: bool) -> Weave:
        """Say how the runs lay to each other; `busy` if one reported that it was turned away."""
        turns = [who for who, _ in groupby(deed.who for deed in self.deeds if deed.done)]
        if len(turns) > 2:
            return Weave.WOVEN
        if any(deed.refused for deed in self.late()):
            return Weave.REFUSED
        return Weave.BUSY if busy else Weave.SERIES

    def late(self) -> Iterator[Deed]:
        """Return the writes of those whose lease had gone to the other."""
        holder: dict[str, str] = {}
        held = set()
        for deed in self.deeds:
            if deed.name != "acquire":
                if (deed.who, deed.lease) in held and holder[deed.lease] != deed.who:
                    yield deed
            elif deed.done:
                holder[deed.lease] = deed.who
                held.add((deed.who, deed.lease))

    def repeats(self) -> Counter[str]:
        """Count how often each message was sent again."""
        sent = Counter(each for deed in self._sent() for each in deed.ids)
        return sent - Counter(sent.keys())

    def sent_in_vain(self) -> Iterator[str]:
        """Say what was sent twice and was not in flight.

        In flight is what a run sends, or has sent and not noted as sent, as its lease goes to the
        other: one request, for before the next one it sees that its time is over.
        """
        late = [deed for deed in self.late() if deed.name in ("publish", "acknowledge")]
        in_flight = {(deed.who, each) for deed in late for each in deed.ids}
        for who in ("A", "B"):
            sent = [deed.ids for deed in self._sent() if deed.who == who]
            if sum(any((who, each) in in_flight for each in ids) for ids in sent) > 1:
                yield f"{who} went on sending when its lease had gone to the other"
            often = Counter(each for ids in sent for each in ids)
            yield from (f"{who} sent {each} {n} times" for each, n in often.items() if n > 1)
        excused = {each for _, each in in_flight}
        yield from (f"{each} came twice" for each in self.repeats() if each not in excused)

    def _sent(self) -> Iterator[Deed]:
        """Return the requests that sent messages of changes."""
        return (deed for deed in self.deeds if deed.name == "publish" and deed.done)


class _Noted:
    """A port whose writes are noted, with whether they held."""

    def __init__(self, inner: Any, who: str, deeds: list[Deed]) -> None:
        self._inner = inner
        self._who = who
        self._deeds = deeds

    def __getattr__(self, name: str) -> Any:
        act = getattr(self._inner, name)
        if name not in TABLE_WRITES | TOPICS:
            return act

        def noted(*arguments: Any) -> Any:
            deed = Deed(self._who, name, _lease(name, arguments), _messages(name, arguments))
            self._deeds.append(deed)
            before = self._stored(name, arguments)
            answer = act(*arguments)
            deed.refused = False
            deed.done = _held(name, answer, before, self._stored(name, arguments))
            return answer

        return noted

    def _stored(self, name: str, arguments: Sequence[Any]) -> object:
        """Return what is stored of a payment that may have been acknowledged before."""
        if name != "acknowledge":
            return None
        return self._inner.fetch(arguments[0].source, {arguments[0].id})


def _messages(name: str, arguments: Sequence[Any]) -> Sequence[str]:
    """Return the ids of the messages that a call sends or notes as sent."""
    if name == "publish":
        return [message.id for message in arguments[0]]
    if name == "acknowledge":
        record, version = arguments
        return [event_id(record.source, record.id, version)]
    return ()


def _lease(name: str, arguments: Sequence[Any]) -> str:
    """Return the kind of lease that a write is under, or takes."""
    if name == "acquire":
        return str(arguments[1])
    if name == "tell":
        return ALERTS
    return arguments[0].kind if isinstance(arguments[0], Lease) else SOURCE


def _held(name: str, answer: Any, before: object, after: object) -> bool:
    """Whether a call that did not raise had an effect."""
    if name == "acquire":
        return answer is not None
    if name == "publish":
        return any(refusal is None for refusal in answer.values())
    return name != "acknowledge" or before != after
