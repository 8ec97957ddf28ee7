"""Life stories: a population whose payments move as real ones do.

Every instant is whole seconds, as both providers store them. A story is drawn when it begins, by
the population's own dice, in the order of the agenda: the same seed tells the same stories,
whenever the clock is looked at.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from paylab.compago_stories import CompagoStories
from paylab.onepay_stories import OnePayStories
from paylab.world import World


@dataclass(frozen=True)
class Size:
    """How many payments there are at the start, and how many come.

    `open` and `settled` count payments at the world's start, `past_days` says since when;
    `late_moves` is the share of the settled that is refunded or disputed in the first hour
    (OnePay), or the share of the open links that is confirmed after its expiry (Compago).
    """

    open: int = 20
    settled: int = 40
    arrivals_per_minute: float = 2.0
    past_days: int = 10
    late_moves: float = 0.1


def populate(world: World, size: Size | None = None) -> None:
    """Fill a world with the past and the present, and let new payments arrive for ever."""
    size = size if size is not None else Size()
    rng = random.Random(f"{world.seed}/{world.source}/population")
    stories = (CompagoStories if world.provider == "compago" else OnePayStories)(world, rng)
    start = world.started.replace(microsecond=0)
    for _ in range(size.settled):
        back = timedelta(seconds=rng.randrange(86_400, max(2, size.past_days) * 86_400))
        stories.settled_before(start, start - back, late=rng.random() < size.late_moves)
    for _ in range(size.open):
        stories.open_at(start, late=rng.random() < size.late_moves)
    if size.arrivals_per_minute > 0:
        _arrivals(world, rng, start, size.arrivals_per_minute, stories.arrive)
    world.settle()


def _arrivals(
    world: World,
    rng: random.Random,
    start: datetime,
    per_minute: float,
    arrive: Callable[[datetime], None],
) -> None:
    def next_one(after: datetime) -> None:
        pause = max(1, round(rng.expovariate(per_minute / 60)))
        world.schedule(after + timedelta(seconds=pause), come)

    def come(at: datetime) -> None:
        arrive(at)
        next_one(at)

    next_one(start)
