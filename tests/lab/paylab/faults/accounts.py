"""What goes wrong in an account itself: the lists tell the truth of it, and the truth is odd.

All of it is in the truth log, and so it is owed like anything else.
"""

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from paylab.answering import answered
from paylab.faults.fault import Fault, Leaves, WrongFault, within
from paylab.faults.pages import page_of
from paylab.faults.refusals import Unauthorized
from paylab.faults.whens import Asked
from paylab.messages import Response
from paylab.payments import LabPayment
from paylab.world import World

OPEN = {"compago": ("PENDING",), "onepay": ("created", "processing")}
# By then whoever reads every minute knows a payment, whatever the order of the lists.
KNOWN = timedelta(minutes=2)
SETTLED = {"compago": ("CONFIRMED", "CANCELLED"), "onepay": ("paid", "failed")}


@dataclass(frozen=True, kw_only=True)
class Drifting(Fault):
    """Right after a page was served payments appear and open ones settle: the rest of it slides."""

    leaves = Leaves.ALL

    arrivals: int = within(1, 0, 1000)
    leaving: int = within(1, 0, 1000)

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Let the list move on behind the reader."""
        world = asked.world
        if world is None or page_of(response) is None:
            return response
        for _ in range(self.arrivals):
            world.add()
        settled = SETTLED[world.provider]
        for payment in _some_open(world, self.leaving, rng):
            world.move(payment, rng.choice(settled))
        return replace(response)


@dataclass(frozen=True, kw_only=True)
class Tied(Fault):
    """Payments of the very same second, which come in another order at each reading.

    Rows that tie on the sort column may be lost between two pages (providers/README.md), whoever
    reads them: a payment that is there all the time is owed only when that has ended.
    """

    leaves = Leaves.ROWS
    anew = True

    payments: int = within(6, 1, 1000)
    begun: set[str | None] = field(default_factory=set, compare=False, repr=False)

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Add them once, and shuffle those that tie."""
        world = asked.world
        if world is None or page_of(response) is None:
            return response
        if asked.source not in self.begun:
            self.begun.add(asked.source)
            for _ in range(self.payments):
                world.add(created_at=asked.at)
        tied: dict[datetime, list[LabPayment]] = {}
        for payment in world.payments():
            tied.setdefault(payment.created_at, []).append(payment)
        births: dict[str, int] = {}
        for payments in tied.values():
            numbers = [world.birth_number(payment) for payment in payments]
            rng.shuffle(numbers)
            births |= {payment.id: n for payment, n in zip(payments, numbers, strict=True)}
        again = answered(world.replica(births=births), asked.request)
        return replace(response, body=again.body, rows=again.rows, as_of=None)


@dataclass(frozen=True, kw_only=True)
class UnknownStatus(Fault):
    """Some open payments get a status that no document knows, each once; they may move on.

    Compago's lists by status refuse the word. Where it does not answer by id either, only the list
    of all shows it, which is read whole by a reconcile alone: what passes until then is not owed.
    """

    leaves = Leaves.ALL

    word: str = "ON_HOLD"
    payments: int = within(2, 1, 1000)
    taken: list[str] = field(default_factory=list, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse a word that is none, too."""
        super().__post_init__()
        if not (self.word.strip() and self.word.isprintable() and len(self.word) <= 100):
            raise WrongFault(f"word = {self.word!r} is no status of 1 to 100 letters")

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Move one more to the word."""
        world = asked.world
        if world is None or len(self.taken) >= self.payments:
            return response
        found = _some_open(world, 1, rng, born_before=asked.at - KNOWN)
        for payment in found:
            if world.provider == "compago" and not world.by_id:
                world.truth.record_hidden(world.source, payment)
            world.move(payment, self.word)
        self.taken.extend(found)
        return replace(response) if found else response


@dataclass(frozen=True, kw_only=True)
class StrayTests(Fault):
    """Test payments in OnePay's list of a live account; what is told of them says so."""

    leaves = Leaves.ALL

    payments: int = within(3, 1, 1000)
    born: list[str] = field(default_factory=list, compare=False, repr=False)

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Add one, and then let one be paid."""
        world = asked.world
        if world is None or world.provider != "onepay" or world.is_test:
            return response
        if len(self.born) < self.payments:
            self.born.append(world.add(is_test=True).id)
        else:
            world.move(rng.choice(self.born), "paid")
        return replace(response)


@dataclass(frozen=True, kw_only=True)
class KeyTurned(Fault):
    """The account's key is turned, once: the old one is refused from then on, and for good."""

    turned: set[str | None] = field(default_factory=set, compare=False, repr=False)

    def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
        """Turn the key; afterwards the account itself refuses the old one."""
        if asked.world is None or asked.source in self.turned:
            return response
        self.turned.add(asked.source)
        asked.world.turn_key(f"{asked.world.api_key}-turned")
        return Unauthorized(when=self.when).apply(asked, response, rng)


def _some_open(
    world: World, most: int, rng: random.Random, born_before: datetime | None = None
) -> list[str]:
    """Return some of the payments that are open now."""
    found = [
        p.id
        for p in world.payments()
        if p.status in OPEN[world.provider] and (born_before is None or p.created_at < born_before)
    ]
    return rng.sample(found, min(most, len(found)))
