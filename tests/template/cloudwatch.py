"""CloudWatch as far as alarms go: what functions print is metrics, and an alarm looks at its last periods."""

import json
import operator
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

COMPARISONS = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}

type Name = tuple[str, str, frozenset[tuple[str, str]]]
"""A metric: its namespace, name and dimensions."""


def printed(lines: str) -> dict[Name, list[float]]:
    """The metrics in lines of Embedded Metric Format, each under every set of its dimensions."""
    found: dict[Name, list[float]] = defaultdict(list)
    for line in lines.splitlines():
        document = json.loads(line)
        for directive in document.get("_aws", {}).get("CloudWatchMetrics", []):
            for names in directive["Dimensions"]:
                dimensions = frozenset((name, str(document[name])) for name in names)
                for metric in directive["Metrics"]:
                    value = document[metric["Name"]]
                    values = value if isinstance(value, list) else [value]
                    found[directive["Namespace"], metric["Name"], dimensions] += values
    return found


def statistic(name: str, values: Sequence[float]) -> float | None:
    """What a period's values amount to; None where there are none."""
    if not values:
        return None
    match name:
        case "Sum":
            return sum(values)
        case "Maximum":
            return max(values)
        case "Minimum":
            return min(values)
        case "SampleCount":
            return len(values)
        case "p95":
            return sorted(values)[int(0.95 * (len(values) - 1))]
    raise AssertionError(f"no alarm of ours looks at {name}")


def is_on(alarm: Mapping[str, Any], periods: Sequence[Sequence[float]], evaluated: int) -> bool:
    """Whether an alarm is on after these periods, oldest first; it looks at the last `evaluated` of them."""
    kind = alarm.get("ExtendedStatistic") or alarm["Statistic"]
    silence: list[Sequence[float]] = [[]] * evaluated
    looked_at = [statistic(kind, values) for values in [*silence, *periods][-evaluated:]]
    compare = COMPARISONS[alarm["ComparisonOperator"]]
    breaching: list[bool] = [
        alarm["TreatMissingData"] == "breaching" if value is None else compare(value, alarm["Threshold"])
        for value in looked_at
    ]
    return breaching.count(True) >= int(alarm.get("DatapointsToAlarm", evaluated))
