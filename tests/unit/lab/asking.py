"""How these tests ask a lab, without HTTP."""

import json
from typing import Any

from paylab import Lab, Request, Response, World

HEADERS = {
    "compago": {"x-api-key": "compago-lab-key", "Accept": "application/json"},
    "onepay": {"Authorization": "Bearer sk_test_paylab", "Accept": "application/json"},
}
LISTS = {"compago": "/api/one-time-payment", "onepay": "/v1/payment-intents"}


def ask(lab: Lab, world: World, query: str = "", path: str = "", **headers: str) -> Response:
    """Ask for the world's list, or for what follows it in the path."""
    return lab.request(
        Request("GET", LISTS[world.provider] + path, query, HEADERS[world.provider] | headers)
    )


def parsed(response: Response) -> Any:
    """Return the answer's JSON."""
    return json.loads(response.body)
