"""What a poll costs: requests to the provider, calls to AWS, and DynamoDB's capacity units."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.benchmarks.capacity import Meter
from tests.integration.aws_line import count
from tests.integration.on_aws import OnAws
from tests.integration.seeding import standing

pytestmark = pytest.mark.bench

SIZES = (10, 1_000, 10_000)
CREATED, PAID = 8, 2
CALLS = (
    *("UpdateItem (control)", "GetItem (control)", "UpdateItem"),
    *("Query", "BatchGetItem", "PublishBatch"),
)

COLUMNS = (
    *("poll", "source", "open", "requests", "minimum"),
    *("control writes", "alert reads", "payment writes", "queries", "batch reads", "publications"),
    *("read units", "write units"),
)
NOTES = (
    f"busy: {CREATED} payments are created and {PAID} of the open ones are paid between two polls.",
    "minimum: each page of open payments once (500 a page, 20 at OnePay), OnePay's other open",
    "list, the newest payments down to a known one (100 a page, 20 at OnePay), one settled list.",
    "Payments that left are found in that list if it is their turn, and asked for if it is not.",
    "A publication holds up to ten events. Units are computed from the items' sizes, index",
    "included: the emulator does not count them. The secret is read once in a process.",
)

Row = tuple[str, ...]


def busy(stage: OnAws, source: str) -> None:
    """Let payments be created, and some of the open ones be paid."""
    world = stage.world(source)
    for payment in world.payments()[:PAID]:
        world.move(payment.id, "CONFIRMED" if source == "compago" else "paid")
    for _ in range(CREATED):
        world.add()


def minimum(source: str, open_payments: int, created: int) -> int:
    """Return the fewest requests in which the lists can be read."""
    if source == "compago":
        return -(-open_payments // 500) + 1 + created // 100 + 1
    return -(-open_payments // 20) + 1 + 1 + created // 20 + 1


def measured(stage: OnAws, name: str, source: str) -> tuple[Row, Counter[str], int, int]:
    """Poll once; return the row, the calls by kind, the requests and their minimum."""
    before, meter = len(stage.line.calls), Meter(stage)
    report = stage.tick(seconds=600, sources=[source])["sources"][source]
    calls = count(stage.line.since(before))
    assert calls.keys() <= set(CALLS)
    assert (report["outcome"], report["outbox_left"], report["sealed"]) == ("ok", 0, True)
    open_payments = sum(p.status in ("PENDING", "created") for p in stage.world(source).payments())
    least = minimum(source, open_payments, report["opened"])
    figures = (open_payments, report["requests"], least, *(calls[kind] for kind in CALLS))
    row = (name, source, *(f"{n:,}" for n in (*figures, meter.read, meter.written)))
    return row, calls, report["requests"], least


def laid_out(rows: list[Row]) -> str:
    """Lay rows out under their columns, two words over each other."""
    upper = [name.rpartition(" ")[0] for name in COLUMNS]
    lower = [name.rpartition(" ")[2] for name in COLUMNS]
    table = [tuple(upper), tuple(lower), *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(
            text.ljust(width) if i < 2 else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    )


def test_what_a_poll_costs(capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[Row] = []
    for open_payments in SIZES:
        for source in ("compago", "onepay"):
            # Each alone in its table: the emulator sorts all of it for every query.
            stage = standing(open_payments, source)
            stage.tick(seconds=600)  # the first one in its process reads the secret too
            row, calls, requests, least = measured(stage, "idle", source)
            rows.append(row)
            assert calls == {"UpdateItem (control)": 2, "GetItem (control)": 1}
            assert requests == least
            busy(stage, source)
            row, calls, requests, least = measured(stage, "busy", source)
            rows.append(row)
            assert calls["UpdateItem"] == 2 * (CREATED + PAID)
            assert calls["PublishBatch"] <= 2  # one for what is listed, one for what is asked for
            assert requests >= least
            assert len(stage.deliveries) == CREATED + PAID
    rows.sort(key=lambda row: row[0] == "busy")
    with capsys.disabled():
        print("\n" + laid_out(rows) + "\n\n" + "\n".join(NOTES))
