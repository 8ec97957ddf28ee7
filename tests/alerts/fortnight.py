"""A fortnight of two providers, with everything that can go wrong in one, and what was told of it.

`python -m tests.alerts.fortnight` prints the messages; with `--calm` nothing goes wrong.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from paylab import Size
from paylab.faults import Fault, Frozen, ServerError, between
from paywatch.domain.payments import Source
from paywatch.providers import rows
from tests.keyed import Keyed
from tests.polling import Polling
from tests.remembering import remembering

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DAYS = 14
SIZE = Size(open=20, settled=60, arrivals_per_minute=0.1)
SOURCES = ("compago", "onepay")

# What goes wrong, counted from the beginning, a Monday at noon.
OUTAGE = (2 * DAY + 4 * HOUR, 2 * DAY + 7 * HOUR)  # of Compago
ROTATION = (4 * DAY + HOUR, 4 * DAY + 2 * HOUR)  # the key of OnePay; then it is in the secret too
SMOOTH = 5 * DAY  # a key of Compago's is turned, and in the secret at once
FREEZE = (8 * DAY + 3 * HOUR, 8 * DAY + 8 * HOUR)  # of OnePay
STUCK = (9 * DAY + 2 * HOUR, 9 * DAY + 20 * HOUR)  # 40 bank debits at OnePay
REFUSED = (11 * DAY + 5 * HOUR, 11 * DAY + 6 * HOUR)  # a subscriber's queue
STUCK_PAYMENTS = 40


@dataclass
class Fortnight:
    """Two lab providers, polled for two weeks; `calm` leaves out what goes wrong."""

    calm: bool = False
    every: timedelta = MINUTE
    days: int = DAYS
    seed: int = 1
    polling: Polling = field(init=False)

    def __post_init__(self) -> None:
        self.polling = Keyed(
            SOURCES, size=SIZE, latency=0.05, pace=100.0, every=self.every, seed=self.seed
        )
        self.start = self.polling.clock.now()
        if not self.calm:
            self.polling.lab.faults.extend(self._faults())
        self._stuck: list[str] = []
        self._seen = 0

    def run(self) -> None:
        """Poll to the end, a row that was read before as it was read then."""
        with patch.object(rows, "read_row", remembering(rows.read_row)):
            self._run()

    def _run(self) -> None:
        ends = self.start + self.days * DAY
        while self.polling.clock.now() < ends:
            self._act()
            since = self.polling.clock.now() - self.start
            daily = (since - self.every) // DAY != since // DAY
            before = len(self.polling.inbox.published)
            self.polling.tick(action="reconcile" if daily else "poll")
            if not self.calm and REFUSED[0] <= since < REFUSED[1]:
                self._refuse(len(self.polling.inbox.published) - before)
            self.polling.forget()
            self.polling.deliveries.clear()

    def _refuse(self, messages: int) -> None:
        """Let as many deliveries fail, or an older one where none failed for ten minutes."""
        now, failures = self.polling.clock.now(), self.polling.subscribers.failures
        quiet = not failures or now - failures[-1] >= 10 * MINUTE
        failures += [now] * max(messages, quiet)

    def messages(self) -> Iterator[tuple[datetime, dict[str, Any], str]]:
        """Give every message that was told: when, its data, its subject."""
        for message in self.polling.mailbox.told:
            event = json.loads(message.bodies["default"])
            yield datetime.fromisoformat(event["time"]), event["data"], message.subject

    def _faults(self) -> list[Fault]:
        def during(span: tuple[timedelta, timedelta]) -> tuple[datetime, datetime]:
            return self.start + span[0], self.start + span[1]

        return [
            ServerError(when=between(*during(OUTAGE)), source="compago/default"),
            Frozen(when=between(*during(FREEZE)), source="onepay/default"),
        ]

    def _act(self) -> None:
        """Let happen what is due before a poll."""
        if self.calm:
            return
        since = self.polling.clock.now() - self.start
        onepay, compago = Source("onepay"), Source("compago")
        acts: list[tuple[timedelta, Callable[[], None]]] = [
            (ROTATION[0], lambda: self._turn(onepay, secret=False)),
            (ROTATION[1], lambda: self._turn(onepay, secret=True)),
            (SMOOTH, lambda: self._turn(compago, secret=True)),
            (STUCK[0], self._get_stuck),
            (STUCK[1], self._come_loose),
        ]
        for at, act in acts:
            if since - self.every < at <= since:
                act()

    def _turn(self, source: Source, *, secret: bool) -> None:
        assert isinstance(self.polling, Keyed)
        world = self.polling.worlds[source]
        world.api_key = f"sk_test_lab-turned-{source.provider}"
        if secret:
            self.polling.keys[source] = world.api_key

    def _get_stuck(self) -> None:
        world = self.polling.world("onepay")
        for number in range(STUCK_PAYMENTS):
            payment = world.add(
                "processing",
                created_at=self.polling.clock.now().replace(microsecond=0) - number * MINUTE / 4,
                method_type="Account",
                amount=Decimal(50_000 + 1_000 * number),
                external_id=f"stuck-{number + 1:02}",
            )
            self._stuck.append(payment.id)

    def _come_loose(self) -> None:
        for payment_id in self._stuck:
            self.polling.world("onepay").move(payment_id, "paid")


def listing(fortnight: Fortnight) -> str:
    """Return one line for each message."""
    lines = [f"{at:%a %d %H:%M}  {subject}" for at, _, subject in fortnight.messages()]
    return "\n".join(lines or ["No alert at all."])


def main() -> int:
    """Print what was told."""
    fortnight = Fortnight(calm="--calm" in sys.argv[1:])
    fortnight.run()
    print(listing(fortnight))
    return 0


if __name__ == "__main__":
    sys.exit(main())
