"""The lab: the two providers, their accounts, and what goes wrong between them and a reader."""

import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime

from paylab import compago, onepay, wire
from paylab.clock import LabClock
from paylab.faults import Asked, Fault
from paylab.messages import Request, Response
from paylab.request_log import RequestLog, Served
from paylab.truth import TruthLog
from paylab.world import World

_RESPOND = {"compago": compago.respond, "onepay": onepay.respond}


@dataclass(frozen=True)
class Exchange:
    """An answer and its place in the request log, for the carriers."""

    response: Response
    number: int


class Lab:
    """Both providers' APIs over any number of accounts; carriers bring it requests.

    `faults` may be changed at any time; without any, every answer is as the documents say.
    Which account is asked is told by the base path and the key.
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
            asked = Asked(request, world.source if world else None, self.clock.now(), count)
            fired: list[str] = []
            for place, fault in enumerate(self.faults):
                if fault.fires(asked, self._rng(place, source)):
                    response = fault.apply(asked, response, self._rng(place, source))
                    fired.append(fault.name)
            served = Served(
                number=0,
                at=asked.at,
                source=asked.source,
                method=request.method,
                target=request.target,
                status=response.status,
                fault="+".join(fired) or None,
                undamaged=not fired,
                rows=() if fired else response.rows,
                retry_after=_retry_after(response, asked.at),
            )
            return Exchange(response, self.log.append(served).number)

    def arrived(self, exchange: Exchange) -> None:
        """Note that an answer that was slow, and nothing else, reached its reader after all."""
        served = self.log[exchange.number]
        damage = exchange.response.damage
        if served.fault == "Slow" and damage is not None and damage.cut_after is None:
            self.log.arrived(exchange.number, exchange.response.rows)

    def _account(self, request: Request) -> World | None:
        """Return the account whose path and key these are, or the path's first account."""
        here = [w for w in self.worlds.values() if request.path.startswith(f"{w.base_path}/")]
        given = (request.header("x-api-key"), request.header("authorization"))
        for world in here:
            if world.api_key == given[0] or f"Bearer {world.api_key}" == given[1]:
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
                path = request.path.removeprefix(world.base_path)
                response = _RESPOND[world.provider](world, request, path)
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
