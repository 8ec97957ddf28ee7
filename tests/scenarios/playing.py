"""A scenario of the lab, played against the real poll: real clients, ports in memory."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace

from paylab import SideBySide, World, populate
from paylab.played import Played
from paylab.scenario import MINUTE, Account, Scenario, WrongScenario
from paylab.world import Order
from paywatch.domain.payments import Source
from paywatch.ports import Provider
from tests.differing import differing, left_to_reconcile
from tests.keyed import Keyed
from tests.polling import START

# An overwhelmed provider is left alone for some minutes: so many polls may pass without reading.
PATIENCE = 6
# A reconcile of some dozens of rows, and what it looks at a second time.
RECONCILED = 30
TAKEN = "/taken"


class Playing(Keyed):
    """The accounts of a scenario, each read in a thread and a time of its own."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._accounts = {Source.parse(each.source): each for each in scenario.accounts}
        self._time = SideBySide(START)
        super().__init__(
            [each.source for each in scenario.accounts],
            seed=scenario.seed,
            latency=0.05,
            pace=20.0,
            every=scenario.every * MINUTE,
            clock=self._time,
        )
        for source, world in self.worlds.items():
            populate(world, self._accounts[source].size)
        self.lab.faults = [spell.made(START, scenario.minutes) for spell in scenario.spells]
        self.findings: list[str] = []
        spoiled = {spell.source for spell in scenario.spells}
        self.calm = [source.short for source in self.sources if source.short not in spoiled]

    def play(self) -> Played:
        """Poll under the faults, end them, let the poller recover, and audit."""
        for _ in range(self.scenario.polls):
            self._step()
        calm = {source: self.digest([source]) for source in self.calm}
        self._recover()
        report = self.audit()
        audited = [f"lost: {each}" for each in report.lost]
        audited += [f"invented: {each}" for each in report.invented]
        audited += [f"out of order: {each}" for each in report.out_of_order]
        # Threads share the truth log: its order between two sources is the machine's.
        found = [*self.findings, *sorted(audited)]
        if report.duplicates:
            found.append(f"{report.duplicates} events were published twice")
        if any(served.target.startswith(TAKEN) for served in self.lab.log):
            found.append("a redirect was followed to another origin")
        fired = Counter(name for s in self.lab.log for name in (s.fault or "").split("+") if name)
        names = [source.short for source in self.sources]
        return Played(
            scenario=self.scenario,
            findings=found,
            digest=self.digest(names),
            calm=calm,
            events=len(self.deliveries),
            requests=len(self.lab.log),
            fired=fired,
            owed=report.expected,
        )

    def digest(self, sources: list[str]) -> str:
        """Return a hash of all that was published and asked for, source by source."""
        told = hashlib.sha256()
        for source in [Source.parse(name) for name in sources]:
            for delivery in self.deliveries:
                if delivery.event["source"] == f"paywatch/{source}":
                    told.update(json.dumps(delivery.event).encode())
            for s in self.lab.log:
                if s.source == str(source):
                    told.update(f"{s.at} {s.method} {s.target} {s.status} {s.fault}\n".encode())
        return told.hexdigest()

    def _step(self, action: str = "poll") -> bool:
        """Tick once; return whether every source was read."""
        since = self.clock.now() - START
        for spell in self.scenario.spells:
            ends = spell.until(self.scenario.minutes)
            if spell.fault == "key_turned" and since >= ends * MINUTE:
                # Someone has put the new key into the secret.
                source = Source.parse(spell.source)
                self.keys[source] = self.worlds[source].api_key
        number = len(self.ticks)
        try:
            report = self.tick(action=action, parallel=True)["sources"]
        except Exception as fault:
            self._hold_the_lab()
            self.findings.append(f"poll {number} raised {fault!r}")
            return False
        self._hold_the_lab()
        outcomes = {source: each["outcome"] for source, each in report.items()}
        for calm in self.calm:
            if outcomes[calm] != "ok":
                self.findings.append(f"poll {number} of {calm}, where all is well: {outcomes}")
        return set(outcomes.values()) == {"ok"}

    def _hold_the_lab(self) -> None:
        """What breaks in the lab is nothing that the poller has done."""
        if self.lab.broken:
            raise WrongScenario(self.lab.broken[0])

    def _recover(self) -> None:
        """End the faults and every movement; two polls, then a reconcile, must find everything."""
        self.lab.faults = []
        self.every = MINUTE
        for world in self.worlds.values():
            world.rest()
        for _ in range(2):
            if not any(self._step() for _ in range(PATIENCE)):
                self.findings.append(f"no poll of {PATIENCE} read every source, all being well")
        self._compare("two polls", settled_too=False)
        self._step("reconcile")
        for _ in range(RECONCILED):
            states = [self.memory("reconcile", source.short) for source in self.sources]
            if not any("current" in state for state in states):
                break
            self._step()
        else:
            self.findings.append(f"a reconcile has not ended within {RECONCILED} polls")
        self._compare("a reconcile", settled_too=True)
        for account in self._accounts.values():
            self.findings += left_to_reconcile(self, account.source)

    def _compare(self, after: str, *, settled_too: bool) -> None:
        for source in self._accounts.values():
            wrong = differing(self, source.source, settled_too=settled_too)
            self.findings += [f"after {after}, {source.source}: {each}" for each in wrong]

    def _connect(self, source: Source) -> Provider:
        self._time.begin()
        return super()._connect(source)

    def _world(self, source: Source, seed: int, order: Order, by_id: bool) -> World:
        account: Account = self._accounts[source]
        test = "" if account.live else "test_"
        return World(
            str(source),
            self.clock,
            self.truth,
            seed=seed,
            order=account.order,
            by_id=account.by_id,
            largest_page=account.rows,
            per_page=account.rows,
            api_key=f"sk_{test}lab-{source.provider}-{source.account}",
        )


def play(scenario: Scenario) -> Played:
    """Play a scenario; whom no fault hits must be read as if there were none at all."""
    played = Playing(scenario).play()
    if played.calm:
        alone = Playing(replace(scenario, spells=()))
        for _ in range(scenario.polls):
            alone._step()
        for source, digest in played.calm.items():
            if alone.digest([source]) != digest:
                played.findings.append(f"{source} was read otherwise than if all had been well")
    return played
