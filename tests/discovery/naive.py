"""The poller that is written first: it pages forward, compares, and believes what is not there."""

from __future__ import annotations

from typing import Any

import httpx

from paylab import World
from paywatch.providers.http import Transport

LISTS = {
    "compago": ("/one-time-payment", "status", "items"),
    "onepay": ("/payment-intents", "filter[status]", "data"),
}
OPEN = {"compago": ("PENDING",), "onepay": ("created", "processing")}
SETTLED = {
    "compago": ("CONFIRMED", "CANCELLED"),
    "onepay": ("paid", "failed", "refunded", "disputed"),
}
GONE = "gone"


class Naive:
    """Reads the open lists from page 1 on; who is missing is looked for on one settled page.

    `told` holds what it announced of each payment, in order. Its first poll is silent.
    """

    def __init__(self, world: World, carrier: Transport) -> None:
        self._world = world
        self._client = httpx.Client(transport=carrier, base_url=f"https://{world.provider}.test")
        self._known: dict[str, str] = {}
        self._watching = False
        self.told: dict[str, list[str]] = {}

    def poll(self) -> None:
        """Read the open lists, compare, and announce."""
        listed: dict[str, str] = {}
        for word in OPEN[self._world.provider]:
            number, last = 1, 1
            while number <= last:
                rows, last = self._page(word, number)
                listed |= {row["id"]: row["status"] for row in rows}
                number += 1
        now = {**listed, **{key: self._look_for(key) for key in self._known.keys() - listed.keys()}}
        for key, word in now.items():
            if self._watching and self._known.get(key) != word:
                self.told.setdefault(key, []).append(word)
        # Who has settled is of no interest any more.
        self._known = {k: w for k, w in now.items() if w in (*OPEN[self._world.provider], GONE)}
        self._watching = True

    def _look_for(self, payment_id: str) -> str:
        for word in SETTLED[self._world.provider]:
            for row in self._page(word, 1)[0]:
                if row["id"] == payment_id:
                    return word
        return GONE

    def _page(self, word: str, number: int) -> tuple[list[dict[str, Any]], int]:
        path, status, rows = LISTS[self._world.provider]
        key = self._world.api_key
        answer = self._client.get(
            self._world.base_path + path,
            params={status: word, "page": number, "pageSize": 3},
            headers={
                "Accept": "application/json",
                "x-api-key": key,
                "Authorization": f"Bearer {key}",
            },
        ).json()
        return answer[rows], answer.get("last_page") or -(-answer["count"] // 3)
