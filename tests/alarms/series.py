"""The values of one metric, by the minute in which they came, and what a stretch of them amounts to."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

type Values = Sequence[tuple[float, float]]
"""Values, each with the number of times that it came."""

SUMMED: Final = frozenset({"Sum", "SampleCount", "Average"})


class Series:
    """Values are added first, and read afterwards."""

    def __init__(self) -> None:
        self._at: dict[int, list[tuple[float, float]]] = defaultdict(list)
        self._minutes: list[int] = []
        self._sums: list[tuple[float, float]] = []

    def add(self, minute: int, value: float, times: float = 1) -> None:
        if times:
            self._at[minute].append((value, times))
            self._minutes = []

    def copy(self) -> "Series":
        made = Series()
        made._at = defaultdict(list, {minute: list(values) for minute, values in self._at.items()})
        return made

    @property
    def is_empty(self) -> bool:
        return not self._at

    def statistic(self, name: str, after: int, until: int) -> float | None:
        """Of the values in the minutes after `after`, up to `until`; None where there are none."""
        self._sort()
        first, last = bisect_right(self._minutes, after), bisect_right(self._minutes, until)
        if first >= last:
            return None
        if name in SUMMED:
            (total_before, times_before), (total, times) = self._sums[first], self._sums[last]
            if name == "Sum":
                return total - total_before
            came = times - times_before
            return came if name == "SampleCount" else (total - total_before) / came
        return statistic(name, [each for minute in self._minutes[first:last] for each in self._at[minute]])

    def _sort(self) -> None:
        if self._minutes or not self._at:
            return
        self._minutes = sorted(self._at)
        self._sums = [(0.0, 0.0)]
        for minute in self._minutes:
            total, times = self._sums[-1]
            for value, count in self._at[minute]:
                total, times = total + value * count, times + count
            self._sums.append((total, times))


def statistic(name: str, values: Values) -> float:
    """What values amount to. Percentiles lie between two values where there are few."""
    match name:
        case "Sum":
            return sum(value * times for value, times in values)
        case "SampleCount":
            return sum(times for _, times in values)
        case "Average":
            return statistic("Sum", values) / statistic("SampleCount", values)
        case "Maximum":
            return max(value for value, _ in values)
        case "Minimum":
            return min(value for value, _ in values)
    if name.startswith("p"):
        return _percentile(float(name[1:]) / 100, values)
    raise AssertionError(f"no alarm of ours looks at {name}")


def _percentile(share: float, values: Values) -> float:
    ordered = sorted(values)
    position = share * (statistic("SampleCount", values) - 1)
    below, above = _at(ordered, int(position)), _at(ordered, int(position) + 1)
    return below + (above - below) * (position - int(position))


def _at(ordered: Values, position: int) -> float:
    passed = 0.0
    for value, times in ordered:
        passed += times
        if position < passed:
            return value
    return ordered[-1][0]
