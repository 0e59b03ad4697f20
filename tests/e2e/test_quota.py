"""The quota: 50 callers at once, the Hub's limits and its own count as judge.

The local cloud's DynamoDB holds the shared places. The deployed functions are called cold and warm.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emsp.deadline import Deadline
from emsp.hub.client import HubClient
from emsp.hub.errors import RateLimited
from emsp.hub.places import MARGIN_MS, WINDOW_MS
from emsp.hub.request import HubRequest
from tests.e2e.quota_callers import caller, registered
from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.stack import InvocationFailed, Stack

WINDOW_S = WINDOW_MS / 1000
CYCLE_S = (WINDOW_MS + MARGIN_MS) / 1000
CALLERS = 50
LAMBDAS = 16
"""Two processors can start no more at once within the time that a call to AWS has."""
AUTHORIZE, COMMANDS, LISTS = 100, 50, 200


@pytest.fixture
def hub() -> Iterator[HubSimulator]:
    with HubSimulator(
        locations=2,
        credentials={"verify_versions": False},
        limits={"per_window": {"authorize": AUTHORIZE, "commands": COMMANDS, "locations": LISTS}},
    ) as simulator:
        yield simulator


def authorize_url(client: HubClient, number: int) -> str:
    return client.endpoint("tokens", "RECEIVER", "IN", "QTA", f"APP-{number}", "authorize")


def forget_what_other_tests_sent(stack: Stack) -> None:
    """They sent it to Hubs of their own."""
    dynamodb = boto3.client("dynamodb", **stack.client_settings)
    for module in ("authorize", "commands"):
        key = {"control_key": {"S": f"quota#{module}"}}
        dynamodb.delete_item(TableName=stack.tables["control"], Key=key)


def test_a_burst_goes_out_whole_and_sustained_demand_uses_all_but_the_margin(
    stack: Stack, hub: HubSimulator
) -> None:
    """In windows of twelve seconds; `make bench` has the Hub's minutes."""
    limit, window_s = 40, 12.0
    cycle_s = window_s + MARGIN_MS / 1000
    hub.admin.change_settings(limits={"per_window": {"authorize": limit}, "window_s": window_s})
    connection = registered(hub)
    module = f"authorize-{time.monotonic_ns()}"
    begin = threading.Barrier(CALLERS)
    until = 2 * cycle_s + 2

    def one_lambda(number: int) -> None:
        client = caller(stack, connection, {module: limit}, window_s=window_s)
        url = authorize_url(client, number)
        begin.wait()
        ends = time.monotonic() + until
        while time.monotonic() < ends:
            client.call(
                HubRequest("PUT", url, quota_module=module, max_wait_s=120, deadline=Deadline.after(120))
            )

    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(one_lambda, range(CALLERS)))
    report = hub.admin.limit("authorize")
    assert report["refused"] == 0
    assert report["most_arrived_in_any_window"] <= limit
    arrivals = hub.admin.arrivals("authorize")
    assert arrivals[limit - 1] - arrivals[0] < window_s / 2, "a quiet window's 40 go out at once"
    assert arrivals[2 * limit] - arrivals[0] < 2 * cycle_s + 1, "and as many in each window after that"


def invoked(stack: Stack, function: str, payload: dict[str, Any]) -> None:
    """Again where the local cloud, which runs 32 processes at once, has none left."""
    while True:
        try:
            stack.invoke(function, payload)
        except ClientError as error:
            if error.response["Error"]["Code"] != "TooManyRequestsException":
                raise
            time.sleep(0.1)
        else:
            return


# One module for each change: the 100 calls of the other take as long again, by the same way.
@pytest.mark.parametrize("module", ["commands", pytest.param("authorize", marks=pytest.mark.nightly)])
def test_all_that_the_limit_allows_go_out_at_once_from_lambdas_cold_and_warm(
    stack: Stack, hub: HubSimulator, module: str
) -> None:
    invitation = {"versions_url": hub.versions_url, "token": hub.admin.invite()}
    stack.invoke("register", {"action": "register", **invitation})
    forget_what_other_tests_sent(stack)
    limit = COMMANDS if module == "commands" else AUTHORIZE
    location = hub.admin.objects("locations")[0]
    to = {"country_code": location["country_code"], "party_id": location["party_id"]}

    place = {
        "location_id": location["id"],
        "evse_uid": location["evses"][0]["uid"],
        "connector_id": location["evses"][0]["connectors"][0]["id"],
    }

    def driver(number: int) -> str:
        try:
            if module == "commands":
                command = {"command": "UNLOCK_CONNECTOR", **place, "to": to, "max_wait_s": 0}
                invoked(stack, "send_command", command)
            else:
                invoked(stack, "authorize_token", {"token_uid": f"APP-{number}", "to": to, "max_wait_s": 0})
        except InvocationFailed as failed:
            return failed.message
        return "sent"

    with ThreadPoolExecutor(LAMBDAS) as pool:
        outcomes = list(pool.map(driver, range(limit)))
    assert outcomes == ["sent"] * limit
    report = hub.admin.limit(module)
    assert (report["arrived"], report["refused"]) == (limit, 0)
    if report["first_to_last_s"] < WINDOW_S - 5:
        assert "quota for" in driver(limit), "and the next driver is told at once"
        assert hub.admin.limit(module)["arrived"] == limit


def test_pulls_do_not_take_from_real_time_callers(stack: Stack, hub: HubSimulator) -> None:
    connection = registered(hub)
    stamp = time.monotonic_ns()
    authorize, lists = f"authorize-{stamp}", f"lists-{stamp}"
    limits = {authorize: 10, lists: 20}
    puller, tapping = (
        caller(stack, connection, limits, window_s=6),
        caller(stack, connection, limits, window_s=6),
    )
    url = f"{puller.endpoint('locations', 'SENDER')}?limit=1"
    with ThreadPoolExecutor(4) as pool:
        pulls = [
            pool.submit(
                puller.call,
                HubRequest("GET", url, quota_module=lists, max_wait_s=30.0, deadline=Deadline.after(60)),
            )
            for _ in range(50)
        ]
        waits = []
        for number in range(10):
            begun = time.monotonic()
            tapping.call(
                HubRequest("PUT", authorize_url(tapping, number), quota_module=authorize, max_wait_s=2.0)
            )
            waits.append(time.monotonic() - begun)
            time.sleep(0.05)
        for pull in pulls:
            pull.result()
    assert max(waits) < 1.0


def test_who_comes_after_the_last_place_is_told_the_wait_at_once(stack: Stack, hub: HubSimulator) -> None:
    connection = registered(hub)
    module = f"authorize-{time.monotonic_ns()}"

    def one_lambda(number: int) -> float | None:
        client = caller(stack, connection, {module: 30}, window_s=WINDOW_S)
        try:
            client.call(HubRequest("PUT", authorize_url(client, number), quota_module=module))
        except RateLimited as refused:
            return refused.retry_after_s
        return None

    with ThreadPoolExecutor(CALLERS) as pool:
        waits = list(pool.map(one_lambda, range(CALLERS)))
    refused = [wait for wait in waits if wait is not None]
    assert len(refused) == CALLERS - 30
    assert all(WINDOW_S - 30 < wait <= CYCLE_S for wait in refused)
    assert hub.admin.limit("authorize")["arrived"] == 30
