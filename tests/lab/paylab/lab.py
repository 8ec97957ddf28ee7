"""The lab: the two providers, their accounts, and what goes wrong between them and a reader."""

import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime

from paylab import wire
from paylab.answering import answered
from paylab.clock import LabClock
from paylab.faults import Asked, Fault, Leaves
from paylab.messages import Request, Response
from paylab.request_log import RequestLog, Served
from paylab.truth import TruthLog
from paylab.world import World


@dataclass(frozen=True)
class Exchange:
    """An answer and its place in the request log, for the carriers.

    `readable` says that its rows can be read once it has arrived, `whole` that they are the truth.
    """

    response: Response
    number: int
    readable: bool
    whole: bool


class Lab:
    """Both providers' APIs over any number of accounts; carriers bring it requests.

    `faults` may be changed at any time; without any, every answer is as the documents say.
    Which account is asked is told by the base path and the key. `broken` says which faults raised
    an error of their own: what came of it is nothing that a reader has done.
    """

    def __init__(
        self,
        clock: LabClock,
        worlds: Iterable[World],
        *,
        faults: Iterable[Fault] = (),
        seed: int = 0,
    ) -> None:
        self.clock = clock
        self.worlds = {world.source: world for world in worlds}
        self.faults = list(faults)
        self.seed = seed
        self.log = RequestLog()
        self.broken: list[str] = []
        self._lock = threading.RLock()
        self._dice: dict[tuple[int, str], random.Random] = {}
        self._asked: dict[str, int] = {}
        self._minutes: dict[str, tuple[int, int]] = {}

    @property
    def truth(self) -> TruthLog:
        """Return the log that the worlds share."""
        logs = {id(world.truth): world.truth for world in self.worlds.values()}
        if len(logs) != 1:
            raise ValueError("the worlds of this lab do not share one truth log")
        return next(iter(logs.values()))

    def settle(self) -> None:
        """Bring every world up to the clock, so that the truth log is complete."""
        for world in self.worlds.values():
            world.settle()

    def request(self, request: Request) -> Response:
        """Answer a request, damage instructions included."""
        return self.exchange(request).response

    def exchange(self, request: Request) -> Exchange:
        """Answer a request and enter it in the request log."""
        with self._lock:
            world = self._account(request)
            response = self._answer(world, request)
            source = world.source if world else ""
            count = self._asked[source] = self._asked.get(source, 0) + 1
            asked = Asked(request, world.source if world else None, self.clock.now(), count, world)
            fired: list[Fault] = []
            for place, fault in sorted(enumerate(self.faults), key=lambda each: not each[1].anew):
                dice = self._rng(place, source)
                if fault.fires(asked, dice):
                    spoiled = self._spoiled(fault, asked, response, dice)
                    # One that had nothing to spoil in this answer did not happen.
                    fired += [fault] * (spoiled is not response)
                    response = spoiled
            leaves = {fault.leaves for fault in fired}
            readable, late = Leaves.NOTHING not in leaves, Leaves.LATE in leaves
            whole = readable and Leaves.ROWS not in leaves
            served = Served(
                number=0,
                at=asked.at,
                source=asked.source,
                method=request.method,
                target=request.target,
                status=response.status,
                fault="+".join(fault.name for fault in fired) or None,
                undamaged=whole and not late,
                rows=response.rows if readable and not late else (),
                retry_after=_retry_after(response, asked.at),
                as_of=response.as_of,
            )
            return Exchange(response, self.log.append(served).number, readable, whole)

    def _spoiled(
        self, fault: Fault, asked: Asked, response: Response, dice: random.Random
    ) -> Response:
        """Let a fault happen; an error in it is noted as the lab's own, and raised."""
        try:
            return fault.apply(asked, response, dice)
        except Exception as error:
            self.broken.append(f"{fault.name} broke the lab: {error!r}")
            raise

    def arrived(self, exchange: Exchange) -> None:
        """Note that an answer that was late, and could be read for the rest, was read after all."""
        if exchange.readable:
            rows = exchange.response.rows
            self.log.arrived(exchange.number, rows, undamaged=exchange.whole)

    def _account(self, request: Request) -> World | None:
        """Return the account whose path and key these are, or the path's first account."""
        here = [w for w in self.worlds.values() if request.path.startswith(f"{w.base_path}/")]
        given = {request.header("x-api-key"), request.header("authorization")}
        for world in here:
            keys = {world.api_key, *world.former_keys}
            if given & (keys | {f"Bearer {key}" for key in keys}):
                return world
        return here[0] if here else None

    def _answer(self, world: World | None, request: Request) -> Response:
        if world is None:
            response = wire.answer(404, wire.text({"message": "Not Found"}))
        elif request.method != "GET":
            response = wire.answer(405, wire.text({"message": "Method Not Allowed"}), Allow="GET")
        else:
            with world.lock:
                world.settle()
                world.served_until = self.clock.now()
                response = answered(world, request)
            if world.provider == "onepay":
                response = self._limited(world, response)
        date = format_datetime(self.clock.now(), usegmt=True)
        return replace(response, headers={"Date": date, **response.headers})

    def _limited(self, world: World, response: Response) -> Response:
        """Count a request against OnePay's limit a minute, and state what is left."""
        now = self.clock.now().timestamp()
        minute, used = self._minutes.get(world.source, (0, 0))
        used = used + 1 if minute == int(now // 60) else 1
        self._minutes[world.source] = (int(now // 60), used)
        if world.enforce_rate_limit and used > world.rate_limit:
            wait = str(60 - int(now % 60))
            response = wire.answer(429, wire.text({"message": "Too Many Attempts."}))
            response = replace(response, headers={**response.headers, "Retry-After": wait})
        limits = {
            "X-RateLimit-Limit": str(world.rate_limit),
            "X-RateLimit-Remaining": str(max(0, world.rate_limit - used)),
        }
        return replace(response, headers={**response.headers, **limits})

    def _rng(self, place: int, source: str) -> random.Random:
        key = (place, source)
        if key not in self._dice:
            self._dice[key] = random.Random(f"{self.seed}/{place}/{source}")
        return self._dice[key]


def _retry_after(response: Response, now: datetime) -> float:
    """Return how long an answer asks its reader to wait, in seconds."""
    text = response.headers.get("Retry-After", "")
    if not text:
        return 0.0
    if text.isdigit():
        return float(text)
    return (parsedate_to_datetime(text) - now).total_seconds()
