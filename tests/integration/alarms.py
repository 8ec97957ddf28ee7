"""The template's own alarms, evaluated over what runs really emitted.

No emulator acts on embedded metrics or on missing data: this does, by CloudWatch's rules for plain
alarms (fixed periods, a statistic of each, so many of the last so many, missing data as said).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tests.template.stack import Stack

MINUTE = 60
FUNCTION = "${PollerFunction}"

STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Sum": sum,
    "Maximum": max,
    "Minimum": min,
}
BREACHES: Mapping[str, Callable[[float, float], bool]] = {
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
}
Metric = tuple[str, str, frozenset[tuple[str, str]]]


class Alarms:
    """The alarms of a stack with these parameters, and the data that they rest on."""

    def __init__(self, **parameters: str) -> None:
        self._alarms = Stack(**parameters).of_type("AWS::CloudWatch::Alarm")
        self._data: dict[Metric, list[tuple[int, float]]] = defaultdict(list)

    def emitted(self, minute: int, lines: Iterable[str]) -> None:
        """Take the embedded metrics out of what a run wrote."""
        for line in lines:
            told = json.loads(line)
            for directive in told.get("_aws", {}).get("CloudWatchMetrics", []):
                for names in directive["Dimensions"]:
                    dimensions = {name: str(told[name]) for name in names}
                    for metric in directive["Metrics"]:
                        for value in told[metric["Name"]]:
                            self.put(
                                minute, directive["Namespace"], metric["Name"], dimensions, value
                            )

    def put(
        self,
        minute: int,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        value: float,
    ) -> None:
        """Take a value, such as one that AWS itself measures."""
        self._data[namespace, name, frozenset(dimensions.items())].append((minute * MINUTE, value))

    def on(self, minute: int) -> set[str]:
        """Return which alarms are on at the end of a minute."""
        now = (minute + 1) * MINUTE
        return {name for name, alarm in self._alarms.items() if self._breaches(alarm, now)}

    def _breaches(self, alarm: Mapping[str, Any], now: int) -> bool:
        dimensions = frozenset((d["Name"], d["Value"]) for d in alarm["Dimensions"])
        data = self._data[alarm["Namespace"], alarm["MetricName"], dimensions]
        period, periods = alarm["Period"], int(alarm["EvaluationPeriods"])
        last = now // period
        spans: dict[int, list[float]] = defaultdict(list)
        for at, value in data:
            spans[at // period].append(value)
        breaching = 0
        for span in range(last - periods, last):
            if span < 0:
                continue
            if spans[span]:
                value = STATISTICS[alarm["Statistic"]](spans[span])
                compare = BREACHES[alarm["ComparisonOperator"]]
                breaching += compare(value, float(alarm["Threshold"]))
            else:
                breaching += alarm["TreatMissingData"] == "breaching"
        return breaching >= int(alarm.get("DatapointsToAlarm", periods))
