"""What happens, and the metrics that it leaves: our functions' own lines, and what AWS says that it counts.

AWS's conditions, each from its page of metrics:

| metric | counts |
| --- | --- |
| AWS/ApiGateway Count, Latency | each request, also one that API Gateway answers itself |
| AWS/ApiGateway 4XXError | 1 for an answer 4xx and for a gateway response of modified status; else 0 |
| AWS/ApiGateway 5xx, Count of an HTTP API | each answer 5xx, each request |
| AWS/ApiGateway 5XXError | 1 for an answer 5xx that is no modified gateway response; else 0 |
| AWS/Lambda Invocations | each call that was run, well or not; not those that were throttled |
| AWS/Lambda Errors | 1 for a call that raised, timed out or did not start; else 0, whatever it answers |
| AWS/Lambda Throttles | 1 for a call that was turned away |
| AWS/Lambda IteratorAge | ms, of each batch of a stream that the function is called with |
| AWS/SQS ApproximateNumberOfMessagesVisible, ApproximateAgeOfOldestMessage | each minute, of a queue in use |
| AWS/States ExecutionsTimedOut | 1 for a run that its own TimeoutSeconds ends, not that of a state |
"""

import contextlib
import io
import json
import os
from collections import defaultdict
from collections.abc import Container
from functools import cache
from typing import Final

from emsp.metrics import Metric, count
from tests.alarms.evaluation import Name
from tests.alarms.series import Series
from tests.template.counted import dimensions_of
from tests.template.template import template

STACK: Final = "AWS::StackName"
"""As the template names the stack: our metrics and our API go by its name."""
RECEIVERS: Final = {
    "sessions": "ReceiveSessionFunction",
    "cdrs": "ReceiveCdrFunction",
    "commands": "ReceiveCommandResultFunction",
    "versions": "VersionsFunction",
}


class World:
    """The metrics of all that was told to have happened, by the minute: those that anybody looks at."""

    def __init__(self, looked_at: Container[Name]) -> None:
        self.metrics: dict[Name, Series] = defaultdict(Series)
        self.looked_at = looked_at

    def printed(self, minute: int, metric: Metric, value: int = 1, times: float = 1, **own: str) -> None:
        """Our code counts `value`, so many times."""
        for name in _names(metric, tuple(own.items())):
            self._add(name, minute, value, times)

    def answered(
        self, minute: int, status: int, milliseconds: float, times: float = 1, *, is_modified: bool = False
    ) -> None:
        """API Gateway answers requests; `is_modified`: itself, with a status that the template gives it."""
        is_client_error = is_modified or 400 <= status < 500
        counted = {
            "Count": 1.0,
            "4XXError": float(is_client_error),
            "5XXError": float(status >= 500 and not is_client_error),
            "Latency": milliseconds,
        }
        for metric, value in counted.items():
            self._add(_of_aws("AWS/ApiGateway", metric, "ApiName", STACK), minute, value, times)

    def answered_drivers(self, minute: int, status: int, times: float = 1) -> None:
        """The HTTP API answers requests of drivers' apps."""
        for metric, value in {"Count": 1.0, "5xx": float(status >= 500)}.items():
            self._add(_of_aws("AWS/ApiGateway", metric, "ApiId", "DriverHttpApi"), minute, value, times)

    def invoked(self, minute: int, function: str, times: float = 1, *, fails: bool = False) -> None:
        """Lambda runs a function, named by its logical id."""
        self._of_function("Invocations", function, minute, 1.0, times)
        self._of_function("Errors", function, minute, float(fails), times)
        self._of_function("Throttles", function, minute, 0.0, times)

    def throttled(self, minute: int, function: str, times: float = 1) -> None:
        self._of_function("Throttles", function, minute, 1.0, times)

    def streamed(self, minute: int, function: str, age_ms: float, *, fails: bool = False) -> None:
        """Lambda brings a batch of a stream, whose last record is so old."""
        self.invoked(minute, function, fails=fails)
        self._of_function("IteratorAge", function, minute, age_ms, 1)

    def queued(self, minute: int, queue: str, visible: int, oldest_s: float = 0) -> None:
        """What SQS says of a queue in a minute."""
        self._add(
            _of_aws("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue), minute, visible, 1
        )
        self._add(
            _of_aws("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", queue), minute, oldest_s, 1
        )

    def waited_for_an_outcome(self, minute: int) -> None:
        """A run of RemoteStart waited for its command until it was ended, as its definition says."""
        definition = template()["Resources"]["RemoteStart"]["Properties"]["Definition"]
        state = definition["States"]["StartSession"]
        its_own = definition.get("TimeoutSeconds", float("inf"))
        timed_out = its_own <= state.get("TimeoutSeconds", float("inf"))
        metric = "ExecutionsTimedOut" if timed_out else "ExecutionsFailed"
        self._add(_of_aws("AWS/States", metric, "StateMachineArn", "RemoteStart"), minute, 1.0, 1)

    def _of_function(self, metric: str, function: str, minute: int, value: float, times: float) -> None:
        self._add(_of_lambda(metric, function), minute, value, times)

    def _add(self, name: Name, minute: int, value: float, times: float) -> None:
        if name in self.looked_at:
            self.metrics[name].add(minute, value, times)


@cache
def _of_aws(namespace: str, metric: str, dimension: str, whose: str) -> Name:
    return namespace, metric, frozenset({(dimension, whose)})


@cache
def _of_lambda(metric: str, function: str) -> Name:
    assert function in template()["Resources"], function
    return _of_aws("AWS/Lambda", metric, "FunctionName", function)


@cache
def _names(metric: Metric, own: tuple[tuple[str, str], ...]) -> frozenset[Name]:
    """Under which names CloudWatch keeps what our code prints of a count."""
    assert ("service", *(name for name, _ in own)) in dimensions_of(metric), f"nobody counts {metric} so"
    said = io.StringIO()
    before = os.environ.get("POWERTOOLS_SERVICE_NAME")
    os.environ["POWERTOOLS_SERVICE_NAME"] = STACK
    try:
        with contextlib.redirect_stdout(said):
            count(metric, 1, **dict(own))
    finally:
        os.environ.pop("POWERTOOLS_SERVICE_NAME")
        if before is not None:
            os.environ["POWERTOOLS_SERVICE_NAME"] = before
    return frozenset(
        (directive["Namespace"], each["Name"], frozenset((name, document[name]) for name in names))
        for document in map(json.loads, said.getvalue().splitlines())
        for directive in document["_aws"]["CloudWatchMetrics"]
        for names in directive["Dimensions"]
        for each in directive["Metrics"]
    )
