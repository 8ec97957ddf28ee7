"""Answers that cannot be read or come late, in process and over HTTP."""

import gzip
import json

import httpx
import pytest

from paylab import LabTransport, World
from paylab.faults import (
    Bomb,
    CutOff,
    Dripping,
    Oversized,
    RedirectedAway,
    Slow,
    TooManyRequests,
    Unauthorized,
    always,
    in_mid_walk,
)

from .asking import HEADERS, a_lab, ask, in_process, over_http, parsed

MEGABYTE = 1024 * 1024


def test_a_body_that_drips_takes_its_pieces_time_and_arrives(world: World) -> None:
    lab = a_lab(world, Dripping(when=always(), pieces=10, seconds=3))

    assert in_process(lab).json()["count"] == 20
    assert world.clock.monotonic() == 30
    assert (lab.log[0].undamaged, len(lab.log[0].rows)) == (True, 20)


def test_a_body_that_drips_over_http_arrives_in_pieces(world: World) -> None:
    lab = a_lab(world, Dripping(when=always(), pieces=4, seconds=0.01))

    assert over_http(lab).json()["count"] == 20
    assert lab.log[0].undamaged


def test_a_drip_that_is_slower_than_the_client_waits_is_a_timeout_in_both(world: World) -> None:
    with pytest.raises(httpx.ReadTimeout):
        in_process(a_lab(world, Dripping(when=always(), seconds=9)))
    assert world.clock.monotonic() == 5
    lab = a_lab(world, Dripping(when=always(), seconds=2))
    with pytest.raises(httpx.ReadTimeout):
        over_http(lab, timeout=0.05)
    assert not lab.log[0].undamaged


def test_a_reader_that_gives_up_a_dripping_body_has_not_read_it(world: World) -> None:
    lab = a_lab(world, Dripping(when=always(), pieces=10, seconds=1))
    with (
        httpx.Client(transport=LabTransport(lab)) as client,
        client.stream(
            "GET", "https://lab.example/api/one-time-payment", headers=HEADERS["compago"]
        ) as answer,
    ):
        next(answer.iter_raw())

    assert (lab.log[0].undamaged, lab.log[0].rows) == (False, ())


def test_a_late_body_that_is_cut_off_never_arrives(world: World) -> None:
    lab = a_lab(world, Slow(when=always(), seconds=1), CutOff(when=always()))
    with pytest.raises(httpx.RemoteProtocolError):
        in_process(lab)

    assert (lab.log[0].undamaged, lab.log[0].rows) == (False, ())


@pytest.mark.parametrize("carry", [in_process, over_http])
def test_an_oversized_body_is_true_json_of_so_many_megabytes(world: World, carry: object) -> None:
    assert callable(carry)
    answer = carry(a_lab(world, Oversized(when=always(), megabytes=2)))

    assert len(answer.content) > 2 * MEGABYTE
    assert json.loads(answer.content)["count"] == 20


@pytest.mark.parametrize("carry", [in_process, over_http])
def test_a_bomb_is_small_on_the_wire_and_large_unpacked(world: World, carry: object) -> None:
    assert callable(carry)
    lab = a_lab(world, Bomb(when=always(), megabytes=8))
    packed = ask(lab, world)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.body) < MEGABYTE / 10
    assert len(gzip.decompress(packed.body)) > 8 * MEGABYTE
    assert len(carry(lab).content) > 8 * MEGABYTE


@pytest.mark.parametrize("carry", [in_process, over_http])
def test_a_redirect_leads_to_another_origin(world: World, carry: object) -> None:
    assert callable(carry)
    answer = carry(a_lab(world, RedirectedAway(when=always(), statuses=(307,))))

    assert answer.status_code == 307
    assert answer.headers["location"] == "https://elsewhere.invalid/taken"


def test_a_right_key_is_refused_in_the_middle_of_a_walk_alone(world: World) -> None:
    lab = a_lab(world, Unauthorized(when=in_mid_walk()))

    answers = [ask(lab, world, f"page={page}&pageSize=5") for page in (1, 2, 3)]

    assert [answer.status for answer in answers] == [200, 401, 401]
    assert parsed(answers[1])["message"]
    assert [served.undamaged for served in lab.log] == [True, False, False]


def test_a_429_without_retry_after_says_nothing_of_when_to_come_again(world: World) -> None:
    answer = over_http(a_lab(world, TooManyRequests(when=always(), form="none")))

    assert answer.status_code == 429
    assert "retry-after" not in answer.headers
