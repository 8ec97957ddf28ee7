"""A poller too simple to be wrong: it reads every list whole, and tells every difference."""

from datetime import datetime
from typing import Any

from paylab import Delivery, Lab, Tick, World

from .asking import ask, parsed

OURS = {
    "PENDING": "pending",
    "CONFIRMED": "paid",
    "CANCELLED": "cancelled",
    "created": "pending",
}


class HonestPoller:
    """Polls a lab tick by tick, and keeps what it would have sent."""

    def __init__(self, lab: Lab, pause: float = 60.0, attempts: int = 6) -> None:
        self.lab = lab
        self.pause = pause
        self.attempts = attempts
        self.ticks: list[Tick] = []
        self.deliveries: list[Delivery] = []
        self._watch = lab.clock.now()
        self._known: dict[tuple[str, str], dict[str, Any]] = {}

    def run(self, ticks: int) -> "HonestPoller":
        """Poll so many times, each a minute after the other."""
        for _ in range(ticks):
            start = self.lab.clock.now()
            for world in self.lab.worlds.values():
                self._poll(world)
            self.ticks.append(Tick(start, self.lab.clock.now()))
            self.lab.clock.advance(self.pause)
        self.lab.settle()
        return self

    def _poll(self, world: World) -> None:
        page, rows = 1, dict[str, tuple[datetime, dict[str, Any]]]()
        while True:
            size = "&pageSize=7" if world.provider == "compago" else ""
            at, answer = self._asked(world, f"page={page}{size}")
            if answer is None:
                break
            shown = answer.get("items", answer.get("data"))
            rows |= {row["id"]: (at, row) for row in shown}
            if not shown:
                break
            page += 1
        for at, row in rows.values():
            self._see(world, row, at)

    def _asked(self, world: World, query: str) -> tuple[datetime, Any]:
        for _ in range(self.attempts):
            at = self.lab.clock.now()
            response = ask(self.lab, world, query)
            self.lab.clock.advance(0.25)
            if self.lab.log[len(self.lab.log) - 1].undamaged:
                return at, parsed(response)
        return self.lab.clock.now(), None

    def _see(self, world: World, row: dict[str, Any], now: datetime) -> None:
        key = (world.source, row["id"])
        before = self._known.get(key)
        dates = [row.get(n) for n in ("createdAt", "updatedAt", "created_at", "paid_at")]
        silent = before is None and all(
            at is None or datetime.fromisoformat(at) < self._watch for at in dates
        )
        version = before["version"] if before else 0
        expires = row.get("expiresAt")
        status = OURS.get(row["status"], row["status"])
        if status == "pending" and expires and datetime.fromisoformat(expires) < now:
            status = "expired"
        if before and before["status"] == status:
            return
        version += 0 if silent else 1
        self._known[key] = {"status": status, "version": version, "word": row["status"]}
        if silent:
            return
        event = {
            "specversion": "1.0",
            "id": f"{world.source}/{row['id']}/{version}",
            "source": f"paywatch/{world.source}",
            "subject": row["id"],
            "type": "paywatch.payment.status_changed.v1",
            "time": now.isoformat(),
            "data": {
                "provider": world.provider,
                "account": "default",
                "payment_id": row["id"],
                "version": version,
                "status": status,
                "previous_status": before["status"] if before else None,
                "provider_status": row["status"],
                "previous_provider_status": before["word"] if before else None,
                "amount": str(row["amount"]),
                "currency": row["currency"],
                "external_id": row.get("externalId", row.get("external_id")),
                "derived": status == "expired",
                "replayed": False,
            },
        }
        self.deliveries.append(Delivery(len(self.ticks), event))
