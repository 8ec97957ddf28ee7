"""The daily digest: yesterday at each source, as one message for people and programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from paywatch.concerned import Chosen, summary
from paywatch.diary import DELAYS, Day, Diary
from paywatch.domain.alert_messages import AlertMessage, lasting, money_line, name_of, notice
from paywatch.domain.alerts import Detail, MayGoOn
from paywatch.domain.payments import Source, Status, timestamp
from paywatch.ports import Controls, Payments

DIGEST_TYPE = "paywatch.digest.v1"
A_DAY = timedelta(days=1)


def digest(
    controls: Controls,
    payments: Payments,
    offsets: Mapping[Source, timedelta],
    now: datetime,
    may_go_on: MayGoOn,
) -> tuple[AlertMessage, str]:
    """Write what happened yesterday, where each source is; return the message and its text.

    `offsets` are the local times of the sources less UTC.
    """
    parts, told = [], {}
    for source, offset in offsets.items():
        date = (now + offset - A_DAY).date().isoformat()
        day = _day(controls, source, date)
        still = _open(payments, source, now, may_go_on)
        parts.append(_text(source, date, day, still))
        told[source.short] = _data(date, day, still)
    dates = sorted({str(each["date"]) for each in told.values()})
    changes = sum(sum(each["changes"].values()) for each in told.values())
    subject = f"paywatch: {changes:,} changes on {' and '.join(dates)}"
    text = "\n\n".join(parts) + "\n"
    body = {"type": DIGEST_TYPE, "time": timestamp(now), "sources": told}
    return notice(f"digest/{'/'.join(dates)}", subject, text, body), text


def _open(payments: Payments, source: Source, now: datetime, may_go_on: MayGoOn) -> Detail:
    chosen = Chosen(payments, [source], lambda record: record.open, may_go_on)
    return summary(chosen, now, partial=lambda: chosen.partial)


def _day(controls: Controls, source: Source, date: str) -> Day:
    text = controls.peek(source, "poll").memory.get("diary", "{}")
    try:
        return Diary.load(json.loads(text)).days.get(date, Day())
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
        return Day()


def _data(date: str, day: Day, still: Detail) -> dict[str, Any]:
    return {
        "date": date,
        "changes": day.changes,
        "money": day.money,
        "missed_by_poll": day.misses,
        "watched_share": round(min(day.watched / A_DAY.total_seconds(), 1.0), 4),
        "delays": day.delays,
        "open": {
            "count": still.count,
            "money": dict(still.money),
            "oldest": list(still.oldest),
            "partial": still.partial,
        },
    }


def _text(source: Source, date: str, day: Day, still: Detail) -> str:
    total = sum(day.changes.values())
    share = min(day.watched / A_DAY.total_seconds(), 1)
    lines = [f"{name_of(source.short)}, {date}: {total:,} changes, watched {share:.1%} of the day"]
    for status in Status:
        if count := day.changes.get(status, 0):
            money = money_line(day.money.get(status, {}))
            lines.append(f"  {status:<13}{count:>7,}" + (f"   {money}" if money else ""))
    money = money_line(still.money)
    least = "at least " if still.partial else ""
    lines.append(f"  still open   {least}{still.count:>7,}" + (f"   {money}" if money else ""))
    for row in still.oldest[:1]:
        name = row["external_id"] or row["payment_id"]
        lines.append(f"  the oldest   {name}: {row['status']} since {row['since'][:16]}Z")
    if seen := _within(day):
        lines.append(f"  seen         {seen} after the provider's own date")
    lines.append(f"  missed       {day.misses:,} by the polls, found by the complete reading")
    return "\n".join(lines)


def _within(day: Day) -> str:
    """Say within how long half and 99 of 100 were seen."""
    total = sum(day.delays.values())
    found = []
    for share, words in ((0.5, "half"), (0.99, "99 %")):
        counted = 0
        for bound in DELAYS:
            counted += day.delays.get(str(bound), 0)
            if total and counted >= share * total:
                found.append(f"{words} within {_short(bound)}")
                break
        else:
            if total:
                found.append(f"{words} later than {_short(DELAYS[-1])}")
    return ", ".join(found)


def _short(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else lasting(timedelta(seconds=seconds))
