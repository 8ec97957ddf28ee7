"""Pages that say something else than what is there, and what the request log makes of them."""

from datetime import timedelta
from typing import Any

import pytest

from paylab import LabClock, World
from paylab.faults import (
    Duplicated,
    Emptied,
    FalseTotals,
    Fault,
    Frozen,
    FrozenTotals,
    Lagging,
    Misshapen,
    Nested,
    OutOfOrder,
    Oversized,
    Respelled,
    Tied,
    Wrapped,
    always,
    between,
)
from paylab.faults.pages import page_of, respelled

from .asking import a_lab, ask, parsed

PROVIDERS = ("compago", "onepay")
OF_LISTS = [
    *(Emptied, FalseTotals, Frozen, FrozenTotals, Lagging),
    *(Duplicated, OutOfOrder, Respelled, Nested, Misshapen, Wrapped),
]
PAID = {"compago": "CONFIRMED", "onepay": "paid"}


@pytest.fixture(params=PROVIDERS)
def world(request: pytest.FixtureRequest, clock: LabClock) -> World:
    world = World(request.param, clock, per_page=6, largest_page=6)
    for age in range(20):
        world.add(created_at=clock.now() - timedelta(minutes=age))
    return world


def rows(page: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.get("items", page.get("data"))
    return found


def total(page: Any) -> int:
    return int(page.get("count", page.get("total")))


def test_a_page_that_is_read_and_written_again_is_the_same_byte_for_byte(world: World) -> None:
    answer = ask(a_lab(world), world, "page=2")
    page = page_of(answer)

    assert page is not None
    assert respelled(answer, page) == answer
    assert page_of(ask(a_lab(world), world, path="/nobody")) is None


@pytest.mark.parametrize("fault", OF_LISTS)
def test_a_fault_of_lists_leaves_reads_by_id_alone_and_nothing_behind_when_it_ends(
    world: World, fault: type[Fault]
) -> None:
    now = world.clock.now()
    faulty = a_lab(world, fault(when=between(now, now + timedelta(minutes=1))))
    by_id = f"/{world.payments()[3].id}"

    if fault is not Frozen:  # all of a copy is old
        assert ask(faulty, world, path=by_id).body == ask(a_lab(world), world, path=by_id).body
        assert faulty.log[0].fault is None
    ask(faulty, world, "page=2")
    assert faulty.log[len(faulty.log) - 1].fault == fault.__name__
    world.clock.advance(60)
    assert ask(faulty, world, "page=2") == ask(a_lab(world), world, "page=2")


def test_an_empty_list_holds_nothing_by_its_own_word(world: World) -> None:
    lab = a_lab(world, Emptied(when=always()))
    page = parsed(ask(lab, world))

    assert (rows(page), total(page), page.get("last_page", 1)) == ([], 0, 1)
    assert (lab.log[0].status, lab.log[0].undamaged, lab.log[0].rows) == (200, False, ())


@pytest.mark.parametrize(("lie", "stated"), [({"add": 7}, 27), ({"factor": 0.5}, 10)])
def test_a_false_total_is_stated_with_the_pages_that_it_would_make(
    world: World, lie: dict[str, Any], stated: int
) -> None:
    lab = a_lab(world, FalseTotals(when=always(), **lie))
    page, true = (parsed(ask(each, world)) for each in (lab, a_lab(world)))

    assert total(page) == stated
    assert page.get("last_page", 0) in (0, -(-stated // 6))
    assert rows(page) == rows(true)
    assert lab.log[0].undamaged


def test_a_total_that_is_frozen_is_the_first_one_of_its_list_while_rows_move_on(
    world: World,
) -> None:
    lab = a_lab(world, FrozenTotals(when=always()))
    before = parsed(ask(lab, world))
    new = world.add()
    after = parsed(ask(lab, world))

    assert (total(before), total(after)) == (20, 20)
    assert new.id in {row["id"] for row in rows(after)}
    name = "status" if world.provider == "compago" else "filter[status]"
    assert total(parsed(ask(lab, world, f"{name}={new.status}"))) == 21


def test_a_lagging_list_shows_what_was_and_a_read_by_id_what_is(world: World) -> None:
    lab = a_lab(world, Lagging(when=always(), seconds=90))
    moved = world.payments()[0]
    was = moved.status
    world.clock.advance(60)
    world.move(moved.id, PAID[world.provider])
    new = world.add()

    world.clock.advance(60)
    page = parsed(ask(lab, world))
    assert {row["status"] for row in rows(page) if row["id"] == moved.id} == {was}
    assert (total(page), new.id in {row["id"] for row in rows(page)}) == (20, False)
    assert parsed(ask(lab, world, path=f"/{moved.id}"))["status"] == PAID[world.provider]
    assert lab.log[0].as_of == world.clock.now() - timedelta(seconds=90)
    assert ((moved.id, was) in lab.log[0].rows, lab.log[0].undamaged) == (True, False)

    world.clock.advance(60)
    assert {row["status"] for row in rows(parsed(ask(lab, world))) if row["id"] == moved.id} == {
        PAID[world.provider]
    }


def test_a_list_that_lags_by_nothing_is_the_list_byte_for_byte(world: World) -> None:
    world.move(world.payments()[4].id, PAID[world.provider])
    world.clock.advance(1)
    lagging = a_lab(world, Lagging(when=always(), seconds=0))

    assert ask(lagging, world, "page=1").body == ask(a_lab(world), world, "page=1").body


def test_a_frozen_answer_is_logged_as_of_when_it_was_true(world: World) -> None:
    lab = a_lab(world, Frozen(when=always()))
    first = world.clock.now()
    before = ask(lab, world)
    world.clock.advance(30)
    world.move(world.payments()[0].id, PAID[world.provider])

    assert ask(lab, world).body == before.body
    assert [served.as_of for served in lab.log] == [first, first]


def test_rows_come_twice_in_a_page_that_is_longer_then(world: World) -> None:
    lab = a_lab(world, Duplicated(when=always(), rows=3))
    page, true = (parsed(ask(each, world)) for each in (lab, a_lab(world)))
    ids = [row["id"] for row in rows(page)]

    assert len(ids) == 9
    assert set(ids) == {row["id"] for row in rows(true)}
    assert (total(page), lab.log[0].undamaged) == (20, True)


def test_rows_out_of_order_are_those_of_the_page(world: World) -> None:
    page, true = (
        parsed(ask(lab, world)) for lab in (a_lab(world, OutOfOrder(when=always())), a_lab(world))
    )

    assert rows(page) != rows(true)
    assert sorted(rows(page), key=str) == sorted(rows(true), key=str)


def test_other_types_say_the_same(world: World) -> None:
    page, true = (
        parsed(ask(lab, world)) for lab in (a_lab(world, Respelled(when=always())), a_lab(world))
    )
    row, same = rows(page)[0], rows(true)[0]

    assert (row["amount"], row["id"]) == (str(same["amount"]), same["id"])
    assert str(total(page)) == page.get("count", page.get("total")) == "20"
    date = "createdAt" if "createdAt" in row else "created_at"
    assert row[date].endswith("+00:00")
    assert row.get("is_test") in (None, "true")


def test_misshapen_rows_are_not_logged_as_read_and_the_others_are(world: World) -> None:
    lab = a_lab(world, Misshapen(when=always(), share=0.5))
    page = parsed(ask(lab, world))
    sound = {row["id"] for row in rows(page) if not isinstance(row["amount"], list)}

    assert 0 < len(sound) < 6
    assert {payment_id for payment_id, _ in lab.log[0].rows} == sound


def test_nested_rows_have_one_more_field_as_deep_as_said(world: World) -> None:
    page = parsed(ask(a_lab(world, Nested(when=always(), deep=3)), world))
    found, deep = rows(page)[0]["metadata"], 0
    while "payment" in found:
        found, deep = found["payment"], deep + 1

    assert deep == 3


def test_a_wrapped_list_lies_one_level_deeper(world: World) -> None:
    wrapped = parsed(ask(a_lab(world, Wrapped(when=always())), world))

    assert wrapped["result"] == parsed(ask(a_lab(world), world))


def test_payments_that_tie_change_places_also_over_the_border_of_a_page(clock: LabClock) -> None:
    world = World("onepay", clock, per_page=4)
    lab = a_lab(world, Tied(when=always(), payments=8))
    pages = [[row["id"] for row in rows(parsed(ask(lab, world, "page=1")))] for _ in range(20)]

    assert len({p.created_at for p in world.payments()}) == 1
    assert len({frozenset(page) for page in pages}) > 5
    assert not lab.log[0].undamaged
    lab.faults = []
    assert len({ask(lab, world, "page=1").body for _ in range(5)}) == 1


def test_who_answers_from_another_copy_undoes_no_other_fault(world: World) -> None:
    for faults in ([Oversized, Lagging, Tied], [Tied, Lagging, Oversized], [Frozen, Emptied]):
        lab = a_lab(world, *(fault(when=always()) for fault in faults))
        answer = ask(lab, world)
        assert len(answer.body) > 9_000_000 or total(parsed(answer)) == 0
        assert set((lab.log[0].fault or "").split("+")) == {fault.__name__ for fault in faults}
