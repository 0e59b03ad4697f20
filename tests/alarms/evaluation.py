"""How CloudWatch decides whether an alarm is on.

- An alarm looks every minute at its last periods, counted back from that minute; one that looks back over
  more than a day looks at each full hour.
- A value can be seen some time after it came.
- Where periods have no value, older ones are looked at too (the evaluation range). How many is not
  published: AWS's examples have two. What is still missing counts as `TreatMissingData` says.
- A percentile of few values leaves the state as it is where `EvaluateLowSampleCountPercentile` says so.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
"""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from tests.alarms.expression import value_of
from tests.alarms.series import Series

MINUTES_SEEN_LATE: Final = 2
EXTRA_PERIODS: Final = (0, 2)
"""How many older periods are looked at where some have no value: each is tried, and the worse one counts."""
DAY: Final = 24 * 60

COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}

type Name = tuple[str, str, frozenset[tuple[str, str]]]
"""A metric: its namespace, name and dimensions."""
type Metrics = Mapping[Name, Series]


class State(StrEnum):
    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


@dataclass(frozen=True)
class Watched:
    """A metric and the statistic by which an alarm looks at it."""

    name: Name
    statistic: str


@dataclass(frozen=True)
class Alarm:
    """An alarm as the template has it, with the values that its parameters are given."""

    period: int
    """In minutes."""
    periods: int
    to_alarm: int
    threshold: float
    comparison: str
    missing: str
    metrics: Mapping[str, Watched]
    """By id: what the expression names."""
    expression: str | None = None
    """Metric math; None: the one metric as it is."""
    ignores_few: bool = False
    description: str = field(default="", compare=False)

    def breaches(self, value: float) -> bool:
        return COMPARISONS[self.comparison](value, self.threshold)


def next_state(alarm: Alarm, points: Sequence[float | None], before: State) -> State:
    """The state after a look at the values of the evaluation range, newest first; None where none is."""
    present = [alarm.breaches(value) for value in points if value is not None]
    lacking = alarm.periods - len(present)
    if lacking <= 0:
        return _state(sum(present[: alarm.periods]) >= alarm.to_alarm)
    match alarm.missing:
        case "breaching":
            return _state(sum(present) + lacking >= alarm.to_alarm)
        case "notBreaching":
            return _state(sum(present) >= alarm.to_alarm)
        case "ignore":
            if not present or _is_premature(alarm, points):
                return before
        case "missing":
            if not present:
                return State.INSUFFICIENT_DATA
            if _is_premature(alarm, points):
                return State.ALARM
    return _state(sum(present) >= alarm.to_alarm)


def _state(is_on: bool) -> State:
    return State.ALARM if is_on else State.OK


def _is_premature(alarm: Alarm, points: Sequence[float | None]) -> bool:
    """The oldest breaching value is old enough, and what came since breaches or is missing."""
    breaching = [
        place for place, value in enumerate(points, 1) if value is not None and alarm.breaches(value)
    ]
    within = all(value is None or alarm.breaches(value) for value in points)
    return bool(breaching) and within and breaching[-1] >= alarm.to_alarm


@dataclass(frozen=True)
class Change:
    """A state that an alarm went into, and when."""

    minute: int
    state: State


