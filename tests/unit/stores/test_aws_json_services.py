"""What SERVICES says of AWS's services is what botocore's models say of them."""

import os

import pytest
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker
from botocore.session import Session

from emsp.stores.aws_json import ENDPOINT_VARIABLES, RETRIED_CODES, RETRIED_STATUSES, SERVICES

BOTOCORE_NAMES = {"states": "stepfunctions"}
session = Session()


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_names_versions_and_operations(name: str) -> None:
    service = SERVICES[name]
    model = session.get_service_model(BOTOCORE_NAMES.get(name, name))
    assert "json" in model.protocols
    assert service.target == model.metadata["targetPrefix"]
    assert service.json_version == model.metadata["jsonVersion"]
    assert service.name == model.signing_name == model.endpoint_prefix
    for operation in service.operations.values():
        assert model.operation_model(operation).http == {"method": "POST", "requestUri": "/"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_which_operations_take_a_token_against_repetition(name: str) -> None:
    model = session.get_service_model(BOTOCORE_NAMES.get(name, name))
    operations = SERVICES[name].operations.values()
    members = {each: model.operation_model(each).idempotent_members for each in operations}
    assert {each for each, tokens in members.items() if tokens} == SERVICES[name].idempotent
    assert all(tokens in ([], ["ClientRequestToken"]) for tokens in members.values())


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_the_host_is_where_botocore_goes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [each for each in os.environ if each.startswith("AWS_ENDPOINT_URL")]:
        monkeypatch.delenv(variable)
    client = session.create_client(
        BOTOCORE_NAMES.get(name, name),
        region_name="ap-south-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    assert client.meta.endpoint_url == f"https://{name}.ap-south-1.amazonaws.com"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_another_endpoint_is_told_by_the_variables_that_botocore_reads(name: str) -> None:
    model = session.get_service_model(BOTOCORE_NAMES.get(name, name))
    variable = "AWS_ENDPOINT_URL_" + model.service_id.hyphenize().replace("-", "_").upper()
    assert ENDPOINT_VARIABLES[name] == variable


def test_all_that_botocore_repeats_is_repeated() -> None:
    of_other_services = {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "SlowDown",
    }
    throttled: list[str] = vars(ThrottledRetryableChecker)["_THROTTLED_ERROR_CODES"]
    transient: list[int] = vars(TransientRetryableChecker)["_TRANSIENT_STATUS_CODES"]
    assert set(throttled) - of_other_services <= RETRIED_CODES
    assert set(transient) <= RETRIED_STATUSES
