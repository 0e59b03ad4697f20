"""Our CloudWatch decides as AWS's documentation says that the real one does."""

from dataclasses import replace

import pytest

from tests.alarms.evaluation import Alarm, Looks, Metrics, State, Watched, changes, next_state
from tests.alarms.expression import value_of
from tests.alarms.series import Series

NAME = ("AWS/Lambda", "Errors", frozenset({("FunctionName", "f")}))
OK, ALARM, INSUFFICIENT, RETAIN = "OK", "ALARM", "INSUFFICIENT_DATA", "retain"

# AWS's two tables: the points of the evaluation range, oldest first (X breaches, 0 does not, - is missing),
# and the state for missing, ignore, breaching and notBreaching.
THREE_OF_THREE = [
    ("0 - X - X", OK, OK, OK, OK),
    ("- - - - 0", OK, OK, OK, OK),
    ("- - - - -", INSUFFICIENT, RETAIN, ALARM, OK),
    ("0 X X - X", ALARM, ALARM, ALARM, ALARM),
    ("- - X - -", ALARM, RETAIN, ALARM, OK),
]
TWO_OF_THREE = [
    ("0 - X - X", ALARM, ALARM, ALARM, ALARM),
    ("0 0 X 0 X", ALARM, ALARM, ALARM, ALARM),
    ("0 - X - -", OK, OK, ALARM, OK),
    ("- - - - 0", OK, OK, ALARM, OK),
    ("- - - X -", ALARM, RETAIN, ALARM, OK),
]


def alarm(*, to_alarm: int, missing: str = "notBreaching", period: int = 5, periods: int = 3) -> Alarm:
    return Alarm(
        period=period,
        periods=periods,
        to_alarm=to_alarm,
        threshold=0,
        comparison="GreaterThanThreshold",
        missing=missing,
        metrics={"metric": Watched(NAME, "Sum")},
    )


@pytest.mark.parametrize("before", [State.OK, State.ALARM])
@pytest.mark.parametrize(
    ("to_alarm", "points", "expected"),
    [(3, points, states) for points, *states in THREE_OF_THREE]
    + [(2, points, states) for points, *states in TWO_OF_THREE],
)
def test_missing_values_count_as_aws_says(
    to_alarm: int, points: str, expected: list[str], before: State
) -> None:
    newest_first = [{"X": 1.0, "0": 0.0, "-": None}[each] for each in reversed(points.split())]
    for missing, state in zip(("missing", "ignore", "breaching", "notBreaching"), expected, strict=True):
        found = next_state(alarm(to_alarm=to_alarm, missing=missing), newest_first, before)
        assert found == (before if state == RETAIN else state), missing


def went_on(of: Alarm, metrics: Metrics, until: int, extra: int = 0) -> list[tuple[int, str]]:
    return [(each.minute, each.state.value) for each in changes(Looks(of, metrics), range(until), extra)]


def test_a_value_is_seen_late_and_by_windows_that_slide() -> None:
    series = Series()
    series.add(7, 1.0)
    assert went_on(alarm(to_alarm=1, periods=1), {NAME: series}, 60) == [(9, "ALARM"), (12, "OK")]


def test_an_alarm_that_looks_back_over_more_than_a_day_looks_at_full_hours() -> None:
    of = alarm(to_alarm=26, missing="breaching", period=60, periods=26)
    assert went_on(of, {}, 60) == [(0, "ALARM")]
    series = Series()
    series.add(30, 0.0)
    assert went_on(of, {NAME: series}, 5000)[1:] == [(60, "OK"), (1620, "ALARM")]
    assert went_on(of, {NAME: series}, 5000, extra=2)[1:] == [(60, "OK"), (1740, "ALARM")]


@pytest.mark.parametrize(("samples", "expected"), [(199, []), (200, [(4, "ALARM")])])
def test_a_percentile_of_few_values_leaves_the_state_as_it_is(
    samples: int, expected: list[tuple[int, str]]
) -> None:
    series = Series()
    series.add(2, 5000.0, samples)
    of = replace(
        alarm(to_alarm=1, periods=1), metrics={"m": Watched(NAME, "p95")}, threshold=4000, ignores_few=True
    )
    assert went_on(of, {NAME: series}, 7) == expected


def test_statistics() -> None:
    series = Series()
    series.add(1, 10.0, 98)
    series.add(1, 110.0)
    series.add(2, 210.0)
    assert series.statistic("Sum", 0, 2) == 1300
    assert series.statistic("Average", 0, 2) == 13
    assert series.statistic("SampleCount", 0, 1) == 99
    assert series.statistic("Maximum", 0, 1) == 110
    assert series.statistic("Minimum", 0, 2) == 10
    assert series.statistic("p99", 0, 2) == pytest.approx(111)
    assert series.statistic("p50", 0, 2) == 10
    assert series.statistic("Sum", 2, 9) is None


@pytest.mark.parametrize(
    ("expression", "values", "expected"),
    [
        ("SUM(METRICS())", {"a": 1.0, "b": None}, 1),
        ("SUM(METRICS())", {"a": None}, None),
        ("FILL(a, 0)", {"a": None}, 0),
        ("a / b", {"a": 1.0, "b": 0.0}, None),
        ("a / b", {"a": 1.0, "b": None}, None),
        ("IF(a >= 3, 100 * a / (a + FILL(b, 0)), 0)", {"a": 3.0, "b": None}, 100),
        ("IF(a >= 3, 100 * a / (a + FILL(b, 0)), 0)", {"a": 2.0, "b": None}, 0),
        ("IF(a >= 3, 1, 0)", {"a": None}, None),
    ],
)
def test_metric_math(expression: str, values: dict[str, float | None], expected: float | None) -> None:
    assert value_of(expression, values) == expected
