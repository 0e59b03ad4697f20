"""Every alarm goes on when it should, stays off for what one retry mends, and ends when it is over.

What our functions print is taken from the function that prints it; what AWS emits is made up.
"""

from typing import Any

import pytest

from emsp.metrics import Metric, count
from tests.template.cloudwatch import Name, is_on, printed
from tests.template.template import resources, template
from tests.template.test_alarms import ALARMS, FACTS

STACK_NAME = "emsp"
OURS = sorted(name for name, alarm in ALARMS.items() if alarm.get("Namespace") == "emsp")
OF_AWS = sorted(name for name, alarm in ALARMS.items() if str(alarm.get("Namespace", "")).startswith("AWS/"))
SIGNS = sorted(name for name, alarm in ALARMS.items() if alarm["TreatMissingData"] == "breaching")


def periods_of(alarm: dict[str, Any]) -> int:
    """How many periods it looks at, as deployed with the defaults."""
    periods = alarm["EvaluationPeriods"]
    return int(template()["Parameters"][periods["Ref"]]["Default"] if isinstance(periods, dict) else periods)


def watched(alarm: dict[str, Any]) -> Name:
    dimensions = {
        each["Name"]: STACK_NAME if each["Value"] == {"Ref": "AWS::StackName"} else each["Value"]
        for each in alarm["Dimensions"]
    }
    return alarm["Namespace"], alarm["MetricName"], frozenset(dimensions.items())


def bad_values(alarm: dict[str, Any]) -> list[float]:
    """What one bad period brings."""
    if alarm["ComparisonOperator"] == "LessThanThreshold":
        return [0.0]
    return [alarm["Threshold"] + 1]


@pytest.fixture(autouse=True)
def named_for_its_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", STACK_NAME)


@pytest.mark.parametrize("name", [name for name in OURS if name not in SIGNS])
def test_what_our_functions_print_sets_it_off(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    alarm = ALARMS[name]
    namespace, metric, dimensions = watched(alarm)
    own = {key: value for key, value in dimensions if key != "service"}
    periods = []
    for _ in range(periods_of(alarm)):
        for value in bad_values(alarm):
            count(Metric(metric), int(value), **own)
        periods.append(printed(capsys.readouterr().out)[namespace, metric, dimensions])
    assert is_on(alarm, periods, periods_of(alarm))
    assert not is_on(alarm, [*periods, *[[]] * periods_of(alarm)], periods_of(alarm)), "it ends by itself"


@pytest.mark.parametrize("name", OF_AWS)
def test_what_aws_emits_sets_it_off(name: str) -> None:
    alarm = ALARMS[name]
    assert is_on(alarm, [bad_values(alarm)] * periods_of(alarm), periods_of(alarm))


@pytest.mark.parametrize("name", [name for name in (*OURS, *OF_AWS) if name not in SIGNS])
def test_one_bad_period_among_good_ones_does_not(name: str) -> None:
    alarm = ALARMS[name]
    once_is_enough = alarm["MetricName"] in FACTS or alarm["Threshold"] >= 2
    periods = [[], bad_values(alarm), []] if periods_of(alarm) > 1 else [bad_values(alarm)]
    assert is_on(alarm, periods, periods_of(alarm)) == (once_is_enough and periods_of(alarm) == 1)


@pytest.mark.parametrize("name", SIGNS)
def test_silence_sets_it_off_and_one_sign_in_time_does_not(name: str) -> None:
    alarm = ALARMS[name]
    look = periods_of(alarm)
    assert is_on(alarm, [], look)
    assert not is_on(alarm, [[1.0], *[[]] * (look - 1)], look), "the last hour in which a sign counts"
    assert is_on(alarm, [[1.0], *[[]] * look], look)


@pytest.mark.parametrize(
    ("name", "metric", "own"),
    [
        ("NoFullPullOfLocationsAlarm", Metric.PULLS_COMPLETED, {"module": "locations", "mode": "full"}),
        ("NoDeltaPullOfTariffsAlarm", Metric.PULLS_COMPLETED, {"module": "tariffs", "mode": "delta"}),
        ("NoChecksAlarm", Metric.HUB_REACHABLE, {}),
    ],
)
def test_the_sign_is_what_our_functions_print(
    name: str, metric: Metric, own: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    count(metric, 1, **own)
    sign = printed(capsys.readouterr().out)[watched(ALARMS[name])]
    assert sign == [1]
    assert not is_on(ALARMS[name], [sign], periods_of(ALARMS[name]))


def test_a_hub_that_answers_wrongly_is_reachable_and_one_that_does_not_answer_is_not() -> None:
    alarm = ALARMS["HubUnreachableAlarm"]
    assert not is_on(alarm, [[0.0, 1.0], [0.0], [0.0]], periods_of(alarm))
    assert is_on(alarm, [[0.0], [0.0], [0.0]], periods_of(alarm))
    assert not is_on(alarm, [], periods_of(alarm)), "nobody asked: NoChecksAlarm tells that"


def test_every_alarm_is_tried_here_but_the_sum_of_throttles() -> None:
    assert set(OURS) | set(OF_AWS) == set(ALARMS) - {"ThrottlesAlarm"}
    [expression] = [
        each
        for each in resources("AWS::CloudWatch::Alarm")["ThrottlesAlarm"]["Properties"]["Metrics"]
        if "Expression" in each
    ]
    assert expression["Expression"] == "SUM(METRICS())"
