"""AWS for the integration tests: moto, in this process for boto3 and over HTTP for stores/aws_json.py."""

from collections.abc import Iterator

import pytest

from emsp.stores.aws_json import ENDPOINT_VARIABLES
from tests.moto_over_http import moto_over_http


@pytest.fixture(autouse=True, scope="session")
def aws_over_http() -> Iterator[None]:
    with moto_over_http() as url, pytest.MonkeyPatch.context() as patch:
        for variable in ENDPOINT_VARIABLES.values():
            patch.setenv(variable, url)
        yield
