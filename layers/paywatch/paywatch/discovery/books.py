"""One source's books: what is stored of it as far as this run has read it, and what it writes.

A bucket's digest stands for the open payments stored in it. Where it equals the digest of what the
lists show, and no deadline has passed, the bucket is not read.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from paywatch.discovery.ledger import Outcome, Rules, Ruling, expiry_of, judge
from paywatch.discovery.reader import Observation
from paywatch.domain.changes import Change, Record
from paywatch.domain.payments import BUCKETS, Payment, Source, Status, bucket_of, timestamp
from paywatch.errors import StaleState
from paywatch.ports import Payments

# So many writes that fail one after the other are no longer the fault of single payments.
FAULTS_IN_A_ROW = 3
NEVER = "-"


def line_of(payment: Payment) -> str:
    """Return what a payment adds to its bucket's digest."""
    return f"{payment.id} {payment.fingerprint}"


def digest_of(lines: Iterable[str]) -> str:
    """Return 16 hex digits that stand for a set of lines."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]


NOTHING = digest_of(())

# What stands for a bucket of which nothing is known: not even whether it owes something.
UNKNOWN = ""
# What stands for one in which a payment is stored that cannot be read.
UNREADABLE = f"unreadable {NEVER}"


def is_token(value: str) -> bool:
    """Whether a bucket's value is the mark of a run that wrote to it, and no digest."""
    return value.startswith("run:")


@dataclass
class Applied:
    """What applying observations did.

    `moves` are recorded moves from list to list, by word; `stays` the records as they stood before
    a change ended their stay in an open status.
    """

    changes: list[Change] = field(default_factory=list)
    moves: list[tuple[str | None, str]] = field(default_factory=list)
    stays: list[tuple[Record, Change]] = field(default_factory=list)
    outcomes: dict[Outcome, int] = field(default_factory=lambda: defaultdict(int))
    backwards: dict[str, Observation] = field(default_factory=dict)
    set_aside: set[str] = field(default_factory=set)
    unwritten: set[str] = field(default_factory=set)
    faults: list[Exception] = field(default_factory=list)


