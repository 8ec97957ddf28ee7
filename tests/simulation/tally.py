"""What came of many schedules of two runs at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.simulation.interleaving import Duet, Place
from tests.simulation.stepping import Pause
from tests.simulation.weaving import WRITES, Weave


@dataclass
class Tally:
    """Counts of schedules: `late` those with a late write, by its name and what became of it;
    `repeats` those in which so many messages were sent twice. `pauses` are all that were made in
    which the other of two ran wholly.
    """

    broken: list[str] = field(default_factory=list)
    weaves: Counter[Weave] = field(default_factory=Counter)
    late: Counter[tuple[str, str]] = field(default_factory=Counter)
    repeats: Counter[int] = field(default_factory=Counter)
    pauses: set[tuple[Place, Pause]] = field(default_factory=set)
    traces: set[bytes] = field(default_factory=set)
    states: set[bytes] = field(default_factory=set)

    @property
    def played(self) -> int:
        return self.weaves.total()

    def add(self, duet: Duet) -> None:
        """Play a schedule and count it."""
        performance = duet.perform()
        if performance.findings:
            self.broken.append("\n  ".join([duet.command, *performance.findings]))
        self.weaves[performance.weave] += 1
        self.late.update({(deed.name, deed.fate) for deed in performance.late})
        self.repeats[performance.repeats] += 1
        self.pauses.update((duet.place, pause) for pause in performance.pauses)
        self.traces.add(performance.trace)
        self.states.add(performance.state)

    def table(self) -> str:
        """Lay out how many schedules were of which kind, and what late writes were met in them."""
        lines = [f"  {self.weaves[weave]:>9,}  {weave}" for weave in Weave]
        twice = sum(count for repeats, count in self.repeats.items() if repeats)
        lines.append(
            f"  {twice:>9,}  something in flight was sent twice, at most "
            f"{max(self.repeats, default=0)} messages"
        )
        lines.append("  schedules with a late write: " + "done, refused, needless")
        for name in sorted(WRITES):
            counts = [self.late[name, fate] for fate in ("done", "refused", "needless")]
            lines.append(f"  {name:<12}" + "".join(f"{count:>9,}" for count in counts))
        return "\n".join(lines)


def tallied(duets: Sequence[Duet]) -> Tally:
    """Play schedules one after the other."""
    tally = Tally()
    for duet in duets:
        tally.add(duet)
    return tally


def summed(tallies: Iterable[Tally]) -> Tally:
    """Add tallies up."""
    total = Tally()
    for each in tallies:
        total.broken += each.broken
        total.weaves += each.weaves
        total.late += each.late
        total.repeats += each.repeats
        total.pauses |= each.pauses
        total.traces |= each.traces
        total.states |= each.states
    return total
