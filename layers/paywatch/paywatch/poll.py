"""One poll of one source: deliver what is owed, read, record, publish, ask, close the books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from paywatch.balancing import Balancing
from paywatch.discovery.books import line_of
from paywatch.discovery.flaws import Flaws
from paywatch.discovery.ledger import Outcome
from paywatch.discovery.reader import UNFILTERED, Observation
from paywatch.discovery.settled import SettledWatch
from paywatch.discovery.sweep import Sweep
from paywatch.discovery.tail import Gap, Tail
from paywatch.domain.alerts import Finding
from paywatch.domain.payments import BUCKETS, Status, bucket_of, moment, timestamp
from paywatch.domain.stored import date, mapping, texts, whole_number
from paywatch.health import RESTING
from paywatch.leaving import Leaving
from paywatch.lookout import Lookout, figures_of
from paywatch.reconciling import Reconciling
from paywatch.report import SourceReport
from paywatch.round import Round

# The share of the run's time and requests after which each step begins no more: what a step leaves
# is there for the next ones, and writing has the rest.
OWED, PROBED, SWEPT, TAILED, WALKED = 0.25, 0.05, 0.55, 0.65, 0.75
# Up to here, a sweep that is nearly at its end goes on, and the steps behind it have their least.
ENDED, LEAST_TAILED, LEAST_FLAWED, LEAST_WALKED = 0.66, 0.08, 0.05, 0.02
# A tail that did not come to known ground goes on once more, in what the other steps have left.
TAILED_ON = 0.85

# A status word that the provider made up is swept like the documented ones; no more than these.
EXTRA_WORDS = 4


class SourcePoll:
    """The steps of one poll; what they share is in its `Round`."""

    def __init__(self, round_: Round, wants_reconcile: bool = False) -> None:
        self._round = round_
        self._wants_reconcile = wants_reconcile
        abilities = round_.reader.abilities
        lists = {*abilities.settled_words, UNFILTERED}
        round_.recall("reconcile", lambda stored: _refuse_strange(stored, lists))
        for words in (_words, _refused):
            round_.recall("words", words)
        self._watch = round_.recall("settled", SettledWatch.load)
        self._leaving = Leaving(round_)
        self._balancing = Balancing(round_, self._watch)
        self._reconciling = Reconciling(round_, self._watch)
        self._lookout = Lookout(round_)
        self._figures = ""
        self._walked = False

    @property
    def findings(self) -> Sequence[Finding]:
        """What the poll found that someone may have to be told of."""
        return self._lookout.findings

    def run(self) -> SourceReport:
        """Do the steps in order; a provider's fault ends the reading and is reported.

        A provider that failed in many polls in a row is left alone in some of the next ones.
        """
        round_, health = self._round, self._lookout.health
        if self._wants_reconcile:
            self._reconciling.want()
        round_.recording.deliver_owed(round_.within(OWED))
        if health.rests(round_.began):
            round_.report.outcome = RESTING
            round_.report.detail = f"left alone until {health.next}: {health.detail}"
        else:
            self._lookout.begin()
            self._read()
            self._look_back()
            self._note_words()
        self._fill_in_the_report()
        missed, walked = self._reconciling.missed, self._walked
        self._lookout.close(self._leaving, self._figures, missed, walked=walked)
        round_.close()
        if round_.recording.applied.faults:
            raise round_.recording.applied.faults[0]
        return round_.report

    def _read(self) -> None:
        round_, watch, leaving = self._round, self._watch, self._leaving
        reader, recording = round_.reader, round_.recording
        sweep = round_.recall("sweep", self._begin_sweep)
        tail = round_.recall("tail", Tail.load)
        swept: list[Observation] = []
        others: list[Observation] = []
        turn, share = round_.epoch, round_.within(PROBED)
        # A list that fails, or hangs, must not cost the others their time.
        later = round_.recall("flaws", Flaws.load).words
        round_.attempt("settled", lambda: watch.read(reader, turn, share, others, later))
        until, end = round_.within(SWEPT), round_.within(ENDED)
        round_.attempt("sweep", lambda: sweep.read(reader, until, end, swept))
        began, until = round_.rules.watch_began, round_.within(TAILED, LEAST_TAILED)
        tailed = round_.attempt("tail", lambda: tail.read(reader, began, until, others))
        for number in tail.passed:
            round_.report.hint(f"tail: page {number} cannot be read and is left out")
        until = round_.within(TAILED, LEAST_FLAWED)
        round_.attempt("settled", lambda: watch.read_flawed(reader, turn, until, others, later))
        self._settle_up(sweep, swept, others)
        if recording.whole:
            # Only what is recorded counts as read: else the next run reads it again.
            self._remember_sweep(sweep)
            if tailed or tail.failed:
                round_.memory["tail"] = tail.store()
        self._walked = sweep.complete and sweep.distinct > 0
        if sweep.complete and sweep.forgot:
            round_.report.hint("more open payments than a sweep of several polls can remember")
        asked = leaving.ask(watch.vanished, swept)
        if tail.gap is not None and tailed and recording.whole:
            self._tail_on(tail, tail.gap, swept)
        if self._walk_on(asked) and recording.whole:
            round_.memory["settled"] = watch.store()
        round_.report.certificates = [walk.certificate() for walk in sweep.walks]
        self._figures = figures_of(round_.report.certificates) if sweep.complete else ""
        believed = recording.whole and sweep.conclusive and not leaving.brake.on
        advanced = not sweep.complete and round_.report.outcome == "ok" and bool(swept)
        round_.report.watching = believed or (advanced and recording.whole)
        round_.report.sealed = believed and sweep.sealed

    def _tail_on(self, tail: Tail, gap: Gap, swept: Sequence[Observation]) -> None:
        """Read what the tail had no time for, lest what is new lies there until it has settled."""
        round_, rows = self._round, list[Observation]()
        until = round_.within(TAILED_ON)
        whole = round_.attempt("tail", lambda: tail.go_on(round_.reader, gap, until, rows))
        if rows:
            latest = {o.payment.id: o for o in swept}
            more = [o for o in rows if _tells_more(o, latest)]
            round_.recording.apply(more, self._leaving.listed_at, round_.within(1.0))
        if whole and round_.recording.whole:
            round_.memory["tail"] = tail.store()

    def _walk_on(self, asked: set[str]) -> bool:
        """Walk on in long settled lists, behind the open ones and those that left them.

        Whether whoever they raise a doubt about was asked for: else they are to be read again.
        """
        round_, watch, leaving = self._round, self._watch, self._leaving
        doubtful = watch.vanished - asked
        rows: list[Observation] = []
        rest = round_.within(WALKED, LEAST_WALKED)
        round_.attempt("settled", lambda: watch.go_on(round_.reader, rest, rows))
        if rows:
            round_.recording.apply(rows, leaving.listed_at, round_.within(1.0))
            moved_back = round_.recording.applied.backwards
            doubtful |= {o.payment.id for o in rows if o.payment.id in moved_back} - asked
        if doubtful:
            doubtful -= leaving.ask(doubtful, [], beside=asked)
        return not doubtful

    def _begin_sweep(self, stored: Mapping[str, Any]) -> Sweep:
        if stored.get("cursor"):
            return Sweep.resume(stored["cursor"])
        round_ = self._round
        refused = round_.recall("words", _refused)
        extra = [word for word in round_.recall("words", _words) if word not in refused]
        words = (*round_.reader.abilities.open_words, *extra)
        return Sweep.start(words, stored.get("guesses", {}), round_.began, round_.epoch)

    def _settle_up(
        self, sweep: Sweep, swept: Sequence[Observation], others: Sequence[Observation]
    ) -> None:
        """Apply what was read, and note who is missing from a conclusive sweep."""
        round_, books, leaving = self._round, self._round.books, self._leaving
        latest = {o.payment.id: o for o in sorted(swept, key=lambda o: o.seen)}
        if sweep.conclusive and sweep.fresh:
            listed = {line_of(o.payment) for o in latest.values()}
            lines = listed | leaving.lines_away(set(latest))
            books.load(books.differing(lines, timestamp(round_.began)))
        elif sweep.walked_out:
            books.load(range(BUCKETS))
        else:
            books.load(bucket_of(key) for key in latest)
        told = [o for o in swept if bucket_of(o.payment.id) in books.loaded]
        more = [o for o in others if _tells_more(o, latest)]
        round_.recording.apply([*told, *more], leaving.listed_at, round_.within(1.0))
        leaving.let_go(sweep)
        if sweep.walked_out:
            leaving.find(sweep)

    def _remember_sweep(self, sweep: Sweep) -> None:
        memory = self._round.memory
        self._note_refused(sweep)
        if not sweep.complete:
            memory["sweep"] = {"guesses": sweep.guesses, "cursor": sweep.store()}
            return
        memory["sweep"] = {
            "guesses": sweep.guesses,
            "certificates": [walk.certificate() for walk in sweep.walks],
        }
        if sweep.conclusive and self._leaving.believed:
            began = timestamp(sweep.began)
            memory["walk"] = {"began": began, "epoch": sweep.epoch, "sealed": sweep.sealed}

    def _look_back(self) -> None:
        """Reconcile and compare totals, in what is left of the run."""
        reconciling, listed_at = self._reconciling, self._leaving.listed_at
        # What can never be read is not waited for.
        swept_once = self._walked or "began" in self._round.memory.get("walk", {})
        if reconciling.wanted:
            reconciling.request()
        elif swept_once and not reconciling.baseline_is_complete:
            reconciling.begin()
        reconciling.go_on(listed_at)
        self._balancing.close(reconciling, listed_at)

    def _note_words(self) -> None:
        """Remember status words that the provider made up, so that their lists are swept too."""
        words = self._round.recall("words", _words)
        for record in self._round.books.records.values():
            word = record.payment.provider_status
            if record.status is Status.UNRECOGNIZED and word not in words:
                words.append(word)
        refused = self._round.recall("words", _refused)
        self._round.memory["words"] = {"seen": words[:EXTRA_WORDS], "refused": refused}

    def _note_refused(self, sweep: Sweep) -> None:
        """Remember extra words that cannot be asked for; their payments are asked for by id.

        One that is refused while the documented words are answered would else keep every sweep
        from being conclusive.
        """
        known = self._round.reader.abilities.open_words
        if not all(walk.pages for walk in sweep.walks if walk.word in known):
            return
        refused = self._round.recall("words", _refused)
        new = [w.word for w in sweep.walks if w.refused and not w.pages and w.word not in known]
        seen = self._round.recall("words", _words)
        self._round.memory["words"] = {"seen": seen, "refused": [*refused, *new]}

    def _oldest_owed(self) -> float:
        """Return the seconds since the oldest unpublished change was observed."""
        owed = [
            change.observed_at
            for record in self._round.books.owing
            for change in record.history
            if change.version > record.published
        ]
        now = self._round.clock.now()
        return max(((now - moment(at)).total_seconds() for at in owed), default=0.0)

    def _fill_in_the_report(self) -> None:
        round_, report = self._round, self._round.report
        applied = round_.recording.applied
        report.opened = sum(1 for c in applied.changes if c.previous_status is None)
        report.changed = len(applied.changes) - report.opened
        report.outbox_left = sum(r.version - r.published for r in round_.books.owing)
        report.outbox_age = self._oldest_owed()
        report.requests = round_.reader.allowance.requests
        report.seen = round_.reader.seen
        report.refused_rows = round_.reader.refused
        unreadable = len(round_.books.unreadable)
        report.set_aside = len(applied.set_aside) + applied.outcomes[Outcome.FULL] + unreadable
        if unreadable:
            report.hint(f"{unreadable} set aside: what is stored of them cannot be read")
        if applied.set_aside:
            report.hint(f"{len(applied.set_aside)} set aside: another creation date than before")
        report.delays = [c.delay for c in applied.changes if c.delay is not None]


def _tells_more(observed: Observation, latest: Mapping[str, Observation]) -> bool:
    """Whether a row says anything that the sweep's row of the same payment does not."""
    swept = latest.get(observed.payment.id)
    return swept is None or swept.payment.fingerprint != observed.payment.fingerprint


def _refuse_strange(stored: Mapping[str, Any], lists: Set[str]) -> None:
    """Raise ValueError if a stored reconcile would read what is no list, or says when it is not."""
    for value in mapping(stored.get("completed", {})).values():
        whole_number(value) if isinstance(value, int) else date(value)
    current = stored.get("current")
    named = current.get("lists") if isinstance(current, dict) else None
    if isinstance(named, list) and not lists >= set(map(str, named)):
        raise ValueError("there is no such list")


def _words(stored: Mapping[str, Any]) -> list[str]:
    return texts(stored.get("seen", []))[:EXTRA_WORDS]


def _refused(stored: Mapping[str, Any]) -> list[str]:
    return texts(stored.get("refused", []))