class Books:
    """The stored payments of one source, read at most once a run, bucket by bucket.

    `unreadable` are those that are stored and cannot be read: nothing is ruled on them. Their
    buckets are read in every run, until they can be.
    """

    def __init__(
        self,
        payments: Payments,
        source: Source,
        values: Mapping[int, str],
        deadlines: Callable[[Record], Iterable[datetime]] = lambda record: (),
    ) -> None:
        """Open the books; `deadlines` gives a record's dates at which to read its bucket again."""
        self._deadlines = deadlines
        self._payments = payments
        self._source = source
        self._values = {bucket: values.get(bucket, UNKNOWN) for bucket in range(BUCKETS)}
        self._loaded: set[int] = set()
        self._looked_for: set[str] = set()
        self._open: dict[int, dict[str, Record]] = defaultdict(dict)
        self._owing: dict[str, Record] = {}
        self._computed: dict[int, str] = {}
        self._unread: set[int] = set()
        self.records: dict[str, Record] = {}
        self.unsound: set[int] = set()
        self.unreadable: set[str] = set()

    @property
    def left_marked(self) -> list[int]:
        """The buckets that a run wrote to and did not finish, or could not read whole."""
        unfinished = (UNKNOWN, UNREADABLE)
        return [b for b, value in self._values.items() if value in unfinished or is_token(value)]

    def differing(self, listed: Iterable[str], now: str) -> set[int]:
        """Return the buckets whose digest is not that of the listed lines, or whose time is up."""
        lines: dict[int, list[str]] = defaultdict(list)
        for line in listed:
            lines[bucket_of(line.rpartition(" ")[0])].append(line)
        dirty = set()
        for bucket, value in self._values.items():
            digest, _, deadline = value.partition(" ")
            passed = deadline != NEVER and deadline < now
            listed_digest = digest_of(lines[bucket]) if bucket in lines else NOTHING
            if digest != listed_digest or passed:
                dirty.add(bucket)
        return dirty

    def load(self, buckets: Iterable[int]) -> None:
        """Read the open and owing payments of these buckets, once."""
        for bucket in sorted(set(buckets) - self._loaded):
            unread: set[str] = set()
            for record in self._payments.watched(self._source, bucket, unread):
                self.put(record)
            self._pass_over(unread)
            self._loaded.add(bucket)

    def find(self, ids: Collection[str]) -> None:
        """Read the stored payments among these ids that are not known yet, settled ones too."""
        known = (self.records, self._looked_for, self.unreadable)
        missing = [x for x in ids if not any(x in each for each in known)]
        if missing:
            self._looked_for.update(missing)
            unread: set[str] = set()
            for record in self._payments.fetch(self._source, missing, unread).values():
                self.put(record)
            self._pass_over(unread)

    def rule(
        self,
        rules: Rules,
        observations: Sequence[Observation],
        listed_at: Callable[[str], str | None],
        confirming: Mapping[str, Observation],
    ) -> dict[str, list[tuple[Observation, Ruling]]]:
        """Judge every observation, each payment's in the order of their evidence."""
        rulings: dict[str, list[tuple[Observation, Ruling]]] = defaultdict(list)
        for observed in sorted(observations, key=lambda o: o.seen):
            key = observed.payment.id
            if key in self.unreadable:
                rulings[key].append((observed, Ruling(Outcome.UNREADABLE)))
                continue
            stored = self.records.get(key)
            for _, earlier in rulings[key]:
                stored = earlier.record or stored
            suspicion = confirming.get(key)
            confirmed = suspicion is not None and (
                suspicion.route != observed.route
                and suspicion.seen < observed.seen
                and suspicion.payment.provider_status == observed.payment.provider_status
            )
            # Whoever could not be read may have been listed as something else meanwhile.
            listed = None if self._values[bucket_of(key)] == UNREADABLE else listed_at(key)
            ruling = judge(rules, stored, observed, listed, confirmed)
            rulings[key].append((observed, ruling))
        return rulings

    def write(
        self,
        rulings: Mapping[str, Sequence[tuple[Observation, Ruling]]],
        again: Callable[[str], Sequence[tuple[Observation, Ruling]]],
        may_go_on: Callable[[], bool],
        applied: Applied,
    ) -> None:
        """Save what the rulings say, each payment's in order; `again` rules anew on a stale one."""
        in_a_row = 0
        for key, steps in rulings.items():
            _note(applied, key, steps)
            if not any(ruling.record for _, ruling in steps):
                continue
            if not may_go_on():
                self._fail(key, applied)
                continue
            try:
                try:
                    self._save(steps, applied)
                except StaleState:
                    self._reread(key)
                    self._save(again(key), applied)
                in_a_row = 0
            except StaleState:
                self._fail(key, applied)
            except Exception as fault:
                # Whatever the store has against one item, the others are still written.
                self._fail(key, applied)
                applied.faults.append(fault)
                in_a_row += 1
                if in_a_row >= FAULTS_IN_A_ROW:
                    raise

    def put(self, record: Record) -> None:
        """Take note of a record as it is stored now."""
        self.records[record.id] = record
        self._computed.pop(record.bucket, None)
        self._open[record.bucket].pop(record.id, None)
        self._owing.pop(record.id, None)
        if record.open:
            self._open[record.bucket][record.id] = record
        if record.owes:
            self._owing[record.id] = record

    def forget_settled(self) -> None:
        """Let go of what needs no more attention, so that a long reading stays small."""
        self.records = {key: r for key, r in self.records.items() if r.watched}
        self._looked_for.clear()

    def to_mark(self, written: Iterable[str]) -> set[int]:
        """Return the loaded buckets whose stored value is wrong, and those to be written to."""
        wrong = {bucket for bucket in self._loaded if self.value(bucket) != self._values[bucket]}
        return wrong | {bucket_of(key) for key in written}

    def value(self, bucket: int) -> str:
        """Return the bucket's digest and next deadline, by what this run knows of it."""
        if bucket not in self._computed:
            self._computed[bucket] = self._compute(bucket)
        return self._computed[bucket]

    @property
    def loaded(self) -> frozenset[int]:
        """The buckets that this run has read."""
        return frozenset(self._loaded)

    @property
    def owing(self) -> list[Record]:
        """The known records that have something unpublished."""
        return list(self._owing.values())

    def _pass_over(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._forget(key)
            self.unreadable.add(key)
            self._unread.add(bucket_of(key))

    def _compute(self, bucket: int) -> str:
        if bucket in self._unread:
            return UNREADABLE
        records = self._open[bucket].values()
        expiries = (expiry_of(r.payment) for r in records if r.status is Status.PENDING)
        deadlines = [expiry for expiry in expiries if expiry is not None]
        deadlines += [at for record in records for at in self._deadlines(record)]
        digest = digest_of(line_of(record.payment) for record in records)
        return f"{digest} {timestamp(min(deadlines)) if deadlines else NEVER}"

    def _reread(self, key: str) -> None:
        self._forget(key)
        self._looked_for.discard(key)
        self.find([key])

    def _forget(self, key: str) -> None:
        self.records.pop(key, None)
        self._computed.pop(bucket_of(key), None)
        self._open[bucket_of(key)].pop(key, None)
        self._owing.pop(key, None)

    def _save(self, steps: Sequence[tuple[Observation, Ruling]], applied: Applied) -> None:
        for _, ruling in steps:
            if ruling.record is not None:
                before = self.records.get(ruling.record.id)
                self._payments.save(ruling.record, before)
                self.put(ruling.record)
                applied.outcomes[ruling.outcome] += 1
                word = ruling.record.payment.provider_status
                was = None if before is None else before.payment.provider_status
                if was != word:
                    applied.moves.append((was, word))
                if ruling.outcome is Outcome.CHANGED:
                    applied.changes.append(ruling.record.history[-1])
                    if before is not None and before.open:
                        applied.stays.append((before, ruling.record.history[-1]))

    def _fail(self, key: str, applied: Applied) -> None:
        applied.unwritten.add(key)
        self.unsound.add(bucket_of(key))


def _note(applied: Applied, key: str, steps: Sequence[tuple[Observation, Ruling]]) -> None:
    for observed, ruling in steps:
        if ruling.record is None:
            applied.outcomes[ruling.outcome] += 1
        if ruling.outcome is Outcome.BACKWARDS:
            applied.backwards[key] = observed
        elif ruling.outcome is Outcome.SET_ASIDE:
            applied.set_aside.add(key)
