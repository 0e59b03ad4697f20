"""50 callers at once against a scaled limit: the simulated Hub counts, the local cloud's DynamoDB is the
shared clock.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from emsp.hub.errors import RateLimited
from emsp.hub.request import HubRequest
from tests.e2e.quota_callers import caller, registered
from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.stack import Stack

WINDOW_S = 6.0
LIMIT = 100
USED = 0.85
"""Half a second is spared in each window, which is much of a scaled one (full length:
tests/benchmarks/quota).
"""


@pytest.fixture
def hub() -> Iterator[HubSimulator]:
    with HubSimulator(
        locations=2,
        credentials={"verify_versions": False},
        limits={"per_window": {"authorize": LIMIT, "locations": LIMIT}, "window_s": WINDOW_S},
    ) as simulator:
        yield simulator


def test_fifty_callers_use_the_limit_and_never_exceed_it_in_any_window(
    stack: Stack, hub: HubSimulator
) -> None:
    connection = registered(hub)
    module = f"authorize-{time.monotonic_ns()}"
    begin = threading.Barrier(50)

    def one_lambda(number: int) -> None:
        """A warm one: opening 50 connections at once takes longer than is spared."""
        client = caller(stack, connection, {module: LIMIT}, window_s=WINDOW_S)
        client.call(HubRequest("GET", connection.versions_url, routed=False))
        url = client.endpoint("tokens", "RECEIVER", "IN", "QTA", f"APP-{number}", "authorize")
        begin.wait()
        until = time.monotonic() + 2.1 * WINDOW_S
        while time.monotonic() < until:
            client.call(HubRequest("PUT", url, quota_module=module, max_wait_s=2 * WINDOW_S))

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(one_lambda, range(50)))
    report = hub.admin.limit("authorize")
    assert report["refused"] == 0
    assert report["most_arrived_in_any_window"] <= LIMIT
    arrivals = hub.admin.arrivals("authorize")
    steady = [
        at for at in arrivals if at >= arrivals[0] + 0.5 * WINDOW_S and at < arrivals[0] + 2.5 * WINDOW_S
    ]
    assert len(steady) >= USED * 2 * LIMIT


def test_pulls_do_not_take_from_real_time_callers(stack: Stack, hub: HubSimulator) -> None:
    connection = registered(hub)
    stamp = time.monotonic_ns()
    authorize, lists = f"authorize-{stamp}", f"lists-{stamp}"
    limits = {authorize: LIMIT, lists: LIMIT}
    puller, tapping = (
        caller(stack, connection, limits, window_s=WINDOW_S),
        caller(stack, connection, limits, window_s=WINDOW_S),
    )
    url = f"{puller.endpoint('locations', 'SENDER')}?limit=1"
    with ThreadPoolExecutor(4) as pool:
        pulls = [
            pool.submit(puller.call, HubRequest("GET", url, quota_module=lists, max_wait_s=30.0))
            for _ in range(60)
        ]
        waits = []
        for number in range(10):
            begun = time.monotonic()
            tapped = tapping.endpoint("tokens", "RECEIVER", "IN", "QTA", f"APP-{number}", "authorize")
            tapping.call(HubRequest("PUT", tapped, quota_module=authorize, max_wait_s=2.0))
            waits.append(time.monotonic() - begun)
            time.sleep(0.05)
        for pull in pulls:
            pull.result()
    assert max(waits) < 1.0


def test_who_comes_after_the_last_slot_is_told_the_wait_at_once(stack: Stack, hub: HubSimulator) -> None:
    connection = registered(hub)
    module = f"authorize-{time.monotonic_ns()}"

    def one_lambda(number: int) -> float | None:
        client = caller(stack, connection, {module: LIMIT}, window_s=WINDOW_S)
        url = client.endpoint("tokens", "RECEIVER", "IN", "QTA", f"APP-{number}", "authorize")
        try:
            client.call(HubRequest("PUT", url, quota_module=module, max_wait_s=0))
        except RateLimited as refused:
            return refused.retry_after_s
        return None

    with ThreadPoolExecutor(50) as pool:
        waits = list(pool.map(one_lambda, range(50)))
    refused = [wait for wait in waits if wait is not None]
    assert refused
    assert all(0 < wait <= WINDOW_S for wait in refused)
    assert hub.admin.limit("authorize")["arrived"] == 50 - len(refused)
