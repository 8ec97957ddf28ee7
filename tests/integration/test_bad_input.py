"""Bad input of every kind, through the whole poller: what is said of it, and what goes on.

Wherever a provider answers badly, the other source is polled as ever, nothing is made up, and the
first poll after it announces what happened meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.integration.hostile import (
    JSON,
    MEGABYTE,
    OTHER,
    PAID,
    Answer,
    Between,
    Packed,
    Stream,
    Watched,
    answer,
    cut_short,
    megabytes,
    respelled,
    rows,
)

BODY_LIMIT = 8 * MEGABYTE

both = pytest.mark.parametrize("source", ["compago", "onepay"])


def page_one_for_ever(lab: Between) -> Answer:
    """Give the first page of whatever list as every page of a list of a thousand."""

    def instead(request: httpx.Request) -> httpx.Response:
        first = request.url.copy_set_param("page", "1")
        given = lab.respond(httpx.Request("GET", first, headers=request.headers))
        page = json.loads(given.read())
        number = int(request.url.params["page"])
        size = page.get("pageSize", 20)
        page |= {"page": number, "count": 1000 * size}
        page |= {"current_page": number, "total": 1000 * size, "last_page": 1000}
        return httpx.Response(200, headers={**JSON, "Date": given.headers["Date"]}, json=page)

    return instead


# --- Answers that are no pages -------------------------------------------------------------------


# How an answer is read is the same for both (`tests/unit/providers`): each is given to one of them.
@pytest.mark.parametrize(
    ("source", "instead", "outcome", "says"),
    [
        pytest.param(
            "compago",
            answer(401),
            "credentials_rejected",
            "answered 401: the key is wrong, was turned, or lacks rights",
            id="401",
        ),
        pytest.param(
            "onepay",
            answer(302, Location="https://login.example/a?b=c"),
            "unexpected_response",
            "answered 302, a redirect towards https://login.example",
            id="302",
        ),
        pytest.param(
            "compago",
            answer(200, b"<!doctype html><title>Mantenimiento", Content_Type="text/html"),
            "unexpected_response",
            "the answer is text/html, not JSON",
            id="html",
        ),
        pytest.param(
            "onepay",
            answer(200, b"<!doctype html><title>Mantenimiento"),
            "unexpected_response",
            "the answer is not whole, well-formed JSON",
            id="html that says it is JSON",
        ),
        pytest.param(
            "compago",
            answer(200, b'{"count":4,"page":1,"pageSize":500,"items":[{"id":'),
            "unexpected_response",
            "the answer is not whole, well-formed JSON",
            id="half a page",
        ),
        pytest.param(
            "onepay",
            Stream(cut_short(b'{"count":4,"page":1,"pageSize":500,"items":[]}')),
            "unavailable",
            "the answer broke off or was not HTTP",
            id="a connection that breaks",
        ),
        pytest.param(
            "compago",
            answer(200, b'["not","a","page"]'),
            "unexpected_response",
            "the answer is not a JSON object",
            id="a list",
        ),
    ],
)
def test_an_answer_that_is_no_page_is_told_and_concluded_nothing_from(
    source: str, instead: Answer, outcome: str, says: str
) -> None:
    stage = Watched(source)
    report = stage.poll_with(instead)
    assert report["outcome"] == outcome
    assert report["detail"].endswith(says)
    assert f"{source}: " in report["detail"]
    assert (report["sealed"], report["published"], report["leavers"]) == (False, 0, 0)
    assert stage.announced()[source] == []
    stage.recover()


@pytest.mark.parametrize(
    ("source", "kind", "says"),
    [
        ("compago", Stream, f"the answer is larger than {BODY_LIMIT} bytes"),
        ("onepay", Packed, f"the answer unpacks to more than {BODY_LIMIT} bytes"),
    ],
)
def test_of_a_hundred_megabytes_no_more_than_eight_are_taken(
    source: str, kind: type[Stream], says: str
) -> None:
    stage = Watched(source)
    body = kind(megabytes(100))
    report = stage.poll_with(body)
    assert report["outcome"] == "unexpected_response"
    assert report["detail"].endswith(says)
    # It is not asked for again, but the other lists may be sound.
    assert stage.lab_between.asked == report["requests"] <= 4
    assert body.sent <= stage.lab_between.asked * (BODY_LIMIT + MEGABYTE)
    stage.recover()


# --- Pages and rows that make no sense -----------------------------------------------------------


def spoil(stage: Watched, change: Callable[[dict[str, Any]], object]) -> Answer:
    """Change the row of the odd payment wherever it is listed."""

    def spell(page: dict[str, Any]) -> None:
        for row in rows(page):
            if row.get("id") == stage.odd:
                change(row)

    return respelled(stage.lab_between, spell)


# So is how a row is read, and what is concluded from a total.
@pytest.mark.parametrize(
    ("source", "change"),
    [
        pytest.param("compago", lambda row: row.pop("id"), id="no id"),
        pytest.param(
            "onepay", lambda row: row.update(amount="raw:1e400:raw"), id="an endless amount"
        ),
        pytest.param("compago", lambda row: row.update(status=None), id="no status"),
    ],
)
def test_a_row_that_makes_no_sense_is_left_out_alone(
    source: str, change: Callable[[dict[str, Any]], object]
) -> None:
    stage = Watched(source)
    report = stage.poll_with(spoil(stage, change))
    assert report["outcome"] == "ok"
    assert report["refused_rows"] == 2  # once in its own list, once in the tail's
    assert not report["sealed"]
    assert report["certificates"][0]["why"] == "1 rows of page 1 could not be understood"
    assert stage.announced() == {name: ["paid"] for name in OTHER}
    stage.recover()
    assert stage.told(stage.odd) == []


@both
def test_a_row_that_comes_twice_counts_once(source: str) -> None:
    stage = Watched(source)
    report = stage.poll_with(respelled(stage.lab_between, lambda p: rows(p).extend(rows(p)[:])))
    assert (report["outcome"], report["sealed"], report["published"]) == ("ok", True, 1)
    stage.recover()


@both
def test_a_status_never_seen_is_announced_and_holds_up_no_other(source: str) -> None:
    stage = Watched(source)
    stage.world(source).move(stage.odd, "ON_HOLD")
    report = stage.poll_with(stage.lab_between.respond)
    assert (report["outcome"], report["published"]) == ("ok", 2)
    assert stage.announced() == {name: ["paid"] for name in OTHER}
    (event,) = [d.event for d in stage.deliveries if d.event["data"]["payment_id"] == stage.odd]
    assert event["data"]["status"] == "unrecognized"
    assert event["data"]["provider_status"].upper() == "ON_HOLD"
    # Compago refuses to list a word that its documents do not have: it is asked for once.
    stage.tick()
    assert stage.tick()["sources"][source]["sealed"]
    stage.world(source).move(stage.odd, PAID[source])
    stage.tick()
    assert stage.told(stage.odd) == ["unrecognized", "paid"]
    stage.recover()


@pytest.mark.parametrize(
    ("source", "most", "why"),
    [
        ("compago", 20, "page 2 repeats the one before it"),
        # Read from its stated end, a share of the run's requests at a time.
        ("onepay", 600 // 2, "unfinished"),
    ],
)
def test_a_page_that_repeats_for_ever_is_not_believed(source: str, most: int, why: str) -> None:
    stage = Watched(source)
    report = stage.poll_with(page_one_for_ever(stage.lab_between))
    assert report["outcome"] == "ok"
    assert not report["sealed"]
    assert report["requests"] <= most
    assert report["certificates"][0]["why"] == why
    assert stage.announced() == {name: ["paid"] for name in OTHER}
    stage.recover()


@pytest.mark.parametrize(
    ("source", "total"), [("compago", 0), ("onepay", 1), ("compago", 5), ("onepay", 9000)]
)
def test_totals_that_lie_are_not_believed(source: str, total: int) -> None:
    def lie(page: dict[str, Any]) -> None:
        page |= {"count": total} if "count" in page else {"total": total, "last_page": total // 20}

    stage = Watched(source)
    report = stage.poll_with(respelled(stage.lab_between, lie))
    assert report["outcome"] == "ok"
    assert not report["sealed"]
    assert report["requests"] < 30
    assert stage.announced() == {name: ["paid"] for name in OTHER}
    assert [r for r in stage.records(source).values() if r.open and r.id in stage.moved] == []
    stage.recover()
