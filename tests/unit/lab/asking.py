"""How these tests ask a lab: by a call, by a client in process, or over HTTP."""

import json
from typing import Any

import httpx

from paylab import Lab, LabServer, LabTransport, Request, Response, World
from paylab.faults import Fault

HEADERS = {
    "compago": {"x-api-key": "compago-lab-key", "Accept": "application/json"},
    "onepay": {"Authorization": "Bearer sk_test_paylab", "Accept": "application/json"},
}
LISTS = {"compago": "/api/one-time-payment", "onepay": "/v1/payment-intents"}


def a_lab(world: World, *faults: Fault) -> Lab:
    return Lab(world.clock, [world], faults=faults)


def ask(lab: Lab, world: World, query: str = "", path: str = "", **headers: str) -> Response:
    """Ask for the world's list, or for what follows it in the path."""
    return lab.request(
        Request("GET", LISTS[world.provider] + path, query, HEADERS[world.provider] | headers)
    )


def in_process(lab: Lab) -> httpx.Response:
    """Ask for Compago's list with a client that waits for five seconds of the lab's clock."""
    with httpx.Client(transport=LabTransport(lab), timeout=5) as client:
        return client.get("https://lab.example/api/one-time-payment", headers=HEADERS["compago"])


def over_http(lab: Lab, timeout: float = 5) -> httpx.Response:
    """Ask for Compago's list over the loopback interface."""
    with LabServer(lab) as server:
        url = f"{server.base_url('compago/default')}/one-time-payment"
        return httpx.get(url, headers=HEADERS["compago"], timeout=timeout)


def parsed(response: Response) -> Any:
    """Return the answer's JSON."""
    return json.loads(response.body)
