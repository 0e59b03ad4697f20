"""Commands on the local cloud with every kind of end: in time, doubled, late, and cancelled afterwards."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from emsp.commands.advance import advance_command
from emsp.commands.states import CommandEvent, Expired, Resulted
from emsp.stores.command_records import CommandRecord
from emsp.stores.commands import CommandStore
from tests.demo.event_tap import EventTap, tap
from tests.e2e.registered_hub import registered_hub
from tests.e2e.test_remote_start import TOKEN
from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.stack import InvocationFailed, Stack


@pytest.fixture(scope="module")
def hub(stack: Stack) -> Iterator[HubSimulator]:
    with registered_hub(stack, locations=12) as simulator:
        yield simulator


@pytest.fixture
def events(stack: Stack) -> Iterator[EventTap]:
    with tap(stack) as tapped:
        yield tapped


@pytest.fixture
def locations(hub: HubSimulator) -> list[dict[str, Any]]:
    return [each for each in hub.admin.objects("locations") if not each["id"].startswith("SITE")]


def place(location: dict[str, Any]) -> dict[str, Any]:
    return {
        "token": TOKEN,
        "location_id": location["id"],
        "evse_uid": location["evses"][0]["uid"],
        "to": {"country_code": location["country_code"], "party_id": location["party_id"]},
    }


def becomes(stack: Stack, command_id: str, state: str, within_s: float = 20) -> dict[str, Any]:
    deadline = time.monotonic() + within_s
    while True:
        record: dict[str, Any] = stack.invoke("get_command", {"command_id": command_id})
        if record["state"] == state:
            return record
        assert time.monotonic() < deadline, f"{command_id} is {record['state']}, not {state}"
        time.sleep(0.2)


def told_of(events: EventTap, command_id: str, states: list[str], within_s: float = 15) -> None:
    """The bus tells of these outcomes of the command, in this order."""
    deadline = time.monotonic() + within_s
    while True:
        events.take()
        seen = [
            event["detail"]["object"]["state"]
            for event in events.taken
            if event["detail-type"] == "Command Completed" and event["detail"]["id"] == command_id
        ]
        if seen == states:
            return
        assert time.monotonic() < deadline, f"the bus told of {seen}, not {states}"


def test_commands_end_as_they_should(
    stack: Stack, hub: HubSimulator, locations: list[dict[str, Any]], events: EventTap
) -> None:
    """One after the other is sent, then all are waited for: the late one takes ten seconds of grace."""
    hub.admin.add_command_behaviour(timeout=0, result="ACCEPTED", callback_delay_s=13.0)
    late = stack.invoke("send_command", {"command": "START_SESSION", **place(locations[0])})["command_id"]
    hub.admin.add_command_behaviour(cancel_reservation_after_s=0.5)
    reserved = stack.invoke(
        "send_command",
        {
            "command": "RESERVE_NOW",
            "reservation_id": "RES-1",
            "expiry_date": (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            **place(locations[1]),
        },
    )["command_id"]
    hub.admin.add_command_behaviour(copies=3, second_result="FAILED", result="REJECTED")
    doubled = stack.invoke("send_command", {"command": "START_SESSION", **place(locations[2])})["command_id"]
    unlocked = stack.invoke(
        "send_command",
        {
            "command": "UNLOCK_CONNECTOR",
            "connector_id": locations[3]["evses"][0]["connectors"][0]["id"],
            **{name: value for name, value in place(locations[3]).items() if name != "token"},
        },
    )["command_id"]

    becomes(stack, unlocked, "ACCEPTED")
    told_of(events, unlocked, ["ACCEPTED"])
    becomes(stack, reserved, "CANCELED_RESERVATION")
    told_of(events, reserved, ["ACCEPTED", "CANCELED_RESERVATION"])
    deadline = time.monotonic() + 10
    while becomes(stack, doubled, "REJECTED")["extra_result_count"] < 3:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    told_of(events, doubled, ["REJECTED"])
    becomes(stack, late, "TIMEOUT")
    record = becomes(stack, late, "LATE_ACCEPTED")
    assert record["result"] == {"result": "ACCEPTED"}
    told_of(events, late, ["TIMEOUT", "LATE_ACCEPTED"])


def test_of_many_that_come_at_once_exactly_one_decides(stack: Stack) -> None:
    """Results, doubled results and the time limit race for each command; DynamoDB's conditions are the real
    ones.
    """
    store = CommandStore(boto3.client("dynamodb", **stack.client_settings), stack.tables["commands"])
    now = datetime.now(UTC)
    racing: list[CommandEvent] = [Resulted("ACCEPTED"), Resulted("REJECTED"), Resulted("FAILED"), Expired()]
    with ThreadPoolExecutor(8) as pool:
        for number in range(15):
            command_id = f"race-{time.time_ns()}-{number}"
            record = CommandRecord(command_id, "STOP_SESSION", "SENT", now, now, "{}", "race")
            store.create(record)
            told = list(
                pool.map(lambda event, to=command_id: advance_command(store, to, event, now), racing * 2)
            )
            decided = [each.record.state for each in told if each.changed]
            late = [state for state in decided if state.startswith("LATE_")]
            assert len(decided) - len(late) == 1
            assert len(late) == (1 if "TIMEOUT" in decided else 0)
            assert store.get(command_id).state == decided[-1] or store.get(command_id).state in late


def test_a_double_tap_is_one_command_for_concurrent_callers_too(
    stack: Stack, hub: HubSimulator, locations: list[dict[str, Any]]
) -> None:
    before = len(hub.admin.commands())
    payload = {"command": "START_SESSION", "idempotency_key": f"tap-{time.time_ns()}", **place(locations[4])}
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: stack.invoke("send_command", payload), range(4)))
    assert len({each["command_id"] for each in told}) == 1
    assert len(hub.admin.commands()) == before + 1


def test_what_the_hub_says_of_the_parties(
    stack: Stack, hub: HubSimulator, locations: list[dict[str, Any]], events: EventTap
) -> None:
    cpo = locations[5]["party_id"]
    assert stack.invoke("check_hub", {})["our_status"] == "CONNECTED"
    hub.admin.set_party("IN", cpo, "OFFLINE")
    told = stack.invoke("check_hub", {})
    assert {"party": f"IN*{cpo}", "role": "CPO", "status": "OFFLINE", "previous": "CONNECTED"} in told[
        "changes"
    ]
    event = events.wait_for("Party State Changed", f"IN*{cpo}")
    assert event["detail"]["object"]["status"] == "OFFLINE"
    asked = {"token_uid": "APP-1", "to": {"country_code": "IN", "party_id": cpo}}
    answer = stack.invoke("authorize_token", asked)
    assert (answer["allowed"], answer["cpo_status"]) == ("UNKNOWN", "OFFLINE")
    with pytest.raises(InvocationFailed, match=f"the Hub last reported IN.{cpo} as OFFLINE"):
        stack.invoke("send_command", {"command": "START_SESSION", **place(locations[5])})
    hub.admin.set_party("IN", cpo, "CONNECTED")
