"""The step that asks after the payments that left the lists of open ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from paywatch.discovery.abilities import is_known_to_answer
from paywatch.discovery.books import line_of
from paywatch.discovery.brake import SAMPLE, Brake
from paywatch.discovery.leavers import Leaver, fair, in_turns, load_leavers, store_leavers
from paywatch.discovery.reader import BY_ID, Observation
from paywatch.discovery.sweep import Sweep
from paywatch.discovery.verdicts import Inquiry, load_inquiry
from paywatch.domain.changes import stamp
from paywatch.domain.payments import Status, timestamp
from paywatch.round import Round

# More leavers than this are not carried in the control item: the next sweep finds them again.
KEPT = 300
# The share of the run after which no question is begun any more: however many have left, a
# reconcile has what comes after it.
ASKED = 0.77
# What the questions have of a run, however long the steps before them took.
LEAST_ASKED = 0.08


class Leaving:
    """Who is missing from the lists, and what direct evidence says of them."""

    def __init__(self, round_: Round) -> None:
        self._round = round_
        self._leavers = round_.recall("leavers", load_leavers)
        self._inquired = round_.recall("inquiry", load_inquiry)
        self.brake = round_.recall("brake", Brake.load)
        self.believed = True
        # Since when those were missing that this run's sweep lists again.
        self._back: dict[str, str] = {}
        # Whether those of a page that cannot be read wait for the provider's answers by id.
        self._curious = False

    @property
    def unexplained(self) -> list[Leaver]:
        """The leavers that were asked for in vain."""
        return [leaver for leaver in self.missing if leaver.asked]

    @property
    def missing(self) -> list[Leaver]:
        """The leavers that no answer has explained, asked for or not."""
        return [leaver for leaver in self._leavers.values() if not leaver.answered]

    @property
    def words(self) -> list[str]:
        """The statuses of leavers that nobody knows the meaning of."""
        return sorted({leaver.word for leaver in self._leavers.values() if leaver.word})

    def lines_away(self, listed: set[str]) -> set[str]:
        """Return what the known leavers add to the digests, those that are listed again aside."""
        return {leaver.line for leaver in self._leavers.values() if leaver.id not in listed}

    def listed_at(self, payment_id: str) -> str | None:
        """Return when the last walk began that listed the payment as it is stored."""
        leaver = self._leavers.get(payment_id)
        if leaver is not None:
            return leaver.since
        return self._back.get(payment_id, self._round.walk_began)

    def let_go(self, sweep: Sweep) -> None:
        """Forget the leavers that a sweep lists again, finished or not."""
        for key in [key for key in self._leavers if sweep.listed(key)]:
            self._back[key] = self._leavers.pop(key).since

    def find(self, sweep: Sweep) -> None:
        """Find who left by a sweep that was walked out, and weigh whether to believe it.

        Where a page could not be read, those of that page are asked for too, as soon as the
        provider is known to answer, and unless they are so many that it would look like a list that
        collapses.
        """
        before_it, now = stamp(sweep.epoch, 0), timestamp(self._round.began)
        known = set(self._leavers)
        for record in self._round.books.records.values():
            if not record.open:
                self._leavers.pop(record.id, None)
            elif record.payment.provider_status in sweep.unread:
                continue
            elif record.seen < before_it and not sweep.listed(record.id):
                since = max(self._round.walk_began or record.since, record.since)
                leaver = Leaver(record.id, line_of(record.payment), since, now)
                self._leavers.setdefault(record.id, leaver)
        # Those that were asked for in vain are an old story, not a list that collapses.
        at_once = sum(1 for leaver in self._leavers.values() if not leaver.asked)
        if not sweep.conclusive:
            answers = is_known_to_answer(self._round.reader.abilities, self._inquired)
            self._curious = not answers
            if not answers or self._round.plausible.collapsed(at_once, sweep.distinct):
                self._leavers = {k: left for k, left in self._leavers.items() if k in known}
            return
        self.brake.weigh(self._round.plausible, self._round.epoch, at_once, sweep.distinct)
        # A walk that cannot be believed, or whose leavers cannot all be remembered, is none.
        self.believed = not self.brake.on and len(self._leavers) <= KEPT

    def ask(
        self, vanished: set[str], swept: Sequence[Observation], beside: Collection[str] = ()
    ) -> set[str]:
        """Look for direct evidence of leavers and doubtful moves; return who was asked for.

        Leavers of an earlier sweep do not wait for the end of the one that is under way. Those
        `beside` them were asked for already.
        """
        round_, books, recording = self._round, self._round.books, self._round.recording
        due = [x for x in fair(list(self._leavers.values()), round_.began) if x.id not in beside]
        if self.brake.on:
            due = due[:SAMPLE]
        suspects = {k: o for k, o in recording.applied.backwards.items() if k not in beside}
        wanted = in_turns([leaver.id for leaver in due], [*sorted(vanished), *suspects])
        books.find(wanted)
        known = {key: books.records[key] for key in wanted if key in books.records}
        inquiry = Inquiry(
            round_.reader,
            self._inquired,
            round_.within(ASKED, LEAST_ASKED),
            round_.clock.now(),
            suspects,
        )
        listed = list(dict.fromkeys(o.payment.id for o in swept))
        if self._curious:
            self._curious = False
            round_.attempt("verdicts", lambda: inquiry.find_out(listed))
        if known or inquiry.found:
            round_.attempt("verdicts", lambda: inquiry.ask(known, self.listed_at, listed))
            for fault in inquiry.passed:
                round_.report.hint(f"verdicts: {fault}")
            recording.apply(inquiry.found, self.listed_at, round_.within(1.0), suspects)
            by_id = {k: o for k, o in recording.applied.backwards.items() if o.route == BY_ID}
            again: list[Observation] = []
            round_.attempt("verdicts", lambda: inquiry.ask_lists(list(by_id), again))
            recording.apply(again, self.listed_at, round_.within(1.0), by_id)
            if recording.whole:
                inquiry.remember_shown()
        round_.memory["inquiry"] = inquiry.memory
        self._conclude(due, inquiry)
        return inquiry.asked

    def _conclude(self, due: Sequence[Leaver], inquiry: Inquiry) -> None:
        """Let go of those that are settled, and put the questions after the others off."""
        round_ = self._round
        known = {found.payment.id for found in inquiry.found if found.route == BY_ID}
        for leaver in due:
            record = round_.books.records.get(leaver.id)
            if record is None or not record.open:
                del self._leavers[leaver.id]
                if record is not None and self.brake.on:
                    # One of the sample did move: the lists tell the truth after all.
                    self.brake.release()
                continue
            leaver.line = line_of(record.payment)
            unknown = record.status is Status.UNRECOGNIZED
            leaver.word = record.payment.provider_status if unknown else ""
            if leaver.id in inquiry.asked:
                # Counted from the run's beginning, as the next run's is.
                leaver.pause(round_.began)
                leaver.absent += leaver.id in inquiry.absent
                leaver.answered = leaver.id in known
        round_.report.leavers += len(due)
        round_.report.braked = self.brake.on
        round_.report.unexplained = len(self.unexplained)
        round_.memory["brake"] = self.brake.store()
        kept = sorted(self._leavers.values(), key=lambda x: (-x.asked, x.next, x.id))[:KEPT]
        round_.memory["leavers"] = store_leavers(kept)
