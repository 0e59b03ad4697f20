"""Alarms, dashboard and saved queries look at what is there, and lead whoever is told to the runbook."""

import json
import re
from collections import defaultdict
from typing import Any

import pytest

from emsp.commands.states import CommandState
from emsp.hub import errors
from emsp.metrics import NAMESPACE, Metric
from emsp.stores.pull_records import PullMode
from tests.template.counted import counted, dimensions_of
from tests.template.template import REPOSITORY, resources, template

ALARMS = {name: alarm["Properties"] for name, alarm in resources("AWS::CloudWatch::Alarm").items()}
RESOURCES: dict[str, Any] = template()["Resources"]
STACK = {"Ref": "AWS::StackName"}

# What AWS itself emits: the metric, the dimension that we look at it by, and what that dimension names.
AWS_METRICS = {
    ("AWS/ApiGateway", "4XXError"): ("ApiName", "stack"),
    ("AWS/ApiGateway", "5XXError"): ("ApiName", "stack"),
    ("AWS/ApiGateway", "5xx"): ("ApiId", "AWS::ApiGatewayV2::Api"),
    ("AWS/ApiGateway", "Count"): ("ApiName", "stack"),
    ("AWS/ApiGateway", "Latency"): ("ApiName", "stack"),
    ("AWS/DynamoDB", "ConsumedWriteCapacityUnits"): ("TableName", "AWS::DynamoDB::Table"),
    ("AWS/Lambda", "Duration"): ("FunctionName", "AWS::Serverless::Function"),
    ("AWS/Lambda", "Errors"): ("FunctionName", "AWS::Serverless::Function"),
    ("AWS/Lambda", "Invocations"): ("FunctionName", "AWS::Serverless::Function"),
    ("AWS/Lambda", "IteratorAge"): ("FunctionName", "AWS::Serverless::Function"),
    ("AWS/Lambda", "Throttles"): ("FunctionName", "AWS::Serverless::Function"),
    ("AWS/Logs", "IncomingBytes"): ("LogGroupName", "AWS::Logs::LogGroup"),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): ("QueueName", "AWS::SQS::Queue"),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): ("QueueName", "AWS::SQS::Queue"),
    ("AWS/States", "ExecutionsTimedOut"): ("StateMachineArn", "AWS::Serverless::StateMachine"),
}
# What `Ref` or `GetAtt` must give for the dimension to name the resource as AWS does.
NAMED_BY = {
    "AWS::ApiGatewayV2::Api": "Ref",
    "AWS::DynamoDB::Table": "Ref",
    "AWS::Serverless::Function": "Ref",
    "AWS::Serverless::StateMachine": "Ref",
    "AWS::SQS::Queue": "QueueName",
}
# Metrics that mean the same over and over until someone acts: the first one is to be told.
FACTS = {
    "ConflictingCdrs",
    "ForbiddenCalls",
    "HubMoved",
    "LargeBodies",
    "PushesBeyondNeed",
    "DisputesOverdue",
    "TokenMisuseSuspected",
    "RejectedPushes",
    "StopsRefused",
    "VanishGuardTripped",
    "ApproximateNumberOfMessagesVisible",
    "ExecutionsTimedOut",
}


def watched() -> list[tuple[str, dict[str, Any]]]:
    """Every metric that an alarm looks at, also those within an expression."""
    found = []
    for name, alarm in ALARMS.items():
        if "Metrics" in alarm:
            found += [
                (name, each["MetricStat"]["Metric"]) for each in alarm["Metrics"] if "MetricStat" in each
            ]
        else:
            found.append((name, alarm))
    return found


