from datetime import UTC, datetime

from paylab import Lab, LabClock, World

from .asking import ask

START = datetime(2026, 1, 9, 10, 30, tzinfo=UTC)


def test_what_happened_since_begins_after_what_is_known() -> None:
    world = World("onepay", LabClock(START))
    payment = world.add("created")
    world.move(payment.id, "processing")
    world.move(payment.id, "paid")
    words = [[t.provider_status for t in world.truth.since(known)] for known in (0, 1, 3)]
    assert words == [["created", "processing", "paid"], ["processing", "paid"], []]


def test_an_answer_that_was_lost_has_shown_nobody_a_row() -> None:
    world = World("onepay", LabClock(START))
    world.add("created")
    lab = Lab(world.clock, [world])
    for _ in range(2):
        ask(lab, world)
    lab.log.lost()
    first, second = lab.log
    assert first.undamaged
    assert len(first.rows) == 1
    assert (second.undamaged, second.rows, second.fault) == (False, (), "Lost")
