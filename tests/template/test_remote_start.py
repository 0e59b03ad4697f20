"""RemoteStart's definition: it retries and catches by names that exist, and only what is safe to repeat."""

from typing import Any

import pytest

from emsp.hub import errors
from emsp.hub.errors import HubError
from emsp.stores.table import StoreUnavailable
from tests.template.template import template

DEFINITION: dict[str, Any] = template()["Resources"]["RemoteStart"]["Properties"]["Definition"]
STATES: dict[str, Any] = DEFINITION["States"]
OUR_ERRORS = {
    name for name, found in vars(errors).items() if isinstance(found, type) and issubclass(found, HubError)
} | {StoreUnavailable.__name__}
AWS_ERRORS = {
    "Lambda.Unknown",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.ClientExecutionTimeoutException",
    "Sandbox.Timedout",
}
TASKS = {"AuthorizeToken", "StartSession"}


def retried(state: str) -> set[str]:
    return {name for retrier in STATES[state]["Retry"] for name in retrier["ErrorEquals"]}


@pytest.mark.parametrize("state", sorted(TASKS))
def test_errors_are_retried_by_names_that_exist(state: str) -> None:
    assert retried(state) <= OUR_ERRORS | AWS_ERRORS
    assert {"RateLimited", "Unavailable", "StoreUnavailable"} | AWS_ERRORS <= retried(state)


@pytest.mark.parametrize("state", sorted(TASKS))
def test_every_retry_spreads_out_and_ends_and_every_failure_is_caught(state: str) -> None:
    for retrier in STATES[state]["Retry"]:
        assert retrier["JitterStrategy"] == "FULL"
        assert retrier["BackoffRate"] > 1
        assert retrier["MaxAttempts"] <= 5
    assert [catcher["ErrorEquals"] for catcher in STATES[state]["Catch"]] == [["States.ALL"]]
    assert STATES[state].get("TimeoutSeconds", DEFINITION["TimeoutSeconds"])


def test_what_an_answer_of_the_hub_refused_is_not_tried_again() -> None:
    for name in ("Refused", "NotFound", "NotRouted", "Unauthorized", "InvalidInvocation"):
        assert name not in retried("AuthorizeToken") | retried("StartSession")


def test_a_command_that_may_have_arrived_is_never_a_second_command() -> None:
    """send_command raises only when the Hub certainly did not pass it on; and every try has the same key."""
    assert "MalformedAnswer" not in retried("StartSession")
    payload = STATES["StartSession"]["Arguments"]["Payload"]
    assert '"idempotency_key": $states.context.Execution.Id' in payload
    assert '"task_token": $states.context.Task.Token' in payload
    assert STATES["StartSession"]["Resource"].endswith("lambda:invoke.waitForTaskToken")


def test_a_run_outlasts_the_longest_timeout_that_a_cpo_can_name() -> None:
    from emsp.commands.result_timeout import GRACE, LONGEST_TIMEOUT_S

    retried_s = sum(
        min(each.get("MaxDelaySeconds", 3600), each["IntervalSeconds"] * each["BackoffRate"] ** tried)
        for state in sorted(TASKS)
        for each in STATES[state]["Retry"]
        for tried in range(each["MaxAttempts"])
    )
    assert DEFINITION["TimeoutSeconds"] > LONGEST_TIMEOUT_S + GRACE.total_seconds() + retried_s


def test_only_a_run_that_its_own_limit_ends_is_counted_as_timed_out() -> None:
    """RemoteStartTimedOutAlarm: a state that times out is caught, and its run ends FAILED like any other."""
    assert "TimeoutSeconds" not in STATES["StartSession"]


def test_no_session_is_started_unless_the_token_is_allowed() -> None:
    assert STATES["AuthorizeToken"]["Next"] == "IsAllowed"
    assert STATES["IsAllowed"]["Default"] == "NotAllowed"
    [choice] = STATES["IsAllowed"]["Choices"]
    assert choice == {"Condition": "{% $authorization.allowed = 'ALLOWED' %}", "Next": "StartSession"}


def test_a_session_is_started_with_the_token_that_the_authorization_returned() -> None:
    assert '"token": $authorization.token' in STATES["StartSession"]["Arguments"]["Payload"]
