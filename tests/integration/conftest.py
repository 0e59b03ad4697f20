"""AWS for the integration tests: moto, in this process."""

import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.core.botocore_stubber import BotocoreStubber

from emsp.stores import inbound_tokens
from tests.hub_simulator.simulator import HubSimulator
from tests.integration.emsp_side import Emsp, a_hub, an_emsp, forget_clients
from tests.integration.house import House
from tests.integration.house import house as furnished_house


@pytest.fixture(autouse=True, scope="session")
def one_call_at_a_time() -> Iterator[None]:
    """moto's check and its write are two steps; DynamoDB's conditional write is one."""
    lock = threading.Lock()
    answer = BotocoreStubber.__call__

    def alone(*args: Any, **kwargs: Any) -> Any:
        with lock:
            return answer(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BotocoreStubber, "__call__", alone)
        yield


@pytest.fixture(autouse=True, scope="session")
def no_receiver_remembers_tokens() -> Iterator[None]:
    """A registration waits until the caches of all receivers have expired. Here it does not wait."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbound_tokens, "TOKEN_ISSUED_S", 0)
        yield


@pytest.fixture(scope="module")
def built_house() -> Iterator[House]:
    with furnished_house() as house:
        yield house


@pytest.fixture
def house(built_house: House) -> House:
    built_house.empty()
    return built_house


@pytest.fixture
def hub() -> Iterator[HubSimulator]:
    with a_hub() as simulator:
        yield simulator


@pytest.fixture
def emsp(hub: HubSimulator) -> Iterator[Emsp]:
    with an_emsp(hub) as ours:
        yield ours


@pytest.fixture(scope="module")
def shared_emsp() -> Iterator[Emsp]:
    """One registered eMSP for a module whose tests leave little behind."""
    with a_hub() as hub, an_emsp(hub) as ours:
        yield ours.registered()


@pytest.fixture
def used_emsp(shared_emsp: Emsp) -> Emsp:
    """That one, with nothing left of the tests before: no faults, holds, party states or open connections."""
    admin = shared_emsp.hub.admin
    admin.clear_faults()
    admin.reset_limits()
    admin.forget_requests()
    for party in admin.parties():
        admin.set_party(party["country_code"], party["party_id"], "CONNECTED")
    control, locations = (
        boto3.resource("dynamodb").Table("control"),
        boto3.resource("dynamodb").Table("locations"),
    )
    for item in control.scan()["Items"]:
        if item["control_key"] != "inbound_tokens":
            control.delete_item(Key={"control_key": item["control_key"]})
    for item in locations.scan()["Items"]:
        locations.delete_item(Key={"object_key": item["object_key"]})
    forget_clients()
    return shared_emsp
