"""What one poll of a source finds that someone may have to be told of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from paywatch.concerned import Chosen, Wanted, summary
from paywatch.diary import Diary
from paywatch.discovery.books import digest_of
from paywatch.discovery.flaws import Flaws
from paywatch.discovery.overdue import Waiting
from paywatch.discovery.patience import kind_of
from paywatch.discovery.stillness import Stillness
from paywatch.domain.alert_messages import lasting, money_line
from paywatch.domain.alerts import Detail, Finding, Kind, MayGoOn
from paywatch.domain.changes import Record
from paywatch.domain.payments import BUCKETS, Status, moment, timestamp
from paywatch.errors import UnexpectedResponse
from paywatch.health import FAILING, RESTING, TOO_SLOW, UNREACHABLE, Health
from paywatch.leaving import Leaving
from paywatch.round import Round

# An alert on missed changes is over when there was none for so long: before it would be repeated.
MISSED_FOR = timedelta(hours=23)
MISSED_IDS = 50
# So many lists that are not in order are named in one line.
FLAWS = 3


class Lookout:
    """Keeps a source's clocks and histories, and says what of it is out of order."""

    def __init__(self, round_: Round) -> None:
        self._round = round_
        self._thresholds = round_.thresholds
        self.health = round_.recall("health", Health.load)
        self._still = round_.recall("still", Stillness.load)
        self._diary = round_.recall("diary", Diary.load)
        self._flaws = round_.recall("flaws", Flaws.load)
        self.findings: list[Finding] = []

    def begin(self) -> None:
        """Read everything once a day, when the limits that payments are held to are renewed."""
        round_, thresholds = self._round, self._thresholds
        floor, ceiling = thresholds.overdue_floor, thresholds.overdue_ceiling
        if round_.patience.renew(round_.began, floor, ceiling):
            round_.books.load(range(BUCKETS))

    def close(self, leaving: Leaving, figures: str, missed: list[str], *, walked: bool) -> None:
        """Take note of the poll, and find what there is to be told.

        `walked` says that the open lists were walked to their end, whatever page was skipped.
        """
        round_, report = self._round, self._round.report
        now, applied = round_.began, round_.recording.applied
        tried = report.outcome != RESTING
        if not tried:
            self.health.rest(now)
        else:
            slow = report.outcome == "ok" and not report.seen and not report.watching
            outcome = TOO_SLOW if slow else report.outcome
            self.health.note(now, outcome, report.detail, read=report.watching or walked)
        watched = round_.coverage.note(now, report.watching)
        moves = len(applied.changes)
        if report.watching:
            self._still.note(now, moves, figures)
        else:
            self._still.skip(now)
        for before, change in applied.stays:
            kind = kind_of(before.status, before.payment)
            if change.status is Status.EXPIRED:
                round_.patience.note_lapse(kind)
            elif change.previous_status is before.status:
                stay = moment(change.observed_at) - moment(before.since)
                blind = round_.coverage.blind(moment(before.since), now)
                if 2 * blind <= stay:
                    # Else it would be learned how seldom we look.
                    round_.patience.note(kind, stay - blind)
        round_.overdue.count(round_.books.loaded, round_.books.records.values())
        offset = round_.reader.abilities.utc_offset
        self._diary.note(now, offset, applied.changes, report.misses, watched)
        self._flaws.note(round_.reader.looked, now, self._is_read)
        self._find(leaving, missed)
        round_.memory |= {
            "flaws": self._flaws.store(),
            "health": self.health.store(),
            "coverage": round_.coverage.store(),
            "still": self._still.store(),
            "patience": round_.patience.store(),
            "overdue": round_.overdue.store(),
            "diary": self._diary.store(),
        }

    def _find(self, leaving: Leaving, missed: list[str]) -> None:
        round_, report, health = self._round, self._round.report, self.health
        now = round_.began
        failing = health.failures > 0
        since = moment(health.failing_since) if health.failing_since else now
        self._add(
            Kind.CREDENTIALS_REJECTED,
            health.rejections >= 2,
            f"the API key is refused ({health.detail})",
            lasted=now - since,
            wanted=_open,
            explains=True,
        )
        away, patchy = failing and health.outcome in UNREACHABLE, health.patchy
        cause = f"cannot be reached ({health.detail})"
        if patchy is not None:
            cause = f"could be read in only {patchy[0]} of the last {patchy[1]} polls"
        self._add(
            Kind.PROVIDER_UNREACHABLE,
            away or patchy is not None,
            cause,
            lasted=now - (since if patchy is None else moment(min(health.lately))),
            wanted=_open,
            explains=True,
        )
        self._find_drift(failing, leaving.words)
        self._add(
            Kind.MASS_DISAPPEARANCE,
            leaving.brake.on,
            "an improbable share of the open payments left the lists at once",
            wanted=_open,
            explains=True,
        )
        if report.watching:
            self._find_stillness()
        if report.watching and round_.coverage.steady:
            self._find_waiting(leaving)
        self._find_missed(missed, now)

    def _find_drift(self, failing: bool, words: list[str]) -> None:
        report, health = self._round.report, self.health
        if report.outcome == RESTING and health.outcome != UnexpectedResponse.kind:
            return
        causes = self._flaws.lines()[:FLAWS]
        swept = [c["list"] for c in report.certificates if _is_strange(c, self._round)]
        strange = [*swept, *words]
        unread = health.outcome == UnexpectedResponse.kind
        if not causes and (unread or (health.outcome in FAILING and not failing)):
            causes.append(f"a part of it cannot be read ({health.detail})")
        if not causes and report.refused_rows:
            causes.append(f"rows that make no sense: {report.refused_rows}")
        unreadable = len(self._round.books.unreadable)
        if report.set_aside > unreadable:
            contradicting = report.set_aside - unreadable
            causes.append(f"rows that contradict what is stored: {contradicting}")
        if unreadable:
            causes.append(f"payments of which what is stored cannot be read: {unreadable}")
        if strange:
            causes.append(f"payments have a status that paywatch does not know: {strange[0][:40]}")
        explains = failing and unread
        self._add(Kind.CONTRACT_DRIFT, bool(causes), "; ".join(causes), explains=explains)

    def _is_read(self, word: str) -> bool:
        """Whether there is a list of a word that is still asked for."""
        abilities, words = self._round.reader.abilities, self._round.memory.get("words", {})
        extra = set(words.get("seen", [])) - set(words.get("refused", []))
        return not word or word in {*abilities.open_words, *abilities.settled_words, *extra}

    def _find_stillness(self) -> None:
        now, thresholds, still = self._round.began, self._thresholds, self._still
        least = timedelta(minutes=thresholds.frozen_minutes)
        since = moment(still.since) if still.since else now
        self._add(
            Kind.PROVIDER_FROZEN,
            still.implausible(now, thresholds.frozen_moves, least),
            f"answers, but nothing has moved for {lasting(now - since)}; about "
            f"{still.expected:.0f} changes were to be expected",
            lasted=now - since,
            wanted=_open,
        )

    def _find_waiting(self, leaving: Leaving) -> None:
        round_, now = self._round, self._round.began
        waiting = round_.overdue.waiting
        if not self._still.doubtful(self._thresholds.frozen_moves):
            self._add(
                Kind.PAYMENT_OVERDUE,
                waiting is not None,
                "" if waiting is None else self._overdue_line(waiting),
                size=0 if waiting is None else waiting.count,
                wanted=round_.overdue.is_overdue,
            )
        least = timedelta(minutes=self._thresholds.unexplained_minutes)
        lost = []
        for leaver in leaving.missing:
            since = moment(leaver.since)
            if now - since - round_.coverage.blind(since, now) >= least:
                lost.append(leaver.id)
        count = f"{len(lost)} open payments are" if len(lost) > 1 else "an open payment is"
        self._add(
            Kind.PAYMENT_UNEXPLAINED,
            bool(lost),
            f"{count} in no list, and no answer explains it",
            size=len(lost),
            about=tuple(sorted(lost)),
            ids=lost,
            candidates=tuple(sorted(leaver.id for leaver in leaving.missing)),
        )

    def _overdue_line(self, waiting: Waiting) -> str:
        """Say it as a person would: how many, how much, how long, and what is usual."""
        round_ = self._round
        since = moment(waiting.oldest)
        waited = round_.began - since - round_.coverage.blind(since, round_.began)
        usual = round_.patience.usual(waiting.kind)
        money = money_line(waiting.money)
        many = waiting.count > 1
        line = f"{waiting.count} payments are overdue" if many else "a payment is overdue"
        line += f" ({money})" if money else ""
        line += f"; {'the oldest' if many else 'it'} has waited {lasting(waited)}"
        return line if usual is None else f"{line}, 99 % settle within {lasting(usual)}"

    def _find_missed(self, missed: list[str], now: datetime) -> None:
        stored = self._round.recall("missed", _missed)
        if missed:
            ids = [*stored.get("ids", []), *missed][-MISSED_IDS:]
            stored = {"at": timestamp(now), "ids": ids}
        elif stored and now - moment(stored["at"]) > MISSED_FOR:
            stored = {}
        if stored or "missed" in self._round.memory:
            self._round.memory["missed"] = stored
        ids = stored.get("ids", [])
        what = f"{len(ids)} changes" if len(ids) > 1 else "a change"
        self._add(
            Kind.MISSED_BY_POLL,
            bool(ids),
            f"{what} had been missed by the polls, and came late",
            size=len(ids),
            ids=ids,
        )

    def _add(
        self,
        kind: Kind,
        present: bool,
        cause: str,
        *,
        size: int = 1,
        lasted: timedelta = timedelta(0),
        about: tuple[str, ...] = (),
        candidates: tuple[str, ...] = (),
        explains: bool = False,
        wanted: Wanted | None = None,
        ids: Iterable[str] = (),
    ) -> None:
        source, payments, now = self._round.control.lease.source, self._round.payments, self._round
        began, coverage = now.began, now.coverage
        ids = list(ids)

        def detail(may_go_on: MayGoOn) -> Detail:
            if ids:
                return summary(payments.fetch(source, ids).values(), began, coverage)
            if wanted is None:
                return Detail()
            chosen = Chosen(payments, [source], wanted, may_go_on)
            return summary(chosen, began, coverage, lambda: chosen.partial)

        self.findings.append(
            Finding(
                kind,
                source.short,
                present,
                cause if present else "",
                size,
                lasted,
                about,
                candidates,
                explains and present,
                detail,
            )
        )


def _open(record: Record) -> bool:
    return record.open


def _is_strange(certificate: Mapping[str, Any], round_: Round) -> bool:
    return certificate["list"] not in round_.reader.abilities.open_words and bool(
        certificate["distinct"]
    )


def _missed(stored: Mapping[str, Any]) -> dict[str, Any]:
    if not stored:
        return {}
    moment(stored["at"])
    return {"at": str(stored["at"]), "ids": [str(each) for each in stored["ids"]]}


def figures_of(certificates: Iterable[Mapping[str, Any]]) -> str:
    """Return what stands for the totals that a completed sweep saw."""
    return digest_of(f"{c['list']} {c['distinct']} {c['totals'][-1:]}" for c in certificates)
