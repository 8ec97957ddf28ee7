"""One poll of one source: deliver what is owed, read, record, publish, ask, close the books."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from paywatch.delivery import deliver
from paywatch.discovery.books import Applied, Books, line_of
from paywatch.discovery.ledger import Outcome, Rules
from paywatch.discovery.reader import Observation, Reader
from paywatch.discovery.settled import ShortLists
from paywatch.discovery.sweep import Sweep
from paywatch.discovery.tail import Tail
from paywatch.discovery.verdicts import (
    Inquiry,
    Leaver,
    fair,
    load_leavers,
    store_leavers,
)
from paywatch.domain.changes import Record, stamp
from paywatch.domain.payments import BUCKETS, Status, bucket_of, timestamp
from paywatch.errors import OutOfTime, ProviderError
from paywatch.ports import Clock, Control, Controls, Payments, Topic

# The share of the run's time and requests after which each step begins no more: what a step leaves
# is there for the next ones, and writing has the rest.
OWED, SWEPT, TAILED, PROBED, ASKED, WRITTEN = 0.25, 0.55, 0.65, 0.70, 0.85, 1.0

# A status word that the provider made up is swept like the documented ones; no more than these.
EXTRA_WORDS = 4


@dataclass
class SourceReport:
    """What one poll of one source did; `outcome` is `ok`, or why not everything was done."""

    outcome: str = "ok"
    sealed: bool = False
    opened: int = 0
    changed: int = 0
    published: int = 0
    outbox_left: int = 0
    leavers: int = 0
    unexplained: int = 0
    requests: int = 0
    seen: int = 0
    refused_rows: int = 0
    set_aside: int = 0
    detail: str = ""
    certificates: list[dict[str, Any]] = field(default_factory=list)


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
        self._payments = payments
        self._topic = topic
        self._reader = reader
        self._clock = clock
        self._began = clock.now()
        self._from = clock.monotonic()
        self._time = max(reader.allowance.deadline - self._from, 0.001)
        self._source = control.lease.source
        self._memory = {name: _load(text) for name, text in control.memory.items()}
        self._books = Books(payments, self._source, control.buckets)
        self._leavers = load_leavers(self._memory.get("leavers", {}))
        self._marked: set[int] = set()
        self._applied = Applied()
        self._topic_down = False
        self._refused: set[str] = set()
        walk = self._memory.get("walk", {})
        self._rules = Rules(self._source, control.watch_began, baseline=not walk)
        self._walk_began: str | None = walk.get("began")
        self.report = SourceReport()

    def run(self) -> SourceReport:
        """Do the steps in order; a provider's fault ends the reading and is reported."""
        self._books.load(self._books.left_marked)
        self._publish(self._books.owing, OWED)
        self._read()
        self._close()
        return self.report

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
        sweep = self._begin_sweep()
        tail = Tail.load(self._memory.get("tail", {}))
        short = ShortLists.load(self._memory.get("short", {}))
        swept: list[Observation] = []
        others: list[Observation] = []
        steps: list[tuple[str, Callable[[], None]]] = [
            ("sweep", lambda: sweep.read(self._reader, self._within(SWEPT), swept)),
            (
                "tail",
                lambda: tail.read(
                    self._reader, self._rules.watch_began, self._within(TAILED), others
                ),
            ),
            (
                "short",
                lambda: short.read(
                    self._reader, self._control.lease.epoch, self._within(PROBED), others
                ),
            ),
        ]
        ended = {name: self._attempt(name, step) for name, step in steps}
        conclusive = sweep.conclusive
        leavers = self._settle_up(sweep, swept, others)
        whole = not self._applied.unwritten
        if whole:
            # Only what is recorded counts as read: else the next run reads it again.
            self._remember_sweep(sweep)
            if ended["tail"]:
                self._memory["tail"] = tail.store()
        asked = self._ask(leavers, short.left, swept)
        if whole and short.left <= asked:
            self._memory["short"] = short.store()
        self.report.certificates = [walk.certificate() for walk in sweep.walks]
        self.report.sealed = whole and conclusive and sweep.sealed

    def _attempt(self, name: str, step: Callable[[], None]) -> bool:
        """Take a step unless the provider has failed us; return whether it came to its end."""
        if self.report.outcome != "ok":
            return False
        try:
            step()
        except OutOfTime as limit:
            self.report.detail = self.report.detail or f"{name}: {limit}"
            return False
        except ProviderError as fault:
            self.report.outcome = fault.kind
            self.report.detail = f"{name}: {fault}"
            return False
        return True

    def _begin_sweep(self) -> Sweep:
        stored = self._memory.get("sweep", {})
        if stored.get("cursor"):
            return Sweep.resume(stored["cursor"])
        words = (*self._reader.abilities.open_words, *self._memory.get("words", []))
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
        observations = [o for o in swept if bucket_of(o.payment.id) in self._books.loaded] + [
            o for o in others if _tells_more(o, latest)
        ]
        self._apply(observations, WRITTEN)
        return self._find_leavers(sweep) if sweep.conclusive else []

    def _apply(
        self,
        observations: Sequence[Observation],
        share: float,
        confirming: Mapping[str, Observation] | None = None,
    ) -> None:
        """Judge, mark, save and publish."""
        books, confirming = self._books, confirming or {}
        books.find({o.payment.id for o in observations})
        rulings = books.rule(self._rules, observations, self._listed_at, confirming)
        written = [k for k, steps in rulings.items() if any(r.record for _, r in steps)]
        books.load(bucket_of(key) for key in written)
        self._mark(books.to_mark(written))

        def again(key: str) -> Sequence[Any]:
            own = [o for o in observations if o.payment.id == key]
            return books.rule(self._rules, own, self._listed_at, confirming)[key]

        books.write(rulings, again, self._within(share), self._applied)
        self._publish(books.owing, share)

    def _listed_at(self, payment_id: str) -> str | None:
        """Return when the last walk began that listed the payment as it is stored."""
        leaver = self._leavers.get(payment_id)
        return leaver.since if leaver is not None else self._walk_began

    def _mark(self, buckets: set[int]) -> None:
        new = buckets - self._marked
        self._controls.mark(self._control.lease, new)
        self._marked |= new

    def _publish(self, owing: Sequence[Record], share: float) -> None:
        owing = [record for record in owing if record.id not in self._refused]
        if self._topic_down or not owing:
            return
        # Each run begins elsewhere, so that refused messages do not always come first.
        turn = self._control.lease.epoch % len(owing)
        result = deliver(
            [*owing[turn:], *owing[:turn]], self._payments, self._topic, self._within(share)
        )
        for record in result.records.values():
            self._books.put(record)
        self.report.published += result.published
        self._refused |= result.refused.keys()
        for key, why in result.refused.items():
            self.report.detail = self.report.detail or f"not published: {key}: {why}"
        if result.topic_fault is not None:
            self._topic_down = True
            self.report.outcome = "topic_unavailable"
            self.report.detail = result.topic_fault

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
        suspects = dict(self._applied.backwards)
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
            self._apply(inquiry.found, WRITTEN, confirming=suspects)
            if not self._applied.unwritten:
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
        applied, books = self._applied, self._books
        owing = books.owing
        unsound = books.unsound | {record.bucket for record in owing}
        values = {bucket: books.value(bucket) for bucket in self._marked - unsound}
        self._note_words()
        self._memory["leavers"] = store_leavers(self._leavers.values())
        self._memory["health"] = {"outcome": self.report.outcome, "at": timestamp(self._began)}
        memory = {
            name: text
            for name, value in self._memory.items()
            if (text := json.dumps(value, separators=(",", ":"))) != self._control.memory.get(name)
        }
        self._controls.finish(self._control.lease, values, memory)
        report = self.report
        report.opened = sum(1 for c in applied.changes if c.previous_status is None)
        report.changed = len(applied.changes) - report.opened
        report.outbox_left = sum(record.version - record.published for record in owing)
        report.requests = self._reader.allowance.requests
        report.seen = self._reader.seen
        report.refused_rows = self._reader.refused
        report.set_aside = len(applied.set_aside) + applied.outcomes[Outcome.FULL]
        if applied.faults:
            raise applied.faults[0]

    def _note_words(self) -> None:
        """Remember status words that the provider made up, so that their lists are swept too."""
        words = list(self._memory.get("words", []))
        for record in self._books.records.values():
            word = record.payment.provider_status
            if record.status is Status.UNRECOGNIZED and word not in words:
                words.append(word)
        self._memory["words"] = words[:EXTRA_WORDS]


def _tells_more(observed: Observation, latest: Mapping[str, Observation]) -> bool:
    """Whether a row says anything that the sweep's row of the same payment does not."""
    swept = latest.get(observed.payment.id)
    return swept is None or swept.payment.fingerprint != observed.payment.fingerprint


def _load(text: str) -> Any:
    """Read a section; one that cannot be read is begun anew."""
    try:
        return json.loads(text)
    except ValueError:
        return {}
