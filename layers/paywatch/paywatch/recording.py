"""From rows that were read to records written and messages published, under one lease."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from paywatch.delivery import deliver
from paywatch.discovery.books import Applied, Books
from paywatch.discovery.ledger import Rules, Ruling
from paywatch.discovery.reader import Observation
from paywatch.domain.changes import Record
from paywatch.domain.payments import bucket_of
from paywatch.ports import Control, Controls, Payments, Topic
from paywatch.report import SourceReport


class Recording:
    """Judges, marks, saves and publishes; every bucket is marked before it is written to."""

    def __init__(
        self,
        control: Control,
        controls: Controls,
        payments: Payments,
        topic: Topic,
        rules: Rules,
        report: SourceReport,
        deadlines: Callable[[Record], Iterable[datetime]],
    ) -> None:
        self._lease = control.lease
        self._controls = controls
        self._payments = payments
        self._topic = topic
        self._rules = rules
        self._report = report
        self._marked: set[int] = set()
        self._refused: set[str] = set()
        self._topic_down = False
        self.books = Books(payments, control.lease.source, control.buckets, deadlines)
        self.applied = Applied()

    @property
    def whole(self) -> bool:
        """Whether everything that was judged to be written was written."""
        return not self.applied.unwritten

    def deliver_owed(self, may_go_on: Callable[[], bool]) -> None:
        """Publish what earlier runs recorded in buckets that they left marked."""
        self.books.load(self.books.left_marked)
        self._publish(may_go_on)

    def apply(
        self,
        observations: Sequence[Observation],
        listed_at: Callable[[str], str | None],
        may_go_on: Callable[[], bool],
        confirming: Mapping[str, Observation] | None = None,
    ) -> None:
        """Rule on the observations, write what they change and publish it.

        `listed_at` gives the start of the last walk that listed a payment; `confirming` the
        doubtful rows that these observations were asked for to confirm.
        """
        books, doubtful = self.books, confirming or {}
        books.find({o.payment.id for o in observations})

        def rule(rows: Sequence[Observation]) -> dict[str, list[tuple[Observation, Ruling]]]:
            return books.rule(self._rules, rows, listed_at, doubtful)

        rulings = rule(observations)
        written = _written(rulings)
        if unread := {bucket_of(key) for key in written} - books.loaded:
            books.load(unread)
            # Another run, late, may have written in between: what was just read is ruled on.
            rulings = rule(observations)
            written = _written(rulings)
        self._mark(books.to_mark(written))

        def again(key: str) -> Sequence[tuple[Observation, Ruling]]:
            return rule([o for o in observations if o.payment.id == key])[key]

        books.write(rulings, again, may_go_on, self.applied)
        self._publish(may_go_on)

    def digests(self) -> dict[int, str]:
        """Return what to store for the marked buckets in which nothing is left undone."""
        undone = self.books.unsound | {record.bucket for record in self.books.owing}
        return {bucket: self.books.value(bucket) for bucket in self._marked - undone}

    def _mark(self, buckets: Iterable[int]) -> None:
        new = set(buckets) - self._marked
        self._controls.mark(self._lease, new)
        self._marked |= new

    def _publish(self, may_go_on: Callable[[], bool]) -> None:
        owing = [record for record in self.books.owing if record.id not in self._refused]
        if self._topic_down or not owing:
            return
        # Each run begins elsewhere, so that refused messages do not always come first.
        turn = self._lease.epoch % len(owing)
        result = deliver([*owing[turn:], *owing[:turn]], self._payments, self._topic, may_go_on)
        for record in result.records.values():
            self.books.put(record)
        self._report.published += result.published
        self._refused |= result.refused.keys()
        for key, why in result.refused.items():
            self._report.hint(f"not published: {key}: {why}")
        if result.topic_fault is not None:
            self._topic_down = True
            self._report.fault("topic_unavailable", result.topic_fault)


def _written(rulings: Mapping[str, Sequence[tuple[Observation, Ruling]]]) -> list[str]:
    """Return the payments of which something is to be written."""
    return [key for key, steps in rulings.items() if any(r.record for _, r in steps)]
