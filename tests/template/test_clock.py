"""The schedules don't meet, whenever the stack was deployed, and what fails behind them is not forgotten."""

import re
from itertools import pairwise

import pytest

from tests.template.template import REPOSITORY, as_list, functions, logical_id, resources, template

PARAMETERS = template()["Parameters"]
PULLS = ("pull_locations", "pull_tariffs")
BY_THE_CLOCK = (*PULLS, "check_hub", "watch_charges", "enforce_limits", "settle")


def minutes(schedule: str) -> set[int]:
    """The minutes of an hour at which a cron expression is due."""
    found = re.fullmatch(r"cron\((\d+)(?:/(\d+))? .*\)", str(PARAMETERS[schedule]["Default"]))
    assert found, f"{schedule} is phased by the time of the deployment: say the minute"
    first, step = int(found[1]), int(found[2] or 60)
    return set(range(first, 60, step))


@pytest.mark.parametrize("module", ["Locations", "Tariffs"])
def test_a_full_pull_and_a_delta_are_minutes_apart(module: str) -> None:
    deltas = minutes(f"{module}DeltaSchedule")
    for full in minutes(f"{module}FullSchedule"):
        assert min((full - delta) % 60 for delta in deltas) >= 10, "the delta before may still be running"
        assert min((delta - full) % 60 for delta in deltas) >= 5


def longest_gap(schedule: str) -> int:
    """Minutes between two runs of a schedule, at most; of a cron expression that is due on each day."""
    if rate := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", schedule):
        return int(rate[1]) * {"minute": 1, "hour": 60, "day": 1440}[rate[2]]
    cron = re.fullmatch(r"cron\((\S+) (\S+) \* \* \? \*\)", schedule)
    assert cron, schedule
    due = [60 * hour + minute for hour in values(cron[2], 24) for minute in values(cron[1], 60)]
    return max(later - at for at, later in pairwise([*due, due[0] + 1440]))


def values(field: str, end: int) -> list[int]:
    """Those of a field of a cron expression."""
    found: set[int] = set()
    for part in field.split(","):
        start, _, step = part.partition("/")
        first, _, last = ("0" if start == "*" else start).partition("-")
        until = int(last) + 1 if last else end if start == "*" or step else int(first) + 1
        found |= set(range(int(first), until, int(step or 1)))
    return sorted(found)


FOLLOWED = {
    "LocationsDeltaSchedule": ("NoDeltaPullOfLocationsAlarm", 3),
    "TariffsDeltaSchedule": ("NoDeltaPullOfTariffsAlarm", 3),
    "LocationsFullSchedule": ("NoFullPullOfLocationsAlarm", 1),
    "TariffsFullSchedule": ("NoFullPullOfTariffsAlarm", 1),
    "CheckHubSchedule": ("NoChecksAlarm", 3),
    "WatchChargesSchedule": ("NoWatchAlarm", 3),
    "EnforceLimitsSchedule": ("NoEnforcementAlarm", 3),
}
"""By which alarm each schedule is followed, and how many runs may fail to come until it is on."""
SCHEDULES = (
    *("rate(1 minute)", "rate(2 minutes)", "rate(5 minutes)", "rate(6 minutes)", "rate(15 minutes)"),
    *("rate(16 minutes)", "rate(59 minutes)", "rate(60 minutes)", "rate(90 minutes)", "rate(1 hour)"),
    *("rate(2 hours)", "rate(24 hours)", "rate(25 hours)", "rate(1 day)", "rate(2 days)"),
    *("cron(0 * * * ? *)", "cron(5/15 * * * ? *)", "cron(0,30 * * * ? *)", "cron(10-20 * * * ? *)"),
    *("cron(0 20 * * ? *)", "cron(0 8-20 * * ? *)", "cron(0 */6 * * ? *)", "cron(0/5 8-20 * * ? *)"),
    *("cron(0 20 * * MON *)", "cron(0 20 1 * ? *)", "cron(* * * * ? *)", "at(2026-11-22T10:00:00)"),
)


@pytest.mark.parametrize("name", FOLLOWED)
def test_a_schedule_that_its_alarm_cannot_follow_is_refused(name: str) -> None:
    followed_by, runs = FOLLOWED[name]
    alarm = resources("AWS::CloudWatch::Alarm")[followed_by]["Properties"]
    window = alarm["EvaluationPeriods"] * alarm["Metrics"][1]["MetricStat"]["Period"] // 60
    taken = [each for each in SCHEDULES if re.fullmatch(PARAMETERS[name]["AllowedPattern"], each)]
    assert re.fullmatch(PARAMETERS[name]["AllowedPattern"], PARAMETERS[name]["Default"])
    assert len(taken) >= 3
    assert len(taken) < len(SCHEDULES) / 2
    for schedule in taken:
        assert runs * longest_gap(schedule) <= window, schedule


def test_every_schedule_is_followed_by_an_alarm_but_that_of_a_month() -> None:
    """CloudWatch looks back over a week at most. A settlement that was not delivered waits in a queue too."""
    expressions = {
        event["Properties"]["ScheduleExpression"]["Ref"]
        for function in functions().values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "ScheduleV2"
    }
    assert expressions == FOLLOWED.keys() | {"SettlementSchedule"}


def test_what_the_scheduler_cannot_deliver_waits_in_a_queue() -> None:
    for function in functions().values():
        for event in function.get("Events", {}).values():
            if event["Type"] == "ScheduleV2":
                queue = event["Properties"]["DeadLetterConfig"]
                assert queue == {"Arn": {"Fn::GetAtt": ["FailedRunsQueue", "Arn"]}}


@pytest.mark.parametrize("name", BY_THE_CLOCK)
def test_what_fails_at_every_try_waits_in_a_queue(name: str) -> None:
    config = functions()[name]["EventInvokeConfig"]
    assert config["MaximumRetryAttempts"] == 2
    assert config["DestinationConfig"]["OnFailure"]["Destination"] == {
        "Fn::GetAtt": ["FailedRunsQueue", "Arn"]
    }


def test_whatever_calls_itself_is_not_stopped_at_its_sixteenth_call() -> None:
    for name, function in functions().items():
        own = f":function:${{AWS::StackName}}-{name}"
        allowed = [
            resource
            for document in function.get("Policies", [])
            for statement in document["Statement"]
            for resource in as_list(statement["Resource"])
        ]
        calls_itself = any(own in str(resource) for resource in allowed)
        assert (function.get("RecursiveLoop") == "Allow") == calls_itself, logical_id(name)


def test_names_of_functions_fit_where_a_stacks_name_is_chosen() -> None:
    """Lambda allows 64 characters. A longer stack name fails at a resource that says so by its name."""
    longest = max(len(f"-{name}") for name in functions())
    assert 64 - longest == 41
    guard = resources("AWS::SSM::Parameter")["StackNameHasAtMost41Characters"]["Properties"]
    assert guard["Value"] == {"Ref": "AWS::StackName"}
    assert re.search(guard["AllowedPattern"], "n" * 41)
    assert not re.search(guard["AllowedPattern"], "n" * 42)
    for place in ("README.md", "samconfig.toml", "template.yaml"):
        assert "41 characters" in (REPOSITORY / place).read_text(encoding="utf-8"), place
