"""Alerts about a provider, from what it does to what a person is told, poll by poll."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from paylab.faults import Fault, Malformed, ServerError, TooManyRequests, always, where
from paywatch.health import LONGEST_REST
from tests.polling import Polling
from tests.unit.lasting import HOUR, begun, last, lived


@pytest.mark.parametrize("source", ["compago", "onepay"])
@pytest.mark.parametrize("fault", [ServerError(when=always()), TooManyRequests(when=always())])
def test_a_provider_that_is_away_is_told_once_and_its_return_once(
    source: str, fault: Fault
) -> None:
    polling = begun(source)
    polling.lab.faults = [fault]
    assert lived(polling, 5) == []
    assert lived(polling, 25) == [(f"provider_unreachable/{source}", "opened")]
    assert last(polling)["count"] == 30
    assert list(last(polling)["money"])
    polling.lab.faults = []
    assert lived(polling, 10) == [(f"provider_unreachable/{source}", "resolved")]
    assert lived(polling, 30) == []


def test_one_bad_poll_in_three_is_no_alert() -> None:
    polling = begun("onepay")
    for number in range(45):
        polling.lab.faults = [ServerError(when=always())] if number % 3 == 0 else []
        polling.tick()
    assert polling.alerted() == []


def test_a_provider_that_fails_is_asked_less_and_less_and_found_again_by_itself() -> None:
    polling = begun("onepay")
    polling.lab.faults = [ServerError(when=always())]
    outcomes = [polling.poll("onepay")["outcome"] for _ in range(40)]
    tried = [number for number, outcome in enumerate(outcomes) if outcome == "unavailable"]
    pauses = [b - a for a, b in pairwise(tried)]
    assert pauses[:4] == [1, 1, 1, 1]
    assert pauses[4:7] == [2, 4, 4]
    assert max(pauses) == LONGEST_REST / timedelta(minutes=1)
    polling.lab.faults = []
    again = [polling.poll("onepay")["outcome"] for _ in range(4)]
    assert "ok" in again
    assert [polling.poll("onepay")["outcome"] for _ in range(5)] == ["ok"] * 5


def test_a_key_that_is_refused_twice_is_told_and_one_that_is_turned_in_time_is_not() -> None:
    polling = begun("compago")
    world = polling.world("compago")
    old = world.api_key
    world.api_key = "another"
    assert lived(polling, 1) == []
    polling._providers.clear()  # the key is read anew
    assert lived(polling, 5) == []
    world.api_key = old
    assert lived(polling, 1) == []
    assert lived(polling, 2) == [("credentials_rejected/compago", "opened")]
    assert "401" in last(polling)["cause"]
    polling._providers.clear()
    assert lived(polling, 10) == [("credentials_rejected/compago", "resolved")]


def test_an_answer_of_another_shape_is_told() -> None:
    polling = begun("compago")
    polling.lab.faults = [Malformed(when=always(), forms=("html",))]
    assert lived(polling, 30) == [("contract_drift/compago", "opened")]
    polling.lab.faults = []
    assert lived(polling, 30) == [("contract_drift/compago", "resolved")]


def test_a_part_that_cannot_be_read_is_told_though_the_open_lists_are() -> None:
    polling = begun("onepay")
    polling.lab.faults = [ServerError(when=where("sort=-created_at"))]
    assert polling.poll("onepay")["watching"] is True
    assert lived(polling, 30) == [("contract_drift/onepay", "opened")]


@pytest.mark.parametrize("word", ["refunded", "paid"])
def test_a_list_that_is_read_in_one_poll_of_four_is_told_once_and_so_is_its_end(
    word: str,
) -> None:
    polling = begun("onepay")
    polling.lab.faults = [Malformed(when=where(f"={word}&"), forms=("html",))]
    assert lived(polling, 40) == [("contract_drift/onepay", "opened")]
    assert f"the list {word} cannot be read" in last(polling)["cause"]
    polling.lab.faults = []
    assert lived(polling, 40) == [("contract_drift/onepay", "resolved")]


def test_a_provider_that_fails_most_of_the_time_is_told_once_and_its_end_once() -> None:
    polling = begun("onepay")
    told: list[tuple[str, str]] = []
    for number in range(90):
        polling.lab.faults = [ServerError(when=always())] if number % 3 else []
        told += lived(polling, 1)
    assert told == [("provider_unreachable/onepay", "opened")]
    assert "in only" in last(polling)["cause"]
    polling.lab.faults = []
    assert lived(polling, 90) == [("provider_unreachable/onepay", "resolved")]


def test_alerts_end_without_a_word_when_their_source_is_no_longer_watched() -> None:
    polling = Polling(["compago", "onepay"])
    polling.lab.faults = [ServerError(when=always(), source="compago/default")]
    assert lived(polling, 20) == [("provider_unreachable/compago", "opened")]
    polling.sources = polling.sources[1:]
    assert lived(polling, 60) == []
    assert polling.act(action="alerts")["alerts"] == []


def test_a_status_that_nobody_knows_is_told() -> None:
    polling = begun("onepay")
    polling.world("onepay").add("on_hold", created_at=polling.clock.now())
    assert lived(polling, 30) == [("contract_drift/onepay", "opened")]
    assert "on_hold" in last(polling)["cause"]


def test_a_dry_run_tells_nothing() -> None:
    polling = begun("onepay")
    polling.lab.faults = [ServerError(when=always())]
    for _ in range(20):
        polling.tick(dry_run=True)
    assert polling.alerted() == []


def test_an_alert_of_one_source_says_nothing_of_the_other() -> None:
    polling = Polling(["compago", "onepay"])
    polling.lab.faults = [ServerError(when=always(), source="compago/default")]
    assert lived(polling, 20) == [("provider_unreachable/compago", "opened")]


def test_a_bad_poll_now_and_then_hides_no_status_that_nobody_knows() -> None:
    polling = begun("onepay")
    polling.world("onepay").add("on_hold", created_at=polling.clock.now())
    told: list[tuple[str, str]] = []
    for number in range(60):
        polling.lab.faults = [ServerError(when=always())] if number % 5 == 4 else []
        told += lived(polling, 1)
    assert told == [("contract_drift/onepay", "opened")]


@pytest.mark.parametrize("status", [403, 429])
def test_a_settled_list_that_is_refused_for_ever_is_told_and_costs_no_other_list(
    status: int,
) -> None:
    polling = begun("onepay")
    polling.lab.faults = [ServerError(when=where("=refunded&"), statuses=(status,))]
    assert lived(polling, 60) == [("contract_drift/onepay", "opened")]
    assert all(each["sources"]["onepay"]["watching"] for each in polling.reports[-40:])


@pytest.mark.parametrize("minutes", [1, 5, 15, 60])
@pytest.mark.parametrize("source", ["compago", "onepay"])
@pytest.mark.parametrize("fault", [ServerError, Malformed])
def test_one_bad_poll_is_no_alert_on_any_schedule(
    source: str, minutes: int, fault: type[ServerError] | type[Malformed]
) -> None:
    polling = begun(source, every=timedelta(minutes=minutes))
    polling.lab.faults = [fault(when=always())]
    assert lived(polling, 1) == []
    polling.lab.faults = []
    assert lived(polling, 12) == []


def test_one_bad_page_deep_in_a_list_is_no_alert_for_a_day() -> None:
    polling = Polling(["onepay"])
    world = polling.world("onepay")
    payments = [world.add("processing", created_at=polling.clock.now() - HOUR) for _ in range(60)]
    for _ in range(6):
        polling.poll("onepay")
    for payment in payments[:26]:
        world.move(payment.id, "paid")
    polling.lab.faults = [Malformed(when=where("page=2&filter%5Bstatus%5D=paid"), forms=("html",))]
    lived(polling, 1)
    polling.lab.faults = []
    assert lived(polling, 60) == []


@pytest.mark.parametrize(("source", "word"), [("compago", "ON_HOLD"), ("onepay", "on_hold")])
def test_a_status_that_cannot_even_be_asked_for_is_told_and_its_payments_are_explained(
    source: str, word: str
) -> None:
    polling = begun(source)
    polling.lab.faults = [ServerError(when=where(f"={word}"), statuses=(422,))]
    polling.world(source).add(word, created_at=polling.clock.now())
    assert lived(polling, 180) == [(f"contract_drift/{source}", "opened")]
    assert word in last(polling)["cause"]
