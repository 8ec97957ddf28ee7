import json
import random
from datetime import timedelta

import httpx
import pytest

from paylab import Lab, LabClock, Response, World
from paylab.faults import (
    Asked,
    CutOff,
    Fault,
    Malformed,
    ServerError,
    Slow,
    TooManyRequests,
    always,
    at_requests,
    between,
    both,
    sometimes,
    where,
)

from .asking import a_lab, ask, in_process, over_http, parsed


def test_without_faults_nothing_goes_wrong(world: World) -> None:
    lab = a_lab(world)
    for _ in range(50):
        ask(lab, world)

    assert {(s.status, s.fault, s.undamaged) for s in lab.log} == {(200, None, True)}


def test_a_429_says_how_long_to_wait_in_each_of_the_three_forms(world: World) -> None:
    stated = [
        ask(a_lab(world, TooManyRequests(when=always(), retry_after=90, form=form)), world)
        .headers.get("Retry-After")
        for form in ("seconds", "date", "none")
    ]  # fmt: skip

    assert stated == ["90", "Fri, 09 Jan 2026 10:31:30 GMT", None]


def test_the_request_log_knows_how_long_a_date_asks_to_wait(world: World) -> None:
    lab = a_lab(world, TooManyRequests(when=always(), retry_after=90, form="date"))
    ask(lab, world)

    assert lab.log[0].retry_after == 90


def test_a_server_error_is_a_page_of_html(world: World) -> None:
    answer = ask(a_lab(world, ServerError(when=always(), statuses=(502,))), world)

    assert (answer.status, answer.headers["Content-Type"]) == (502, "text/html")


@pytest.mark.parametrize("form", ["truncated", "html", "content_type"])
def test_a_malformed_answer_is_a_200_that_is_not_what_it_says(world: World, form: str) -> None:
    answer = ask(a_lab(world, Malformed(when=always(), forms=(form,))), world)  # type: ignore[arg-type]

    assert answer.status == 200
    if form == "content_type":
        assert answer.headers["Content-Type"] == "text/plain"
    else:
        with pytest.raises(json.JSONDecodeError):
            parsed(answer)


def test_a_cut_body_breaks_off_in_process_and_over_http(world: World) -> None:
    lab = a_lab(world, CutOff(when=always()))
    for carry in (in_process, over_http):
        with pytest.raises(
            httpx.RemoteProtocolError, match="without sending complete message body"
        ):
            carry(lab)


def test_a_slow_answer_is_a_timeout_in_process_and_over_http(world: World) -> None:
    lab = a_lab(world, Slow(when=always(), seconds=30))
    with pytest.raises(httpx.ReadTimeout):
        in_process(lab)
    assert world.clock.monotonic() == 5
    with pytest.raises(httpx.ReadTimeout):
        over_http(lab, timeout=0.05)
    assert not any(served.undamaged for served in lab.log)


def test_an_answer_that_is_slow_but_in_time_arrives_and_is_logged_with_its_rows(
    world: World,
) -> None:
    lab = a_lab(world, Slow(when=always(), seconds=3))

    assert in_process(lab).status_code == 200
    assert world.clock.monotonic() == 3
    (served,) = lab.log
    assert served.undamaged
    assert len(served.rows) == 20


def test_what_was_damaged_is_logged_by_name_and_without_rows(world: World) -> None:
    lab = a_lab(world, Slow(when=always()), CutOff(when=always()))
    ask(lab, world)

    (served,) = lab.log
    assert (served.fault, served.undamaged, served.rows) == ("Slow+CutOff", False, ())


def test_a_fault_fires_when_its_condition_says(world: World, clock: LabClock) -> None:
    start = clock.now()
    conditions = {
        at_requests(2, 5): [2, 5],
        between(start + timedelta(seconds=3), start + timedelta(seconds=5)): [4, 5],
        where("page=6"): [6],
        both(where("page"), at_requests(1)): [1],
    }
    expected = sorted(n for counts in conditions.values() for n in counts)
    lab = a_lab(world, *(ServerError(when=when) for when in conditions))
    for page in range(1, 8):
        ask(lab, world, f"page={page}")
        clock.advance(1)

    hit = [n for n, served in enumerate(lab.log, 1) for _ in (served.fault or "").split("+") if _]
    assert hit == expected


def test_a_fault_of_one_source_leaves_the_other_alone(world: World, clock: LabClock) -> None:
    other = World("onepay", clock)
    fault = ServerError(when=always(), source="compago/default")
    lab = Lab(clock, [world, other], faults=[fault])

    assert ask(lab, world).status >= 500
    assert ask(lab, other).status == 200


def test_the_same_seed_brings_the_same_faults_whatever_the_other_source_does(
    world: World, clock: LabClock
) -> None:
    def hits(seed: int, with_other: bool) -> list[str | None]:
        other = World("onepay", clock)
        lab = Lab(clock, [world, other], faults=[ServerError(when=sometimes(0.3))], seed=seed)
        for _ in range(40):
            ask(lab, world)
            if with_other:
                ask(lab, other)
        return [served.fault for served in lab.log if served.source == world.source]

    assert hits(1, True) == hits(1, False)
    assert hits(1, True) != hits(2, True)
    assert 3 < sum(fault is not None for fault in hits(1, True)) < 25


def test_a_fault_is_one_small_class(world: World) -> None:
    class Teapot(Fault):
        def apply(self, asked: Asked, response: Response, rng: random.Random) -> Response:
            return Response(418, b"")

    lab = a_lab(world, Teapot(when=always()))

    assert ask(lab, world).status == 418
    assert lab.log[0].fault == "Teapot"
