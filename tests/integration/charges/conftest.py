"""A house with what charges need beside it: the versions of tariffs, and a queue for the unchecked."""

from collections.abc import Iterator

import boto3
import pytest

from tests.integration.house import House
from tests.integration.house import house as furnished_house


@pytest.fixture(scope="module")
def built_house() -> Iterator[House]:
    with furnished_house() as house, pytest.MonkeyPatch.context() as patch:
        house.dynamodb.create_table(
            TableName="tariff_versions",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "object_key", "KeyType": "HASH"},
                {"AttributeName": "seen_from", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "object_key", "AttributeType": "S"},
                {"AttributeName": "seen_from", "AttributeType": "S"},
            ],
        )
        queue = boto3.client("sqs").create_queue(QueueName="unchecked")
        patch.setenv("PARKED_RECORDS_QUEUE_URL", queue["QueueUrl"])
        yield house


@pytest.fixture(autouse=True)
def no_versions(house: House) -> None:
    for item in house.dynamodb.scan(TableName="tariff_versions")["Items"]:
        key = {name: item[name] for name in ("object_key", "seen_from")}
        house.dynamodb.delete_item(TableName="tariff_versions", Key=key)
