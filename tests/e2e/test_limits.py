"""A driver's limit on the local cloud: the Hub's own pushes make it near and reached, and the Hub sees one
STOP_SESSION. The clock is played by invoking enforce_limits.
"""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.demo.event_tap import EventTap, tap
from tests.e2e.registered_hub import registered_hub
from tests.e2e.test_commands import place
from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.stack import Stack

PACE = {"pending_s": 0.5, "update_every_s": 0.5, "max_session_s": 120.0, "battery_kwh": 1000.0}
KWH_A_SECOND_AT_1_KW = 600 / 3600
"""Of the simulated Hub's cars."""
SECONDS_TO_THE_LIMIT = 25
"""A fifth of that is near it: time enough for a push, its stream and a look."""


@pytest.fixture(scope="module")
def hub(stack: Stack) -> Iterator[HubSimulator]:
    with registered_hub(stack, locations=12, charging=PACE) as simulator:
        yield simulator


@pytest.fixture
def events(stack: Stack) -> Iterator[EventTap]:
    with tap(stack) as tapped:
        yield tapped


def stops(hub: HubSimulator) -> list[dict[str, Any]]:
    return [each["body"] for each in hub.admin.commands() if each["command"] == "STOP_SESSION"]


def told(events: EventTap, detail_type: str) -> list[dict[str, Any]]:
    return [dict(each["detail"]) for each in events.taken if each["detail-type"] == detail_type]


def test_a_session_is_told_near_its_limit_and_stopped_at_it_once(
    stack: Stack, hub: HubSimulator, events: EventTap
) -> None:
    locations = [each for each in hub.admin.objects("locations") if not each["id"].startswith("SITE")]
    power_w = locations[0]["evses"][0]["connectors"][0].get("max_electric_power", 7400)
    limit = round(power_w / 1000 * KWH_A_SECOND_AT_1_KW * SECONDS_TO_THE_LIMIT, 3)
    asked = {"command": "START_SESSION", "limit": {"energy_kwh": limit}, **place(locations[0])}
    command_id = stack.invoke("send_command", asked)["command_id"]

    done: dict[str, int] = {}
    deadline = time.monotonic() + 90
    while not done.get("stopped"):
        assert time.monotonic() < deadline, f"so far {done}"
        for name, number in stack.invoke("enforce_limits", {})["done"].items():
            done[name] = done.get(name, 0) + number
        time.sleep(0.3)
    hub.admin.wait_idle()
    for _ in range(3):
        for name, number in stack.invoke("enforce_limits", {})["done"].items():
            done[name] = done.get(name, 0) + number
    assert {name: number for name, number in done.items() if number} == {
        "near": 1,
        "reached": 1,
        "stopped": 1,
    }

    record = stack.invoke("get_command", {"command_id": command_id})
    [stop] = stops(hub)
    assert stop["session_id"] == record["session"]["id"]
    assert str(stop["response_url"]).endswith(str(record["stop_command_id"]))
    events.wait_for("Limit Reached", command_id)
    events.wait_for("CDR Received", hub.admin.cdrs()[0]["id"])
    while events.take():
        pass
    [near], [reached] = told(events, "Limit Near"), told(events, "Limit Reached")
    assert near["limit"] == reached["limit"] == {"energy_kwh": limit}
    assert 0.8 * limit <= float(near["near"]["energy_kwh"]["so_far"]) < limit
    assert float(reached["reached"]["energy_kwh"]["so_far"]) >= limit
    [cdr] = hub.admin.cdrs()
    assert (cdr["session_id"], cdr["total_energy"] >= limit) == (record["session"]["id"], True)
