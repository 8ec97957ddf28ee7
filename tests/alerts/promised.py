"""What README.md promises of each alert: from when until when it may open, and when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.alerts.fortnight import (
    FREEZE,
    HOUR,
    MINUTE,
    OUTAGE,
    REFUSED,
    ROTATION,
    STUCK,
    Fortnight,
)

Span = tuple[datetime, datetime]

# Of the second column of the table of alerts, "opens when", and of the third, "over when".
UNREACHABLE, REACHABLE = 5 * MINUTE, 3 * MINUTE
TAKEN = 2 * MINUTE
FROZEN, MOVES = 30 * MINUTE, 20
OVERDUE_FLOOR, OVERDUE_CEILING, NO_LONGER_OVERDUE = 60 * MINUTE, 24 * HOUR, 5 * MINUTE
TIMES, SHARE, KNOWN = 3, 0.99, 30
NOT_REACHED, REACHED = 15 * MINUTE, 5 * MINUTE
# A provider that failed in five polls is asked every four minutes at least.
REST = 4 * MINUTE
# The moves that were to be expected come by chance: by then at most twice as many have come.
LUCK = 2
# Stays are counted in steps of a fourth of a doubling.
STEP = 2**0.25
# What a poll itself takes, with its retries.
POLLED = MINUTE


@dataclass(frozen=True)
class Promise:
    """What was wrong from `begins` to `ends`, and between which moments that is to be told."""

    begins: datetime
    ends: datetime
    opened: Span
    resolved: Span


def promises(fortnight: Fortnight) -> Mapping[str, Promise]:
    """Return the promise of each alert; to be asked when the fortnight is over.

    What lasts is known by the second poll of it: the first begins within a pause, and the next one
    after what it has to last comes a pause later.
    """
    known = 2 * fortnight.every + POLLED

    def promise(
        begins: datetime,
        ends: datetime,
        least: datetime,
        most: timedelta,
        over: timedelta,
        calm: timedelta = timedelta(0),
    ) -> Promise:
        latest = min(begins + most + known, ends)
        return Promise(begins, ends, (least, latest), (ends + calm, ends + calm + over + known))

    def during(span: tuple[timedelta, timedelta]) -> Span:
        return fortnight.start + span[0], fortnight.start + span[1]

    out, turned, frozen, stuck = map(during, (OUTAGE, ROTATION, FREEZE, STUCK))
    failures = fortnight.polling.subscribers.failures
    refused = min(failures), max(failures)
    assert during(REFUSED)[0] <= refused[0] < refused[1] <= during(REFUSED)[1] + fortnight.every
    span = max(NOT_REACHED, fortnight.every + NOT_REACHED / 3)
    last_move = max(at for at in moves(fortnight) if at <= frozen[0])
    return {
        "provider_unreachable/compago": promise(
            *out, out[0] + UNREACHABLE, UNREACHABLE, REST + REACHABLE
        ),
        "credentials_rejected/onepay": promise(*turned, turned[0], 0 * MINUTE, REST + TAKEN),
        "provider_frozen/onepay": promise(
            *frozen, last_move + FROZEN, until_moves(fortnight, frozen[0]), 0 * MINUTE
        ),
        "payment_overdue/onepay": promise(
            *stuck,
            stuck[0] + OVERDUE_FLOOR,
            patience(fortnight, stuck[0], frozen),
            NO_LONGER_OVERDUE,
        ),
        "delivery_backlog/subscribers": promise(
            *refused, refused[0], 0 * MINUTE, span - NOT_REACHED + REACHED, NOT_REACHED
        ),
    }


def moves(fortnight: Fortnight) -> list[datetime]:
    """Return when something moved at OnePay: of a payment, what polls could tell apart."""
    by_pause: dict[tuple[str, int], datetime] = {}
    for move in fortnight.polling.truth:
        if move.source == "onepay/default":
            pause = (move.at - fortnight.start) // fortnight.every
            by_pause.setdefault((move.payment_id, pause), move.at)
    return sorted(by_pause.values())


def until_moves(fortnight: Fortnight, begins: datetime) -> timedelta:
    """Return after what time as many moves were really missing as make a provider look frozen."""
    missing = [at for at in moves(fortnight) if at > begins][LUCK * MOVES - 1]
    return max(FROZEN, missing - begins)


def patience(fortnight: Fortnight, until: datetime, frozen: Span) -> timedelta:
    """Return how long a bank debit may wait: three times longer than 99 of 100 did, in bounds.

    As polls read them, up to the midnight before: it is learned anew with each day. What moves
    while the provider is frozen is read when that is over; what did before all polls, at the first.
    """
    debits = {
        payment.id
        for payment in fortnight.polling.world("onepay").payments()
        if payment.method_type == "Account"
    }
    midnight = until.replace(hour=0, minute=0, second=0, microsecond=0)

    def read(at: datetime) -> datetime:
        seen = frozen[1] if frozen[0] <= at < frozen[1] else max(at, fortnight.start)
        return fortnight.start - (fortnight.start - seen) // fortnight.every * fortnight.every

    begun: dict[str, datetime] = {}
    stays = []
    for move in fortnight.polling.truth:
        if move.payment_id not in debits or read(move.at) >= midnight:
            continue
        if move.provider_status == "processing":
            begun[move.payment_id] = read(move.at)
        elif move.payment_id in begun:
            stays.append(read(move.at) - begun.pop(move.payment_id))
    stays = sorted(stay for stay in stays if stay)
    if len(stays) < KNOWN:
        return OVERDUE_CEILING
    usual = stays[int(SHARE * len(stays))]
    return min(max(TIMES * STEP * usual, OVERDUE_FLOOR), OVERDUE_CEILING)
