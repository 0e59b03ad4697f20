"""`make alarms`: which alarms would be on now, according to the log lines of the local stack's functions.

The local cloud extracts no metrics from log lines, and has none of AWS's own metrics. So this reads the lines
itself. The state of an alarm on one of AWS's metrics is unknown here.
"""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tests.alarms.evaluation import Looks, Name, next_state, of_template
from tests.alarms.evaluation import State as AlarmState
from tests.alarms.series import Series
from tests.local_cloud.deployment import PARAMETERS, STACK_NAME
from tests.local_cloud.lifecycle import UP_PARAMETERS, Deployed
from tests.local_cloud.places import STACK_FILE
from tests.local_cloud.stack import Stack
from tests.template.cloudwatch import printed
from tests.template.template import resources, template

OURS: Final = "emsp"
"""The namespace of our functions' metrics."""

type Lines = Iterable[str]


class State(StrEnum):
    ON = "on"
    OFF = "off"
    NOT_TOLD = "unknown"


@dataclass(frozen=True)
class Seen:
    """An alarm, its state and its description."""

    name: str
    state: State
    description: str


def seen(lines: Lines, parameters: Mapping[str, str], now_s: float) -> Iterator[Seen]:
    """Every alarm of the templates, by the metrics in the log lines. `parameters` are the stack's."""
    metrics = _metrics(lines)
    now = int(now_s // 60)
    for name, resource in sorted(resources("AWS::CloudWatch::Alarm").items()):
        alarm = of_template(resource["Properties"], parameters)
        state = State.NOT_TOLD
        if all(namespace == OURS for namespace, _, _ in (each.name for each in alarm.metrics.values())):
            points = Looks(alarm, metrics, seen_late=0).points(now, alarm.periods)
            is_on = next_state(alarm, points, AlarmState.OK) == AlarmState.ALARM
            state = State.ON if is_on else State.OFF
        yield Seen(name, state, alarm.description.split(" - $")[0])


def _metrics(lines: Lines) -> dict[Name, Series]:
    """The metrics in the lines for each minute, with their names in the template."""
    found: dict[Name, Series] = defaultdict(Series)
    for line in lines:
        if '"CloudWatchMetrics"' not in line:
            continue
        minute = int(json.loads(line)["_aws"]["Timestamp"] / 60_000)
        for (namespace, metric, dimensions), values in printed(line).items():
            named = frozenset(
                (name, "AWS::StackName" if value == STACK_NAME else value) for name, value in dimensions
            )
            for value in values:
                found[namespace, metric, named].add(minute, value)
    return found


def parameters_of(deployed: Mapping[str, str]) -> dict[str, str]:
    """The values of `Ref` in the stack that `make up` deployed."""
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
        (State.NOT_TOLD, "unknown here, because they use metrics of AWS itself"),
    ):
        names = [each.name for each in found if each.state is state]
        print(f"{len(names)} {why}: {', '.join(names)}")


if __name__ == "__main__":
    main()