class Looks:
    """What an alarm sees of its metrics. Metrics may grow, but not within minutes that were looked at."""

    def __init__(self, alarm: Alarm, metrics: Metrics, seen_late: int = MINUTES_SEEN_LATE) -> None:
        self.alarm = alarm
        self._seen_late = seen_late
        self._metrics = metrics
        self._newest: dict[int, float | None] = {}
        self._whole: dict[int, float | None] = {}
        self.found_gaps = False
        """Whether a period that was looked at had no value: else extra periods change nothing."""

    @property
    def see_anything(self) -> bool:
        """Whether any of its metrics has a value."""
        names = [each.name for each in self.alarm.metrics.values()]
        return any(name in self._metrics and not self._metrics[name].is_empty for name in names)

    def points(self, minute: int, number: int) -> list[float | None]:
        """The values of the last periods, newest first; of the newest only what can be seen by now."""
        period = self.alarm.period
        if minute not in self._newest:
            self._newest[minute] = self._value(minute - period, minute - self._seen_late)
        before = (self._whole_period(minute - back * period) for back in range(1, number))
        return [self._newest[minute], *before]

    def are_few(self, minute: int) -> bool:
        """Whether the newest values are too few for a percentile to mean anything."""
        [watched] = self.alarm.metrics.values()
        share = float(watched.statistic.removeprefix("p")) / 100
        until = minute - self._seen_late
        return (self._of(watched.name, "SampleCount", minute - self.alarm.period, until) or 0) < 10 / (
            1 - share
        )

    def _whole_period(self, until: int) -> float | None:
        if until not in self._whole:
            self._whole[until] = self._value(until - self.alarm.period, until)
        return self._whole[until]

    def _value(self, after: int, until: int) -> float | None:
        if self.alarm.expression is None:
            [watched] = self.alarm.metrics.values()
            return self._of(watched.name, watched.statistic, after, until)
        values = {
            identity: self._of(each.name, each.statistic, after, until)
            for identity, each in self.alarm.metrics.items()
        }
        return value_of(self.alarm.expression, values)

    def _of(self, name: Name, statistic: str, after: int, until: int) -> float | None:
        return self._metrics[name].statistic(statistic, after, until) if name in self._metrics else None


def changes(looks: Looks, minutes: range, extra_periods: int, state: State = State.OK) -> Iterator[Change]:
    """What an alarm does in these minutes, beginning with `state`."""
    alarm = looks.alarm
    hourly = alarm.period * alarm.periods > DAY
    known: dict[tuple[State, *tuple[float | None, ...]], State] = {}
    for minute in minutes:
        if (hourly and minute % 60) or (alarm.ignores_few and looks.are_few(minute)):
            continue
        points = looks.points(minute, alarm.periods)
        if None in points:
            looks.found_gaps = True
            points = looks.points(minute, alarm.periods + extra_periods)
        # Most looks see the same as another.
        found = known.get((state, *points)) or next_state(alarm, points, state)
        known[state, *points] = found
        if found != state:
            state = found
            yield Change(minute, state)


def of_template(properties: Mapping[str, Any], parameters: Mapping[str, Any]) -> Alarm:
    """The alarm of a resource's properties; `parameters` are the values of the template's."""

    def number(value: Any) -> float:
        return float(parameters[value["Ref"]] if isinstance(value, dict) else value)

    periods = int(number(properties["EvaluationPeriods"]))
    stated = [each for each in properties.get("Metrics", ()) if "MetricStat" in each]
    if stated:
        [expression] = [each for each in properties["Metrics"] if each.get("ReturnData", True)]
        metrics = {
            each["Id"]: Watched(name_of(each["MetricStat"]["Metric"]), each["MetricStat"]["Stat"])
            for each in stated
        }
        [period] = {number(each["MetricStat"]["Period"]) for each in stated}
    else:
        expression = {}
        kind = properties.get("ExtendedStatistic") or properties["Statistic"]
        metrics = {"metric": Watched(name_of(properties), kind)}
        period = number(properties["Period"])
    return Alarm(
        period=int(period) // 60,
        periods=periods,
        to_alarm=int(number(properties.get("DatapointsToAlarm", periods))),
        threshold=number(properties["Threshold"]),
        comparison=properties["ComparisonOperator"],
        missing=properties.get("TreatMissingData", "missing"),
        metrics=metrics,
        expression=expression.get("Expression"),
        ignores_few=properties.get("EvaluateLowSampleCountPercentile") == "ignore",
        description=properties["AlarmDescription"]["Fn::Sub"],
    )


def name_of(metric: Mapping[str, Any]) -> Name:
    """A metric as a template names it; a resource among its dimensions goes by its logical id."""
    dimensions = frozenset((each["Name"], _named(each["Value"])) for each in metric["Dimensions"])
    return metric["Namespace"], metric["MetricName"], dimensions


def _named(value: Any) -> str:
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            return name
        case {"Fn::If": [_, where_it_is_there, _]}:
            return _named(where_it_is_there)
    return str(value)
