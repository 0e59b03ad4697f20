"""The function of the API for drivers beside a simulated Hub, and two drivers who are signed in."""

import importlib.util
from types import ModuleType
from typing import Any

import boto3
import pytest

from tests.integration.driver_api.phone import DRIVER, OTHER, URL, Phone
from tests.integration.emsp_side import TABLES, Emsp
from tests.integration.lambda_context import Context
from tests.integration.test_handlers import REPOSITORY
from tests.template.stores import bucket_names, create_tables, table_keys, variables


@pytest.fixture
def app(emsp: Emsp, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Loaded as Lambda loads it; the Hub is registered with."""
    create_tables(boto3.client("dynamodb"), *(table_keys().keys() - set(TABLES)))
    for bucket in bucket_names():
        boto3.client("s3").create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-south-1"}
        )
    ours = {"DRIVER_API_URL": URL, "OUR_BUSINESS_NAME": "Bijli Drive", "DRIVER_CALLS_PER_MINUTE": "1000"}
    for name, value in {**variables(), **emsp.environment, **ours}.items():
        monkeypatch.setenv(name, value)
    emsp.registered()
    return function("driver_api")


@pytest.fixture
def pulled(emsp: Emsp, app: ModuleType) -> list[dict[str, Any]]:
    """The Hub's locations, which are in our catalogue with their tariffs."""
    for name in ("pull_tariffs", "pull_locations"):
        assert function(name).handler({"mode": "full"}, Context(30))["state"] == "COMPLETED"
    locations: list[dict[str, Any]] = emsp.hub.admin.objects("locations")
    return locations


def function(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{name}_app", REPOSITORY / "functions" / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def phone(app: ModuleType) -> Phone:
    return Phone(app, {"token_uid": DRIVER})


@pytest.fixture
def other_phone(app: ModuleType) -> Phone:
    return Phone(app, {"token_uid": OTHER})


@pytest.fixture
def places(emsp: Emsp, app: ModuleType) -> list[dict[str, Any]]:
    """Where charges can start."""
    stop = {"command": "STOP_SESSION", "response": "ACCEPTED"}
    emsp.hub.admin.add_command_behaviour(**stop, callback=False, times=9)
    emsp.hub.admin.add_command_behaviour(callback=False, times=9)
    return [
        {
            "station": {
                "country_code": location["country_code"],
                "party_id": location["party_id"],
                "location_id": location["id"],
            },
            "evse_uid": evse["uid"],
            "connector_id": evse["connectors"][0]["id"],
        }
        for location in emsp.hub.admin.objects("locations")
        for evse in location["evses"]
        if evse["status"] == "AVAILABLE"
    ]


@pytest.fixture
def place(places: list[dict[str, Any]]) -> dict[str, Any]:
    return places[0]