@pytest.mark.parametrize(
    ("name", "metric"), watched(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_an_alarm_looks_at_a_metric_that_is_emitted_with_these_dimensions(
    name: str, metric: dict[str, Any]
) -> None:
    dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
    if metric["Namespace"] == NAMESPACE:
        assert dimensions.pop("service") == STACK
        assert ("service", *dimensions) in dimensions_of(metric["MetricName"])
        known = {
            "module": {"locations", "tariffs"},
            "mode": {mode.value for mode in PullMode},
            "error": set(vars(errors)),
            "state": {state.value for state in CommandState},
        }
        for dimension, value in dimensions.items():
            assert value in known[dimension]
        return
    counted_of = "5xx" if "ApiId" in dimensions else metric["MetricName"]
    dimension, kind = AWS_METRICS[(metric["Namespace"], counted_of)]
    assert set(dimensions) == {dimension}
    if kind == "stack":
        assert dimensions[dimension] == STACK == RESOURCES["Api"]["Properties"]["Name"]
        return
    named = dimensions[dimension]
    [(how, target)] = (named["Fn::If"][1] if "Fn::If" in named else named).items()
    logical_id, attribute = (target, "Ref") if how == "Ref" else target
    assert RESOURCES[logical_id]["Type"] == kind
    assert attribute == NAMED_BY[kind]


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_an_alarm_says_what_happened_what_to_do_and_where_that_is_written(name: str) -> None:
    description = ALARMS[name]["AlarmDescription"]["Fn::Sub"]
    found = re.fullmatch(
        r"(.{20,}) - (.{10,}) - within (?:\d+|\$\{SilenceHours\}) (?:minute|hour)s?(?: \(.+\))?"
        r" - \$\{RunbookUrl\}#([a-z-]+)",
        description,
    )
    assert found, description
    runbook = (REPOSITORY / "docs" / "runbook.md").read_text(encoding="utf-8")
    anchors = {
        re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", runbook, flags=re.MULTILINE)
    }
    assert found[3] in anchors


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_an_alarm_reaches_whoever_is_told_and_says_when_it_is_over(name: str) -> None:
    told = [{"Fn::If": ["HasAlarmTopic", {"Ref": "AlarmTopicArn"}, {"Ref": "AlarmTopic"}]}]
    assert ALARMS[name]["AlarmActions"] == ALARMS[name]["OKActions"] == told


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_one_retry_trips_no_alarm(name: str) -> None:
    """Lambda, the streams and the Hub try again by themselves: one bad period is no news, but for facts."""
    alarm = ALARMS[name]
    if alarm.get("MetricName") in FACTS or alarm["TreatMissingData"] == "breaching":
        return
    needed = alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"])
    assert needed >= 2 or alarm["Threshold"] >= 2
    assert alarm["EvaluationPeriods"] >= needed


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_silence_alarms_exactly_where_there_must_be_some_sign(name: str) -> None:
    alarm = ALARMS[name]
    waits_for_a_sign = name.startswith("No")
    assert alarm["TreatMissingData"] == ("breaching" if waits_for_a_sign else "notBreaching")
    if waits_for_a_sign:
        assert alarm["ComparisonOperator"] == "LessThanThreshold"
        filled, sign = alarm["Metrics"]
        assert filled["Expression"] == "FILL(sign, 0)", "else it looks behind empty periods for older ones"
        period, periods = sign["MetricStat"]["Period"], alarm["EvaluationPeriods"]
        if not isinstance(periods, int) or period * periods > 86400:
            assert period == 3600, "CloudWatch looks back over a day only by the hour"
        if name != "NoPushesAlarm":
            assert alarm["ActionsEnabled"] == {"Fn::If": ["SchedulesRun", True, False]}


def test_every_metric_that_is_named_is_counted_somewhere() -> None:
    assert set(counted()) == {metric.value for metric in Metric}


def test_a_stalled_stream_or_queue_is_noticed_though_no_function_fails() -> None:
    def has(metric: str, resource: str) -> bool:
        return any(
            alarm.get("MetricName") == metric and f'"{resource}"' in json.dumps(alarm["Dimensions"])
            for alarm in ALARMS.values()
        )

    for name, function in resources("AWS::Serverless::Function").items():
        for event in function["Properties"].get("Events", {}).values():
            if event["Type"] == "DynamoDB":
                assert has("IteratorAge", name)
            if event["Type"] == "SQS":
                queue = event["Properties"]["Queue"]["Fn::GetAtt"][0]
                assert has("ApproximateAgeOfOldestMessage", queue)
    for queue in resources("AWS::SQS::Queue"):
        if queue != "ExpireCommandQueue":  # which is worked off by itself
            assert has("ApproximateNumberOfMessagesVisible", queue), queue


def test_every_function_with_reserved_concurrency_is_watched_for_throttles() -> None:
    reserved = {
        name
        for name, function in resources("AWS::Serverless::Function").items()
        if "ReservedConcurrentExecutions" in function["Properties"]
    }
    throttles = {
        metric["Dimensions"][0]["Value"]["Ref"]
        for name, metric in watched()
        if metric["MetricName"] == "Throttles"
    }
    assert len(reserved) == 8
    assert throttles == reserved


def test_the_catalogue_is_watched_for_a_day_and_two_hours_and_for_three_hours() -> None:
    hours = {name: alarm["EvaluationPeriods"] for name, alarm in ALARMS.items() if "PullOf" in name}
    assert hours == {
        "NoFullPullOfLocationsAlarm": 26,
        "NoFullPullOfTariffsAlarm": 26,
        "NoDeltaPullOfLocationsAlarm": 3,
        "NoDeltaPullOfTariffsAlarm": 3,
    }


# ------------------------------------------------------------------------------- dashboard and queries
def widgets() -> list[dict[str, Any]]:
    text = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    body: dict[str, list[dict[str, Any]]] = json.loads(re.sub(r"\$\{([\w:.]+)\}", r"<\1>", text))
    return body["widgets"]


def test_widgets_lie_beside_each_other_and_never_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for widget in widgets():
        cells = {
            (widget["x"] + x, widget["y"] + y)
            for x in range(widget["width"])
            for y in range(widget["height"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells


@pytest.mark.parametrize(
    "widget",
    [each for each in widgets() if each["type"] == "metric"],
    ids=lambda widget: widget["properties"]["title"],
)
def test_a_widget_shows_metrics_that_are_emitted(widget: dict[str, Any]) -> None:
    for metric in widget["properties"]["metrics"]:
        if isinstance(metric[0], dict):
            found = re.fullmatch(
                r"SEARCH\('\{([\w/]+),([\w,]+)\} .*MetricName=\"(\w+)\"', '\w+', 300\)",
                metric[0]["expression"],
            )
            assert found, metric
            namespace, dimensions, name = found[1], tuple(found[2].split(",")), found[3]
        else:
            namespace, name = metric[0], metric[1]
            pairs = metric[2:-1] if isinstance(metric[-1], dict) else metric[2:]
            dimensions = tuple(pairs[::2])
        if namespace == "emsp":
            assert dimensions in dimensions_of(name), name
        else:
            assert dimensions == (AWS_METRICS[(namespace, name)][0],)


def test_saved_queries_ask_groups_that_are_there() -> None:
    queries = resources("AWS::Logs::QueryDefinition")
    assert {"ByCorrelationIdQuery", "ByObjectQuery", "RefusedPushesQuery", "SlowestCallsQuery"} <= set(
        queries
    )
    groups = {f"{name.removesuffix('Function')}LogGroup" for name in resources("AWS::Serverless::Function")}
    for name, query in queries.items():
        asked = {
            each["Fn::If"][1]["Ref"] if "Fn::If" in each else each["Ref"]
            for each in query["Properties"]["LogGroupNames"]
        }
        assert asked <= groups
        if name.startswith("By"):
            assert asked == groups, "what is looked for may be anywhere"


def test_every_metric_is_read_by_an_alarm_or_a_graph_under_the_dimensions_that_it_has() -> None:
    """What nobody reads costs 0.30 USD a month; a second set of dimensions is a second metric."""
    read: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for _, metric in watched():
        if metric["Namespace"] == NAMESPACE:
            read[metric["MetricName"]].add(tuple(each["Name"] for each in metric["Dimensions"]))
    for widget in widgets():
        for metric in widget["properties"].get("metrics", []):
            if metric[0] == NAMESPACE:
                read[metric[1]].add(("service",))
            elif isinstance(metric[0], dict):
                found = re.search(r"\{emsp,([\w,]+)\}.*MetricName=\"(\w+)\"", metric[0]["expression"])
                if found:
                    read[found[2]].add(tuple(found[1].split(",")))
    assert read == counted()
