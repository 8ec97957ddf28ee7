"""From when on something is worth an alert: every figure that the owner of a stack may change."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cached_property

from paywatch.domain.alerts import Kind, Pace

# Whoever hears the same every hour stops listening.
LEAST_REPEAT = 24


@dataclass(frozen=True)
class Thresholds:
    """The figures, in the unit that each name ends in.

    `frozen_moves` is how many moves were to be expected, by the source's own history, in the time
    in which none was seen.
    """

    unreachable_minutes: float = 5
    drift_minutes: float = 10
    disappearance_minutes: float = 2
    unexplained_minutes: float = 60
    backlog_minutes: float = 10
    overdue_floor_minutes: float = 60
    overdue_ceiling_hours: float = 24
    frozen_minutes: float = 30
    frozen_moves: float = 20
    repeat_hours: float = 24

    @classmethod
    def parse(cls, text: str) -> Thresholds:
        """Read `name=value,name=value`; raise ValueError with a sentence for what is wrong."""
        names = {each.name for each in fields(cls)}
        figures: dict[str, float] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, _, figure = part.partition("=")
            name = name.strip()
            if name in figures:
                raise ValueError(f"{name} is there twice")
            if name not in names:
                known = ", ".join(sorted(names))
                raise ValueError(f"{name[:40]!r} is unknown; there are {known}")
            try:
                figures[name] = float(figure)
            except ValueError:
                raise ValueError(f"{name}: {figure.strip()[:40]!r} is not a number") from None
            if not 0 < figures[name] <= 100_000:
                raise ValueError(f"{name}: {figure.strip()[:40]} must be above 0, at most 100,000")
        thresholds = cls(**figures)
        if thresholds.repeat_hours < LEAST_REPEAT:
            raise ValueError(f"repeat_hours must be {LEAST_REPEAT} at least")
        if thresholds.overdue_floor > thresholds.overdue_ceiling:
            raise ValueError("overdue_floor_minutes must not be above overdue_ceiling_hours")
        return thresholds

    @property
    def overdue_floor(self) -> timedelta:
        """No payment is overdue before."""
        return timedelta(minutes=self.overdue_floor_minutes)

    @cached_property
    def overdue_ceiling(self) -> timedelta:
        """No payment in motion waits longer without being overdue."""
        return timedelta(hours=self.overdue_ceiling_hours)

    @property
    def pace(self) -> Pace:
        """How long the kinds have to last that have a figure for it."""
        return Pace(
            after={
                Kind.PROVIDER_UNREACHABLE: timedelta(minutes=self.unreachable_minutes),
                Kind.CONTRACT_DRIFT: timedelta(minutes=self.drift_minutes),
                Kind.MASS_DISAPPEARANCE: timedelta(minutes=self.disappearance_minutes),
            },
            repeat=timedelta(hours=self.repeat_hours),
        )
