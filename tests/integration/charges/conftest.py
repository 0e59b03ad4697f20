"""A house with what charges need beside it: a queue for the unchecked."""

from collections.abc import Iterator

import boto3
import pytest

from tests.integration.house import House
from tests.integration.house import house as furnished_house


@pytest.fixture(scope="module")
def built_house() -> Iterator[House]:
    with furnished_house() as house, pytest.MonkeyPatch.context() as patch:
        queue = boto3.client("sqs").create_queue(QueueName="unchecked")
        patch.setenv("PARKED_RECORDS_QUEUE_URL", queue["QueueUrl"])
        yield house
