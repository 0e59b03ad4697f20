"""`make alarms` says which alarms would be on, by the very lines that our functions print."""

import json

import pytest

from emsp.metrics import Metric, count
from tests.local_cloud.alarms import State, parameters_of, seen
from tests.template.template import resources

NOW_S = 1_800_000_010.0
BY_SILENCE = {
    "NoChecksAlarm",
    "NoDeltaPullOfLocationsAlarm",
    "NoDeltaPullOfTariffsAlarm",
    "NoFullPullOfLocationsAlarm",
    "NoFullPullOfTariffsAlarm",
    "NoPushesAlarm",
}


@pytest.fixture(autouse=True)
def named_for_its_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "emsp")


def counted(capsys: pytest.CaptureFixture[str], metric: Metric, ago_s: float, **own: str) -> list[str]:
    """What a function printed that counted something so long ago."""
    count(metric, 1, **own)
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for each in documents:
        each["_aws"]["Timestamp"] = int(1000 * (NOW_S - ago_s))
    return [json.dumps(each) for each in documents]


def on(lines: list[str]) -> set[str]:
    found = list(seen(["START RequestId: 1", *lines], parameters_of({}), NOW_S))
    return {each.name for each in found if each.state is State.ON}


def test_every_alarm_of_the_templates_is_there_and_only_those_on_our_metrics_are_told() -> None:
    found = {each.name: each for each in seen([], parameters_of({}), NOW_S)}
    alarms = resources("AWS::CloudWatch::Alarm")
    assert found.keys() == alarms.keys()
    ours = {name for name, each in alarms.items() if '"AWS/' not in json.dumps(each["Properties"])}
    assert {name for name, each in found.items() if each.state is not State.NOT_TOLD} == ours
    assert all(each.description for each in found.values())


def test_with_nothing_printed_only_the_alarms_on_silence_are_on() -> None:
    assert on([]) == BY_SILENCE


@pytest.mark.parametrize(("ago_s", "is_on"), [(5, True), (200, True), (700, False)])
def test_what_was_printed_in_the_last_periods_counts(
    capsys: pytest.CaptureFixture[str], ago_s: float, is_on: bool
) -> None:
    lines = counted(capsys, Metric.REJECTED_PUSHES, ago_s)
    assert ("RejectedPushesAlarm" in on(lines)) is is_on


def test_a_sign_of_life_turns_an_alarm_on_silence_off(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pull = {"module": "locations", "mode": "full"}
    lines = counted(capsys, Metric.PULLS_COMPLETED, 25 * 3600, **pull)
    assert on(lines) == BY_SILENCE - {"NoFullPullOfLocationsAlarm"}
