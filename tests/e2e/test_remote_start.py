"""RemoteStart on the local cloud: success, rejection, time-out and rate limit, as a service of the eMSP
would see them.
"""

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest

from tests.e2e.registered_hub import registered_hub
from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.stack import InvocationFailed, Stack
from tests.schemas.validate import validate_answer

TOKEN = {
    "country_code": "IN",
    "party_id": "EMS",
    "uid": "APP-REMOTE-1",
    "type": "APP_USER",
    "contract_id": "IN-EMS-C1",
    "issuer": "Bijli Drive",
    "valid": True,
    "whitelist": "NEVER",
    "last_updated": "2026-11-22T10:00:00Z",
}


@pytest.fixture(scope="module")
def hub(stack: Stack) -> Iterator[HubSimulator]:
    with registered_hub(stack, locations=8) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def run_without_result(stack: Stack, hub: HubSimulator) -> str:
    """A run whose result never comes, begun first: its end takes ten seconds of grace."""
    hub.admin.add_command_behaviour(callback=False, result="FAILED", timeout=0)
    run = begin(stack, free_locations(hub)[1])
    deadline = time.monotonic() + 30
    while not hub.admin.commands():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return run


@pytest.fixture
def location(hub: HubSimulator, run_without_result: str) -> dict[str, Any]:
    hub.admin.clear_faults()
    hub.admin.clear_command_behaviours()
    return free_locations(hub)[0]


def free_locations(hub: HubSimulator) -> list[dict[str, Any]]:
    return [
        each
        for each in hub.admin.objects("locations")
        if each["evses"][0]["status"] == "AVAILABLE" and not each["id"].startswith("SITE")
    ]


def begin(stack: Stack, location: dict[str, Any], uid: str = "APP-REMOTE-1", **changes: Any) -> str:
    """Start a run as a service would."""
    asked = {
        "token": {**TOKEN, "uid": uid},
        "location_id": location["id"],
        "evse_uid": location["evses"][0]["uid"],
        "to": {"country_code": location["country_code"], "party_id": location["party_id"]},
        "correlation_id": "tap-remote",
        **changes,
    }
    started = boto3.client("stepfunctions", **stack.client_settings).start_execution(
        stateMachineArn=stack.outputs["RemoteStartArn"],
        name=str(uuid4()),
        input=json.dumps({name: value for name, value in asked.items() if value is not None}),
    )
    return str(started["executionArn"])


def ended(stack: Stack, execution: str) -> dict[str, Any]:
    workflows = boto3.client("stepfunctions", **stack.client_settings)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        run: dict[str, Any] = dict(workflows.describe_execution(executionArn=execution))
        if run["status"] != "RUNNING":
            return run
        time.sleep(0.1)
    raise TimeoutError("RemoteStart did not end")


def remote_start(
    stack: Stack, location: dict[str, Any], uid: str = "APP-REMOTE-1", **changes: Any
) -> dict[str, Any]:
    return ended(stack, begin(stack, location, uid, **changes))


def test_success_brings_the_command_and_links_its_session(
    stack: Stack, hub: HubSimulator, location: dict[str, Any]
) -> None:
    run = remote_start(stack, location)
    assert run["status"] == "SUCCEEDED", run
    output = json.loads(run["output"])
    validate_answer("RemoteStart", output)
    assert output["authorization"]["allowed"] == "ALLOWED"
    assert output["command"]["state"] == "ACCEPTED"
    assert output["command"]["result"] == {"result": "ACCEPTED"}
    seen = hub.admin.commands()[-1]
    reference = output["authorization"]["authorization_reference"]
    assert seen["body"]["authorization_reference"] == reference
    command_id = output["command"]["command_id"]
    session = _linked_session(stack, command_id)
    assert session["linked_by"] == "authorization_reference"
    stopped = stack.invoke("send_command", {"command": "STOP_SESSION", "command_id": command_id})
    assert stopped["result"] == "ACCEPTED"
    assert hub.admin.commands()[-1]["body"]["session_id"] == session["id"]
    hub.admin.wait_idle()


