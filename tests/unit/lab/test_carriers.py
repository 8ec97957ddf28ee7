from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from paylab import Lab, LabClock, LabServer, LabTransport, World

from .asking import HEADERS


@pytest.fixture
def lab(clock: LabClock) -> Lab:
    compago, onepay = World("compago", clock), World("onepay", clock)
    for _ in range(30):
        compago.add()
        onepay.add()
    return Lab(clock, [compago, onepay])


def test_in_process_and_over_http_the_answers_are_the_same(lab: Lab) -> None:
    with (
        LabServer(lab) as server,
        httpx.Client() as real,
        httpx.Client(transport=LabTransport(lab)) as near,
    ):
        for source, path in (
            ("compago/default", "/one-time-payment?status=PENDING&pageSize=10"),
            ("onepay/default", "/payment-intents?filter[status]=created&page=2"),
            ("onepay/default", "/payment-intents/nobody"),
        ):
            url = f"{server.base_url(source)}{path}"
            headers = HEADERS[source.split("/")[0]]
            over_http, in_process = (c.get(url, headers=headers) for c in (real, near))

            assert over_http.status_code == in_process.status_code
            assert over_http.content == in_process.content
            assert over_http.headers["content-type"] == in_process.headers["content-type"]
            assert over_http.headers["date"] == in_process.headers["date"]


def test_the_server_listens_on_the_loopback_interface_and_can_be_stopped_twice(lab: Lab) -> None:
    server = LabServer(lab).start()
    url = f"{server.base_url('compago/default')}/one-time-payment"
    assert url.startswith("http://127.0.0.1:")
    with httpx.Client() as client:
        assert client.get(url).status_code == 401
        server.stop()
        server.stop()
        with pytest.raises(httpx.TransportError):
            client.get(url)


def test_the_latency_of_a_request_passes_on_the_labs_clock(lab: Lab, clock: LabClock) -> None:
    with httpx.Client(transport=LabTransport(lab, latency=0.25)) as client:
        client.get("https://compago.example/api/one-time-payment")

    assert clock.monotonic() == 0.25


def test_many_readers_at_once_are_answered_each(lab: Lab) -> None:
    with LabServer(lab) as server, ThreadPoolExecutor(8) as readers, httpx.Client() as client:
        url = f"{server.base_url('onepay/default')}/payment-intents"
        answers = readers.map(lambda _: client.get(url, headers=HEADERS["onepay"]), range(64))

        assert {answer.status_code for answer in answers} == {200}
    assert [served.number for served in lab.log] == list(range(64))


def test_a_request_with_a_body_does_not_spoil_the_next_one(lab: Lab) -> None:
    with LabServer(lab) as server, httpx.Client() as client:
        url = f"{server.base_url('compago/default')}/one-time-payment"

        assert client.post(url, json={"amount": 1}).status_code == 405
        assert client.get(url, headers=HEADERS["compago"]).status_code == 200
