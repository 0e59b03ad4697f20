"""The schedules don't meet, whenever the stack was deployed, and what fails behind them is not forgotten."""

import re

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
