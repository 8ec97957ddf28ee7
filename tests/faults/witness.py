"""What a run of the scenario did, to be held against the run in which nothing failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.integration.aws_line import Call
from tests.integration.on_aws import OnAws

# The keys of all sources are one secret: without it no provider can be asked.
OF_ALL = "GetSecretValue"


@dataclass(frozen=True)
class Done:
    """What subscribers were told: each payment's statuses in order, and the tick of the last one;
    and what each tick did for each source: what it asked for, and how many changes it told.
    """

    told: Mapping[str, list[str]]
    last: Mapping[str, int]
    asked: list[dict[str, list[str]]]
    changes: list[dict[str, int]]

    @classmethod
    def of(cls, stage: OnAws) -> Done:
        """Return what a stage's runs did so far."""
        versions: dict[str, dict[int, str]] = {}
        for delivery in stage.deliveries:
            data = delivery.event["data"]
            versions.setdefault(data["payment_id"], {})[data["version"]] = data["status"]
        told = {key: [of[version] for version in sorted(of)] for key, of in versions.items()}
        last = {d.event["data"]["payment_id"]: d.tick for d in stage.deliveries}
        names = [str(source) for source in stage.sources]
        ticks = range(len(stage.ticks))
        asked = [{n: [s.target for s in stage.asked(n, tick)] for n in names} for tick in ticks]
        changes = [{n: _count(stage, n, tick) for n in names} for tick in ticks]
        return cls(told, last, asked, changes)


def _count(stage: OnAws, source: str, tick: int) -> int:
    ids = {d.event["id"] for d in stage.deliveries if d.tick == tick}
    return sum(event_id.startswith(f"{source}/") for event_id in ids)


def spared(call: Call, stage: OnAws) -> list[str]:
    """Return the sources that an error at a call is no matter of."""
    if call.operation == OF_ALL:
        return []
    concerned = repr(call.params)
    return [name for name in map(str, stage.sources) if name not in concerned]


def differences(done: Mapping[str, Any], calm: Done, tick: int, spared: list[str]) -> Iterator[str]:
    """Say what a struck run did otherwise than the calm one, and should not have.

    A status that did not last until the next poll may be missed (the auditor says which may not);
    the last one may not, and none may be told that the calm run did not tell. Where the first tick
    was struck, what happened before the second one may lie before the watch, and then is not told.
    In the struck tick, the sources that the fault is no matter of are asked and told of as ever.
    """
    told = done["told"]
    for key in sorted(calm.told.keys() | told.keys()):
        expected, heard = calm.told.get(key, []), told.get(key, [])
        unwatched = tick == 0 and not heard and calm.last[key] == 1
        if (heard[-1:] != expected[-1:] and not unwatched) or not set(heard) <= set(expected):
            yield f"{key} was told as {heard}, and as {expected} where nothing failed"
    for source in spared:
        if done["asked"][tick][source] != calm.asked[tick][source]:
            yield f"{source} was asked otherwise in the struck run: {done['asked'][tick][source]}"
        if done["changes"][tick][source] != calm.changes[tick][source]:
            yield f"{source} was told of otherwise in the struck run"
