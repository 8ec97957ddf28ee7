"""The lives of Compago's payment links."""

import random
from datetime import datetime, timedelta

from paylab.telling import Moves, tell
from paylab.world import World

# Minutes that a link lives: 10 to 2,880 (providers/README.md).
_LIVES = (10, 15, 30, 60, 120, 720, 1440, 2880, 2880)


class CompagoStories:
    """Links that are paid, cancelled, left to expire, or confirmed after their expiry."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._rng = rng

    def arrive(self, at: datetime) -> None:
        """Begin a new link's life."""
        rng = self._rng
        life = rng.choice(_LIVES) * 60
        fate = rng.random()
        if fate < 0.65:
            moves: Moves = [(min(rng.uniform(20, 1200), life - 5), "CONFIRMED")]
        elif fate < 0.75:
            moves = [(min(rng.uniform(30, 1800), life - 5), "CANCELLED")]
        elif fate < 0.78:
            moves = [(life + rng.uniform(60, 900), "CONFIRMED")]
        else:
            moves = []
        self._tell(at, life, moves)

    def settled_before(self, start: datetime, at: datetime, *, late: bool) -> None:
        """Tell of a link that was confirmed or cancelled long before the start, for good."""
        life = self._rng.choice(_LIVES) * 60
        status = "CANCELLED" if self._rng.random() < 0.15 else "CONFIRMED"
        self._tell(at, life, [(min(self._rng.uniform(20, 1800), life - 5), status)])

    def open_at(self, start: datetime, *, late: bool) -> None:
        """Tell of a link that is PENDING at the start: alive, or expired and left so for ever."""
        rng = self._rng
        life = rng.choice(_LIVES) * 60
        if late:
            age = rng.uniform(life * 0.5, life + 600)
            after_expiry = max(life, age) + rng.uniform(120, 3000)
            self._tell(start - timedelta(seconds=round(age)), life, [(after_expiry, "CONFIRMED")])
            return
        fate = rng.random()
        if fate < 0.25:
            age = life + rng.uniform(3600, 10 * 86_400)
            self._tell(start - timedelta(seconds=round(age)), life, [])
            return
        age = rng.uniform(0, life * 0.9)
        left = life - age
        moves: Moves = []
        if fate < 0.7:
            moves = [(age + rng.uniform(5, max(6, min(left - 5, 3600))), "CONFIRMED")]
        elif fate < 0.8:
            moves = [(age + rng.uniform(5, max(6, min(left - 5, 3600))), "CANCELLED")]
        self._tell(start - timedelta(seconds=round(age)), life, moves)

    def _tell(self, born: datetime, life: int, moves: Moves) -> None:
        tell(
            self._world,
            self._rng,
            born,
            moves,
            updated_at=born,
            expires_at=born + timedelta(seconds=life),
        )
