"""One poll of one source: deliver what is owed, read, record, publish, ask, close the books."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from paywatch.discovery.books import line_of
from paywatch.discovery.leavers import Leaver, fair, load_leavers, store_leavers
from paywatch.discovery.ledger import Outcome, Rules
from paywatch.discovery.reader import Observation, Reader
from paywatch.discovery.settled import ShortLists
from paywatch.discovery.sweep import Sweep
from paywatch.discovery.tail import Tail
from paywatch.discovery.verdicts import Inquiry
from paywatch.domain.changes import stamp
from paywatch.domain.payments import BUCKETS, Status, bucket_of, timestamp
from paywatch.errors import OutOfTime, ProviderError
from paywatch.ports import Clock, Control, Controls, Payments, Topic
from paywatch.recording import Recording
from paywatch.report import SourceReport

# The share of the run's time and requests after which each step begins no more: what a step leaves
# is there for the next ones, and writing has the rest.
OWED, SWEPT, TAILED, PROBED, ASKED, WRITTEN = 0.25, 0.55, 0.65, 0.70, 0.85, 1.0

# A status word that the provider made up is swept like the documented ones; no more than these.
EXTRA_WORDS = 4

T = TypeVar("T")


class SourcePoll:
    """The steps of one poll, sharing what they know; made anew for every run."""

    def __init__(
        self,
        control: Control,
        controls: Controls,
        payments: Payments,
        topic: Topic,
        reader: Reader,
        clock: Clock,
    ) -> None:
        self._control = control
        self._controls = controls
        self._reader = reader
        self._clock = clock
        self._began = clock.now()
        self._from = clock.monotonic()
        self._time = max(reader.allowance.deadline - self._from, 0.001)
        self.report = SourceReport()
        self._memory = {name: _load(text) for name, text in control.memory.items()}
        self._leavers = self._recall("leavers", load_leavers)
        walk = self._memory.get("walk", {})
        self._walk_began: str | None = walk.get("began")
        self._rules = Rules(control.lease.source, control.watch_began, baseline=not walk)
        self._recording = Recording(control, controls, payments, topic, self._rules, self.report)
        self._books = self._recording.books

    def run(self) -> SourceReport:
        """Do the steps in order; a provider's fault ends the reading and is reported."""
        self._recording.deliver_owed(self._within(OWED))
        self._read()
        self._close()
        return self.report

    def _recall(self, section: str, read: Callable[[Mapping[str, Any]], T]) -> T:
        """Read a section of the control item; one that makes no sense is begun anew."""
        try:
            return read(self._memory.get(section, {}))
        except (KeyError, TypeError, ValueError, AttributeError):
            self.report.hint(f"the stored section {section} made no sense and is begun anew")
            return read({})

    def _within(self, share: float) -> Callable[[], bool]:
        """Say, whenever asked, whether this share of the run's time and requests is still left."""
        allowance, lease = self._reader.allowance, self._control.lease

        def may_go_on() -> bool:
            spent = (self._clock.monotonic() - self._from) / self._time
            requests = allowance.requests / max(allowance.requests_allowed, 1)
            return spent < share and requests < share and self._clock.now() < lease.until

        return may_go_on

    # Reading

    def _read(self) -> None:
        sweep = self._recall("sweep", self._begin_sweep)
        tail = self._recall("tail", Tail.load)
        short = self._recall("short", ShortLists.load)
        swept: list[Observation] = []
        others: list[Observation] = []
        reader, epoch, began = self._reader, self._control.lease.epoch, self._rules.watch_began
        self._attempt("sweep", lambda: sweep.read(reader, self._within(SWEPT), swept))
        tailed = self._attempt(
            "tail", lambda: tail.read(reader, began, self._within(TAILED), others)
        )
        self._attempt("short", lambda: short.read(reader, epoch, self._within(PROBED), others))
        leavers = self._settle_up(sweep, swept, others)
        if self._recording.whole:
            # Only what is recorded counts as read: else the next run reads it again.
            self._remember_sweep(sweep)
            if tailed:
                self._memory["tail"] = tail.store()
        asked = self._ask(leavers, short.left, swept)
        if self._recording.whole and short.left <= asked:
            self._memory["short"] = short.store()
        self.report.certificates = [walk.certificate() for walk in sweep.walks]
        self.report.sealed = self._recording.whole and sweep.conclusive and sweep.sealed

    def _attempt(self, name: str, step: Callable[[], None]) -> bool:
        """Take a step unless the provider has failed us; return whether it came to its end."""
        if self.report.outcome not in ("ok", "topic_unavailable"):
            return False
        try:
            step()
        except OutOfTime as limit:
            self.report.hint(f"{name}: {limit}")
            return False
        except ProviderError as fault:
            self.report.fault(fault.kind, f"{name}: {fault}")
            return False
        return True

    def _begin_sweep(self, stored: Mapping[str, Any]) -> Sweep:
        if stored.get("cursor"):
            return Sweep.resume(stored["cursor"])
        words = (*self._reader.abilities.open_words, *self._recall("words", _words))
        epoch = self._control.lease.epoch
        return Sweep.start(words, stored.get("guesses", {}), self._began, epoch)

    def _remember_sweep(self, sweep: Sweep) -> None:
        if not sweep.complete:
            self._memory["sweep"] = {"guesses": sweep.guesses, "cursor": sweep.store()}
            return
        self._memory["sweep"] = {
            "guesses": sweep.guesses,
            "certificates": [walk.certificate() for walk in sweep.walks],
        }
        if sweep.conclusive:
            self._memory["walk"] = {"began": timestamp(sweep.began), "sealed": sweep.sealed}

    # Recording

    def _settle_up(
        self, sweep: Sweep, swept: Sequence[Observation], others: Sequence[Observation]
    ) -> list[Leaver]:
        """Apply what was read; return the open payments that a conclusive sweep did not list."""
        latest = {o.payment.id: o for o in sorted(swept, key=lambda o: o.seen)}
        if sweep.conclusive and sweep.fresh:
            listed = {line_of(o.payment) for o in latest.values()}
            away = {x.line for x in self._leavers.values() if x.id not in latest}
            self._books.load(self._books.differing(listed | away, timestamp(self._began)))
        elif sweep.conclusive:
            self._books.load(range(BUCKETS))
        else:
            self._books.load(bucket_of(key) for key in latest)
        told = [o for o in swept if bucket_of(o.payment.id) in self._books.loaded]
        more = [o for o in others if _tells_more(o, latest)]
        self._recording.apply([*told, *more], self._listed_at, self._within(WRITTEN))
        return self._find_leavers(sweep) if sweep.conclusive else []

    def _listed_at(self, payment_id: str) -> str | None:
        """Return when the last walk began that listed the payment as it is stored."""
        leaver = self._leavers.get(payment_id)
        return leaver.since if leaver is not None else self._walk_began

    # Leavers

    def _find_leavers(self, sweep: Sweep) -> list[Leaver]:
        """Bring the leavers up to date with a conclusive sweep."""
        before_it = stamp(sweep.epoch, 0)
        for key in [k for k in self._leavers if sweep.listed(k)]:
            del self._leavers[key]
        for record in self._books.records.values():
            if not record.open:
                self._leavers.pop(record.id, None)
            elif record.seen < before_it and not sweep.listed(record.id):
                since = self._walk_began or record.since
                now = timestamp(self._clock.now())
                leaver = Leaver(record.id, line_of(record.payment), max(since, record.since), now)
                self._leavers.setdefault(record.id, leaver)
        return fair(list(self._leavers.values()), self._clock.now())

    def _ask(
        self, leavers: Sequence[Leaver], vanished: set[str], swept: Sequence[Observation]
    ) -> set[str]:
        """Look for direct evidence of leavers and doubtful moves; return who was asked for."""
        suspects = dict(self._recording.applied.backwards)
        wanted = [*(leaver.id for leaver in leavers), *sorted(vanished), *suspects]
        self._books.find(wanted)
        known = {key: self._books.records[key] for key in wanted if key in self._books.records}
        inquiry = Inquiry(
            self._reader,
            self._memory.get("inquiry", {}),
            self._within(ASKED),
            self._clock.now(),
        )
        if known:
            listed = (o.payment.id for o in reversed(swept))
            self._attempt("verdicts", lambda: inquiry.ask(known, listed))
            self._recording.apply(
                inquiry.found, self._listed_at, self._within(WRITTEN), confirming=suspects
            )
            if self._recording.whole:
                inquiry.remember_shown()
        self._memory["inquiry"] = inquiry.memory
        for leaver in leavers:
            record = self._books.records.get(leaver.id)
            if record is None or not record.open:
                self._leavers.pop(leaver.id, None)
                continue
            leaver.line = line_of(record.payment)
            if leaver.id in inquiry.asked:
                leaver.pause(self._clock.now())
                leaver.absent += leaver.id in inquiry.absent
        self.report.leavers = len(leavers)
        self.report.unexplained = sum(1 for x in self._leavers.values() if x.asked)
        return inquiry.asked

    # The end

    def _close(self) -> None:
        """Store digests for what is whole and give the lease back."""
        applied, report = self._recording.applied, self.report
        self._note_words()
        self._memory["leavers"] = store_leavers(self._leavers.values())
        self._memory["health"] = {"outcome": report.outcome, "at": timestamp(self._began)}
        written = {k: json.dumps(v, separators=(",", ":")) for k, v in self._memory.items()}
        before = self._control.memory
        memory = {k: text for k, text in written.items() if text != before.get(k)}
        self._controls.finish(self._control.lease, self._recording.digests(), memory)
        report.opened = sum(1 for c in applied.changes if c.previous_status is None)
        report.changed = len(applied.changes) - report.opened
        report.outbox_left = sum(r.version - r.published for r in self._books.owing)
        report.requests = self._reader.allowance.requests
        report.seen = self._reader.seen
        report.refused_rows = self._reader.refused
        report.set_aside = len(applied.set_aside) + applied.outcomes[Outcome.FULL]
        if applied.faults:
            raise applied.faults[0]

    def _note_words(self) -> None:
        """Remember status words that the provider made up, so that their lists are swept too."""
        words = self._recall("words", _words)
        for record in self._books.records.values():
            word = record.payment.provider_status
            if record.status is Status.UNRECOGNIZED and word not in words:
                words.append(word)
        self._memory["words"] = {"seen": words[:EXTRA_WORDS]}


def _tells_more(observed: Observation, latest: Mapping[str, Observation]) -> bool:
    """Whether a row says anything that the sweep's row of the same payment does not."""
    swept = latest.get(observed.payment.id)
    return swept is None or swept.payment.fingerprint != observed.payment.fingerprint


def _words(stored: Mapping[str, Any]) -> list[str]:
    return [str(word) for word in stored.get("seen", [])]


def _load(text: str) -> dict[str, Any]:
    """Read a section; one that is no JSON object is begun anew."""
    try:
        section = json.loads(text)
    except ValueError:
        return {}
    return section if isinstance(section, dict) else {}
