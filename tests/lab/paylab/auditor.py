"""The auditor: holds what a subscriber received against what really happened.

It knows the event contract from DESIGN.md alone, and whether a tick could read from the lab's own
request log, never from the poller's word.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from paylab.audit_report import AuditReport
from paylab.claims import Claim, Delivery, MalformedClaim, Witness, body
from paylab.request_log import Served
from paylab.standings import Key, Readers, Standing, Tick, standings
from paylab.truth import Amendment, TruthLog


def audit(
    truth: TruthLog,
    ticks: Sequence[Tick],
    deliveries: Iterable[Delivery],
    log: Iterable[Served],
    *,
    sources: Collection[str] | None = None,
    expiry_grace: timedelta = timedelta(hours=1),
    slack: timedelta = timedelta(seconds=1),
) -> AuditReport:
    """Compare deliveries with the truth, and return what was found.

    `deliveries` are in the order of their receipt, `ticks` in that of time. `sources` limits the
    audit to some accounts. `expiry_grace` is the longest that a poller may wait after `expiresAt`;
    `slack` is how far an event's `time` may lie from the request that it rests on.
    """
    return _Audit(truth, ticks, log, sources, expiry_grace, slack).run(deliveries)


class _Audit:
    def __init__(
        self,
        truth: TruthLog,
        ticks: Sequence[Tick],
        log: Iterable[Served],
        sources: Collection[str] | None,
        expiry_grace: timedelta,
        slack: timedelta,
    ) -> None:
        self._readers = Readers(ticks, log)
        self._grace = expiry_grace
        self._slack = slack
        amendments: dict[Key, list[Amendment]] = defaultdict(list)
        for amendment in truth.amendments:
            amendments[amendment.source, amendment.payment_id].append(amendment)
        self._witnesses = {
            key: Witness(key, states, amendments[key], self._readers, slack)
            for key, states in standings(truth).items()
            if sources is None or key[0] in sources
        }
        self._tests, self._hidden = truth.tests, truth.hidden
        self._report = AuditReport()
        self._told: dict[Key, dict[int, Claim]] = defaultdict(dict)

    def run(self, deliveries: Iterable[Delivery]) -> AuditReport:
        claims = self._first_deliveries(deliveries)
        for key, by_version in claims.items():
            if key in self._tests:
                hidden = [claim for claim in by_version.values() if not claim.is_test]
                self._invented(*hidden, why="does not say that it is a test in a live account")
            if key not in self._witnesses:
                self._invented(*by_version.values(), why="the provider has no such payment")
                continue
            self._hold(self._witnesses[key], [by_version[v] for v in sorted(by_version)])
        for key, witness in self._witnesses.items():
            self._count(key, witness)
        return self._report

    def _first_deliveries(self, deliveries: Iterable[Delivery]) -> dict[Key, dict[int, Claim]]:
        """Return the claims by payment and version; tell repeats and wrong order on the way."""
        bodies: dict[str, str] = {}
        newest: dict[Key, int] = defaultdict(int)
        claims: dict[Key, dict[int, Claim]] = defaultdict(dict)
        for delivery in deliveries:
            event_id, text = str(delivery.event.get("id")), body(delivery.event)
            if event_id in bodies:
                if bodies[event_id] == text:
                    self._report.duplicates += 1
                else:
                    self._report.invented.append(f"{event_id}: came again with another body")
                continue
            bodies[event_id] = text
            try:
                claim = Claim.read(delivery)
            except MalformedClaim as error:
                self._report.invented.append(f"{event_id}: {error}")
                continue
            if claim.version != newest[claim.key] + 1:
                self._report.out_of_order.append(f"{claim.id}: came after {newest[claim.key]}")
            newest[claim.key] = max(newest[claim.key], claim.version)
            claims[claim.key][claim.version] = claim
        return claims

    def _hold(self, witness: Witness, claims: Sequence[Claim]) -> None:
        """Hold a payment's claims, by version, against its states."""
        last = -1
        before: Claim | None = None
        deadlines = set()
        for claim in claims:
            place: int | None
            if claim.derived or claim.status == "expired":
                expiry = witness.expiry(claim) if claim.derived else None
                if expiry is None or expiry[0] < last:
                    self._invented(claim, why="expired without cause")
                    before = claim
                    continue
                if expiry in deadlines:
                    self._invented(claim, why="expired a second time by the same deadline")
                elif expiry[1] + self._grace < self._readers.watch:
                    self._invented(claim, why="was expired before the watch")
                else:
                    self._report.expiries += 1
                deadlines.add(expiry)
                place = expiry[0]
            else:
                place = self._place(witness, claim, before, last)
                if place is None:
                    before = claim
                    continue
                self._told[claim.key][place] = claim
            self._check(witness, claim, before, place, again=place < last)
            last, before = place, claim

    def _place(self, witness: Witness, claim: Claim, before: Claim | None, last: int) -> int | None:
        """Return the state that a claim is about, or None when it has been told as a lie."""
        places = witness.places(claim)
        later = [place for place in places if place > last]
        if later:
            return later[0]
        if before and before.derived and last in places and witness.was_amended():
            return last  # its deadline was moved, so that it is pending once more
        again = witness.shown_again(claim, before) if before is not None else None
        if again is not None and again < last:
            return again
        if last in places:
            self._invented(claim, why="the same state under a second version")
        elif places:
            self._report.out_of_order.append(f"{claim.id}: {claim.status} is not the truth's order")
        else:
            self._invented(claim, why=f"no reader was sent {claim.provider_status} by its time")
        return None

    def _check(
        self, witness: Witness, claim: Claim, before: Claim | None, place: int, *, again: bool
    ) -> None:
        """Tell what is wrong with a claim whose state is known, or was shown `again`."""
        wrong = witness.wrong_particulars(claim, place)
        if wrong is None and claim.version == 1:
            wrong = witness.wrong_first_previous(claim, place)
        elif wrong is None and before is not None and before.version == claim.version - 1:
            said = (claim.previous, claim.previous_provider_status)
            if said != (before.status, before.provider_status):
                wrong = f"says that it was {said} before, but was told {before.status} last"
        state = witness.states[place]
        dated = not claim.derived and not again
        if wrong is None and dated and self._was_there_before(state):
            wrong = "was there before the watch"
        if wrong is None and dated:
            wrong = self._wrong_interval(claim, state)
        if wrong is not None:
            self._invented(claim, why=wrong)

    def _wrong_interval(self, claim: Claim, state: Standing) -> str | None:
        """Say if the change did not happen between the instants that the claim gives."""
        # Where lists lag, so does what they say of when it was still as before.
        late = self._slack + self._readers.lag[claim.key[0]]
        if claim.after is not None and claim.after > state.begin + late:
            return f"says that it changed after {claim.after}, but that was at {state.begin}"
        if claim.until is not None and claim.until < state.begin - self._slack:
            return f"says that it changed before {claim.until}, but that was at {state.begin}"
        return None

    def _was_there_before(self, state: Standing) -> bool:
        return state.begin < self._readers.watch and state.latest_date < self._readers.watch

    def _count(self, key: Key, witness: Witness) -> None:
        """Count a payment's states: what had to be told, what might be, and what was."""
        report = self._report
        first_seen = witness.first_seen()
        doubtful: set[int] = set()
        for place, state in enumerate(witness.states):
            told = self._told[key].get(place)
            looks_new = witness.looks_new(place, doubtful)
            if self._was_there_before(state):
                report.silent += 1
                continue
            name = f"{key[0]}/{key[1]}: {state.transition.provider_status} from {state.begin}"
            due = looks_new and self._must_be_told(key[0], state, place == first_seen)
            if state.backward and told is None and not due:
                doubtful.add(place)
            if key in self._hidden and place + 1 < len(witness.states):
                due = False  # it passed where only the slow reading of everything looks
            if due:
                report.expected += 1
                if told is None:
                    report.lost.append(name)
                else:
                    report.delivered += 1
            elif self._readers.touches_a_tick(state):
                report.optional += 1
                report.optional_delivered += told is not None
            elif state.begin <= self._readers.ticks[-1].end:
                report.unseen += 1
            if told is not None:
                seen_by = self._readers.first_tick_to_see(state.begin)
                report.delays.append((told.tick - seen_by, told.id))

    def _must_be_told(self, source: str, state: Standing, first_sight: bool) -> bool:
        readers = self._readers
        if state.begin < readers.watch:
            return False
        if first_sight and state.latest_date <= readers.first_able_end(source):
            return False
        end, deadline = state.end, state.transition.expires_at
        if state.transition.our_status == "pending" and deadline is not None:
            end = deadline if end is None else min(end, deadline)
        needed = 2 if state.backward else 1
        return readers.whole_able_ticks(source, state.begin, end) >= needed

    def _invented(self, *claims: Claim, why: str) -> None:
        self._report.invented.extend(f"{claim.id}: {why}" for claim in claims)
