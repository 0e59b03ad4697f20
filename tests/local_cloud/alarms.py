"""`make alarms`: which alarms would be on now, by what the local stack's functions have printed.

The local cloud reads no metrics from log lines, and counts none of AWS's own. So this reads the lines itself,
and says of an alarm on one of AWS's metrics that it can't tell.
"""

import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from tests.local_cloud.deployment import PARAMETERS, STACK_NAME
from tests.local_cloud.lifecycle import UP_PARAMETERS, Deployed
from tests.local_cloud.places import STACK_FILE
from tests.local_cloud.stack import Stack
from tests.template.cloudwatch import Name, is_on, printed
from tests.template.template import resources, template

OURS: Final = "emsp"
"""The namespace of the metrics that our functions print."""

type Lines = Iterable[str]


class State(StrEnum):
    ON = "on"
    OFF = "off"
    NOT_TOLD = "can't be told"


@dataclass(frozen=True)
class Seen:
    """An alarm, its state, and what it says."""

    name: str
    state: State
    description: str


def seen(lines: Lines, parameters: Mapping[str, str], now_s: float) -> Iterator[Seen]:
    """Every alarm of the templates, by the metrics in the log lines; `parameters` are those of the stack."""
    documents = list(_metrics(lines))
    for name, resource in sorted(resources("AWS::CloudWatch::Alarm").items()):
        alarm = {key: _resolved(value, parameters) for key, value in resource["Properties"].items()}
        description = str(resource["Properties"]["AlarmDescription"].get("Fn::Sub", "")).split(" - $")[0]
        state = State.NOT_TOLD
        if alarm.get("Namespace") == OURS:
            state = State.ON if _is_on(alarm, documents, now_s, parameters) else State.OFF
        yield Seen(name, state, description)


def _metrics(lines: Lines) -> Iterator[tuple[float, str]]:
    """The lines that are metrics, each with its time in seconds."""
    for line in lines:
        if '"CloudWatchMetrics"' in line:
            yield json.loads(line)["_aws"]["Timestamp"] / 1000, line


def _is_on(
    alarm: Mapping[str, Any],
    documents: Iterable[tuple[float, str]],
    now_s: float,
    parameters: Mapping[str, str],
) -> bool:
    """As CloudWatch sees it: by periods that end now, or by those before while this one has no value yet."""
    period, evaluated = int(alarm["Period"]), int(alarm["EvaluationPeriods"])
    name = _name(alarm, parameters)
    periods: list[list[float]] = [[] for _ in range(evaluated + 1)]
    for at, line in documents:
        back = int(now_s // period - at // period)
        if 0 <= back <= evaluated:
            periods[evaluated - back] += printed(line).get(name, [])
    return is_on(alarm, periods if periods[-1] else periods[:-1], evaluated)


def _name(alarm: Mapping[str, Any], parameters: Mapping[str, str]) -> Name:
    dimensions = {each["Name"]: _resolved(each["Value"], parameters) for each in alarm["Dimensions"]}
    return alarm["Namespace"], alarm["MetricName"], frozenset(dimensions.items())


def _resolved(value: Any, parameters: Mapping[str, str]) -> Any:
    return parameters.get(value["Ref"], value) if isinstance(value, dict) and "Ref" in value else value


def parameters_of(deployed: Mapping[str, str]) -> dict[str, str]:
    """What `Ref` gives in the stack that `make up` deployed."""
    defaults = {
        name: str(each["Default"]) for name, each in template()["Parameters"].items() if "Default" in each
    }
    return {**defaults, **PARAMETERS, **UP_PARAMETERS, **deployed, "AWS::StackName": STACK_NAME}


def main() -> None:
    stack = Stack.load(STACK_FILE)
    if stack is None:
        sys.exit("there is no local stack: run `make up` first")
    lines = (line for function in stack.functions for line in stack.log_lines(function))
    found = list(seen(lines, parameters_of(Deployed.load().parameters), time.time()))
    for each in found:
        if each.state is State.ON:
            print(f"ON  {each.name}: {each.description}")
    for state, why in (
        (State.OFF, "off"),
        (State.NOT_TOLD, "can't be told here, as AWS counts what they watch"),
    ):
        names = [each.name for each in found if each.state is state]
        print(f"{len(names)} {why}: {', '.join(names)}")


if __name__ == "__main__":
    main()
