"""50 callers at once against a scaled limit: the simulated Hub counts, the local cloud's DynamoDB is the
shared clock.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

from emsp.hub.client import HubClient
from emsp.hub.connection import HubConnection
from emsp.hub.deadline import Deadline
from emsp.hub.discovery import discover
from emsp.hub.errors import RateLimited
from emsp.hub.quota import SharedQuota
from emsp.ocpi.headers import TokenEncoding
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.parties import PartyId
from emsp.stores.quota import QuotaStore
from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.stack import Stack

WINDOW_S = 10.0
LIMIT = 100
OURS = PartyId("IN", "QTA")


@pytest.fixture
def hub() -> Iterator[HubSimulator]:
    with HubSimulator(
        locations=2,
        credentials={"verify_versions": False},
        limits={"per_window": {"authorize": LIMIT, "locations": LIMIT}, "window_s": WINDOW_S},
    ) as simulator:
        yield simulator


def caller(stack: Stack, connection: HubConnection, limits: dict[str, int]) -> HubClient:
    """As one Lambda has it: a client and a quota of its own, the table shared by all."""
    store = QuotaStore(boto3.client("dynamodb", **stack.client_settings), stack.tables["control"])
    return HubClient(connection, OURS, SharedQuota(store, limits, window_ms=int(WINDOW_S * 1000)))


def registered(hub: HubSimulator) -> HubConnection:
    initial = HubConnection(hub.versions_url, hub.admin.invite(), TokenEncoding.BASE64, allow_http=True)
    client = HubClient(initial, OURS)
    endpoints = discover(client, correlation_id=None, deadline=Deadline.after(10))
    details: JsonObject = {"name": "Quota"}
    role: JsonObject = {"role": "EMSP", "party_id": "QTA", "country_code": "IN", "business_details": details}
    client.connection = HubConnection(
        hub.versions_url, initial.token, TokenEncoding.BASE64, endpoints, allow_http=True
    )
    answer = client.call(
        "POST",
        client.endpoint("credentials", "RECEIVER"),
        body={"token": "ours", "url": "https://emsp.example.com/ocpi/versions", "roles": [role]},
        routed=False,
    )
    assert isinstance(answer.data, dict)
    return HubConnection(
        hub.versions_url, str(answer.data["token"]), TokenEncoding.BASE64, endpoints, allow_http=True
    )


def test_fifty_callers_use_the_limit_and_never_exceed_it_in_any_window(
    stack: Stack, hub: HubSimulator
) -> None:
    connection = registered(hub)
    module = f"authorize-{time.monotonic_ns()}"
    begin = threading.Barrier(50)

    def one_lambda(number: int) -> None:
        """A warm one: opening 50 connections at once would take more than the scaled window spares."""
        client = caller(stack, connection, {module: LIMIT})
        client.call("GET", connection.versions_url, routed=False)
        url = f"{client.endpoint('tokens', 'RECEIVER')}/IN/QTA/APP-{number}/authorize"
        begin.wait()
        until = time.monotonic() + 2.1 * WINDOW_S
        while time.monotonic() < until:
            client.call("PUT", url, quota_module=module, max_wait_s=2 * WINDOW_S)

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(one_lambda, range(50)))
    report = hub.admin.limit("authorize")
    assert report["refused"] == 0
    assert report["most_arrived_in_any_window"] <= LIMIT
    arrivals = hub.admin.arrivals("authorize")
    steady = [
        at for at in arrivals if at >= arrivals[0] + 0.5 * WINDOW_S and at < arrivals[0] + 2.5 * WINDOW_S
    ]
    assert len(steady) >= 0.95 * 2 * LIMIT


def test_pulls_do_not_take_from_real_time_callers(stack: Stack, hub: HubSimulator) -> None:
    connection = registered(hub)
    stamp = time.monotonic_ns()
    authorize, lists = f"authorize-{stamp}", f"lists-{stamp}"
    limits = {authorize: LIMIT, lists: LIMIT}
    puller, tapping = caller(stack, connection, limits), caller(stack, connection, limits)
    url = f"{puller.endpoint('locations', 'SENDER')}?limit=1"
    with ThreadPoolExecutor(4) as pool:
        pulls = [
            pool.submit(puller.call, "GET", url, quota_module=lists, max_wait_s=30.0, to=None)
            for _ in range(60)
        ]
        waits = []
        for number in range(10):
            begun = time.monotonic()
            tapping.call(
                "PUT",
                f"{tapping.endpoint('tokens', 'RECEIVER')}/IN/QTA/APP-{number}/authorize",
                quota_module=authorize,
                max_wait_s=2.0,
            )
            waits.append(time.monotonic() - begun)
            time.sleep(0.05)
        for pull in pulls:
            pull.result()
    assert max(waits) < 1.0


def test_who_comes_after_the_last_slot_is_told_the_wait_at_once(stack: Stack, hub: HubSimulator) -> None:
    connection = registered(hub)
    module = f"authorize-{time.monotonic_ns()}"

    def one_lambda(number: int) -> float | None:
        client = caller(stack, connection, {module: LIMIT})
        url = f"{client.endpoint('tokens', 'RECEIVER')}/IN/QTA/APP-{number}/authorize"
        try:
            client.call("PUT", url, quota_module=module, max_wait_s=0)
        except RateLimited as refused:
            return refused.retry_after_s
        return None

    with ThreadPoolExecutor(50) as pool:
        waits = list(pool.map(one_lambda, range(50)))
    refused = [wait for wait in waits if wait is not None]
    assert refused
    assert all(0 < wait <= WINDOW_S for wait in refused)
    assert hub.admin.limit("authorize")["arrived"] == 50 - len(refused)