def _linked_session(stack: Stack, command_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        session: dict[str, Any] | None = stack.invoke("get_command", {"command_id": command_id})["session"]
        if session:
            return session
        time.sleep(0.2)
    raise TimeoutError(f"no session was linked to {command_id}")


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        ({"response": "REJECTED"}, "REJECTED"),
        ({"result": "EVSE_OCCUPIED"}, "EVSE_OCCUPIED"),
        ({"early": True, "result": "FAILED"}, "FAILED"),
    ],
)
def test_a_rejection_fails_the_run_under_its_own_name(
    stack: Stack, hub: HubSimulator, location: dict[str, Any], behaviour: dict[str, Any], error: str
) -> None:
    hub.admin.add_command_behaviour(**behaviour)
    run = remote_start(stack, location)
    assert (run["status"], run["error"]) == ("FAILED", error)
    assert json.loads(run["cause"])["state"] == error


def test_a_token_that_may_not_charge_sends_no_command(
    stack: Stack, hub: HubSimulator, location: dict[str, Any]
) -> None:
    before = len(hub.admin.commands())
    run = remote_start(stack, location, uid="BLOCKED-1")
    assert (run["status"], run["error"]) == ("FAILED", "NotAllowed")
    assert "BLOCKED" in run["cause"]
    assert len(hub.admin.commands()) == before


def test_a_rate_limit_is_waited_out_and_starts_one_session_only(
    stack: Stack, hub: HubSimulator, location: dict[str, Any]
) -> None:
    hub.admin.add_fault("rate_limited", module="commands", retry_after="seconds", delay_s=1)
    before = len(hub.admin.commands())
    hub.admin.add_command_behaviour(result="REJECTED")
    run = remote_start(stack, location)
    assert (run["status"], run["error"]) == ("FAILED", "REJECTED")
    assert len(hub.admin.commands()) == before + 1
    assert [fault["struck"] for fault in hub.admin.faults()][-1] == 1


def test_a_result_that_never_comes_fails_the_run_with_timeout(stack: Stack, run_without_result: str) -> None:
    run = ended(stack, run_without_result)
    assert (run["status"], run["error"]) == ("FAILED", "TIMEOUT")


@pytest.mark.parametrize(
    "named",
    [
        {"token": {"uid": "APP-GUIDE-1", "type": "APP_USER", "contract_id": "IN-EMS-C1"}},
        {"token": None, "token_uid": "APP-GUIDE-1"},
    ],
)
def test_a_token_may_be_named_as_the_hubs_guide_does(
    stack: Stack, hub: HubSimulator, location: dict[str, Any], named: dict[str, Any]
) -> None:
    """The session is started with the token that the authorization returned."""
    hub.admin.add_command_behaviour(result="EVSE_OCCUPIED")
    run = remote_start(stack, location, **named)
    assert (run["status"], run["error"]) == ("FAILED", "EVSE_OCCUPIED"), run.get("cause")
    token = hub.admin.commands()[-1]["body"]["token"]
    assert (token["uid"], token["contract_id"]) == ("APP-GUIDE-1", "IN-EMS-CAPP-GUIDE-1")


def test_a_send_command_that_raises_ends_the_run_at_once(
    stack: Stack, hub: HubSimulator, location: dict[str, Any]
) -> None:
    before, began = len(hub.admin.commands()), time.monotonic()
    run = remote_start(stack, location, evse_uid=None, connector_id="1")
    assert (run["status"], run["error"]) == ("FAILED", "InvalidInvocation"), run
    assert "connector_id without the evse_uid" in run["cause"]
    assert time.monotonic() - began < 20
    assert len(hub.admin.commands()) == before


def test_an_error_is_called_by_its_class_as_on_aws(stack: Stack) -> None:
    with pytest.raises(InvocationFailed, match=r"EXPLODE.*it is one of") as raised:
        stack.invoke("send_command", {"command": "EXPLODE"})
    assert raised.value.error_type == "InvalidInvocation"
