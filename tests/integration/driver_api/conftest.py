"""The function of the API for drivers beside a simulated Hub, and two drivers who are signed in."""

import importlib.util
from types import ModuleType

import boto3
import pytest

from tests.integration.driver_api.phone import DRIVER, OTHER, URL, Phone
from tests.integration.emsp_side import TABLES, Emsp
from tests.integration.test_handlers import REPOSITORY
from tests.template.stores import create_tables, table_keys, variables


@pytest.fixture
def app(emsp: Emsp, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Loaded as Lambda loads it; the Hub is registered with."""
    create_tables(boto3.client("dynamodb"), *(table_keys().keys() - set(TABLES)))
    boto3.client("s3").create_bucket(
        Bucket="large-bodies", CreateBucketConfiguration={"LocationConstraint": "ap-south-1"}
    )
    ours = {"DRIVER_API_URL": URL, "OUR_BUSINESS_NAME": "Bijli Drive", "DRIVER_CALLS_PER_MINUTE": "1000"}
    for name, value in {**variables(), **emsp.environment, **ours}.items():
        monkeypatch.setenv(name, value)
    emsp.registered()
    spec = importlib.util.spec_from_file_location(
        "driver_api_app", REPOSITORY / "functions" / "driver_api" / "app.py"
    )
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
