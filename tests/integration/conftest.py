"""AWS for the integration tests: moto, in this process for boto3 and over HTTP for stores/aws_json.py."""

from collections.abc import Iterator

import boto3
import pytest

from emsp.stores.aws_json import ENDPOINT_VARIABLES
from tests.hub_simulator.simulator import HubSimulator
from tests.integration.emsp_side import Emsp, a_hub, an_emsp, forget_clients
from tests.integration.house import House
from tests.integration.house import house as furnished_house
from tests.moto_over_http import moto_over_http


@pytest.fixture(autouse=True, scope="session")
def aws_over_http() -> Iterator[None]:
    with moto_over_http() as url, pytest.MonkeyPatch.context() as patch:
        for variable in ENDPOINT_VARIABLES.values():
            patch.setenv(variable, url)
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
        control.delete_item(Key={"control_key": item["control_key"]})
    for item in locations.scan()["Items"]:
        locations.delete_item(Key={"object_key": item["object_key"]})
    forget_clients()
    return shared_emsp
