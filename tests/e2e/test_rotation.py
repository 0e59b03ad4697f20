"""Rotating credentials under load: no request is refused, neither ours at the Hub nor the Hub's at our
side.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.registered_hub import registered_hub
from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.stack import Stack


@pytest.fixture
def hub(stack: Stack) -> Iterator[HubSimulator]:
    with registered_hub(stack, locations=4, pushes={"token": "alternate"}) as simulator:
        yield simulator


def test_nothing_is_refused_while_both_sides_rotate(stack: Stack, hub: HubSimulator) -> None:
    over = threading.Event()
    hub.admin.forget_requests()

    def drivers_tap() -> int:
        answered = 0
        while not over.is_set():
            told = stack.invoke("authorize_token", {"token_uid": "APP-1", "max_wait_s": 20})
            assert told["allowed"] == "ALLOWED"
            answered += 1
            time.sleep(0.1)  # so that the quota lasts until the end
        return answered

    def hub_probes() -> list[bool]:
        healthy: list[bool] = []
        while not over.is_set():
            healthy += [bool(probe["healthy"]) for probe in hub.admin.probe()]
            time.sleep(0.05)
        return healthy

    def cpo_pushes() -> list[int]:
        statuses: list[int] = []
        number = 0
        while not over.is_set():
            number += 1
            for push in hub.admin.push("sessions", session(number), wait=True):
                statuses += [int(attempt["http_status"]) for attempt in push["attempts"]]
        return statuses

    with ThreadPoolExecutor(4) as pool:
        taps, probes, pushes = pool.submit(drivers_tap), pool.submit(hub_probes), pool.submit(cpo_pushes)
        time.sleep(1)
        tokens = []
        for _ in range(3):
            stack.invoke("register", {"action": "rotate"})
            tokens.append(hub.admin.registrations()[-1]["issued_tokens"][-1]["fingerprint"])
            time.sleep(1)
        over.set()
        answered, healthy, statuses = taps.result(), probes.result(), pushes.result()
    assert len(set(tokens)) == 3
    assert answered > 3
    assert len(healthy) > 10
    assert all(healthy)
    assert len(statuses) > 10
    assert set(statuses) == {200}
    refused = [each for each in hub.admin.requests() if each["http_status"] == 401]
    assert refused == []
    told = stack.invoke("register", {"action": "status"})
    live = [token for token in told["inbound_tokens"] if not token["expired"]]
    assert [token["not_after"] is None for token in live].count(True) == 1


def session(number: int) -> dict[str, object]:
    return {
        "country_code": "IN",
        "party_id": "TZC",
        "id": f"ROTATION-{number}",
        "start_date_time": "2026-11-22T10:00:00Z",
        "kwh": 1.5,
        "cdr_token": {
            "country_code": "IN",
            "party_id": "EMS",
            "uid": "APP-1",
            "type": "APP_USER",
            "contract_id": "IN-EMS-C1",
        },
        "auth_method": "WHITELIST",
        "location_id": "LOC-1",
        "evse_uid": "E-1",
        "connector_id": "1",
        "currency": "INR",
        "status": "ACTIVE",
        "last_updated": "2026-11-22T10:00:00Z",
    }
